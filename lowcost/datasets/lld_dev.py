"""LeukemiaAttri (LLD) development fields: 9 pictures 640x640 of one patient with ALL, squeezed to a square."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import table, yolo
from lowcost.datasets.lld import ATTRIBUTE_KEYS, EDGE, LABELS, known_codes
from lowcost.datasets.types import (
    Card,
    Finding,
    LabelledBox,
    LabelledField,
    as_published,
    image_folder,
    noted,
    on_image,
    set_folder,
)
from lowcost.errors import InputError

CARD = Card(
    name="lld_dev",
    title="LeukemiaAttri fields of one patient with acute lymphoblastic leukemia, 100x",
    licence="CC BY-NC-SA as reported by others",
    may_train=False,
    source="Rehman et al., MICCAI 2024; Medical Image Analysis 106:103760",
    holds="9 fields 640x640, 26 cells with types and 7 attributes",
    get="the sample fields of github.com/intelligentMachines-ITU/Blood-Cancer-Dataset-Lukemia-Attri-MICCAI-2024",
    split="one patient: for measuring only",
)

_COLUMNS = {
    "cell_size": "Cell_Size",
    "nuclear_chromatio": "Nuclear_Chromatin",
    "nuclear_shape": "Nuclear_Shape",
    "nucleolus": "Nucleolus",
    "cytoplasm": "Cytoplasm",
    "cytoplasmic_basophilia": "Cytoplasmic_Basophilia",
    "cytoplasmic_vacuoles": "Cytoplasmic_Vacuoles",
}


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder."""
    return (folder / "attributes.csv").is_file() and (folder / "classes.txt").is_file()


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every field in the order of the file names; `group` is the patient.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read (noted in `findings` if given).
    """
    folder = set_folder(root, CARD.name)
    rows = table(folder / "attributes.csv")
    result = []
    for path in image_folder(folder, "images"):
        with noted(findings, path), as_published(folder / "attributes.csv"):
            boxes = _boxes(folder / "labels" / f"{path.stem}.txt", [row for row in rows if row["image"] == path.name])
            result.append(LabelledField(dataset=CARD.name, path=path, boxes=boxes, group=path.stem.split("_")[0]))
    return result


def _boxes(path: Path, rows: list[dict[str, str]]) -> tuple[LabelledBox, ...]:
    names = tuple(LABELS)
    found = list(yolo(path, EDGE, EDGE, len(names)))
    if len(found) != len(rows):
        raise InputError(f"{path.name} has {len(found)} boxes and attributes.csv {len(rows)}; copy the set again.")
    return tuple(
        on_image(box, EDGE, EDGE, names[index], LABELS[names[index]], _codes(row))
        for (index, box, _), row in zip(found, rows, strict=True)
    )


def _codes(row: dict[str, str]) -> dict[str, int]:
    return known_codes({key: float(row[_COLUMNS[key]]) for key in ATTRIBUTE_KEYS})
