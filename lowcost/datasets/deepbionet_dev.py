"""DeepBioNet development fields: 150 pictures 640x480, Olympus BX53, 100x, many background colours."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import voc
from lowcost.datasets.types import (
    LEUKOCYTES,
    PLATELETS,
    Card,
    Finding,
    LabelledField,
    image_folder,
    noted,
    set_folder,
)

CARD = Card(
    name="deepbionet_dev",
    title="DeepBioNet fields of red cells, white cells and platelets",
    licence="none stated",
    may_train=False,
    source="DeepBioNet",
    holds="150 fields 640x480, boxes of WBC, RBC and platelets",
    get="150 fields chosen from github.com/usmanalishams/DeepBioNet_dataset_BCCD_WBC_Classifition",
    split="no slide is known: for measuring only",
)

LABELS = {"WBC": LEUKOCYTES, "RBC": frozenset[str](), "Platelets": PLATELETS, "Platlets": PLATELETS}
"""Types by published label; red cells have none."""


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder, by its name: its layout is that of any VOC set."""
    return folder.name.lower().startswith("deepbionet") and (folder / "annotations").is_dir()


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every field in the order of the file names, labels as published.

    Some files call red cells ``WBC``; that is left to the evaluation's committed list of label faults.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read (noted in `findings` if given).
    """
    folder, result = set_folder(root, CARD.name), []
    for path in image_folder(folder, "images"):
        with noted(findings, path):
            boxes = voc(folder / "annotations" / f"{path.stem}.xml", lambda label: LABELS.get(label, frozenset()))
            result.append(LabelledField(dataset=CARD.name, path=path, boxes=tuple(boxes)))
    return result
