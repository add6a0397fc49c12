"""LeukemiaAttri (MICCAI 2024) and its sparse extension LLD (Medical Image Analysis 106:103760), all 12 subsets.

``{H,L}_{100X,40X,10X}_{C1,C2}`` (high- or low-cost microscope, magnification, phone or microscope camera) each hold
``Images/{train,test}/*.png`` of 640x640 px and the same labels three times: ``json_labels/{train,test}.json`` (COCO),
``txt_labels/AttriDet/{train,test}/*.txt`` (with attributes) and ``txt_labels/WBC_Detection/{train,test}/*.txt``
(boxes). Sparse labels put the annotated patch ``px1 px2 py1 py2`` before the attributes: what lies outside it is
unknown. Names are ``<patient>_<number>[_<number>]_<1000|400|100>_<diagnosis>.png``.

Not verified on the release, whose files this project has seen only in part: whether the patch is given in px or as
fractions (both are read), and that the two numbers of a 40x name are column and row of a mosaic of tiles that overlap
by 20 % (so others read them; no publication says so).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowcost.datasets.layouts import coco, yolo
from lowcost.datasets.types import (
    Box,
    Card,
    Finding,
    LabelledBox,
    LabelledField,
    MissingFile,
    Tile,
    as_published,
    is_there,
    noted,
    on_image,
    read_text,
    set_folder,
)
from lowcost.errors import InputError

CARD = Card(
    name="lld",
    title="LeukemiaAttri and the Large Leukemia Dataset: fields of leukemia smears, types and 7 attributes",
    licence="CC BY-NC-SA as reported by others",
    may_train=False,
    source="Rehman et al., MICCAI 2024; Medical Image Analysis 106:103760",
    holds="12 subsets of fields 640x640 (two microscopes, 100x, 40x and 10x, two cameras), 14 classes, 7 attributes",
    get="by the links of github.com/intelligentMachines-ITU; the archives are known to lose 19-25 % of the images",
    split="by patient (`group`) anew: the published split is not known to be independent",
)

EDGE = 640
"""Width and height of every field in px."""

STRIDE = 512
"""Step from one 40x tile to the next in px: 20 % of a tile lies on its neighbour."""

SUBSETS = tuple(
    f"{cost}_{power}_{camera}" for cost in "HL" for power in ("100X", "40X", "10X") for camera in ("C1", "C2")
)
"""The published subsets."""

FORMS = ("AttriDet", "json", "WBC_Detection")
"""The forms of the labels, the one that says most first."""

LABELS: dict[str, frozenset[str]] = {
    "none": frozenset({"artefact", "smudge_cell", "platelet_clump"}),
    "myeloblast": frozenset({"blast"}),
    "lymphoblast": frozenset({"blast"}),
    "neutrophil": frozenset({"neutrophil_segmented", "neutrophil_band"}),
    "atypical_lymphocyte": frozenset({"lymphocyte"}),
    "promonocyte": frozenset({"blast"}),
    "monoblast": frozenset({"blast"}),
    "lymphocyte": frozenset({"lymphocyte"}),
    "myelocyte": frozenset({"myelocyte"}),
    "abnormal_promyelocyte": frozenset({"promyelocyte"}),
    "monocyte": frozenset({"monocyte"}),
    "metamyelocyte": frozenset({"metamyelocyte"}),
    "eosinophil": frozenset({"eosinophil"}),
    "basophil": frozenset({"basophil"}),
}
"""Types by published label, in the order of the index."""

ATTRIBUTE_KEYS = {
    "cell_size": "lld_cell_size",
    "nuclear_chromatio": "nuclear_chromatin",
    "nuclear_shape": "nuclear_shape",
    "nucleolus": "nucleolus",
    "cytoplasm": "cytoplasm",
    "cytoplasmic_basophilia": "cytoplasmic_basophilia",
    "cytoplasmic_vacuoles": "cytoplasmic_vacuoles",
}
"""Names of the taxonomy by key of the JSON (spelling as published), in the order of the text columns."""

_NOT_APPLICABLE = 4
_CELL_SIZE_OTHER = 2
_PATCH, _ATTRIBUTES = 4, 7
_NAME = re.compile(
    r"(?P<patient>[^_]+)_(?P<first>\d+)(?:_(?P<second>\d+))?_(?P<power>1000|400|100)_(?P<diagnosis>[^_]+)"
)


@dataclass(frozen=True)
class Name:
    """What the name of a field tells.

    Attributes
    ----------
    patient : str
        Number of the patient.
    numbers : tuple of int
        Number of the field; of a 40x tile its column and row.
    magnification : int
        Of the objective: 100, 40 or 10.
    diagnosis : str
        ``"ALL"``, ``"AML"``, ``"APML"``, ``"CML"`` or ``"CLL"``.
    """

    patient: str
    numbers: tuple[int, ...]
    magnification: int
    diagnosis: str


def name_of(path: Path) -> Name:
    """Return what a file's name tells.

    Raises
    ------
    InputError
        The name is not of the published form.
    """
    found = _NAME.fullmatch(path.stem)
    if found is None:
        raise InputError(f"{path.name} is not named <patient>_<field>[_<tile>]_<1000|400|100>_<diagnosis>.png.")
    numbers = tuple(int(number) for number in found.group("first", "second") if number is not None)
    return Name(found["patient"], numbers, int(found["power"]) // 10, found["diagnosis"])


def recognises(folder: Path) -> bool:
    """Whether subsets of LLD are in this folder, or it is one of them."""
    return any((place / "Images").is_dir() for place in _subsets(folder))


def fields(root: Path, findings: list[Finding] | None = None, form: str | None = None) -> list[LabelledField]:
    """Return every labelled field whose image is there, in the order of subset, split and name; `group` is the patient.

    Parameters
    ----------
    root : Path
        A subset, the folder of the subsets, or the folder that holds it as ``lld``.
    findings : list of Finding, optional
        Where missing and unreadable files are noted. The release is known to lose images: give a list to go on.
    form : str, optional
        A name of `FORMS`; by default the first that a split has.

    Raises
    ------
    InputError
        The set is not there, or an image or label file is missing or cannot be read (noted in `findings` if given).
    """
    subsets = [place for place in _subsets(set_folder(root, CARD.name)) if (place / "Images").is_dir()]
    if not subsets:
        raise MissingFile(f"No folder H_100X_C1/Images or the like in {root}; give the folder that holds the set.")
    result = []
    for place in subsets:
        for split in ("train", "test"):
            result += _split(place, split, findings, form)
    return result


def _subsets(folder: Path) -> list[Path]:
    return [folder] if folder.name in SUBSETS else [folder / name for name in SUBSETS]


def _split(place: Path, split: str, findings: list[Finding] | None, form: str | None) -> list[LabelledField]:
    chosen = next((name for name in FORMS if form in (None, name) and _labels(place, split, name).exists()), None)
    if chosen is None:
        with noted(findings, place):
            raise MissingFile(f"{place.name} has no labels of its {split} fields; copy the data set again.")
        return []
    labels, images, result = _labels(place, split, chosen), place / "Images" / split, []
    if chosen == "json":
        with noted(findings, labels), as_published(labels):
            for image in sorted(coco(labels).images, key=lambda image: image.file_name):
                boxes = [_box(box, label, _coded(item)) for label, box, item in image.objects]
                result += _field(images / Path(image.file_name).name, split, boxes, None, findings)
        return result
    sparse = _is_sparse(labels)
    for path in sorted(labels.glob("*.txt")):
        with noted(findings, path), as_published(path):
            result += _field(images / f"{path.stem}.png", split, *_text(path, sparse), findings)
    return result


def _labels(place: Path, split: str, form: str) -> Path:
    return place / "json_labels" / f"{split}.json" if form == "json" else place / "txt_labels" / form / split


def _field(
    path: Path, split: str, boxes: Iterable[LabelledBox], annotated: Box | None, findings: list[Finding] | None
) -> list[LabelledField]:
    """The field in a list, which is empty where its image is missing."""
    with noted(findings, path):
        if not is_there(path):
            raise MissingFile(f"{path.name} is labelled, but the image is missing.")
        name = name_of(path)
        tile = None
        if len(name.numbers) == 2:
            mosaic = f"{path.parents[2].name}/{name.patient}"
            tile = Tile(mosaic, float(name.numbers[0] * STRIDE), float(name.numbers[1] * STRIDE))
        return [
            LabelledField(
                dataset=CARD.name,
                path=path,
                boxes=tuple(boxes),
                split=split,
                group=name.patient,
                annotated=annotated,
                tile=tile,
            )
        ]
    return []


def _is_sparse(folder: Path) -> bool:
    """Whether the labels of a folder are of the sparse form, by the first file with a label."""
    for path in sorted(folder.glob("*.txt")):
        words = read_text(path).split("\n", 1)[0].split()
        if words:
            return len(words) == 5 + _PATCH + _ATTRIBUTES
    return False


def _text(path: Path, sparse: bool) -> tuple[list[LabelledBox], Box | None]:
    """Boxes and annotated patch of a text file; of a sparse file without labels nothing is known."""
    names, boxes, patches = tuple(LABELS), [], set()
    for index, box, more in yolo(path, EDGE, EDGE):
        if index not in range(len(names)) or len(more) not in (0, _ATTRIBUTES, _PATCH + _ATTRIBUTES):
            raise InputError(
                f"{path.name}: expected a class from 0 to {len(names) - 1} and 5, 12 or 16 columns, "
                f"got class {index} and {5 + len(more)} columns; copy the set again."
            )
        if len(more) > _ATTRIBUTES:
            x0, x1, y0, y1 = more[:_PATCH]
            scale = EDGE if max(more[:_PATCH]) <= 1.0 else 1
            patches.add((x0 * scale, y0 * scale, x1 * scale, y1 * scale))
        codes = dict(zip(ATTRIBUTE_KEYS, more[-_ATTRIBUTES:], strict=True)) if more else {}
        boxes.append(_box(box, names[index], codes))
    if not patches:
        return boxes, (0.0, 0.0, 0.0, 0.0) if sparse else None
    if len(patches) > 1:
        raise InputError(f"{path.name} names {len(patches)} annotated patches; expected one. Copy the set again.")
    return boxes, patches.pop()


def _coded(item: Mapping[str, Any]) -> dict[str, float]:
    """The attribute codes that a COCO annotation carries."""
    return {key: float(item[key]) for key in ATTRIBUTE_KEYS if item.get(key) is not None}


def _box(box: Box, label: str, codes: Mapping[str, float]) -> LabelledBox:
    name = label.strip().lower().replace(" ", "_")
    return on_image(box, EDGE, EDGE, name, LABELS.get(name, frozenset()), known_codes(codes))


def known_codes(codes: Mapping[str, float]) -> dict[str, int]:
    """Return the attribute codes by taxonomy name without the two that mean missing.

    4 is "not applicable" everywhere, and 2 is "other" outside the cell size.

    Parameters
    ----------
    codes : dict of str to float
        Codes by key of `ATTRIBUTE_KEYS`.
    """
    return {
        ATTRIBUTE_KEYS[key]: int(code)
        for key, code in codes.items()
        if code != _NOT_APPLICABLE and (code != _CELL_SIZE_OTHER or key == "cell_size")
    }
