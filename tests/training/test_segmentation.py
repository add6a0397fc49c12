from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost import synth
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.classifier import Classifier
from lowcost.datasets.types import LabelledBox, LabelledField
from lowcost.errors import InputError
from lowcost.training import segmentation, sources
from lowcost.training.segmentation import descend, halves, quality
from lowcost.training.target import open_target


def test_coordinate_search_finds_the_top_of_a_hill() -> None:
    calls = []

    def hill(values: segmentation.Values) -> float:
        calls.append(values)
        return -((values["a"] - 31) ** 2) - 10 * (values["b"] - 2.25) ** 2

    best = descend({"a": 20, "b": 1.0}, {"a": 4, "b": 0.5}, hill)
    assert isinstance(best["a"], int)
    assert abs(best["a"] - 31) <= 2
    assert best["b"] == pytest.approx(2.25, abs=0.26)


def test_values_stay_above_zero() -> None:
    assert descend({"a": 3}, {"a": 2}, lambda values: -float(values["a"])) == {"a": 1}


def test_quality_is_the_mean_of_what_is_known() -> None:
    nan = float("nan")
    assert quality(np.array([[0.9, 0.7, nan, nan, nan]])) == pytest.approx(0.8)
    assert quality(np.array([[nan, nan, 8.0, 2.0, 2.0]])) == pytest.approx(0.8)
    assert quality(np.array([[0.9, 0.7, 8.0, 2.0, 2.0]])) == pytest.approx(0.8)


def test_halves_share_no_slide() -> None:
    fields = [LabelledField("s", Path(f"{number}.png"), group=f"g{number % 7}") for number in range(70)]
    chosen, judging = halves(fields, 20)
    assert len(chosen) == len(judging) == 20
    assert not {field.group for field in chosen} & {field.group for field in judging}


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledField]:
    """Two rendered fields with boxes."""
    folder, result = tmp_path_factory.mktemp("fields"), []
    for seed in (12, 13):
        drawn = synth.render(seed, width=480, height=400, um_per_px=0.12, cells=("lymphocyte", "eosinophil"))
        path = folder / f"{seed}.png"
        cv2.imwrite(str(path), drawn.pixels[..., ::-1])
        boxes = (
            LabelledBox(tuple(map(float, item.box)), item.type, frozenset({item.type}))  # type: ignore[arg-type]
            for item in drawn.leukocytes
        )
        result.append(LabelledField("s", path, tuple(boxes), um_per_px=0.12))
    return result


def test_trials_are_remembered(fields: list[LabelledField], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.load()
    finder, classifier = CellFinder(bundle), Classifier.load(bundle)
    prepared = segmentation.prepare(fields, finder)
    values: segmentation.Values = {"nuclear_edge.level_percent": 47}
    first = segmentation.Search(bundle, classifier, tmp_path / "log").rows(prepared, values)
    assert first[:, 2].sum() >= 3  # of four cells
    monkeypatch.setattr(segmentation, "leukocytes", lambda *_: pytest.fail("computed again"))
    again = segmentation.Search(bundle, classifier, tmp_path / "log").rows(prepared, values)
    np.testing.assert_array_equal(first, again)


def test_every_tuned_parameter_is_in_the_bundle() -> None:
    parameters = Bundle.load().parameters
    for name, step in segmentation.STEPS.items():
        section, key = name.split(".")
        assert type(parameters[section][key]) is type(step), name


def test_too_few_fields(fields: list[LabelledField], tmp_path: Path) -> None:
    source = sources.Source(sources.own.card(tmp_path), tuple(fields))
    with pytest.raises(InputError, match="Too few fields"):
        segmentation.run([source], open_target(tmp_path / "out"), tmp_path, 60)
