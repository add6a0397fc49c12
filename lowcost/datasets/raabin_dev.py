"""Raabin-WBC development views: 206 smartphone pictures 575x575 around one or more leukocytes, Giemsa, 100x."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import table, yolo
from lowcost.datasets.types import (
    LEUKOCYTES,
    NEUTROPHILS,
    PLATELETS,
    Card,
    Finding,
    LabelledField,
    MissingFile,
    as_published,
    image_folder,
    noted,
    on_image,
    set_folder,
)

CARD = Card(
    name="raabin_dev",
    title="Raabin-WBC views by smartphones on microscope eyepieces, boxes of TXL-PBC",
    licence="MIT (within TXL-PBC)",
    may_train=True,
    source="Raabin-WBC doi:10.1038/s41598-021-04426-x; TXL-PBC https://github.com/lugan113/TXL-PBC_Dataset",
    holds="206 views 575x575 of 13 slides, boxes of WBC, RBC and platelets, type of the cell in the middle",
    get="the Raabin part of github.com/lugan113/TXL-PBC_Dataset, with the names of Raabin-WBC",
    split="by slide (`group`); type and slide are confounded",
)

EDGE = 575
"""Width and height of every view in px."""

LABELS = {"WBC": LEUKOCYTES, "RBC": frozenset[str](), "Platelet": PLATELETS}
"""Types by label, in the order of the index."""

_CELL_TYPES = {"neutrophil": NEUTROPHILS}


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return (folder / "metadata.csv").is_file() and (folder / "labels").is_dir() and (folder / "images").is_dir()


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every view in the order of the file names; `group` is the slide.

    A view's published type belongs to the cell at its centre, so a box carries it only where it is the one leukocyte.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read (noted in `findings` if given).
    """
    folder = set_folder(root, CARD.name)
    with as_published(folder / "metadata.csv"):
        rows = {row["file"]: (row["cell_type"], row["slide"]) for row in table(folder / "metadata.csv")}
    result = []
    for path in image_folder(folder, "images"):
        with noted(findings, path):
            if path.name not in rows:
                raise MissingFile(f"metadata.csv has no line for {path.name}; copy the data set again.")
            result.append(_field(path, *rows[path.name]))
    return result


def _field(path: Path, cell_type: str, slide: str) -> LabelledField:
    types = _CELL_TYPES.get(cell_type, frozenset({cell_type}))
    names = tuple(LABELS)
    found = list(yolo(path.parent.parent / "labels" / f"{path.stem}.txt", EDGE, EDGE, len(names)))
    single = sum(index == 0 for index, *_ in found) == 1
    boxes = (
        on_image(box, EDGE, EDGE, names[index], types if index == 0 and single else LABELS[names[index]])
        for index, box, _ in found
    )
    return LabelledField(dataset=CARD.name, path=path, boxes=tuple(boxes), types=(types,), group=slide)
