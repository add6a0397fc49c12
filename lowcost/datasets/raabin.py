"""Raabin-WBC as published: cropped leukocytes 575x575 px by two phones on two microscopes, Giemsa, 100x.

``{Train,TestA,TestB}/{Basophil,Eosinophil,Lymphocyte,Monocyte,Neutrophil}/<slide>_<field>_<cell>.jpg`` (also spelt
``Test-A``); TestB, from the second microscope, holds neutrophils and lymphocytes alone. Layout and names as others
describe them and as the views of `raabin_dev` are named; not verified on the archive. The uncropped fields with their
JSON files are not read: their keys could not be verified.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import class_folders
from lowcost.datasets.types import NEUTROPHILS, Card, Finding, LabelledCell, MissingFile, set_folder

CARD = Card(
    name="raabin",
    title="Raabin-WBC: leukocytes of normal blood by smartphones on microscope eyepieces",
    licence="not verified (published as free to use)",
    may_train=False,
    source="Kouzehkanan et al. 2022, doi:10.1038/s41598-021-04426-x",
    holds="about 17,000 cropped cells of 5 types, each labelled by two experts: Train, TestA, TestB",
    get="https://raabindata.com/free-data",
    split="by slide (`group`); TestB is another microscope and camera",
)

LABELS = {
    "Basophil": frozenset({"basophil"}),
    "Eosinophil": frozenset({"eosinophil"}),
    "Lymphocyte": frozenset({"lymphocyte"}),
    "Monocyte": frozenset({"monocyte"}),
    "Neutrophil": NEUTROPHILS,
}
"""Types by published folder."""

PARTS = {"Train": "train", "TestA": "test", "Test-A": "test", "TestB": "test-B", "Test-B": "test-B"}
"""Split by published folder."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return any((folder / part / "Neutrophil").is_dir() for part in PARTS)


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every cell in the order of part, type and file name; `group` is the slide.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = set_folder(root, CARD.name)
    parts = [part for part in PARTS if (folder / part).is_dir()]
    if not parts:
        raise MissingFile(f"No folder Train, TestA or TestB in {folder}; give the folder that holds the set.")
    result = []
    for part in parts:
        labels = {name: types for name, types in LABELS.items() if PARTS[part] != "test-B" or name[0] in "LN"}
        result += class_folders(folder / part, CARD.name, labels, findings, split=PARTS[part], group=slide_of)
    return result


def slide_of(stem: str) -> str:
    """Return the slide that a file name tells: what stands before the numbers of field and cell."""
    return stem.rsplit("_", 2)[0]
