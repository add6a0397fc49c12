"""Sheets of fields with labels and findings drawn in, for human eyes.

``python -m lowcost.evaluation.contact_sheet bccd --data FOLDER --out FOLDER`` draws labelled cells green (found ones
with the found box as a thin blue line), missed ones yellow, spurious findings red and ignored places grey.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lowcost.datasets.catalogue import CATALOGUE
from lowcost.datasets.types import LabelledField
from lowcost.evaluation import faults
from lowcost.evaluation.detection import Finder
from lowcost.evaluation.matching import as_boxes, match

if TYPE_CHECKING:
    import cv2

Colour = tuple[int, int, int]

GREEN, BLUE, YELLOW, RED, GREY = (0, 170, 0), (0, 90, 255), (255, 215, 0), (230, 0, 0), (128, 128, 128)
"""Labelled and found, the found box, missed, spurious, ignored; RGB."""


def tile(
    field: LabelledField, truth: faults.Truth, found: ArrayLike | None, criterion: str, width: int
) -> NDArray[np.uint8]:
    """Draw one field.

    Parameters
    ----------
    field : LabelledField
        The field.
    truth : faults.Truth
        Its labels.
    found : (m, 4) array_like or None
        The boxes found; None draws the labels alone.
    criterion : str
        A name of `matching.CRITERIA`.
    width : int
        Width of the drawing in px.

    Returns
    -------
    (h, width, 3) uint8 array
        RGB.
    """
    import cv2

    pixels = field.pixels()
    factor = width / pixels.shape[1]
    height = round(pixels.shape[0] * factor)
    canvas = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    matching = None if found is None else match(truth.boxes, found, criterion, truth.ignore)
    missed = () if matching is None else matching.missed
    for place in truth.ignore:
        _rectangle(canvas, place * factor, GREY, 1)
    for index, box in enumerate(truth.boxes):
        _rectangle(canvas, box * factor, YELLOW if index in missed else GREEN, 2)
    for index, box in enumerate(as_boxes(() if found is None else found)):
        spurious = matching is not None and index in matching.spurious
        _rectangle(canvas, box * factor, RED if spurious else BLUE, 2 if spurious else 1)
    cv2.putText(canvas, field.name, (4, height - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(canvas, dtype=np.uint8)


def sheets(tiles: Iterable[NDArray[np.uint8]], columns: int, rows: int) -> Iterator[NDArray[np.uint8]]:
    """Yield sheets of `columns` x `rows` tiles; tiles smaller than the largest of their sheet are set on white."""
    remaining = iter(tiles)
    while batch := list(islice(remaining, columns * rows)):
        height, width = (max(item.shape[axis] for item in batch) + 4 for axis in (0, 1))
        sheet = np.full((-(-len(batch) // columns) * height, columns * width, 3), 255, np.uint8)
        for index, item in enumerate(batch):
            y, x = index // columns * height, index % columns * width
            sheet[y : y + item.shape[0], x : x + item.shape[1]] = item
        yield sheet


def disagrees(truth: faults.Truth, found: ArrayLike, criterion: str) -> bool:
    """Whether anything is missed or spurious on a field."""
    matching = match(truth.boxes, found, criterion, truth.ignore)
    return bool(matching.missed or matching.spurious)


def _rectangle(canvas: cv2.typing.MatLike, box: NDArray[np.float64], colour: Colour, thickness: int) -> None:
    import cv2

    x0, y0, x1, y1 = (round(float(edge)) for edge in box)
    cv2.rectangle(canvas, (x0, y0), (x1 - 1, y1 - 1), colour, thickness)


def _finder(name: str) -> Finder:
    module, function = name.split(":")
    found: Finder = getattr(import_module(module), function)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheets of one set as PNG files."""
    import cv2

    parser = argparse.ArgumentParser(description="Draw labels and findings of one set on contact sheets.")
    parser.add_argument("set", help="name of a set of fields, for example bccd")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the sheets")
    parser.add_argument("--split", help="only this published split")
    parser.add_argument(
        "--finder",
        help="module:function from a LabelledField to boxes, for example lowcost.evaluation.analysis:leukocytes, "
        "which asks the installed analyzer; without it labels alone",
    )
    parser.add_argument("--criterion", default="iou", choices=("centre", "iou"))
    parser.add_argument("--published", action="store_true", help="labels without the list of label faults")
    parser.add_argument("--disagreements", action="store_true", help="only fields with a missed or spurious cell")
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--width", type=int, default=320, help="width of one field in px")
    options = parser.parse_args(arguments)

    fields = [record for record in CATALOGUE[options.set].read(options.data) if isinstance(record, LabelledField)]
    find = _finder(options.finder) if options.finder else None
    excused = () if options.published else faults.known(fields)

    def tiles() -> Iterator[NDArray[np.uint8]]:
        for field in fields:
            if options.split and field.split != options.split:
                continue
            truth, found = faults.truth(field, excused), None if find is None else as_boxes(find(field))
            if options.disagreements and (found is None or not disagrees(truth, found, options.criterion)):
                continue
            yield tile(field, truth, found, options.criterion, options.width)

    options.out.mkdir(parents=True, exist_ok=True)
    for number, sheet in enumerate(sheets(tiles(), options.columns, options.rows), start=1):
        path = options.out / f"{options.set}_{number:02d}.png"
        cv2.imwrite(str(path), sheet[..., ::-1])
        print(path)  # noqa: T201


if __name__ == "__main__":
    main()
