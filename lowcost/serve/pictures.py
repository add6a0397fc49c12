"""What is shown of a photograph: made once, in the worker, from its pixels alone, so that no metadata comes along.

All pictures of a field lie in one uncompressed ZIP archive, which is there as a whole or not at all. The server decodes
nothing but these, never what somebody sent.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.report import pictures
from lowcost.result import Cell, Field
from lowcost.serve import storage
from lowcost.serve.errors import NotFound

SIDES = {"thumbnail": 320, "overview": 1280}
"""Longer side, px, of what is shown of a whole field by name; ``"full"`` is as large as the photograph."""

_FULL_QUALITY = 90


def write(file: Path, pixels: NDArray[np.uint8], field: Field) -> None:
    """Write the pictures of a field, durably, in place of those that were there.

    Parameters
    ----------
    file : Path
        The archive.
    pixels : (h, w, 3) uint8 array
        The photograph as read.
    field : Field
        What was found on it.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("full.jpg", pictures.jpeg(pixels, _FULL_QUALITY))
            for name, side in SIDES.items():
                archive.writestr(f"{name}.jpg", pictures.jpeg(pictures.reduced(pixels, side)))
            for cell in field.cells:
                archive.writestr(f"{cell.id}.jpg", cell_picture(pixels, cell, field))
        storage.sync(draft)
        os.replace(draft, file)
        storage.sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def read(file: Path, name: str) -> bytes:
    """Return one picture of a field as JPEG.

    Parameters
    ----------
    file : Path
        The archive.
    name : str
        ``"full"``, ``"overview"``, ``"thumbnail"``, or the number of a cell that the machine found.

    Raises
    ------
    NotFound
        There is none.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.read(f"{name}.jpg")
    except (FileNotFoundError, KeyError, zipfile.BadZipFile) as error:
        raise NotFound("There is no such picture.") from error


def read_known(file: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return those pictures of a field that there are, by name; the archive is opened once for all of them."""
    try:
        with zipfile.ZipFile(file) as archive:
            known = set(archive.namelist())
            return {name: archive.read(f"{name}.jpg") for name in names if f"{name}.jpg" in known}
    except (FileNotFoundError, zipfile.BadZipFile):
        return {}


def cell_picture(pixels: NDArray[np.uint8], cell: Cell, field: Field) -> bytes:
    """Return the picture of one cell as JPEG, at the scale that all cells have."""
    return pictures.jpeg(pictures.crop(pixels, *pictures.frame(cell, field)))


@lru_cache(maxsize=2)
def pixels(file: Path, changed_ns: int) -> NDArray[np.uint8]:
    """Return the pixels of the ``full`` picture of a field.

    Parameters
    ----------
    file : Path
        The archive.
    changed_ns : int
        When it was written: another one is another picture.

    Returns
    -------
    (h, w, 3) uint8 array
        Red, green and blue; shared, so never to be written to.
    """
    found = cv2.imdecode(np.frombuffer(read(file, "full"), np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(found, np.uint8)[..., ::-1])
