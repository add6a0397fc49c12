"""BCCD: 364 fields 640x480 at 100x, with boxes (a later correction where there is one), masks and a published split."""

from __future__ import annotations

import csv
from pathlib import Path

from lowcost.datasets.layouts import voc
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
    name="bccd",
    title="Blood Cell Count and Detection, with the masks of Banik et al. 2020",
    licence="MIT",
    may_train=True,
    source="https://github.com/Shenggan/BCCD_Dataset; masks doi:10.1016/j.eswa.2020.113211",
)

_TYPES = {"WBC": LEUKOCYTES, "Platelets": PLATELETS}
_FIELD_TYPES = {
    "NEUTROPHIL": NEUTROPHILS,
    "EOSINOPHIL": frozenset({"eosinophil"}),
    "BASOPHIL": frozenset({"basophil"}),
    "LYMPHOCYTE": frozenset({"lymphocyte"}),
    "MONOCYTE": frozenset({"monocyte"}),
}


def fields(root: Path) -> list[LabelledField]:
    """Return every field in the order of the file names.

    Parameters
    ----------
    root : Path
        The folder that holds ``bccd``.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read.
    """
    folder = root / CARD.name
    split = {name: part for part in ("train", "val", "test") for name in (folder / f"{part}.txt").read_text().split()}
    types = _types_of_fields(folder / "image_level_types.csv")
    return [
        LabelledField(
            dataset=CARD.name,
            path=path,
            boxes=tuple(
                LabelledBox(box, label, _TYPES.get(label, frozenset())) for label, box in voc(_annotation(path))
            ),
            mask_path=mask if (mask := folder / "masks" / f"{path.stem}.png").exists() else None,
            types=types.get(path.stem, ()),
            split=split.get(path.stem, ""),
        )
        for path in image_folder(folder, "images")
    ]


def _annotation(image: Path) -> Path:
    corrected = image.parent.parent / "annotations_corrected" / f"{image.stem}.xml"
    return corrected if corrected.exists() else image.parent.parent / "annotations" / f"{image.stem}.xml"


def _types_of_fields(path: Path) -> dict[str, tuple[frozenset[str], ...]]:
    with path.open(newline="") as file:
        return {
            f"BloodImage_{int(row['Image']):05d}": tuple(
                _FIELD_TYPES[word.strip()] for word in row["Category"].split(",") if word.strip()
            )
            for row in csv.DictReader(file)
        }
