"""Raabin-WBC development views: 206 smartphone pictures 575x575 around one or more leukocytes, Giemsa, 100x."""

from __future__ import annotations

import csv
from pathlib import Path

from lowcost.datasets.layouts import yolo
from lowcost.datasets.types import (
    LEUKOCYTES,
    NEUTROPHILS,
    PLATELETS,
    Card,
    LabelledBox,
    LabelledField,
    image_folder,
)

CARD = Card(
    name="raabin_dev",
    title="Raabin-WBC views by smartphones on microscope eyepieces, boxes of TXL-PBC",
    licence="MIT (within TXL-PBC)",
    may_train=True,
    source="Raabin-WBC doi:10.1038/s41598-021-04426-x; TXL-PBC https://github.com/lugan113/TXL-PBC_Dataset",
)

EDGE = 575
"""Width and height of every view in px."""

_LABELS: tuple[tuple[str, frozenset[str]], ...] = (("WBC", LEUKOCYTES), ("RBC", frozenset()), ("Platelet", PLATELETS))
_CELL_TYPES = {"neutrophil": NEUTROPHILS}


def fields(root: Path) -> list[LabelledField]:
    """Return every view in the order of the file names; `group` is the slide.

    A view's published type belongs to the cell at its centre, so a box carries it only where it is the one leukocyte.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read.
    """
    folder = root / CARD.name
    with (folder / "metadata.csv").open(newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    return [
        _field(path, rows[path.name]["cell_type"], rows[path.name]["slide"]) for path in image_folder(folder, "images")
    ]


def _field(path: Path, cell_type: str, slide: str) -> LabelledField:
    types = _CELL_TYPES.get(cell_type, frozenset({cell_type}))
    found = list(yolo(path.parent.parent / "labels" / f"{path.stem}.txt", EDGE, EDGE))
    single = sum(index == 0 for index, _ in found) == 1
    boxes = (
        LabelledBox(box, _LABELS[index][0], types if index == 0 and single else _LABELS[index][1])
        for index, box in found
    )
    return LabelledField(dataset=CARD.name, path=path, boxes=tuple(boxes), types=(types,), group=slide)
