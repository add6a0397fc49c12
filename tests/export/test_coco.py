"""COCO out, as its readers expect it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from lowcost import export
from lowcost.export import coco
from lowcost.export.polygon import area
from lowcost.taxonomy import CELL_TYPES
from tests.smears import cell, field, smear


def test_boxes_outlines_and_types(tmp_path):
    export.to_coco(smear([field([cell(1)]), field([cell(1, "platelet", 500, 300, 12)])]), tmp_path / "coco.json")
    data = json.loads((tmp_path / "coco.json").read_text())
    names = {entry["id"]: entry["name"] for entry in data["categories"]}
    assert list(names.values()) == list(CELL_TYPES)
    first, second = data["annotations"]
    assert first["bbox"] == [60, 60, 80, 80]
    assert (first["image_id"], second["image_id"], names[second["category_id"]]) == (1, 2, "platelet")
    assert len(first["segmentation"][0]) == 2 * len(cell(1).polygon)
    assert first["area"] == pytest.approx(3.14 * 40**2, rel=0.02)
    assert first["attributes"]["cell_shape"] == "irregular"
    assert "Research Use Only" in data["info"]["description"]
    image = data["images"][0]
    assert (image["id"], image["file_name"], image["width"], image["height"]) == (1, "field.png", 640, 480)


def test_an_object_without_an_outline_has_its_box():
    bare = dataclasses.replace(cell(1), polygon=())
    entry = coco.to_dict(smear([field([bare])]))["annotations"][0]
    assert entry["segmentation"] == [[60, 60, 140, 60, 140, 140, 60, 140]]
    assert entry["area"] == 80 * 80


@pytest.mark.parametrize(
    ("points", "expected"),
    [((), 0), (((1, 1), (2, 2)), 0), (((0, 0), (4, 0), (0, 3)), 6), (((9, 9), (9, 11), (11, 11), (11, 9)), 4)],
)
def test_area(points, expected):
    assert area(points) == area(points[::-1]) == expected
