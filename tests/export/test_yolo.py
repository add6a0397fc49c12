"""YOLO out: its own reader reads back what was written."""

from __future__ import annotations

import zipfile
from collections import Counter

import cv2
import numpy as np
import pytest

from lowcost import export
from lowcost.datasets import own
from lowcost.datasets.layouts import yolo
from lowcost.taxonomy import CELL_TYPES
from tests.smears import cell, field, smear


@pytest.fixture
def unpacked(tmp_path):
    cells = [cell(1), cell(2, "platelet", 300, 200, 12), cell(3, "blast", 37, 443, 37)]
    result = smear([field(cells, "a/b.jpg"), field([], "empty.jpg", size=(333, 77))])
    export.to_yolo(result, tmp_path / "yolo.zip")
    with zipfile.ZipFile(tmp_path / "yolo.zip") as archive:
        archive.extractall(tmp_path / "set")
    return result, tmp_path / "set"


def test_boxes_come_back_to_the_pixel(unpacked):
    result, folder = unpacked
    for name, shown in zip(("b", "empty"), result.fields, strict=True):
        back = list(yolo(folder / "labels" / f"{name}.txt", shown.width, shown.height))
        assert [list(CELL_TYPES)[index] for index, _, _ in back] == [found.type for found in shown.cells]
        for (_, box, _), found in zip(back, shown.cells, strict=True):
            assert box == pytest.approx(found.box, abs=1e-5)


def test_with_photographs_it_is_a_set(unpacked):
    _, folder = unpacked
    (folder / "images").mkdir()
    for name, size in (("b", (480, 640, 3)), ("empty", (77, 333, 3))):
        cv2.imwrite(str(folder / "images" / f"{name}.png"), np.zeros(size, np.uint8))
    fields = own.yolo_fields(folder)
    assert Counter(len(each.boxes) for each in fields) == {0: 1, 3: 1}
