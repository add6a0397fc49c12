"""The controls change what they say they change and nothing else, and their measures are the known ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lowcost.bundle import Bundle
from lowcost.cells import View
from lowcost.classifier import Classifier
from lowcost.datasets import phone
from lowcost.errors import InputError
from lowcost.evaluation import blast, bootstrap
from lowcost.pipeline import Analyzer
from lowcost.training import held_out

SIZE = 256


def disc(radius_um: float, x: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return np.hypot(rows, columns - x / blast.UM_PER_PX) * blast.UM_PER_PX <= radius_um


def view(radius_um: float, ground: int, cell: int) -> View:
    """A cell of one grey in surroundings of another."""
    mask = disc(radius_um)
    pixels = np.where(mask[..., None], np.uint8(cell), np.uint8(ground)).repeat(3, axis=2)
    return View(pixels, disc(radius_um / 2), mask, (0, 0, 1, 1), (), (), False)


@pytest.fixture(scope="module")
def small() -> View:
    return view(4.0, 180, 60)


def inner_and_outer(cell: View) -> tuple[np.ndarray, np.ndarray]:
    """Where pictures are not mixed: well within a cell, and well outside it."""
    radius = np.sqrt(cell.cell.sum() / np.pi) * blast.UM_PER_PX
    return disc(radius - blast.EDGE_UM), ~disc(radius + blast.EDGE_UM)


def test_wiping_leaves_the_cell_and_nothing_else(small: View) -> None:
    inner, outer = inner_and_outer(small)
    found = blast.wiped(small)
    assert (found[inner] == 60).all()
    assert (found[outer] == blast.WHITE).all()
    assert (small.pixels[outer] == 180).all(), "the view itself stays"


def test_what_is_left_of_a_hollow_view_tells_no_size(small: View) -> None:
    found = blast.hollow(small)
    hole = disc(blast.HOLE_UM)
    assert (found[hole] == blast.WHITE).all()
    assert (found[~hole] == 180).all()
    assert np.array_equal(found, blast.hollow(view(7.0, 180, 90)))
    large = view(10.0, 180, 90)
    assert (blast.hollow(large)[large.cell] == blast.WHITE).all(), "nor is any of a larger cell seen"


def test_a_cell_that_moves_takes_nothing_along_and_meets_no_other(small: View) -> None:
    large, same = view(6.0, 120, 30), view(4.0, 100, 20)
    inner, outer = inner_and_outer(small)
    found = blast.moved(small, [large, same])
    assert (found[inner] == 60).all()
    assert (found[~disc(6.0)] == 100).all(), "into the view whose own cell it hides"
    found = blast.moved(small, [large])
    assert (found[~disc(7.0)] == 120).all()
    assert (found[outer & disc(6.0)] == blast.WHITE).all(), "what it does not hide is gone"


def test_area_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    blasts, others = random.integers(0, 9, 40) + 2.0, random.integers(0, 9, 70).astype(float)
    truth = np.repeat([1, 0], [40, 70])
    assert blast.area(blasts, others) == pytest.approx(metrics.roc_auc_score(truth, np.append(blasts, others)))
    assert blast.area(np.ones(3), np.zeros(2)) == 1.0
    assert blast.area(np.ones(3), np.ones(2)) == 0.5


def test_sensitivity_of_a_known_case() -> None:
    others = np.arange(100.0)
    assert blast.sensitivity(np.array([94.0, 95.0, 95.5, 200.0]), others) == 0.5, "above what 4 of 100 others exceed"
    assert blast.sensitivity(np.full(5, 7.0), np.full(5, 7.0)) == 0.0, "of equals none is told apart"


def test_a_bundle_without_blasts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SimpleNamespace(parameters=SimpleNamespace(classes=("lymphocyte", "monocyte")))
    monkeypatch.setattr(Classifier, "load", lambda _: known)
    with pytest.raises(InputError, match="the bundle mine has no class blast: evaluate one that has"):
        blast.Witness(SimpleNamespace(name="mine"))


def test_who_is_asked(small: View) -> None:
    witness = blast.Witness(Bundle.load())
    alone = witness([small], [small.pixels], shapes=False)
    assert list(alone.odds) == ["network"], "of a cell that is not shown no features are read"
    together = witness([small, small], [small.pixels, blast.wiped(small)])
    assert set(together.odds) == {"network", "morphology", "network and morphology"} == set(together.called)
    assert together.odds["network"][0] == alone.odds["network"][0]
    assert all(np.isfinite(odds).all() and odds.shape == (2,) for odds in together.odds.values())


def test_tables_of_real_cells(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, fields = held_out.samples, phone.fields

    def some(data: Path, part: str, sets: tuple[str, ...]) -> list:
        found = samples(data, part, sets)
        if sets == ("pbc",):
            return found[:: len(found) // 6]
        return [own for kind in ("blast", "lymphocyte") for own in [s for s in found if s.types == {kind}][:5]]

    monkeypatch.setattr(held_out, "samples", some)
    monkeypatch.setattr(bootstrap, "REPEATS", 20)
    monkeypatch.setattr(phone, "fields", lambda data, card: [replace(fields(data, card=card)[-1], group="a")])
    marrow, types, blood, leukemia = blast.tables(Analyzer.load(), shared_data)
    assert len(marrow.rows) == 10
    assert {(row["blasts"], row["others"]) for row in marrow.rows} == {(5, 5)}
    assert [row["type"] for row in types.rows] == ["blast", "lymphocyte"]
    assert {row["cells"] for row in blood.rows} == {2}
    assert [row["number"] for row in leukemia.rows] == [1, 1]
