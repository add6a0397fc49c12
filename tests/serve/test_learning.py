"""What signed cells teach is judged on others, accepted by a person, used for new fields, and taken back."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from sqlalchemy import select

from lowcost.bundle import Bundle
from lowcost.device import Profile
from lowcost.serve import fields, learning, people, verified
from lowcost.serve.errors import Conflict, StationError
from lowcost.serve.models import DeviceProfile, Field, Slide, Training
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from lowcost.training import heads, recalibration, sources
from lowcost.training.target import open_target
from tests.serve import lessons

SWAPPED = {"lymphocyte": "neutrophil_segmented", "neutrophil_segmented": "lymphocyte"}


@pytest.fixture
def station(tmp_path):
    made = Station(Settings(tmp_path / "station", spare_bytes=0))
    people.bench(made.database)
    yield made
    made.learning.stop()
    made.database.close()


def training(station, number):
    with station.database.read() as session:
        found = session.get(Training, number)
        session.expunge_all()
        return found


def learnt(station, device_id=None):
    number = station.learning.learn(1, device_id)
    station.learning.wait()
    return training(station, number)


def test_a_bundle_learns_is_accepted_used_and_taken_back(station):
    lessons.taught(station, SWAPPED.get)  # as if the models took each for the other
    found = learnt(station)
    assert found.state == "offered", found.reason
    report = found.report
    assert (report["by"], report["held_out"], report["photographs"]) == ("slides", 5, 5)
    assert report["cells"] >= 50
    for name in ("right", "balanced", "calibration"):
        for when in ("before", "after"):
            value, low, high = report[when][name]
            assert low <= value <= high
    assert report["after"]["right"][0] > report["before"]["right"][0] + 0.3
    assert {row["type"] for row in report["types"]} == set(SWAPPED)
    assert sum(row["after"] for row in report["types"]) == round(report["after"]["right"][0] * report["cells"])
    assert station.bundle is None  # nobody has accepted it
    station.learning.decide(found.id, 1, True)
    assert station.bundle == station.storage.folder / "bundles" / found.name
    assert "correction" in Bundle.load(station.bundle).parameters
    with pytest.raises(Conflict, match="decided"):
        station.learning.decide(found.id, 1, True)
    station.learning.decide(found.id, 1, False)
    assert station.bundle is None
    assert training(station, found.id).state == "discarded"


def test_what_is_accepted_analyses_what_comes_later_but_not_for_devices(station):
    target = open_target(station.storage.folder / "bundles" / "laboratory-1")
    target.write({}, {}, "correction", "none")
    with station.database.write() as session:
        session.add(Training(kind="bundle", name="laboratory-1", user_id=1, state="offered", report={}))
        session.add(DeviceProfile(id=1, name="phone", content=profile().dumps().decode(), user_id=1))
    plain, of_device = lessons.slide(station, "plain"), lessons.slide(station, "of a device", device_id=1)

    def analysed(slide, seed):
        digest = lessons.keep(station, lessons.plain(seed)[-1].pixels)
        with station.database.write() as session:
            number = fields.add(session, slide, digest, f"{seed}.jpg", 1).id
        while station.analysis.step():
            pass
        with station.database.read() as session:
            return session.get(Field, number).provenance["bundle"]

    ours = profile().bundle
    assert analysed(plain, 1) == ours
    station.learning.decide(1, 1, True)
    assert (analysed(plain, 2), analysed(of_device, 1)) == ("laboratory-1 1", ours)
    station.learning.decide(1, 1, False)
    assert analysed(plain, 3) == ours
    with station.database.read() as session:
        made = session.scalars(select(Field).where(Field.slide_id == plain).order_by(Field.id)).all()
        assert [field.provenance["bundle"] for field in made] == [ours, "laboratory-1 1", ours]
    station.analysis.stop()


def profile():
    """A device profile of the models that come with the package."""
    bundle = Bundle.load()
    return Profile(
        name="phone",
        bundle=f"{bundle.name} {bundle.version}",
        width=640,
        height=480,
        um_per_px_x=lessons.UM_PER_PX,
        um_per_px_y=lessons.UM_PER_PX,
        um_per_px_spread=0.0,
        rulers=3,
        white_point=(250, 240, 230),
        flat_field=None,
        light_spread=0.1,
        stain_vectors={"chromatin": (0.6, 0.7, 0.3), "haemoglobin": (0.2, 0.7, 0.6)},
        edge_width_um=0.5,
        shift=None,
        recalibration=None,
        fields=3,
        blank_fields=0,
        cells=6,
        provenance={},
    )


def test_what_gains_nothing_is_not_offered(station):
    random = np.random.default_rng(2)
    lessons.taught(station, lambda kind: random.choice(list(SWAPPED)).item())
    found = learnt(station)
    assert found.state == "discarded", found.reason
    assert found.report["cells"] >= 50
    assert not list((station.storage.folder).glob("bundles/*"))


def test_unsigned_changed_and_left_out_do_not_teach(station):
    signed, changed, left_out, _ = lessons.taught(station, number_of_slides=4)
    with station.database.write() as session:
        session.get(Slide, changed).revision += 1
        session.get(Slide, left_out).fields[0].left_out = True
    with station.database.read() as session:
        (found,) = verified.collected(session)
        assert (found.slides, found.photographs, found.cells) == (2, 2, 24)
        assert signed in {field.slide_id for field in verified.fields(session, None)}
    with pytest.raises(StationError, match="24 verified cells are too few"):
        station.learning.learn(1, None)


def test_few_slides_are_judged_by_photographs_and_one_is_refused_in_a_sentence(station):
    lessons.taught(station, number_of_slides=1, cells_each=28)
    found = learnt(station)
    assert found.state == "failed"
    assert "at least 3 are needed, got 1" in found.reason


def test_one_thing_is_learnt_at_a_time_and_what_stopped_is_told(station):
    lessons.taught(station)
    number = station.learning.learn(1, None)
    with pytest.raises(Conflict, match="wait until it is done"):
        station.learning.learn(1, None)
    station.learning.stop()
    assert training(station, number).state == "failed"
    with station.database.write() as session:
        session.get(Training, number).state = "running"  # as after a loss of power
    station.learning.clear()
    assert "stopped before it was done" in training(station, number).reason
    with station.database.write() as session:
        session.get(Training, number).state = "running"  # as after an end that a full disk did not let be noted
    assert station.learning.learn(1, None) > number


def test_too_long_is_ended(station):
    station.learning._settings = Settings(station.settings.folder, learning_seconds=0.5)
    lessons.taught(station)
    assert "ended before it was done" in learnt(station).reason


def test_the_least_cells_are_those_of_the_trainings():
    assert learning.LEAST_CELLS == {"bundle": heads.LEAST_CELLS, "verified": recalibration.LEAST_CELLS}


def test_the_set_is_one_that_training_reads(station, tmp_path):
    lessons.taught(station, number_of_slides=2)
    with station.database.read() as session:
        assert verified.write_set(session, station.storage, tmp_path / "set.zip") == 2
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        archive.extractall(tmp_path / "my_cells")
    found = sources.read(tmp_path / "my_cells")
    assert not found.findings
    assert [picture.group for picture in found.pictures] == ["slide 1", "slide 2"]
    boxes = [box for picture in found.pictures for box in picture.boxes]
    assert len(boxes) == 24
    assert {name for box in boxes for name in box.types} == set(SWAPPED)


def calibrated(station, name="my-phone", shots=4):
    slide = lessons.slide(station, f"C-{name}")
    fields = [lessons.photographed(station, drawn, slide) for drawn in lessons.plain(shots)]
    with station.database.read() as session:
        rows = [session.get(Field, number) for number in fields]
        number = station.learning.calibrate(1, name, rows)
    station.learning.wait()
    return training(station, number)


def test_a_device_is_measured_and_its_profile_kept_under_its_name(station):
    found = calibrated(station)
    assert found.state == "offered", found.reason
    assert found.report["um_per_px"][0] == pytest.approx(lessons.UM_PER_PX, rel=0.05)
    assert str(station.storage.folder) not in found.profile
    assert "IMG_0001.jpg" in found.profile
    station.learning.decide(found.id, 1, True)
    with station.database.read() as session:
        assert session.scalar(select(DeviceProfile.name)) == "my-phone"
    with pytest.raises(Conflict, match="choose another name"):
        station.learning.calibrate(1, "my-phone", [])
    with pytest.raises(Conflict, match="decided"):
        station.learning.decide(found.id, 1, False)  # slides may name it


def test_photographs_that_make_no_profile_are_refused_with_the_reason(station):
    found = calibrated(station, shots=2)
    assert found.state == "failed"
    assert "at least 3 fields with cells, got 2" in found.reason


def test_a_profile_learns_from_its_own_slides_and_is_given_back(station):
    made = calibrated(station)
    station.learning.decide(made.id, 1, True)

    def content():
        with station.database.read() as session:
            return session.scalars(select(DeviceProfile.content)).one()

    before = content()
    assert json.loads(before)["recalibration"] is None
    random = np.random.default_rng(5)  # models that are wrong more often than they say
    called = lambda kind: SWAPPED[kind] if random.random() < 0.25 else kind  # noqa: E731
    lessons.taught(station, called, cells_each=11, device_id=1)
    found = learnt(station, 1)
    assert found.state == "offered", (found.reason, found.report)
    assert found.report["after"]["calibration"][0] < found.report["before"]["calibration"][0]
    station.learning.decide(found.id, 1, True)
    assert json.loads(content())["recalibration"]["cells"] == found.report["cells"]
    assert station.bundle is None  # of other slides nothing is changed
    station.learning.decide(found.id, 1, False)
    assert content() == before
