"""Any set of one's own: COCO, YOLO, PASCAL VOC, or one folder of pictures per class.

The layout is found by what lies in the folder:

* **COCO** - JSON files in the folder or in ``annotations/`` (a split in the file's name counts), images anywhere below;
* **YOLO** - ``labels/**.txt`` beside ``images/**``, or text beside the images, with ``data.yaml`` or ``classes.txt``;
* **VOC** - XML files anywhere below, images beside them or anywhere below;
* **class folders** - ``<class>/*.jpg``, or ``<split>/<class>/*.jpg``.

A folder named train, val or test on the way to a file is its split. Patient or slide comes from ``groups.csv`` (columns
``file`` and ``group``; `file` is a name, or a path from the set's folder). Labels are understood in the words of
`lowcost.datasets.labels`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lowcost.datasets.labels import types_of
from lowcost.datasets.layouts import SPLITS, coco, is_coco, table, voc, yolo
from lowcost.datasets.types import (
    IMAGE_ENDINGS,
    Card,
    Finding,
    LabelledBox,
    LabelledCell,
    LabelledField,
    MissingFile,
    image_size,
    images_below,
    is_there,
    noted,
    on_image,
    read_text,
)
from lowcost.errors import InputError

LAYOUTS = ("COCO", "YOLO", "VOC", "class folders")
"""The layouts, in the order in which they are looked for."""


def card(folder: Path) -> Card:
    """Return a card for a set of one's own, named like its folder: only its owner knows the licence."""
    return Card(
        name=folder.resolve().name,
        title=f"a set of one's own ({layout_of(folder)})",
        licence="yours to know",
        may_train=True,
        source=str(folder),
        holds="see the counts",
        get="it is here",
        split="by patient or slide: name them in groups.csv (columns file, group)",
    )


def layout_of(folder: Path) -> str | None:
    """Return the name of `LAYOUTS` that a folder has, or None."""
    if coco_files(folder):
        return "COCO"
    if any(_is_yolo_label(path, folder) for path in folder.rglob("*.txt")):
        return "YOLO"
    if next(folder.rglob("*.xml"), None) is not None:
        return "VOC"
    if _class_folders(folder):
        return "class folders"
    return None


def read(folder: Path, findings: list[Finding] | None = None) -> list[LabelledField] | list[LabelledCell]:
    """Return the fields, or of class folders the cells, in the order of their paths.

    Raises
    ------
    InputError
        The folder has none of the layouts, or a file is missing or cannot be read (noted in `findings` if given).
    """
    layout = layout_of(folder)
    if layout is None:
        raise InputError(
            f"{folder} is no set that lowcost knows: expected COCO JSON, YOLO text with images, VOC XML, or one folder "
            "of pictures per class."
        )
    if layout == "class folders":
        return cells(folder, findings)
    return {"COCO": coco_fields, "YOLO": yolo_fields, "VOC": voc_fields}[layout](folder, findings)


