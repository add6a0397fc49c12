"""Bone-marrow cells (Matek 2021): single-cell views 250x250 px in 21 classes; the scale is not published.

Reads the set as published (``<code>/0001-1000/<code>_00001.jpg``, 171,374 views) and the development excerpt, whose
folders carry the names of 7 of the types. The published layout is that of the TCIA archive as others describe it.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets import munich
from lowcost.datasets.layouts import class_folders
from lowcost.datasets.types import LEUKOCYTES, Card, Finding, LabelledCell, set_folder

CARD = Card(
    name="bone_marrow",
    title="Bone-marrow cells, the source of blasts; marrow, not blood",
    licence="CC BY 4.0",
    may_train=True,
    source="Matek et al. 2021, doi:10.1182/blood.2020010568",
    holds="171,374 single cells 250x250 in 21 classes (the excerpt: 2,500 in 7)",
    get="The Cancer Imaging Archive, doi:10.7937/TCIA.AXH3-T579",
    split="by hash of the file name: neither patient nor slide is published, so figures are too good",
)

_CODES = (
    *("ABE", "ART", "BAS", "BLA", "EBO", "EOS", "FGC", "HAC", "KSC", "LYI", "LYT", "MMZ", "MON", "MYB", "NGB", "NGS"),
    *("NIF", "OTH", "PEB", "PLM", "PMO"),
)
_EXCERPT = ("blast", "eosinophil", "lymphocyte", "monocyte", "neutrophil_segmented", "not_identifiable", "promyelocyte")

LABELS = {code: munich.TYPES[code] for code in _CODES} | {
    name: LEUKOCYTES if name == "not_identifiable" else frozenset({name}) for name in _EXCERPT
}
"""Types by published code, and by folder of the excerpt; ``not_identifiable`` and NIF allow any leukocyte."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder, as published or as the excerpt."""
    return _is_excerpt(folder) or any((folder / code).is_dir() for code in ("BLA", "FGC", "LYI", "PEB", "ABE"))


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every view in the order of folder and file name.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = set_folder(root, CARD.name)
    names = _EXCERPT if _is_excerpt(folder) else _CODES
    return class_folders(folder, CARD.name, {name: LABELS[name] for name in names}, findings)


def _is_excerpt(folder: Path) -> bool:
    return (folder / "not_identifiable").is_dir() and (folder / "blast").is_dir()
