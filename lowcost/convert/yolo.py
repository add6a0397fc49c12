"""YOLO text labels (Redmon et al. 2016, doi:10.1109/CVPR.2016.91): boxes, or outlines as its segmentation models have.

Everything is a fraction of the photograph's width and height, counted from the outer corner of its first px. Fractions
have twelve digits and are read to a millionth of a px, so whole, half and quarter px come back as they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labelled, Labels, Photograph, boxed, in_order, largest
from lowcost.datasets import own
from lowcost.datasets.layouts import fractions
from lowcost.datasets.types import image_size, images_below
from lowcost.errors import InputError
from lowcost.export import files

_DIGITS = 6


def read(folder: Path, photographs: Photographs) -> Labels:
    """Read a YOLO set; its photographs lie in it or are looked up. One in it without a label file has no objects.

    A line of a class and four numbers is a box, of five a box with its probability, of six or more an outline.

    Raises
    ------
    InputError
        A file cannot be read, or the photograph of one is not there.
    """
    classes = own.class_names(folder)
    found = []
    for path in own.yolo_labels(folder):
        image = photographs.find(path.relative_to(folder).with_suffix("").as_posix().replace("labels/", "images/", 1))
        name = image.name if image else path.stem
        bare = Photograph(dataset=folder.name, path=image or Path(name), file_name=name)
        size = image_size(photographs.file(bare))
        boxes = []
        for index, *values in fractions(path, len(classes)):
            if len(values) > 5 and len(values) % 2:
                raise InputError(
                    f"{path.name}: {len(values)} numbers behind a class; expected a box of 4 (with its "
                    "probability 5) or an outline of an even number from 6 on"
                )
            boxes.append(_object(classes[int(index)], values, size))
        found.append(Photograph(bare.dataset, bare.path, tuple(boxes), file_name=name, size=size))
    labelled = {each.path for each in found}
    empty = (path for path in images_below(folder) if path not in labelled)  # as YOLO has it
    found += [Photograph(folder.name, path, file_name=path.name, size=image_size(path)) for path in empty]
    return Labels(tuple(found), in_order(found, classes))


def _object(label: str, values: list[float], size: tuple[int, int]) -> Labelled:
    width, height = size
    if len(values) > 5:
        points = zip(values[::2], values[1::2], strict=True)
        return boxed(label, None, [tuple((round(x * width, _DIGITS), round(y * height, _DIGITS)) for x, y in points)])
    x, y, w, h, *score = values
    edges = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
    x0, y0, x1, y1 = (round(edge, _DIGITS) for edge in edges)
    return boxed(label, (x0, y0, x1, y1), score=score[0] if score else None)


def write_boxes(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write ``data.yaml`` with the classes, and ``labels/NAME.txt`` for each photograph: ``class x y width height``."""
    return _write(labels, _box)


def write_segments(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write ``data.yaml`` with the classes, and ``labels/NAME.txt`` for each photograph: ``class x y x y ...``."""
    return _write(labels, _segment)


def _write(labels: Labels, values: Callable[[Labelled, int, int], list[float]]) -> Iterator[tuple[str, bytes]]:
    # JSON is YAML: the names need no quoting rules of their own.
    yield "data.yaml", f"path: .\ntrain: images\nval: images\nnames: {json.dumps(labels.classes)}\n".encode("ascii")
    number = {name: index for index, name in enumerate(labels.classes)}
    for stem, each in zip(files.stems(each.file_name for each in labels.photographs), labels.photographs, strict=True):
        assert each.size is not None
        size = each.size
        lines = [" ".join([str(number[box.label]), *(f"{v:.12f}" for v in values(box, *size))]) for box in each.boxes]
        yield f"labels/{stem}.txt", "".join(f"{line}\n" for line in lines).encode("ascii")


def _box(box: Labelled, width: int, height: int) -> list[float]:
    x0, y0, x1, y1 = box.box
    return [(x0 + x1) / (2 * width), (y0 + y1) / (2 * height), (x1 - x0) / width, (y1 - y0) / height]


def _segment(box: Labelled, width: int, height: int) -> list[float]:
    return [value for x, y in largest(box.shape) for value in (x / width, y / height)]
