"""What is counted of slides, and which come first."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from lowcost.batch.ledger import Ledger, Listed, Outcome
from lowcost.batch.store import Store
from lowcost.differential import share
from lowcost.programme import tally
from tests.programme import stores
from tests.smears import CONVENTIONS, cell, field


def read(folder):
    with Store.open(folder) as store:
        return tally.read(store, stores.TRAINING)


def cells(**counts):
    kinds = [kind for kind, number in counts.items() for _ in range(number)]
    return [cell(number, kind) for number, kind in enumerate(kinds, 1)]


@pytest.fixture
def folder(tmp_path):
    good = field(cells(lymphocyte=6, blast=3, unidentified=1, platelet=2), "1.png")
    poor = field(cells(monocyte=1), "2.png", "doubtful")
    none = field(cells(blast=5), "3.png", "rejected")
    a, b = stores.slide("a", 3, "P1"), stores.slide("b", 0, "P1", "microscope")
    failed = [stores.Item("a", "4.png", "/a/4.png", device="phone", day=a.day)]
    return stores.write(tmp_path / "store", [(a, [good, poor, none]), (b, [field(cells(lymphocyte=4))])], failed)


def test_every_cell_of_a_field_that_can_be_judged_counts_once(folder):
    (a, b), _ = read(folder)
    assert (a.name, a.patient, a.device, a.day) == ("a", "P1", "phone", date(2026, 3, 28))
    assert a.fields == {"accepted": 1, "doubtful": 1, "rejected": 1}
    assert a.failures == 1
    assert a.counts == {"lymphocyte": 6, "blast": 3, "unidentified": 1, "platelet": 2, "monocyte": 1}
    assert (a.leukocytes, a.named) == (11, 10)
    assert a.blasts == share(3, 10)
    assert a.unsure == share(1, 11)
    assert a.usable == share(2, 4)
    assert a.maybe_blasts == 1
    assert b.blasts == share(0, 4)


def test_a_picture_that_is_there_twice_is_no_failure(folder):
    twin = stores.Item("b", "twin.png", "/b/twin.png", device="microscope", day=stores.LAST.isoformat())
    picture = b"b/field.png"
    with Ledger(folder, stores.BUNDLE) as ledger:
        ledger.register([Listed(twin, "", "1")])
        ledger.settle([Outcome("b", "twin.png", picture, picture, None, None, 0.1)])
    (_, b), shifts = read(folder)
    assert (b.fields.total(), b.failures) == (1, 0)
    assert [own.failures for own in shifts] == [0, 1]


def test_photographs_to_look_at_come_first(folder):
    (a, _), _ = read(folder)
    assert [(own.item.path, own.blasts, own.unidentified) for own in tally.to_look_at(a)] == [
        ("/a/1.png", 3, 1),
        ("/a/2.png", 0, 0),
        ("/a/3.png", 0, 0),  # rejected: its cells do not count
    ]


def test_the_command_for_a_slides_report(folder):
    (a, _), _ = read(folder)
    assert tally.command(a, "out/a") == "lowcost analyze --out out/a /a/1.png /a/2.png /a/3.png"
    item = tally.Photograph(stores.Item("s", "1.png", "/my slides/1.png", device="/d/p.json", um_per_px=0.1), 0, 0)
    assert tally.command(tally.Slide("s", photographs=[item]), "out/s", "mine") == (
        "lowcost analyze --out out/s --bundle mine --device /d/p.json --um-per-px 0.1 '/my slides/1.png'"
    )
    overlapping = tally.Slide("s", photographs=[item], mosaic=True)
    assert tally.command(overlapping, "out/s").startswith("lowcost analyze --out out/s --mosaic --device ")
    part = tally.Photograph(stores.Item("s", "1.png", "/a.zip", part="member:1.png"), 0, 0)
    far = tally.Photograph(stores.Item("s", "1.png", "s3://bucket/1.png"), 0, 0)
    for own in ([part], [far], []):
        assert tally.command(tally.Slide("s", photographs=own), "out/s") is None


def test_slides_of_a_store_of_overlapping_photographs_say_so(tmp_path):
    Ledger(tmp_path / "store", stores.BUNDLE, mosaic=True).close()
    stores.write(tmp_path / "store", [(stores.slide("a"), [field(cells(blast=1))])])
    ((slide,), _) = read(tmp_path / "store")
    assert slide.mosaic


def test_slides_of_a_patient_are_one(folder):
    slides, _ = read(folder)
    (patient,) = tally.patients(slides)
    assert (patient.name, patient.slides, patient.device, patient.day) == (
        *("P1", 2, "microscope, phone"),
        date(2026, 3, 28),
    )
    assert patient.counts["lymphocyte"] == 10
    assert patient.blasts == share(3, 14)
    assert tally.patients([tally.Slide("nobody's")]) == []


def test_photographs_of_a_device_and_day(folder):
    _, (microscope, phone) = read(folder)
    assert (microscope.device, phone.device, phone.day) == ("microscope", "phone", date(2026, 3, 28))
    assert phone.usable == share(2, 4)
    assert phone.reasons == {"out of focus": 2}
    assert phone.failures == 1
    assert phone.scales == [0.1] * 3


def test_reasons_that_differ_in_their_figures_are_one(tmp_path):
    said = "given 0.2 um per px, but the red cells measure {}: check --um-per-px"
    fields = [
        dataclasses.replace(field((), f"{figure}.png", "doubtful"), reasons=(said.format(figure),))
        for figure in ("0.098", "0.1")
    ]
    _, (shift,) = read(stores.write(tmp_path / "store", [(stores.slide("a"), fields)]))
    assert shift.reasons == {"given \u2026 um per px, but the red cells measure \u2026": 2}


def counted(name, maybe=0, **counts):
    return tally.Slide(name, counts=tally.Counter(counts), maybe_blasts=maybe)


def test_every_slide_has_a_rank():
    slides = [
        counted("clean", lymphocyte=100),
        counted("unsure", lymphocyte=90, unidentified=10),
        counted("maybe", 5, lymphocyte=100),
        counted("one of three", blast=1, lymphocyte=2),
        counted("thirty of hundred", blast=30, lymphocyte=70),
        counted("none of five", lymphocyte=5),
        counted("empty"),
    ]
    found = list(tally.first_to_look_at(slides))
    order = ["thirty of hundred", "empty", "one of three", "none of five", "unsure", "maybe", "clean"]
    assert [own.name for own, _ in found] == order
    why = {own.name: said for own, said in found}
    assert why["thirty of hundred"] == "30 of 100 named leukocytes are blast equivalents"
    assert why["maybe"] == "no blast equivalents among 100 named leukocytes, 5 may be blasts"
    assert why["none of five"] == "no blast equivalents among 5 named leukocytes"
    assert why["empty"] == "no leukocyte was named"


@pytest.mark.parametrize(
    ("counts", "few"),
    [
        ({"lymphocyte": 5}, True),  # 0 of 5: up to 52.2 %
        ({"lymphocyte": 100}, False),  # below 10 %
        ({"blast": 30, "lymphocyte": 70}, False),  # above 20 %
        ({"blast": 2, "lymphocyte": 60}, True),  # may be 10 %
        ({"blast": 40, "lymphocyte": 360}, False),  # as many as the reference method counts
        ({}, True),
    ],
)
def test_slides_with_too_few_cells_to_tell(counts, few):
    assert counted("s", **counts).needs_more(CONVENTIONS) is few


def test_cells_are_compared_with_training_cells_of_their_own_type(tmp_path):
    random = np.random.default_rng(1)
    kinds = ["lymphocyte", "eosinophil", "blast", "neutrophil_segmented"]
    for shift in (0.0, 1.0):
        found = [stores.alike(i, kinds[i % 4], random, shift) for i in range(1, 200)]
        folder = stores.write(tmp_path / str(shift), [(stores.slide("s"), [field(found)])])
        ((slide,), _) = read(folder)
        assert slide.deviation == pytest.approx(np.full(len(stores.TRAINING.features), shift), abs=0.3)
        assert slide.measured == 199


def test_a_device_is_called_as_the_file_of_its_profile(tmp_path):
    item = stores.slide("s", device="/station/devices/phone-a.json")
    ((slide,), (shift,)) = read(stores.write(tmp_path / "store", [(item, [field()])]))
    assert slide.device == shift.device == "phone-a"


def test_an_odd_day_is_none(tmp_path):
    item = stores.Item("s", "", "/s", device=None, day="yesterday")
    ((slide,), (shift,)) = read(stores.write(tmp_path / "store", [(item, [field()])]))
    assert slide.day is shift.day is None
    assert slide.deviation is None
