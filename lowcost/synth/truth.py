"""Rendered fields on disk: the image, its masks, and what they show as JSON."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.errors import InputError
from lowcost.export import files
from lowcost.synth.field import RenderedField
from lowcost.taxonomy import RESEARCH_USE_NOTICE

FORMAT = "lowcost-smear-truth/1"
"""Name and version of the JSON form."""

FILAMENT = 255
"""Value, in the mask of nuclei, of the filaments between lobes; lobes count from 1."""

_LARGEST_NUMBER = 65535


def write_field(field: RenderedField, folder: Path, name: str, suffix: str = ".png") -> dict[str, Any]:
    """Write a field's image and masks; returns its entry in ``truth.json``.

    Parameters
    ----------
    field : RenderedField
        The field.
    folder : Path
        Existing folder; ``images`` and ``masks`` are made in it.
    name : str
        Name of the files without suffix.
    suffix : str
        ``".png"`` or ``".jpg"``: format of the image; masks are PNG always. A JPEG has the quality of the field's
        camera, or 95.

    Returns
    -------
    dict
        Size, scale, white point, settings, paths relative to `folder`, objects with boxes and polygons, red cells.

    Raises
    ------
    InputError
        A file cannot be written, or the red cells are too many for a 16-bit mask.
    """
    if field.red_cells.max() > _LARGEST_NUMBER:
        raise InputError(
            f"The field holds more than {_LARGEST_NUMBER} red cells, the most that a 16-bit mask can number; "
            "render a smaller field or fewer red cells."
        )
    image = Path("images") / f"{name}{suffix}"
    masks = {kind: Path("masks") / f"{name}.{kind}.png" for kind in ("instances", "nuclei", "red_cells")}
    quality = field.settings.camera.jpeg_quality or 95
    _write(folder / image, field.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else [])
    nuclei = np.where(field.nucleus & (field.lobes == 0), FILAMENT, field.lobes).astype(np.uint8)
    _write(folder / masks["instances"], field.instances.astype(np.uint16), [])
    _write(folder / masks["nuclei"], nuclei, [])
    _write(folder / masks["red_cells"], field.red_cells.astype(np.uint16), [])
    height, width = field.instances.shape
    return {
        "image": image.as_posix(),
        "masks": {kind: path.as_posix() for kind, path in masks.items()},
        "seed": field.seed,
        "width": width,
        "height": height,
        "um_per_px": list(field.um_per_px),
        "white_point": [round(level, 2) for level in field.white_point],
        "objects": [
            dataclasses.asdict(item)
            | {
                "diameter_um": round(item.diameter_um, 3),
                "is_leukocyte": item.is_leukocyte,
                "polygon": _polygon(field.instances, item.id, item.box),
            }
            for item in field.objects
        ],
        "red_cells": [
            {"x": round(x, 2), "y": round(y, 2), "diameter_um": round(diameter, 3)}
            for x, y, diameter in field.red_cell_table.tolist()
        ],
        "settings": dataclasses.asdict(field.settings),
    }


def document(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what ``truth.json`` holds for the fields of these entries."""
    return {"format": FORMAT, "notice": f"Rendered, not photographed. {RESEARCH_USE_NOTICE}", "fields": entries}


def _polygon(instances: NDArray[np.int32], number: int, box: tuple[int, int, int, int]) -> list[list[float]]:
    """Outline of an object's largest part as [x, y] points through the centres of its outermost px."""
    x0, y0, x1, y1 = box
    mask = (instances[y0:y1, x0:x1] == number).astype(np.uint8)
    parts, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(parts, key=cv2.contourArea).reshape(-1, 2)
    return [[float(x) + x0 + 0.5, float(y) + y0 + 0.5] for x, y in largest]


def _write(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16], options: list[int]) -> None:
    _, stored = cv2.imencode(path.suffix, image, options)
    files.make_folder(path.parent)
    files.write(path, stored.tobytes())
