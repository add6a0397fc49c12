"""Labels with everything that a format may hold, and photographs to go with them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np

from lowcost.convert import formats
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labels
from lowcost.export import to_json
from tests.smears import cell, field, smear

SIZE = (640, 480)


def photograph(path: Path, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(150, 240, (size[1], size[0], 3), np.uint8)
    assert cv2.imwrite(str(path), noise)
    return path


def result(folder: Path) -> Path:
    """A result of two fields, one without cells, with their photographs beside it."""
    bare = dataclasses.replace(cell(3, "platelet", 500, 300, 12), polygon=())
    cells = [cell(1), cell(2, "neutrophil_segmented", 300.5, 200.25, 33), bare]
    for name, size in (("a.png", SIZE), ("b.c.png", (333, 77))):
        photograph(folder / name, size)
    to_json(smear([field(cells, "a.png"), field([], "b.c.png", size=(333, 77))]), folder / "result.json")
    return folder / "result.json"


def coco(folder: Path) -> Path:
    """A COCO file of another program: half px, classes of its own, an object of two parts, one as run lengths."""
    photograph(folder / "sub" / "x.png")
    document = {
        "images": [{"id": 7, "file_name": "sub/x.png", "width": 640, "height": 480}],
        "categories": [{"id": 3, "name": "RBC"}, {"id": 1, "name": "WBC"}, {"id": 9, "name": "Platelets"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10.5, 20, 30.25, 40.5], "segmentation": []},
            {
                "id": 2,
                "image_id": 7,
                "category_id": 3,
                "bbox": [100, 100, 50, 40],
                "segmentation": [[100, 100, 120.5, 100, 110, 120], [130, 110, 150, 110, 150, 140, 130, 140]],
            },
            {
                "id": 3,
                "image_id": 7,
                "category_id": 3,
                "bbox": [2, 1, 3, 2],
                "segmentation": {"size": [480, 640], "counts": _counts()},
                "iscrowd": 1,
            },
        ],
    }
    (folder / "labels.json").write_text(json.dumps(document))
    return folder / "labels.json"


def _counts() -> list[int]:
    mask = np.zeros((480, 640), np.bool_)
    mask[1:3, 2:5] = True
    edges = np.flatnonzero(np.diff(mask.T.ravel())) + 1
    return np.diff([0, *edges, mask.size]).tolist()


def read(path: Path, *images: Path) -> Labels:
    with formats.opened(path) as place:
        source, reader = formats.reader_of(place)
        return reader(source, Photographs(*images, *([place] if place.is_dir() else []), beside=path.parent))
