"""BCCD: 364 fields 640x480 at 100x, with boxes (a later correction where there is one), masks and a published split.

Reads the set as published (``BCCD/{JPEGImages,Annotations,ImageSets/Main}``) and the development copy, which adds the
corrected boxes, the masks and the types that the set gives per image.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.layouts import table, voc
from lowcost.datasets.types import (
    LEUKOCYTES,
    NEUTROPHILS,
    PLATELETS,
    Card,
    Finding,
    LabelledField,
    as_published,
    image_folder,
    noted,
    read_text,
    set_folder,
)

CARD = Card(
    name="bccd",
    title="Blood Cell Count and Detection, with the masks of Banik et al. 2020",
    licence="MIT",
    may_train=True,
    source="https://github.com/Shenggan/BCCD_Dataset; masks doi:10.1016/j.eswa.2020.113211",
    holds="364 fields 640x480, boxes of WBC, RBC and platelets",
    get="git clone https://github.com/Shenggan/BCCD_Dataset",
    split="published; no slide is known, so neighbouring numbers may be one smear",
)

LABELS = {"WBC": LEUKOCYTES, "RBC": frozenset[str](), "Platelets": PLATELETS}
"""Types by published label; red cells have none."""

_FIELD_TYPES = {
    "NEUTROPHIL": NEUTROPHILS,
    "EOSINOPHIL": frozenset({"eosinophil"}),
    "BASOPHIL": frozenset({"basophil"}),
    "LYMPHOCYTE": frozenset({"lymphocyte"}),
    "MONOCYTE": frozenset({"monocyte"}),
}


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder, as published or as the development copy."""
    published = _published(folder)
    images = published / "JPEGImages" if published else folder / "images"
    return images.is_dir() and any(images.glob("BloodImage_*")) and (bool(published) or _copied(folder))


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every field in the order of the file names.

    Parameters
    ----------
    root : Path
        The set's folder, or the folder that holds it as ``bccd``.
    findings : list of Finding, optional
        Where missing and unreadable files are noted.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read (noted in `findings` if given).
    """
    folder = set_folder(root, CARD.name)
    published = _published(folder)
    images = published / "JPEGImages" if published else folder / "images"
    lists = published / "ImageSets" / "Main" if published else folder
    parts = ("train", "val", "test")
    split = {}
    for part in parts:
        with noted(findings, lists / f"{part}.txt"):
            split.update(dict.fromkeys(read_text(lists / f"{part}.txt").split(), part))
    types = {} if published else _types_of_fields(folder / "image_level_types.csv")
    result = []
    for path in image_folder(images):
        mask = folder / "masks" / f"{path.stem}.png"
        with noted(findings, path):
            result.append(
                LabelledField(
                    dataset=CARD.name,
                    path=path,
                    boxes=tuple(voc(_annotation(path), lambda label: LABELS.get(label, frozenset()))),
                    mask_path=mask if mask.exists() else None,
                    types=types.get(path.stem, ()),
                    split=split.get(path.stem, ""),
                )
            )
    return result


def _published(folder: Path) -> Path | None:
    """The folder of the published layout: the clone, or ``BCCD`` in it."""
    return next((place for place in (folder / "BCCD", folder) if (place / "JPEGImages").is_dir()), None)


def _copied(folder: Path) -> bool:
    return (folder / "image_level_types.csv").is_file()


def _annotation(image: Path) -> Path:
    """The corrected annotation where there is one, else the original."""
    above = image.parent.parent
    if image.parent.name == "JPEGImages":
        return above / "Annotations" / f"{image.stem}.xml"
    corrected = above / "annotations_corrected" / f"{image.stem}.xml"
    return corrected if corrected.exists() else above / "annotations" / f"{image.stem}.xml"


def _types_of_fields(path: Path) -> dict[str, tuple[frozenset[str], ...]]:
    with as_published(path):
        return {
            f"BloodImage_{int(row['Image']):05d}": tuple(
                _FIELD_TYPES[word.strip()] for word in row["Category"].split(",") if word.strip()
            )
            for row in table(path)
        }
