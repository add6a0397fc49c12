"""MLL23: 41,621 single cells 288x288 px (25 um) of blood in 18 classes, Munich Leukemia Laboratory.

One folder of TIF files per class (published as one archive per class). That the folders lie side by side and bear the
names of the classes follows the set's description; the names of the files were not verified and tell no patient.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import class_folders
from lowcost.datasets.types import Card, Finding, LabelledCell, set_folder

CARD = Card(
    name="mll23",
    title="Single cells of blood in 18 classes, with leukemic and lymphoma cells",
    licence="see the Zenodo record: not verified here",
    may_train=False,
    source="https://github.com/marrlab/MLL23",
    holds="41,621 single cells 288x288 (25 um) in 18 classes",
    get="https://zenodo.org/records/14277609",
    split="by hash of the file name: patients are not published, so figures are too good",
)

UM_PER_PX = 25 / 288

LABELS: dict[str, frozenset[str]] = {
    "basophil": frozenset({"basophil"}),
    "eosinophil": frozenset({"eosinophil"}),
    "hairy_cell": frozenset(),
    "lymphocyte": frozenset({"lymphocyte"}),
    "lymphocyte_large_granular": frozenset({"lymphocyte"}),
    "lymphocyte_neoplastic": frozenset({"lymphocyte"}),
    "lymphocyte_reactive": frozenset({"lymphocyte"}),
    "metamyelocyte": frozenset({"metamyelocyte"}),
    "monocyte": frozenset({"monocyte"}),
    "myeloblast": frozenset({"blast"}),
    "myelocyte": frozenset({"myelocyte"}),
    "neutrophil_band": frozenset({"neutrophil_band"}),
    "neutrophil_segmented": frozenset({"neutrophil_segmented"}),
    "normoblast": frozenset({"erythroblast"}),
    "plasma_cell": frozenset(),
    "promyelocyte": frozenset({"promyelocyte"}),
    "promyelocyte_atypical": frozenset({"promyelocyte"}),
    "smudge_cell": frozenset({"smudge_cell"}),
}
"""Types by published class; hairy cells and plasma cells have no type here."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder, by the classes that no other set has."""
    return any((folder / name).is_dir() for name in ("promyelocyte_atypical", "lymphocyte_large_granular"))


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every cell in the order of class and file name.

    Raises
    ------
    InputError
        The set is not there.
    """
    return class_folders(set_folder(root, CARD.name), CARD.name, LABELS, findings, um_per_px=UM_PER_PX)
