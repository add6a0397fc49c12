"""Readers of the published layouts of labels: PASCAL VOC, YOLO text, COCO JSON, tables and class folders."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lowcost.datasets.types import (
    Box,
    Finding,
    LabelledBox,
    LabelledCell,
    MissingFile,
    images_below,
    on_image,
    read_text,
)
from lowcost.errors import InputError

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""What folders and files of a split are called, in lower case."""


def voc(path: Path, types: Callable[[str], frozenset[str]], size: tuple[int, int] | None = None) -> list[LabelledBox]:
    """Return every object of a VOC annotation.

    The coordinates are taken as edges: the sets read here were drawn with a tool that writes 0 for the left edge of the
    image and its width for the right one.

    Parameters
    ----------
    path : Path
        The annotation.
    types : callable
        From a label to the types that it allows.
    size : tuple of int, optional
        Width and height of the image in px; those that the annotation states by default.

    Raises
    ------
    InputError
        The file is missing or is no VOC annotation.
    """
    try:
        root = ElementTree.fromstring(read_text(path))
        if size is None:
            stated = root.find("size")
            size = int(_text(stated, "width")), int(_text(stated, "height"))
        boxes = []
        for item in root.iter("object"):
            bounds = item.find("bndbox")
            x0, y0, x1, y1 = (float(_text(bounds, edge)) for edge in ("xmin", "ymin", "xmax", "ymax"))
            label = _text(item, "name")
            boxes.append(on_image((x0, y0, x1, y1), *size, label, types(label)))
        return boxes
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"{path.name} is not a VOC annotation ({error}); copy the data set again.") from error


def _text(element: ElementTree.Element | None, tag: str) -> str:
    text = None if element is None else element.findtext(tag)
    if text is None:
        raise ValueError(f"no <{tag}>")
    return text.strip()


def yolo(path: Path, width: int, height: int, classes: int | None = None) -> Iterator[tuple[int, Box, list[float]]]:
    """Yield class index, box and further columns of every line ``class xc yc w h ...`` (fractions of the image's size).

    Parameters
    ----------
    path : Path
        The label file.
    width, height : int
        Size of the image in px.
    classes : int, optional
        How many classes there are; by default any index is taken.

    Raises
    ------
    InputError
        The file is missing, a line does not hold an index and at least four numbers, or it names no class.
    """
    for index, xc, yc, w, h, *more in fractions(path, classes):
        x, y, half_w, half_h = xc * width, yc * height, w * width / 2, h * height / 2
        yield int(index), (x - half_w, y - half_h, x + half_w, y + half_h), more


def fractions(path: Path, classes: int | None = None) -> Iterator[list[float]]:
    """Yield the numbers of every line of a YOLO label file as they stand: a class index and at least four more.

    Parameters
    ----------
    path : Path
        The label file.
    classes : int, optional
        How many classes there are; by default any index is taken.

    Raises
    ------
    InputError
        The file is missing, or a line holds something else or names no class.
    """
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            values = [float(word) for word in line.split()]
            if len(values) < 5 or not values[0].is_integer():
                raise ValueError("no index and four numbers")
        except ValueError as error:
            raise InputError(
                f"{path.name}, line {number}: expected 'class xc yc w h', got {line.strip()!r}; copy the set again."
            ) from error
        if classes is not None and not 0 <= values[0] < classes:
            raise InputError(
                f"{path.name}, line {number}: class {values[0]:g}, expected 0 to {classes - 1}; copy the set again."
            )
        yield values


@dataclass(frozen=True)
class CocoImage:
    """One image of a COCO file.

    Attributes
    ----------
    file_name : str
        As published, with folders where it has some.
    size : tuple of int or None
        Width and height in px as stated, or None.
    objects : tuple of (str, tuple of float, dict)
        Label, box and the whole annotation of every object.
    entry : dict
        All that is said of the image.
    """

    file_name: str
    size: tuple[int, int] | None
    objects: tuple[tuple[str, Box, Mapping[str, Any]], ...]
    entry: Mapping[str, Any]


@dataclass(frozen=True)
class Coco:
    """A COCO file.

    Attributes
    ----------
    images : tuple of CocoImage
        In the order of the file.
    categories : tuple of str
        The names of the classes in the order of the file.
    """

    images: tuple[CocoImage, ...]
    categories: tuple[str, ...]


def is_coco(path: Path) -> bool:
    """Whether a JSON file speaks of images, annotations and categories, as COCO does."""
    try:
        text = read_text(path)
    except InputError:
        return False
    return all(f'"{key}"' in text for key in ("images", "annotations", "categories"))


def coco(path: Path) -> Coco:
    """Read a COCO file.

    Raises
    ------
    InputError
        The file is missing or is no COCO file.
    """
    try:
        document = json.loads(read_text(path))
        names = {category["id"]: str(category["name"]) for category in document["categories"]}
        objects: dict[Any, list[tuple[str, Box, Mapping[str, Any]]]] = {image["id"]: [] for image in document["images"]}
        for item in document["annotations"]:
            x, y, w, h = (float(value) for value in item["bbox"])
            objects[item["image_id"]].append((names[item["category_id"]], (x, y, x + w, y + h), item))
        images = (
            CocoImage(str(image["file_name"]), _stated_size(image), tuple(objects[image["id"]]), image)
            for image in document["images"]
        )
        return Coco(tuple(images), tuple(names.values()))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise InputError(f"{path.name} is not a COCO file ({what}); copy the data set again.") from error


def _stated_size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    return (int(image["width"]), int(image["height"])) if image.get("width") and image.get("height") else None


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a line of headings; what a row lacks is empty.

    Raises
    ------
    InputError
        The file is missing or is no table.
    """
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="")
        return [{name: word for name, word in row.items() if name is not None} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path.name} is no table ({error}); copy the data set again.") from error


def class_folders(
    folder: Path,
    dataset: str,
    labels: Mapping[str, frozenset[str]],
    findings: list[Finding] | None = None,
    *,
    um_per_px: float | None = None,
    split: str = "",
    group: Callable[[str], str] = lambda stem: "",
) -> list[LabelledCell]:
    """Return the pictures of single cells that lie in one folder per class, in order of class and path.

    Parameters
    ----------
    folder : Path
        Where the class folders are. Their own subfolders are searched too.
    dataset : str
        Name of the set.
    labels : dict of str to frozenset of str
        Types by name of folder.
    findings : list of Finding, optional
        Where absent folders are noted; without it they are left out silently, as publishers pack one class at a time.
    um_per_px : float, optional
        Scale of every picture.
    split : str
        Split of every picture.
    group : callable
        From a file's name without its ending to patient or slide.

    Raises
    ------
    InputError
        None of the class folders is there.
    """
    absent = [name for name in labels if not (folder / name).is_dir()]
    if len(absent) == len(labels):
        raise MissingFile(f"No folder {' or '.join(list(labels)[:3])} in {folder}; give the folder that holds the set.")
    if findings is not None:
        findings += [
            Finding("missing file", str(folder / name), f"The class folder {name} is absent.") for name in absent
        ]
    return [
        LabelledCell(dataset, path, name, types, split=split, um_per_px=um_per_px, group=group(path.stem))
        for name, types in labels.items()
        if name not in absent
        for path in images_below(folder / name)
    ]
