"""The pictures of a report: each field with its marks, each cell at the same scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.export import overlay
from lowcost.result import Cell, Field

CROP_UM = 26.0
"""Side of the square around a cell that is shown, um."""

CROP_PX = 144
"""Side of its picture, px."""

_MOST_OTHERS = 40
"""Pictures of platelets and other objects that one field may contribute."""

QUALITY = 78
"""Of the JPEG files, 0-100."""


@dataclass(frozen=True)
class FieldPictures:
    """The pictures of one field, as JPEG.

    Attributes
    ----------
    overview : bytes
        The whole field with its marks.
    crops : dict of int to bytes
        Each cell, `CROP_PX` wide and high, by its id; some objects that are no leukocytes may have none.
    overlay : str or None
        Where the overlay of full size lies, relative to the report.
    """

    overview: bytes
    crops: dict[int, bytes]
    overlay: str | None = None


def take(
    pixels: NDArray[np.uint8], field: Field, overview_px: int = 1200, overlay_path: str | None = None
) -> FieldPictures:
    """Take the pictures of one field.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The field as read.
    field : Field
        What was found on it.
    overview_px : int
        Longer side of the overview; `overview_side` gives one that keeps a report small.
    overlay_path : str, optional
        Where the overlay of full size lies, relative to the report.
    """
    others = [cell.id for cell in field.cells if not cell.is_leukocyte][_MOST_OTHERS:]
    return FieldPictures(
        overview=jpeg(overlay.mark(reduced(pixels, overview_px), field)),
        crops={cell.id: jpeg(crop(pixels, *frame(cell, field))) for cell in field.cells if cell.id not in others},
        overlay=overlay_path,
    )


def overview_side(fields: int) -> int:
    """Return the longer side, px, of overviews that together take about a megabyte."""
    return max(200, min(1200, round(math.sqrt(3e6 / max(fields, 1)))))


def reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pixels reduced so that no side is longer than `side`; smaller pictures as they are."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _uint8(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def frame(cell: Cell, field: Field) -> tuple[int, int, int, int]:
    """Return what is shown of a cell, as x0, y0, x1, y1 in px of the field; it may reach beyond the field.

    `CROP_UM` along either side, so squeezed pixels are shown unsqueezed; without a scale, the box with a margin.
    """
    x0, y0, x1, y1 = cell.box
    sides = (field.scale.um_per_px_x, field.scale.um_per_px_y)
    if min(sides) > 0:
        width, height = (max(4, round(CROP_UM / um)) for um in sides)
    else:
        width = height = max(4, round(1.5 * max(x1 - x0, y1 - y0)))
    left, top = (x0 + x1 - width) // 2, (y0 + y1 - height) // 2
    return left, top, left + width, top + height


def crop(pixels: NDArray[np.uint8], x0: int, y0: int, x1: int, y1: int) -> NDArray[np.uint8]:
    """Return a rectangle of a field, `CROP_PX` wide and high; grey where it reaches beyond."""
    height, width = pixels.shape[:2]
    inside = pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if inside.size == 0:
        return np.full((CROP_PX, CROP_PX, 3), 128, np.uint8)
    border = (max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0))
    whole = cv2.copyMakeBorder(inside, *border, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    way = cv2.INTER_AREA if whole.shape[0] >= CROP_PX else cv2.INTER_CUBIC
    return _uint8(cv2.resize(whole, (CROP_PX, CROP_PX), interpolation=way))


def jpeg(pixels: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Return pixels as a JPEG file that holds nothing else: no date, no place."""
    encoded = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return encoded.tobytes()


def _uint8(pixels: Any) -> NDArray[np.uint8]:
    return np.asarray(pixels, np.uint8)
