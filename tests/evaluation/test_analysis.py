from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lowcost.datasets.types import LabelledField
from lowcost.evaluation.analysis import Analysed
from tests.smears import cell, field


def test_cells_outside_the_annotated_patch_are_neither_right_nor_wrong() -> None:
    found = field([cell(1, x=100, y=100), cell(2, x=400, y=300), cell(3, "platelet", 410, 310, 9)])
    whole = LabelledField("a set", Path("a.png"))
    assert Analysed(whole, found).boxes.tolist() == [[60, 60, 140, 140], [360, 260, 440, 340]]
    patch = replace(whole, annotated=(300.0, 200.0, 640.0, 480.0))
    assert Analysed(patch, found).boxes.tolist() == [[360, 260, 440, 340]]
    assert Analysed(patch, None).boxes.shape == (0, 4)
