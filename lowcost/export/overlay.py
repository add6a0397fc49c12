"""The overlay: a field with everything that was found drawn on it, and a strip below that says how far to trust it."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lowcost.export import files
from lowcost.export.palette import COLOURS, VERDICTS, Colour, ink_on
from lowcost.image.reading import DRAWN
from lowcost.result import Cell, Field
from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE

Pixels = NDArray[np.uint8]
Rectangles = NDArray[np.float64]

_HALO: Colour = (25, 25, 25)
_SUBPIXEL = 4
"""Bits of fraction that OpenCV's drawing takes."""

_LABEL_COST = 4
"""How much worse it is to hide a label than the same area of a cell."""

_MOST_HIDDEN, _MOST_HIDDEN_BRIEFLY = 0.06, 0.2
"""Share of a picture that labels may hide, with whole names and with abbreviations."""

_SHORT = {
    "neutrophil_segmented": "Seg",
    "neutrophil_band": "Band",
    "metamyelocyte": "Meta",
    "myelocyte": "Myelo",
    "promyelocyte": "Promy",
    "eosinophil": "Eos",
    "basophil": "Baso",
    "lymphocyte": "Lym",
    "monocyte": "Mono",
    "blast": "Blast",
    "unidentified": "?",
    "erythroblast": "Ery",
    "smudge_cell": "Smudge",
    "platelet": "Plt",
    "platelet_clump": "Clump",
    "artefact": "Art",
}

_LEAST_PX, _MOST_PX = 480, 2400
"""Width up to which small pictures are enlarged for the strip's words, and the height that they may reach so."""

_PNG_HEADER = 33
"""Bytes of a PNG file's signature and first chunk."""

_BARS_UM = (500, 200, 100, 50, 20, 10, 5, 2, 1)


