"""Bone-marrow cells (Matek 2021): 2,500 single-cell views 250x250 px; the scale is not published."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.types import LEUKOCYTES, Card, LabelledCell, image_folder

CARD = Card(
    name="bone_marrow",
    title="Bone-marrow cells, the source of blasts; marrow, not blood",
    licence="CC BY 4.0",
    may_train=True,
    source="Matek et al. 2021, doi:10.1182/blood.2020010568",
)

_FOLDERS = (
    "blast",
    "eosinophil",
    "lymphocyte",
    "monocyte",
    "neutrophil_segmented",
    "not_identifiable",
    "promyelocyte",
)


def cells(root: Path) -> list[LabelledCell]:
    """Return every view in the order of folder and file name; ``not_identifiable`` allows any leukocyte.

    Raises
    ------
    InputError
        The set is not there.
    """
    return [
        LabelledCell(CARD.name, path, name, LEUKOCYTES if name == "not_identifiable" else frozenset({name}))
        for name in _FOLDERS
        for path in image_folder(root, CARD.name, name)
    ]
