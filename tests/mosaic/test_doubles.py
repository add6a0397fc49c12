from __future__ import annotations

import dataclasses
import random

import pytest

from lowcost.mosaic import Place, Placed, doubles, unique
from tests.smears import cell, field

SIDE_BY_SIDE = [Place(0, 0, 0), Place(0, 500, 0)]


def ids(fields):
    return [[found.id for found in each.cells] for each in fields]


def test_a_cell_that_both_fields_show_whole_counts_once_in_the_first():
    fields = [field([cell(1, x=550), cell(2, x=300)]), field([cell(1, x=52), cell(2, x=400)])]
    assert ids(unique(fields, SIDE_BY_SIDE)) == [[1, 2], [2]]


def test_the_whole_copy_stays_though_the_cut_one_is_larger():
    cut = dataclasses.replace(cell(1, x=600), box=(560, 40, 640, 140), touches_edge=True)
    fields = [field([cut]), field([cell(1, x=100)])]
    assert ids(unique(fields, SIDE_BY_SIDE)) == [[], [1]]


def test_of_two_cut_copies_the_larger_stays():
    less, more = (
        dataclasses.replace(cell(1), box=box, touches_edge=True) for box in [(580, 0, 640, 80), (80, 0, 110, 80)]
    )
    assert ids(unique([field([less]), field([more])], SIDE_BY_SIDE)) == [[1], []]


def test_a_platelet_in_the_corner_of_a_cells_box_is_no_copy_of_the_cell():
    fields = [field([cell(1, x=550)]), field([cell(1, "platelet", x=20, y=70, radius=8)])]
    assert ids(unique(fields, SIDE_BY_SIDE)) == [[1], [1]]


def test_cells_of_one_field_and_of_other_planes_exclude_nothing():
    same = field([cell(1), cell(2, x=110)])
    assert ids(unique([same], [Place(0, 0, 0)])) == [[1, 2]]
    assert ids(unique([same, same], [Place(0, 0, 0), Place(1, 0, 0)])) == [[1, 2], [1, 2]]


def test_the_novelty_of_a_field_is_that_of_the_cells_that_stay():
    near, far = (dataclasses.replace(cell(n, x=x), novelty=v) for n, x, v in [(1, 50, 0.2), (2, 400, 0.9)])
    second = dataclasses.replace(field([near, far]), novelty=0.2)
    assert [each.novelty for each in unique([field([cell(1, x=550)]), second], SIDE_BY_SIDE)][1] == 0.9


def test_which_boxes_stay_does_not_depend_on_their_order():
    rng = random.Random(0)
    boxes = []
    for number in range(200):
        x, y, edge = rng.random() * 2000, rng.random() * 300, 40 + rng.random() * 20
        boxes.append(Placed("slide", number % 4, (x, y, x + edge, y + edge), rng.random() < 0.7))
    stay = {box for box, again in zip(boxes, doubles(boxes), strict=True) if not again}
    assert 0 < len(stay) < 200
    shuffled = rng.sample(boxes, len(boxes))
    assert {box for box, again in zip(shuffled, doubles(shuffled), strict=True) if not again} == stay


@pytest.mark.parametrize(("shift", "again"), [(39, True), (41, False)])
def test_half_of_the_smaller_box_must_be_shared(shift, again):
    boxes = [Placed(0, 0, (0, 0, 80, 80), True), Placed(0, 1, (shift, 0, shift + 80, 80), True)]
    assert doubles(boxes) == [False, again]