def draw(pixels: Pixels, field: Field) -> Pixels:
    """Return a field with its cells marked and a strip below with verdict, reasons, scale bar and notice.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The field as read, or a reduced copy of it.
    field : Field
        What was found on it.

    Returns
    -------
    (h + s, w, 3) uint8 array
        The first h rows are those of `mark`. Pictures that are too narrow for the strip's words are enlarged first, by
        a whole number.
    """
    height, width, _ = pixels.shape
    times = max(1, min(-(-_LEAST_PX // width), _MOST_PX // height))
    if times > 1:
        pixels = pixels.repeat(times, axis=0).repeat(times, axis=1)
    marked = mark(pixels, field)
    return np.vstack([marked, _strip(field, marked.shape[1], _em(marked), marked.shape[1] / field.width)])


def to_png(pixels: Pixels, field: Field, path: str | os.PathLike[str]) -> None:
    """Write `draw` as a PNG file that says of itself that it is no photograph.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    drawn = np.ascontiguousarray(draw(pixels, field)[..., ::-1])
    png = cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()
    chunk = struct.pack(">I", len(DRAWN) - 4) + DRAWN + struct.pack(">I", zlib.crc32(DRAWN))
    files.write(path, png[:_PNG_HEADER] + chunk + png[_PNG_HEADER:])


def mark(pixels: Pixels, field: Field) -> Pixels:
    """Return a copy of a field with outline, nucleus, box and type of each object.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The field as read, or a reduced copy of it.
    field : Field
        What was found on it.

    Returns
    -------
    (h, w, 3) uint8 array
        Text and lines grow with the picture.
    """
    scale = pixels.shape[1] / field.width
    em = _em(pixels)
    marked = np.ascontiguousarray(pixels).copy()
    width = max(1, round(em / 7))
    # Leukocytes last: their marks lie on top of those of platelets and dirt.
    cells = sorted(field.cells, key=lambda cell: cell.is_leukocyte)
    for cell in cells:
        colour = COLOURS[cell.type]
        x0, y0, x1, y1 = cell.box
        box = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        _lines(marked, [box], scale, colour, max(1, width // 3))
        _lines(marked, cell.nucleus_polygons, scale, colour, max(1, width // 2))
        if cell.is_leukocyte:
            _lines(marked, [cell.polygon], scale, _HALO, width + max(2, width // 2))
        _lines(marked, [cell.polygon], scale, colour, width)
    picture = Image.fromarray(marked)
    _write_labels(picture, cells[::-1], scale, em)
    return np.asarray(picture)


def _em(pixels: Pixels) -> int:
    """Height of the letters, px."""
    height, width, _ = pixels.shape
    return max(12, int(min(height, width)) // 36)


@lru_cache(maxsize=32)
def _font(em: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(em)


def _lines(
    pixels: Pixels, polygons: Iterable[Sequence[tuple[float, float]]], scale: float, colour: Colour, width: int
) -> None:
    """Draw closed outlines given in px of the stored image, in place."""
    for polygon in polygons:
        if polygon:
            # Outlines count from the corner of the first pixel, OpenCV from its centre.
            points = (np.array(polygon) * scale - 0.5) * 2**_SUBPIXEL
            cv2.polylines(pixels, [np.rint(points).astype(np.int32)], True, colour, width, cv2.LINE_AA, shift=_SUBPIXEL)


def _write_labels(picture: Image.Image, cells: Sequence[Cell], scale: float, em: int) -> None:
    """Write number and type beside each box, where this hides least of the other boxes and labels."""
    canvas = ImageDraw.Draw(picture)
    boxes = np.array([cell.box for cell in cells], float).reshape(-1, 4) * scale
    labels = np.empty((0, 4))
    sizes = [em if cell.is_leukocyte else max(10, em * 3 // 4) for cell in cells]
    for cell, box, size, text in zip(cells, boxes, sizes, _texts(canvas, picture.size, cells, sizes), strict=True):
        if not text:
            continue
        places = _places(box, *_extent(canvas, text, size), picture.size)
        hidden = _overlap(places, boxes) + _LABEL_COST * _overlap(places, labels)
        place = places[int(hidden.argmin())]
        labels = np.vstack([labels, place])
        canvas.rectangle(place.tolist(), fill=COLOURS[cell.type])
        middle = ((place[0] + place[2]) / 2, (place[1] + place[3]) / 2)
        canvas.text(middle, text, fill=ink_on(COLOURS[cell.type]), font=_font(size), anchor="mm")


def _texts(
    canvas: ImageDraw.ImageDraw, size: tuple[int, int], cells: Sequence[Cell], sizes: Sequence[int]
) -> list[str]:
    """What the labels say: names; abbreviations where names would hide too much of the picture; or else nothing."""
    names = [f"{cell.id} {CELL_TYPES[cell.type].label}{' (cut)' if cell.touches_edge else ''}" for cell in cells]
    brief = [f"{cell.id} {_SHORT[cell.type]}" for cell in cells]
    for texts, most in ((names, _MOST_HIDDEN), (brief, _MOST_HIDDEN_BRIEFLY)):
        hidden = sum(math.prod(_extent(canvas, text, em)) for text, em in zip(texts, sizes, strict=True))
        if hidden <= most * size[0] * size[1]:
            return texts
    return [""] * len(cells)


def _extent(canvas: ImageDraw.ImageDraw, text: str, em: int) -> tuple[float, float]:
    """Width and height of a label."""
    return canvas.textlength(text, _font(em)) + em / 2, em * 1.35


def _places(box: Rectangles, width: float, height: float, size: tuple[int, int]) -> Rectangles:
    """Where a label of a box can stand inside the picture, the most usual place first."""
    x0, y0, x1, y1 = box
    corners = np.array(
        [
            *((x0, y0 - height), (x0, y1), (x1 - width, y0 - height), (x1 - width, y1)),
            *((x1, y0), (x0 - width, y0), (x1, y1 - height), (x0 - width, y1 - height), (x0, y0)),
        ]
    )
    room = np.maximum([size[0] - 1 - width, size[1] - 1 - height], 0)
    corners = np.clip(corners, 0, room)
    return np.hstack([corners, corners + np.array([width, height])])


def _overlap(some: Rectangles, others: Rectangles) -> NDArray[np.float64]:
    """Area of each of (n, 4) rectangles that (m, 4) others cover, (n,)."""
    a, b = some[:, None], others[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    covered: NDArray[np.float64] = np.maximum(sides, 0).prod(axis=2).sum(axis=1)
    return covered


def _strip(field: Field, width: int, em: int, scale: float) -> Pixels:
    """Verdict and reasons at the left, scale bar at the right, the notice below."""
    font, gap = _font(em), em // 2
    um_per_px = field.scale.um_per_px_x / scale
    um = next((um for um in _BARS_UM if um_per_px and um / um_per_px <= width / 5), None)
    squeezed = field.scale.um_per_px_x != field.scale.um_per_px_y
    label = f"{um} um{' across' if squeezed else ''}" if um else "scale unknown"
    bar = um / um_per_px if um else 0
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    right = width - gap - max(bar, measure.textlength(label, font))
    chip = field.verdict.capitalize()
    left = 2 * gap + measure.textlength(chip, font) + gap
    # Reasons stand first; a doubtful field is still drawn and measured at its scale.
    source = field.scale.source
    measured = f"{field.scale.um_per_px_x:.3g} um/px {'as' if source == 'given' else 'from'} {source}"
    words = "; ".join([*field.reasons, *([measured] if um and field.verdict != "rejected" else [])])
    lines = _wrapped(words, measure, font, right - left - 2 * gap)
    notice = _wrapped(RESEARCH_USE_NOTICE, measure, font, width - 2 * gap)
    rows = max(len(lines), 2)
    height = round(gap + (rows + len(notice)) * em * 1.35 + gap)
    picture = Image.new("RGB", (width, height), (24, 24, 24))
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((0, 0, left - gap, gap + em * 1.35), fill=VERDICTS[field.verdict])
    canvas.text((gap, gap), chip, fill=(255, 255, 255), font=font)
    for i, line in enumerate(lines):
        canvas.text((left, gap + i * em * 1.35), line, fill=(255, 255, 255), font=font)
    canvas.text((right, gap), label, fill=(255, 255, 255), font=font)
    if um:
        top = gap + em * 1.5
        canvas.rectangle((right, top, right + bar, top + max(2, em / 4)), fill=(255, 255, 255))
    for i, line in enumerate(reversed(notice)):
        canvas.text((gap, height - gap - em * (1.2 + 1.35 * i)), line, fill=(190, 190, 190), font=font)
    return np.asarray(picture)


def _wrapped(text: str, measure: ImageDraw.ImageDraw, font: object, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if measure.textlength(longer, font) <= width:  # type: ignore[arg-type]
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
