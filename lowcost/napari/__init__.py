"""A plugin of napari (doi:10.5281/zenodo.3555620): opens ``result.json``, and the JSON that `lowcost.convert` reads.

Each photograph gives up to three layers: the image, where it is found beside the file or one folder up; the outlines
with type and probability; and the cells as labels. napari finds it through ``napari.yaml``; nothing here imports it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.convert import formats
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labelled, Photograph
from lowcost.datasets.types import is_there
from lowcost.errors import InputError
from lowcost.export.palette import COLOURS
from lowcost.image import reading
from lowcost.segmentation.geometry import fill_polygon
from lowcost.taxonomy import CELL_TYPES

Layer = tuple[Any, dict[str, Any], str]
"""Data, settings and kind of a layer, as napari takes them."""

_FOREIGN = (170, 170, 170)
_EDGE_PX = 2


def reader(path: str | Sequence[str]) -> Callable[[str | Sequence[str]], list[Layer]] | None:
    """Return what opens a file, or None where it holds no labels that are read here (napari then asks others).

    Parameters
    ----------
    path : str or sequence of str
        One file, or several that are opened together.
    """
    if not all(_is_read(Path(each)) for each in _several(path)):
        return None
    return layers


def layers(path: str | Sequence[str]) -> list[Layer]:
    """Return the layers of every photograph of some files; all but the first photograph's are hidden.

    Coordinates are rows and columns from the centre of the first px, as napari counts: half a px less than in a result.
    Where the scale is known, layers are in micrometres.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    found = [each for name in _several(path) for each in _read(Path(name).absolute())]
    made = (_layers(shown, pixels, number == 0) for number, (shown, pixels) in enumerate(found))
    return list(chain.from_iterable(made))


def _several(path: str | Sequence[str]) -> Sequence[str]:
    return [path] if isinstance(path, str) else path


def _is_read(path: Path) -> bool:
    try:
        formats.reader_of(path)
    except InputError:
        return False
    return path.is_file()


def _read(path: Path) -> Iterator[tuple[Photograph, NDArray[np.uint8] | None]]:
    """The photographs of a file, with their pixels where they are found beside it or where a run's folder lies."""
    source, read = formats.reader_of(path)
    above = Photographs(beside=path.parent.parent)
    for shown in read(source, Photographs(beside=path.parent)).photographs:
        places = shown.path, above.find(shown.file_name)
        yield shown, next((reading.read(place).pixels for place in places if place and _is_of(place, shown)), None)


def _is_of(path: Path, shown: Photograph) -> bool:
    """Whether a file is the photograph: of a result, the very one that was analysed."""
    if not is_there(path):
        return False
    return shown.field is None or hashlib.sha256(path.read_bytes()).hexdigest() == shown.field.sha256


def _layers(shown: Photograph, pixels: NDArray[np.uint8] | None, visible: bool) -> list[Layer]:
    size = pixels.shape[:2] if pixels is not None else shown.size[::-1] if shown.size else None
    x = shown.um_per_px or 1.0
    common = {
        "visible": visible,
        "scale": (shown.um_per_px_y or x, x),
        **({"units": "um"} if shown.um_per_px else {}),
        "metadata": {"photograph": shown.file_name},
    }
    name = shown.file_name
    made: list[Layer] = []
    if pixels is not None:
        made.append((pixels, {**common, "name": name, "rgb": True}, "image"))
    if size is not None:
        made.append((_labels(shown.boxes, size), {**common, "name": f"{name} labels", "opacity": 0.3}, "labels"))
    if shown.boxes:
        made.append((*_outlines(shown.boxes, common, f"{name} cells"), "shapes"))
    return made


def _outlines(boxes: Sequence[Labelled], common: dict[str, Any], name: str) -> tuple[list[NDArray[np.float64]], Any]:
    told = [(box, part) for box in boxes for part in box.shape]
    settings = {
        **common,
        "name": name,
        "shape_type": "polygon",
        "edge_color": [_colour(box.label) for box, _ in told],
        "face_color": "transparent",
        "edge_width": _EDGE_PX,
        "features": {
            "type": [_words(box.label) for box, _ in told],
            "probability": [np.nan if box.score is None else box.score for box, _ in told],
            **{
                attribute: [box.judged[attribute].value if attribute in box.judged else "" for box, _ in told]
                for attribute in dict.fromkeys(name for box in boxes for name in box.judged)
            },
        },
        "text": {"string": "{type}", "size": 8, "anchor": "upper_left"},
    }
    return [np.array(part)[:, ::-1] - 0.5 for _, part in told], settings


def _labels(boxes: Sequence[Labelled], size: Sequence[int]) -> NDArray[np.int32]:
    """Number of the object, from 1 in their order, at each (h, w) px whose centre lies in it; 0 elsewhere."""
    labels = np.zeros((size[0], size[1]), np.int32)
    for number, box in enumerate(boxes, 1):
        for part in box.shape:
            corners = np.array(part, np.float64)
            left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
            right, bottom = np.maximum(np.ceil(corners.max(axis=0)), 0).astype(int)
            window = labels[top:bottom, left:right]
            window[fill_polygon(corners - (left, top), window.shape)] = number
    return labels


def _words(label: str) -> str:
    return CELL_TYPES[label].label if label in CELL_TYPES else label


def _colour(label: str) -> tuple[float, float, float, float]:
    red, green, blue = COLOURS.get(label, _FOREIGN)
    return red / 255, green / 255, blue / 255, 1.0
