"""DeepBioNet development fields: 150 pictures 640x480, Olympus BX53, 100x, many background colours."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import voc
from lowcost.datasets.types import LEUKOCYTES, PLATELETS, Card, LabelledBox, LabelledField, image_folder

CARD = Card(
    name="deepbionet_dev",
    title="DeepBioNet fields of red cells, white cells and platelets",
    licence="none stated",
    may_train=False,
    source="DeepBioNet",
)

_TYPES = {"WBC": LEUKOCYTES, "Platelets": PLATELETS, "Platlets": PLATELETS}


def fields(root: Path) -> list[LabelledField]:
    """Return every field in the order of the file names, labels as published.

    Some files call red cells ``WBC``; that is left to the evaluation's committed list of label faults.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read.
    """
    folder = root / CARD.name
    return [
        LabelledField(
            dataset=CARD.name,
            path=path,
            boxes=tuple(
                LabelledBox(box, label, _TYPES.get(label, frozenset()))
                for label, box in voc(folder / "annotations" / f"{path.stem}.xml")
            ),
        )
        for path in image_folder(folder, "images")
    ]
