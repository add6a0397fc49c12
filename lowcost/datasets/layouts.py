"""Readers of the two published box layouts: PASCAL VOC XML and YOLO text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from lowcost.datasets.types import Box, clipped
from lowcost.errors import InputError


def voc(path: Path) -> Iterator[tuple[str, Box]]:
    """Yield label and box of every object in a VOC annotation.

    The coordinates are taken as edges: the sets read here were drawn with a tool that writes 0 for the left edge of the
    image and its width for the right one.

    Raises
    ------
    InputError
        The file is no VOC annotation.
    """
    try:
        root = ElementTree.parse(path).getroot()
        size = root.find("size")
        width, height = int(_text(size, "width")), int(_text(size, "height"))
        for item in root.iter("object"):
            bounds = item.find("bndbox")
            x0, y0, x1, y1 = (float(_text(bounds, edge)) for edge in ("xmin", "ymin", "xmax", "ymax"))
            yield _text(item, "name"), clipped((x0, y0, x1, y1), width, height)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"{path.name} is not a VOC annotation ({error}); copy the data set again.") from error


def _text(element: ElementTree.Element | None, tag: str) -> str:
    text = None if element is None else element.findtext(tag)
    if text is None:
        raise ValueError(f"no <{tag}>")
    return text.strip()


def yolo(path: Path, width: int, height: int) -> Iterator[tuple[int, Box]]:
    """Yield class index and box of every line ``class xc yc w h`` (fractions of the image's size).

    Parameters
    ----------
    path : Path
        The label file. Columns after the fifth are left to the caller.
    width, height : int
        Size of the image in px.

    Raises
    ------
    InputError
        A line does not hold an index and four numbers.
    """
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            index, xc, yc, w, h = line.split()[:5]
            x, y, half_w, half_h = float(xc) * width, float(yc) * height, float(w) * width / 2, float(h) * height / 2
            yield int(index), clipped((x - half_w, y - half_h, x + half_w, y + half_h), width, height)
        except ValueError as error:
            raise InputError(
                f"{path.name}, line {number}: expected 'class xc yc w h', got {line.strip()!r}; copy the set again."
            ) from error
