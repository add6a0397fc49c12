"""Barcelona PBC: single-cell views at 0.1 um/px, and the attributes of WBCAtt where they lie beside them.

Reads the set as published (``PBC_dataset_normal_DIB/<type>/<prefix>_<number>.jpg``, 17,092 views 360x363) and the
development excerpt (12,334 centre crops 256x256 with ``attributes/``), which share the folders and names.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import table
from lowcost.datasets.types import (
    NEUTROPHILS,
    PLATELETS,
    Card,
    Finding,
    LabelledCell,
    MissingFile,
    as_published,
    image_folder,
    noted,
    set_folder,
)
from lowcost.errors import InputError
from lowcost.taxonomy import ATTRIBUTES

CARD = Card(
    name="pbc",
    title="Barcelona peripheral blood cells with the attributes of WBCAtt",
    licence="CC BY 4.0 (images), MIT (attributes)",
    may_train=True,
    source="Acevedo et al. 2020, doi:10.1016/j.dib.2020.105474; Tsutsui et al., NeurIPS 2023",
    holds="17,092 single cells 360x363 in 8 folders and 13 finer classes (the excerpt: 12,334 views 256x256)",
    get="Mendeley Data, doi:10.17632/snkd93bnjr.1",
    split="published by WBCAtt, else by hash of the file name: patients are not published, so figures are too good",
)

UM_PER_PX = 0.1

ATTRIBUTE_NAMES = tuple(name for name, attribute in ATTRIBUTES.items() if attribute.scheme == "WBCAtt")
"""The attributes that WBCAtt labels, which are also the columns of its tables."""

LABELS = {
    "SNE": frozenset({"neutrophil_segmented"}),
    "BNE": frozenset({"neutrophil_band"}),
    "NEUTROPHIL": NEUTROPHILS,
    "MMY": frozenset({"metamyelocyte"}),
    "MY": frozenset({"myelocyte"}),
    "PMY": frozenset({"promyelocyte"}),
    "IG": frozenset({"metamyelocyte", "myelocyte", "promyelocyte"}),
    "EO": frozenset({"eosinophil"}),
    "BA": frozenset({"basophil"}),
    "LY": frozenset({"lymphocyte"}),
    "MO": frozenset({"monocyte"}),
    "ERB": frozenset({"erythroblast"}),
    "PLATELET": PLATELETS,
}
"""Types by prefix of the file name."""

FOLDERS = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
"""The published folders."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return (folder / "ig").is_dir() and any((folder / "basophil").glob("BA_*.jpg"))


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every view in the order of folder and file name, with its attributes and published split where it has any.

    Raises
    ------
    InputError
        The set is not there, or a file is not named as published (noted in `findings` if given).
    """
    folder = set_folder(root, CARD.name)
    rows: dict[str, tuple[str, dict[str, str]]] = {}
    if (folder / "attributes").is_dir():
        for part in ("train", "val", "test"):
            path = folder / "attributes" / f"{part}.csv"
            with as_published(path):
                rows |= {row["path"]: (part, row) for row in table(path)}
    result, absent = [], dict(rows)
    for name in FOLDERS:
        with noted(findings, folder / name):
            for path in image_folder(folder, name):
                part, row = absent.pop(f"{name}/{path.name}", ("", {}))
                with noted(findings, path):
                    result.append(cell(path, row, part))
    for name in absent:
        with noted(findings, folder / name):
            raise MissingFile(f"{name} has attributes, but the image is missing.")
    return result


def cell(path: Path, row: dict[str, str], split: str, dataset: str = CARD.name) -> LabelledCell:
    """Return one view, its type by the prefix of its name, its attributes from a line of WBCAtt's tables.

    Raises
    ------
    InputError
        The file is not named as published.
    """
    prefix = path.stem.split("_")[0]
    if prefix not in LABELS:
        raise InputError(f"{path.name} begins with none of {', '.join(LABELS)}; is it from another set?")
    attributes = {name: row[name] for name in ATTRIBUTE_NAMES if name in row}
    return LabelledCell(dataset, path, prefix, LABELS[prefix], attributes, split, UM_PER_PX)


def second_annotator(root: Path) -> dict[str, dict[str, str]]:
    """Return the attributes that a second expert gave, by path relative to the set: for the human ceiling only.

    Raises
    ------
    InputError
        The set is not there.
    """
    path = set_folder(root, CARD.name) / "attributes" / "second_annotator.csv"
    with as_published(path):
        return {row["path"]: {name: row[name] for name in ATTRIBUTE_NAMES} for row in table(path)}
