from __future__ import annotations

import doctest
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost.errors import InputError
from lowcost.evaluation import matching
from lowcost.evaluation.matching import as_boxes, contains_centre, iou, match


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(matching).failed == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1.0),
        ([0, 0, 10, 10], [5, 0, 15, 10], 1 / 3),
        ([0, 0, 10, 10], [10, 0, 20, 10], 0.0),
        ([0, 0, 0, 0], [0, 0, 0, 0], 0.0),
    ],
)
def test_iou_of_edges(first: list[float], second: list[float], expected: float) -> None:
    assert iou(as_boxes([first]), as_boxes([second]))[0, 0] == pytest.approx(expected)


def test_centre_on_the_far_edge_is_outside() -> None:
    assert contains_centre(as_boxes([[0, 0, 10, 10]]), as_boxes([[-1, -1, 1, 1]])).all()
    assert not contains_centre(as_boxes([[0, 0, 10, 10]]), as_boxes([[9, 9, 11, 11]])).any()


def test_two_boxes_on_one_cell_are_one_hit_and_one_spurious() -> None:
    result = match([[0, 0, 100, 100]], [[0, 0, 100, 45], [0, 10, 100, 100]], "centre")
    assert result.pairs == ((0, 1),)
    assert result.spurious == (0,)


def test_one_box_over_two_cells_is_one_hit_and_one_miss() -> None:
    result = match([[0, 0, 100, 100], [90, 0, 200, 100]], [[0, 0, 190, 100]], "centre")
    assert len(result.pairs) == len(result.missed) == 1


def test_more_pairs_go_before_more_overlap() -> None:
    # Both found centres lie in the first box, only the second lies in the other: greedy by overlap would lose a pair.
    truth = [[0, 0, 100, 100], [40, 0, 140, 100]]
    found = [[0, 0, 96, 100], [41, 0, 101, 100]]
    assert match(truth, found, "centre").pairs == ((0, 0), (1, 1))


def test_ignored_place_excuses_one_box_and_takes_no_hit_away() -> None:
    truth, place = [[0, 0, 10, 10]], [[50, 50, 60, 60]]
    result = match(truth, [[0, 0, 10, 10], [51, 51, 59, 59], [52, 52, 60, 60]], "iou", place)
    assert result.pairs == ((0, 0),)
    assert len(result.ignored) == len(result.spurious) == 1
    assert match(truth, [], "iou", place).missed == (0,)


@pytest.mark.parametrize("boxes", [[1, 2, 3, 4], [[1, 2, 3]], np.zeros((2, 2, 4))])
def test_boxes_of_another_shape_are_refused(boxes: object) -> None:
    with pytest.raises(InputError, match=r"Boxes must have shape \(n, 4\)"):
        match(boxes, [], "iou")  # type: ignore[arg-type]


def test_unknown_criterion_is_refused() -> None:
    with pytest.raises(InputError, match="Unknown criterion"):
        match([], [], "dice")


box = st.tuples(*[st.integers(0, 12)] * 4).map(
    lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]) + 1, max(v[1], v[3]) + 1)
)


@given(st.lists(box, max_size=4), st.lists(box, max_size=4), st.sampled_from(matching.CRITERIA))
def test_number_of_pairs_is_the_largest_possible(truth: list, found: list, criterion: str) -> None:
    result = match(truth, found, criterion)
    labelled, boxes = as_boxes(truth), as_boxes(found)
    allowed = contains_centre(labelled, boxes) if criterion == "centre" else iou(labelled, boxes) >= 0.5
    few, many = sorted((range(len(truth)), range(len(found))), key=len)
    best = max(
        (
            sum(bool(allowed[(i, j) if len(truth) <= len(found) else (j, i)]) for i, j in zip(few, order, strict=False))
            for order in itertools.permutations(many)
        ),
        default=0,
    )
    assert len(result.pairs) == best
    assert all(allowed[i, j] for i, j in result.pairs)
    assert sorted([i for i, _ in result.pairs] + list(result.missed)) == list(range(len(truth)))
    assert sorted([j for _, j in result.pairs] + list(result.spurious)) == list(range(len(found)))
