"""Zheng's first set: 300 crops of about 120x120 px with one leukocyte each, hand-drawn nucleus and cytoplasm."""

from __future__ import annotations

import csv
from pathlib import Path

from lowcost.datasets.types import LEUKOCYTES, NEUTROPHILS, Card, LabelledField, image_folder

CARD = Card(
    name="zheng1",
    title="Leukocyte crops from a Motic camera, rapid stain, yellow background",
    licence="GPL-3",
    may_train=False,
    source="Zheng et al. 2018, doi:10.1016/j.micron.2018.01.010",
)

UM_PER_PX = 0.19
"""Not published: the ghosts of the lysed red cells are 35 to 40 px across, and nothing else on a crop is a ruler."""

_TYPES = {
    "1": NEUTROPHILS,
    "2": frozenset({"lymphocyte"}),
    "3": frozenset({"monocyte"}),
    "4": frozenset({"eosinophil"}),
    "5": frozenset({"basophil"}),
}


def fields(root: Path) -> list[LabelledField]:
    """Return every crop in the order of the file names; the types are not checked by an expert.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = root / CARD.name
    with (folder / "types.csv").open(newline="") as file:
        labels = {int(row["image ID"]): row["class label"] for row in csv.DictReader(file)}
    return [
        LabelledField(
            dataset=CARD.name,
            path=path,
            mask_path=folder / "masks" / path.name,
            um_per_px=UM_PER_PX,
            types=(_TYPES.get(labels.get(int(path.stem), ""), LEUKOCYTES),),
        )
        for path in image_folder(folder, "images")
    ]
