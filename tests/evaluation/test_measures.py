from __future__ import annotations

import doctest

import numpy as np
import pytest

from lowcost.errors import InputError
from lowcost.evaluation import attributes, bootstrap, detection, segmentation
from lowcost.evaluation.analysis import fill
from lowcost.evaluation.detection import Counts
from lowcost.evaluation.faults import Truth
from lowcost.evaluation.tables import Table


def _truth(*boxes: list[float]) -> Truth:
    return Truth(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.zeros((0, 4)))


@pytest.mark.parametrize("module", [attributes, segmentation])
def test_examples_in_the_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_counts_add_up_to_precision_recall_and_f1() -> None:
    total = Counts(3, 1, 0) + Counts(1, 0, 2)
    assert (total.precision, total.recall) == (4 / 5, 4 / 6)
    assert total.f1 == pytest.approx(2 * total.precision * total.recall / (total.precision + total.recall))


def test_nothing_to_find_and_nothing_found_is_perfect() -> None:
    assert Counts().f1 == Counts().precision == Counts().recall == 1.0


def test_evaluation_of_a_set_by_both_criteria() -> None:
    truths = [_truth([0, 0, 10, 10]), _truth([0, 0, 10, 10], [50, 50, 60, 60]), _truth()]
    found = [[[0, 0, 10, 10]], [[0, 0, 30, 18]], [[5, 5, 9, 9]]]
    scores = detection.evaluate(truths, found)
    assert scores["iou"].counts == Counts(1, 2, 2)
    assert scores["centre"].counts == Counts(1, 2, 2)
    assert scores["iou"].f1.low <= scores["iou"].f1.value <= scores["iou"].f1.high
    assert "F1 0.333" in str(scores["iou"])


def test_sets_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="as many images"):
        detection.evaluate([_truth()], [])


def test_bootstrap_is_repeatable_and_holds_the_mean() -> None:
    rows = np.arange(50.0)[:, None]

    def mean(data: np.ndarray) -> float:
        return float(data.mean())

    first = bootstrap.interval(mean, rows)
    assert first == bootstrap.interval(mean, rows)
    standard_error = rows.std() / np.sqrt(50)
    assert first.high - first.low == pytest.approx(2 * 1.96 * standard_error, rel=0.1)


def test_dice_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match="same shape"):
        segmentation.dice(np.ones((2, 2), bool), np.ones((2, 3), bool))
    assert segmentation.dice(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 1.0


def test_polygons_are_filled_edge_to_edge() -> None:
    mask = fill([[(2, 1), (5, 1), (5, 4), (2, 4)]], (6, 8))
    expected = np.zeros((6, 8), bool)
    expected[1:4, 2:5] = True
    np.testing.assert_array_equal(mask, expected)
    assert not fill([[(0, 0), (1, 1)]], (4, 4)).any()


def test_macro_f1_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(3)
    truth = [str(value) for value in generator.integers(0, 4, 300)]
    predicted = [t if generator.random() < 0.7 else str(generator.integers(0, 4)) for t in truth]
    expected = metrics.f1_score(truth, predicted, average="macro")
    assert attributes.macro_f1(truth, predicted) == pytest.approx(expected)
    assert attributes.estimate(truth, predicted).value == pytest.approx(expected)


def test_value_that_is_never_true_costs_but_has_no_f1() -> None:
    assert attributes.macro_f1(["a", "a"], ["a", attributes.NOT_FOUND]) == pytest.approx(2 / 3)


def test_table_reads_as_markdown_and_json() -> None:
    table = Table("x", "A set", ({"F1": bootstrap.Estimate(0.9, 0.8, 1.0), "goal": None, "n": 3},), ("A note.",))
    assert "| 0.900 (0.800-1.000) |      | 3 |" in table.markdown()
    assert table.markdown().endswith("* A note.\n")
    assert table.to_dict()["rows"] == [{"F1": {"value": 0.9, "low": 0.8, "high": 1.0}, "goal": None, "n": 3}]
