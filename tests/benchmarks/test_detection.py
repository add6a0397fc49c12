from __future__ import annotations

import numpy as np
import pytest

from benchmarks import fields
from benchmarks.detection import average_precision, compare
from benchmarks.fields import NOTHING, Boxes
from lowcost.datasets.types import LabelledField
from lowcost.evaluation.faults import Truth

NO_BOX = np.zeros((0, 4))
CELL, OTHER, FAR = [0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0], [60.0, 60.0, 70.0, 70.0]


def truth(*boxes: list[float]) -> Truth:
    return Truth(np.array(boxes).reshape(-1, 4), NO_BOX)


def found(*boxes: list[float], scores: list[float]) -> Boxes:
    return Boxes(np.array(boxes).reshape(-1, 4), np.array(scores))


def test_average_precision_by_hand():
    # Right, wrong, right: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1.
    seen = [found(CELL, FAR, OTHER, scores=[0.9, 0.8, 0.7])]
    assert average_precision([truth(CELL, OTHER)], seen) == pytest.approx((1.0 + 2 / 3) / 2)


def test_a_second_box_on_the_same_cell_is_wrong():
    assert average_precision([truth(CELL)], [found(CELL, CELL, scores=[0.5, 0.9])]) == 1.0
    assert average_precision([truth(CELL, OTHER)], [found(CELL, CELL, scores=[0.5, 0.9])]) == 0.5


def test_nothing_found_has_no_precision():
    assert average_precision([truth(CELL)], [NOTHING]) == 0.0


def test_boxes_at_the_edge():
    boxes = np.array([CELL, [5.0, 5.0, 12.0, 12.0], [85.0, 5.0, 99.0, 12.0], [5.0, 40.0, 12.0, 50.0]])
    assert fields.at_edge(boxes, (50, 100, 3)).tolist() == [True, False, True, True]


class _Always:
    budget = "none"

    def __init__(self, name: str, boxes: Boxes) -> None:
        self.name, self.boxes = name, boxes

    def find(self, pixels: np.ndarray) -> Boxes:
        return self.boxes


def test_detectors_are_compared_with_the_first(tmp_path):
    import cv2

    from lowcost.datasets.types import LEUKOCYTES, LabelledBox

    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((100, 100, 3), np.uint8))
    field = LabelledField("bccd", path, (LabelledBox((0.0, 0.0, 10.0, 10.0), "WBC", LEUKOCYTES),))
    table = compare("bccd", [field], [_Always("lowcost", found(CELL, scores=[1.0])), _Always("none", NOTHING)], ())
    ours, theirs = table.rows
    assert ours["F1, IoU 0.5"].value == 1.0  # type: ignore[union-attr]
    assert (ours["McNemar p"], ours["of these found"], theirs["of these found"]) == (None, 1.0, 0.0)
    assert theirs["McNemar p"] == 1.0
