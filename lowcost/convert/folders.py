"""Pictures of single cells in one folder per class, cut out of the photographs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lowcost.convert.stream import Labelled, Labels
from lowcost.errors import InputError
from lowcost.export import files
from lowcost.image import reading

_VIEW_UM = 32.0
"""Edge of a picture where the scale is known: what the training of a network sees around a cell."""

_VIEW_BOXES = 2.0
"""Edge of a picture in lengths of the box where it is not."""

_SMALLEST_PX = reading.Limits().min_edge
"""Edge below which no picture is read back; published boxes may be empty."""


def write(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write ``CLASS/NAME-NUMBER.png``: the surroundings of each object as far as the photograph reaches.

    Raises
    ------
    InputError
        A photograph cannot be read.
    """
    folders = dict(zip(labels.classes, files.stems(f"{name}." for name in labels.classes), strict=True))
    for stem, each in zip(files.stems(each.file_name for each in labels.photographs), labels.photographs, strict=True):
        if not each.boxes:
            continue
        pixels = reading.read(each.path).pixels
        for number, box in enumerate(each.boxes, 1):
            yield f"{folders[box.label]}/{stem}-{number}.png", _png(_view(pixels, box, each.um_per_px))


def _view(pixels: NDArray[np.uint8], box: Labelled, um_per_px: float | None) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = box.box
    longest = max(x1 - x0, y1 - y0)
    half = max(_VIEW_UM / um_per_px if um_per_px else _VIEW_BOXES * longest, longest, _SMALLEST_PX) / 2
    x, y, (height, width) = (x0 + x1) / 2, (y0 + y1) / 2, pixels.shape[:2]
    rows = slice(max(round(y - half), 0), min(round(y + half), height))
    columns = slice(max(round(x - half), 0), min(round(x + half), width))
    view = pixels[rows, columns]
    if not view.size:
        raise InputError(f"the box {box.box} of {box.label!r} lies outside its photograph: correct the label")
    return view


def _png(view: NDArray[np.uint8]) -> bytes:
    import cv2

    written, data = cv2.imencode(".png", view[..., ::-1])
    assert written
    return data.tobytes()