def coco_fields(folder: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return the fields of every COCO file of a folder; see `read`."""
    names, groups, result = _by_name(folder), _groups(folder), []
    for source in coco_files(folder):
        split = split_named(source)
        with noted(findings, source):
            for image in sorted(coco(source).images, key=lambda image: image.file_name):
                with noted(findings, folder / image.file_name):
                    path = _image(folder, image.file_name, names, source)
                    size = image_size(path)
                    boxes = [
                        on_image(box, *size, label, types_of(label) or frozenset()) for label, box, _ in image.objects
                    ]
                    result.append(_field(folder, path, boxes, groups, split))
    return result


def yolo_fields(folder: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return the fields of a YOLO set; an image without a label file is one without objects, as YOLO has it."""
    classes, groups, result = class_names(folder), _groups(folder), []
    labelled = set(yolo_labels(folder))
    for path in images_below(folder):
        text = _label_file(path, folder)
        labelled.discard(text)
        with noted(findings, path):
            size, boxes = image_size(path), []
            for index, box, _ in yolo(text, *size) if text.is_file() else ():
                label = classes[index] if 0 <= index < len(classes) else f"class {index}"
                boxes.append(on_image(box, *size, label, types_of(label) or frozenset()))
            result.append(_field(folder, path, boxes, groups))
    for text in sorted(labelled):
        with noted(findings, text):
            raise MissingFile(f"{text.name} has labels, but no image of that name is there.")
    return result


def voc_fields(folder: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return the fields of a VOC set, one per XML file; splits also come from ``ImageSets/Main``."""
    images = images_below(folder)
    stems = {path.stem: path for path in images} | {str(path.with_suffix("")): path for path in images}
    groups, result, listed = _groups(folder), [], {}
    for path in sorted(folder.glob("**/ImageSets/Main/*.txt")):
        if path.stem in SPLITS:
            listed.update(dict.fromkeys(read_text(path).split(), SPLITS[path.stem]))
    for source in sorted(folder.rglob("*.xml")):
        with noted(findings, source):
            key = next((key for key in (str(source.with_suffix("")), source.stem) if key in stems), None)
            if key is None:
                raise MissingFile(f"{source.name} has labels, but no image of that name is there.")
            path = stems[key]
            boxes = voc(source, lambda label: types_of(label) or frozenset(), image_size(path))
            result.append(_field(folder, path, boxes, groups, listed.get(source.stem, "")))
    return result


def cells(folder: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return the pictures of a folder per class, or per split and class; see `read`."""
    groups, result = _groups(folder), []
    for place in _class_folders(folder):
        types = types_of(place.name) or frozenset()
        for path in images_below(place):
            where = path.relative_to(folder)
            group = groups.get(where.as_posix(), groups.get(path.name, ""))
            split = _split_in(where.parts[:-2])
            result.append(LabelledCell(folder.resolve().name, path, place.name, types, split=split, group=group))
    return result


def class_names(folder: Path) -> list[str]:
    """Return the names of a YOLO set's classes in the order of their index.

    Reads ``names`` of ``data.yaml`` as it is usually written (a list on one line or on several, or numbered), or
    ``classes.txt``.

    Raises
    ------
    InputError
        Neither file is there, or names are not found in it.
    """
    for name in ("data.yaml", "dataset.yaml", "data.yml"):
        if (folder / name).is_file():
            return _yaml_names(folder / name)
    for path in (folder / "classes.txt", folder / "labels" / "classes.txt", folder / "obj.names"):
        if path.is_file():
            return [line.strip() for line in read_text(path).splitlines() if line.strip()]
    raise MissingFile(f"{folder} has labels by number and no data.yaml or classes.txt that names them; add one.")


def _yaml_names(path: Path) -> list[str]:
    text = read_text(path)
    inline = re.search(r"^names\s*:\s*[\[{](.*?)[\]}]", text, re.MULTILINE | re.DOTALL)
    block = re.search(r"^names\s*:\s*(?:#.*)?\n((?:[ \t]*(?:-|\d+\s*:).*\n?)+)", text, re.MULTILINE)
    if inline:
        items = inline[1].split(",")
    elif block:
        items = [line.strip().removeprefix("-") for line in block[1].splitlines()]
    else:
        raise InputError(f"{path.name} has no line 'names: [...]'; expected the names of the classes there.")
    words = (re.sub(r"^\s*\d+\s*:|\s#.*$", "", item).strip().strip("'\"") for item in items)
    return [word for word in words if word]


def split_named(source: Path) -> str:
    """Return the split in the name of a COCO file, or nothing."""
    return _split_in(re.split(r"[^a-z]+", source.stem.lower()))


def coco_files(folder: Path) -> list[Path]:
    """Return the COCO files of a folder."""
    places = (folder, folder / "annotations", *sorted(folder / name for name in SPLITS))
    return [path for place in places for path in sorted(place.glob("*.json")) if is_coco(path)]


def yolo_labels(folder: Path) -> list[Path]:
    """Return the label files of a YOLO set in order of path."""
    return sorted(path for path in folder.rglob("*.txt") if _is_yolo_label(path, folder))


def _is_yolo_label(path: Path, folder: Path) -> bool:
    """Whether a text file is a YOLO label: in a folder ``labels``, or beside an image of its name."""
    if path.name in ("classes.txt", "obj.names"):
        return False
    if "labels" in path.relative_to(folder).parts[:-1]:
        return True
    return any(path.with_suffix(ending).is_file() for ending in IMAGE_ENDINGS)


def _label_file(image: Path, folder: Path) -> Path:
    """The label file of an image: in ``labels`` where its path says ``images``, else beside it."""
    parts = list(image.relative_to(folder).parts)
    if "images" in parts[:-1]:
        parts[parts.index("images")] = "labels"
    return folder.joinpath(*parts).with_suffix(".txt")


def _class_folders(folder: Path) -> list[Path]:
    """Folders of pictures that are named after a class: at least one whose name is understood."""
    places = [place for place in _folders(folder) if place.name.lower() not in SPLITS]
    for split in (place for place in _folders(folder) if place.name.lower() in SPLITS):
        places += _folders(split)
    return places if any(types_of(place.name) is not None for place in places) else []


def _folders(folder: Path) -> list[Path]:
    return sorted(place for place in folder.iterdir() if place.is_dir() and not place.name.startswith((".", "__")))


def _by_name(folder: Path) -> dict[str, Path | None]:
    """Images by their bare name; None where several have it."""
    names: dict[str, Path | None] = {}
    for path in images_below(folder):
        names[path.name] = None if path.name in names else path
    return names


def _image(folder: Path, name: str, names: dict[str, Path | None], source: Path) -> Path:
    for place in (folder, source.parent, folder / "images"):
        if is_there(place / name):
            return place / name
    found = names.get(Path(name).name)
    if found is None:
        raise MissingFile(f"{source.name} names {name}, which is not there.")
    return found


def _groups(folder: Path) -> dict[str, str]:
    path = folder / "groups.csv"
    if not path.is_file():
        return {}
    rows = table(path)
    if rows and not {"file", "group"} <= rows[0].keys():
        raise InputError(f"{path} has the columns {', '.join(rows[0])}; expected file and group.")
    return {row["file"]: row["group"] for row in rows}


def _field(
    folder: Path, path: Path, boxes: Iterable[LabelledBox], groups: dict[str, str], split: str = ""
) -> LabelledField:
    where = path.relative_to(folder)
    return LabelledField(
        dataset=folder.resolve().name,
        path=path,
        boxes=tuple(boxes),
        split=split or _split_in(where.parts[:-1]),
        group=groups.get(where.as_posix(), groups.get(path.name, "")),
    )


def _split_in(words: Iterable[str]) -> str:
    return next((SPLITS[word.lower()] for word in words if word.lower() in SPLITS), "")
