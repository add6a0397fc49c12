"""LeukemiaAttri (LLD) development fields: 9 pictures 640x640 of one patient with ALL, squeezed to a square."""

from __future__ import annotations

import csv
from pathlib import Path

from lowcost.datasets.layouts import yolo
from lowcost.datasets.types import Card, LabelledBox, LabelledField, image_folder

CARD = Card(
    name="lld_dev",
    title="LeukemiaAttri fields of one patient with acute lymphoblastic leukemia, 100x",
    licence="CC BY-NC-SA as reported by others",
    may_train=False,
    source="Rehman et al., MICCAI 2024; Medical Image Analysis 106:103760",
)

EDGE = 640
"""Width and height of every field in px."""

LABELS: tuple[tuple[str, frozenset[str]], ...] = (
    ("none", frozenset({"artefact", "smudge_cell", "platelet_clump"})),
    ("myeloblast", frozenset({"blast"})),
    ("lymphoblast", frozenset({"blast"})),
    ("neutrophil", frozenset({"neutrophil_segmented", "neutrophil_band"})),
    ("atypical_lymphocyte", frozenset({"lymphocyte"})),
    ("promonocyte", frozenset({"blast"})),
    ("monoblast", frozenset({"blast"})),
    ("lymphocyte", frozenset({"lymphocyte"})),
    ("myelocyte", frozenset({"myelocyte"})),
    ("abnormal_promyelocyte", frozenset({"promyelocyte"})),
    ("monocyte", frozenset({"monocyte"})),
    ("metamyelocyte", frozenset({"metamyelocyte"})),
    ("eosinophil", frozenset({"eosinophil"})),
    ("basophil", frozenset({"basophil"})),
)
"""Published labels in the order of their index, with the types that each allows."""

ATTRIBUTE_COLUMNS = {
    "Cell_Size": "lld_cell_size",
    "Nuclear_Chromatin": "nuclear_chromatin",
    "Nuclear_Shape": "nuclear_shape",
    "Nucleolus": "nucleolus",
    "Cytoplasm": "cytoplasm",
    "Cytoplasmic_Basophilia": "cytoplasmic_basophilia",
    "Cytoplasmic_Vacuoles": "cytoplasmic_vacuoles",
}
"""Names of the taxonomy by column of ``attributes.csv``."""

_NOT_APPLICABLE = 4
_CELL_SIZE_OTHER = 2


def fields(root: Path) -> list[LabelledField]:
    """Return every field in the order of the file names; `group` is the patient.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read.
    """
    folder = root / CARD.name
    with (folder / "attributes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        LabelledField(
            dataset=CARD.name,
            path=path,
            boxes=tuple(
                LabelledBox(box, *LABELS[index], attributes=codes)
                for (index, box), codes in zip(
                    yolo(folder / "labels" / f"{path.stem}.txt", EDGE, EDGE),
                    [_codes(row) for row in rows if row["image"] == path.name],
                    strict=True,
                )
            ),
            group=path.stem.split("_")[0],
        )
        for path in image_folder(folder, "images")
    ]


def _codes(row: dict[str, str]) -> dict[str, int]:
    """Attribute codes without the two that mean missing: 4 everywhere, and 2 outside the cell size."""
    codes = {name: int(row[column]) for column, name in ATTRIBUTE_COLUMNS.items()}
    return {
        name: code
        for name, code in codes.items()
        if code != _NOT_APPLICABLE and (code != _CELL_SIZE_OTHER or name == "lld_cell_size")
    }
