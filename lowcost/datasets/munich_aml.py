"""Munich AML 2019: single cells 400x400 px from the blood of 100 patients with AML and 100 without, 15 classes.

``AML-Cytomorphology/<code>/<code>_0001.tiff`` with ``annotations.dat`` beside it, whose lines give path, class and up
to two annotations made again. The layout is that of the TCIA archive as others describe it and was not verified; the
classes are taken from the folders.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets import munich
from lowcost.datasets.layouts import class_folders
from lowcost.datasets.types import Card, Finding, LabelledCell, read_text, set_folder

CARD = Card(
    name="munich_aml",
    title="Munich AML morphology set: leukocytes of blood with and without acute myeloid leukemia",
    licence="CC BY 3.0",
    may_train=True,
    source="Matek et al. 2019, doi:10.1038/s42256-019-0101-9",
    holds="18,365 single cells 400x400 in 15 classes, part of them annotated three times",
    get="The Cancer Imaging Archive, doi:10.7937/tcia.2019.36f5o9ld (11 GB)",
    split="by hash of the file name: patients are not published, so figures are too good",
)

UM_PER_PX = 1 / 13.8

LABELS = {
    code: munich.TYPES[code]
    for code in (
        "BAS",
        "EBO",
        "EOS",
        "KSC",
        "LYA",
        "LYT",
        "MMZ",
        "MOB",
        "MON",
        "MYB",
        "MYO",
        "NGB",
        "NGS",
        "PMB",
        "PMO",
    )
}
"""Types by published code."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return any((_classes(folder) / code).is_dir() for code in ("LYA", "MOB", "MYO", "PMB"))


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every cell in the order of class and file name.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = _classes(set_folder(root, CARD.name))
    return class_folders(folder, CARD.name, LABELS, findings, um_per_px=UM_PER_PX)


def annotators(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the codes that each annotation gave, by file name: the published one, then those made again.

    Raises
    ------
    InputError
        ``annotations.dat`` is missing.
    """
    folder = set_folder(root, CARD.name)
    path = next(
        (place / "annotations.dat" for place in (folder, folder.parent) if (place / "annotations.dat").is_file()),
        folder / "annotations.dat",
    )
    rows = (line.split() for line in read_text(path).splitlines() if line.strip())
    return {Path(name).name: tuple(code for code in codes if code in LABELS) for name, *codes in rows}


def _classes(folder: Path) -> Path:
    return next((folder / name for name in ("AML-Cytomorphology", "images") if (folder / name).is_dir()), folder)
