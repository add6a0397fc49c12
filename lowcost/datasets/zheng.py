"""Zheng's two sets of leukocyte crops as published, with hand-drawn nucleus and cytoplasm.

``Dataset 1`` (300 crops 120x120, Motic camera, rapid stain) and ``Dataset 2`` (100 crops 300x300 from the CellaVision
blog), each ``NNN.bmp`` with its mask ``NNN.png``, and ``Class Labels of Dataset N.csv``. Seen in the published
repository; its second table is read as if it were like the first.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets import zheng1
from lowcost.datasets.types import LEUKOCYTES, Card, Finding, LabelledField, MissingFile, image_folder, set_folder

CARD = Card(
    name="zheng",
    title="Leukocyte crops with masks, two cameras",
    licence="GPL-3",
    may_train=False,
    source="Zheng et al. 2018, doi:10.1016/j.micron.2018.01.010",
    holds="300 crops 120x120 and 100 crops 300x300, masks of nucleus and cytoplasm, types not checked by an expert",
    get="git clone https://github.com/zxaoyou/segmentation_WBC",
    split="by part (`Dataset 1`, `Dataset 2`); no slide is known",
)

LABELS = zheng1.LABELS
"""Types by published class number."""

_SCALES = {"Dataset 1": zheng1.UM_PER_PX, "Dataset 2": None}


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return any((folder / name).is_dir() and (folder / f"Class Labels of {name}.csv").is_file() for name in _SCALES)


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every crop in the order of part and file name; a crop without its mask is noted and given without.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = set_folder(root, CARD.name)
    parts = [name for name in _SCALES if (folder / name).is_dir()]
    if not parts:
        raise MissingFile(f"No folder Dataset 1 or Dataset 2 in {folder}; give the folder that holds the set.")
    result = []
    for part in parts:
        types = zheng1.types_by_number(folder / f"Class Labels of {part}.csv")
        for path in image_folder(folder, part):
            if path.suffix.lower() != ".bmp":
                continue
            mask = path.with_suffix(".png")
            if findings is not None and not mask.exists():
                findings.append(Finding("missing file", str(mask), "The mask is absent."))
            result.append(
                LabelledField(
                    dataset=CARD.name,
                    path=path,
                    mask_path=mask if mask.exists() else None,
                    types=(types.get(zheng1.number_of(path), LEUKOCYTES),),
                    um_per_px=_SCALES[part],
                )
            )
    return result
