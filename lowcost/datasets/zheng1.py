"""Zheng's first set: 300 crops of about 120x120 px with one leukocyte each, hand-drawn nucleus and cytoplasm."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import table
from lowcost.datasets.types import (
    LEUKOCYTES,
    NEUTROPHILS,
    Card,
    Finding,
    LabelledField,
    as_published,
    image_folder,
    set_folder,
)
from lowcost.errors import InputError

CARD = Card(
    name="zheng1",
    title="Leukocyte crops from a Motic camera, rapid stain, yellow background",
    licence="GPL-3",
    may_train=False,
    source="Zheng et al. 2018, doi:10.1016/j.micron.2018.01.010",
    holds="300 crops of about 120x120 px, masks of nucleus and cytoplasm, types not checked by an expert",
    get="Dataset 1 of github.com/zxaoyou/segmentation_WBC, renamed; the whole of it is read as `zheng`",
    split="no slide is known: for measuring only",
)

UM_PER_PX = 0.19
"""Not published: the ghosts of the lysed red cells are 35 to 40 px across, and nothing else on a crop is a ruler."""

LABELS = {
    "1": NEUTROPHILS,
    "2": frozenset({"lymphocyte"}),
    "3": frozenset({"monocyte"}),
    "4": frozenset({"eosinophil"}),
    "5": frozenset({"basophil"}),
}
"""Types by published class number."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return (folder / "types.csv").is_file() and (folder / "masks").is_dir()


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every crop in the order of the file names; the types are not checked by an expert.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = set_folder(root, CARD.name)
    labels = types_by_number(folder / "types.csv")
    result = []
    for path in image_folder(folder, "images"):
        mask = folder / "masks" / path.name
        result.append(
            LabelledField(
                dataset=CARD.name,
                path=path,
                mask_path=mask,
                um_per_px=UM_PER_PX,
                types=(labels.get(number_of(path), LEUKOCYTES),),
            )
        )
        if findings is not None and not mask.exists():
            findings.append(Finding("missing file", str(mask), "The mask is absent."))
    return result


def types_by_number(path: Path) -> dict[int, frozenset[str]]:
    """Return the types by number of image from a published table of class numbers.

    Raises
    ------
    InputError
        The table is missing or not as published.
    """
    with as_published(path):
        return {int(row["image ID"]): LABELS.get(row["class label"].strip(), LEUKOCYTES) for row in table(path)}


def number_of(path: Path) -> int:
    """Return the number that a crop's file name is.

    Raises
    ------
    InputError
        It is none.
    """
    if not path.stem.isdecimal():
        raise InputError(f"{path.name} is not named by a number as published; is it from another set?")
    return int(path.stem)
