"""Barcelona PBC: single-cell views 256x256 px at 0.1 um/px, and the attributes of WBCAtt for most of them."""

from __future__ import annotations

import csv
from pathlib import Path

from lowcost.datasets.types import NEUTROPHILS, PLATELETS, Card, LabelledCell, image_folder
from lowcost.taxonomy import ATTRIBUTES

CARD = Card(
    name="pbc",
    title="Barcelona peripheral blood cells with the attributes of WBCAtt",
    licence="CC BY 4.0 (images), MIT (attributes)",
    may_train=True,
    source="Acevedo et al. 2020, doi:10.1016/j.dib.2020.105474; Tsutsui et al., NeurIPS 2023",
)

UM_PER_PX = 0.1

ATTRIBUTE_NAMES = tuple(name for name, attribute in ATTRIBUTES.items() if attribute.scheme == "WBCAtt")
"""The attributes that WBCAtt labels, which are also the columns of its tables."""

_TYPES = {
    "SNE": frozenset({"neutrophil_segmented"}),
    "BNE": frozenset({"neutrophil_band"}),
    "NEUTROPHIL": NEUTROPHILS,
    "MMY": frozenset({"metamyelocyte"}),
    "MY": frozenset({"myelocyte"}),
    "PMY": frozenset({"promyelocyte"}),
    "EO": frozenset({"eosinophil"}),
    "BA": frozenset({"basophil"}),
    "LY": frozenset({"lymphocyte"}),
    "MO": frozenset({"monocyte"}),
    "ERB": frozenset({"erythroblast"}),
    "PLATELET": PLATELETS,
}
_FOLDERS = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")


def cells(root: Path) -> list[LabelledCell]:
    """Return every view in the order of folder and file name, with its attributes and published split where it has any.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = root / CARD.name
    rows = {
        row["path"]: (part, row)
        for part in ("train", "val", "test")
        for row in _rows(folder / "attributes" / f"{part}.csv")
    }
    result = []
    for path in (path for name in _FOLDERS for path in image_folder(folder, name)):
        part, row = rows.get(f"{path.parent.name}/{path.name}", ("", {}))
        prefix = path.stem.split("_")[0]
        attributes = {name: row[name] for name in ATTRIBUTE_NAMES if name in row}
        result.append(LabelledCell(CARD.name, path, prefix, _TYPES[prefix], attributes, part, UM_PER_PX))
    return result


def second_annotator(root: Path) -> dict[str, dict[str, str]]:
    """Return the attributes that a second expert gave, by path relative to the set: for the human ceiling only.

    Raises
    ------
    FileNotFoundError
        The set is not there.
    """
    rows = _rows(root / CARD.name / "attributes" / "second_annotator.csv")
    return {row["path"]: {name: row[name] for name in ATTRIBUTE_NAMES} for row in rows}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
