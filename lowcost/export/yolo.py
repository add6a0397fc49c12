"""YOLO text labels: a file of boxes for each field, and the class names, in the form of `lowcost.convert.yolo`."""

from __future__ import annotations

import os

from lowcost.convert import stream, yolo
from lowcost.export import files
from lowcost.result import SmearResult


def to_yolo(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write a ZIP archive of the labels; photographs of the same names go into its folder ``images``.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, archive(result))


def archive(result: SmearResult) -> bytes:
    """Return what `to_yolo` writes: ``data.yaml`` with the classes, and ``labels/NAME.txt`` for each field."""
    return files.zipped(dict(yolo.write_boxes(stream.of_result(result))))
