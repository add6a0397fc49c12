"""COCO detection format (Lin et al. 2014, doi:10.1007/978-3-319-10602-1_48): polygons, and run lengths in.

Attributes stand in ``attributes`` by name, as CVAT writes them, and are read from the keys of LeukemiaAttri as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lowcost.convert import rle
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import (
    Labelled,
    Labels,
    Photograph,
    Polygon,
    boxed,
    by_codes,
    in_order,
    scales,
    sized,
    spelled,
    understood,
)
from lowcost.datasets import layouts, lld, own
from lowcost.datasets.labels import types_of
from lowcost.datasets.layouts import CocoImage
from lowcost.datasets.types import LEUKOCYTES, Box
from lowcost.errors import InputError
from lowcost.export.polygon import area


def read(path: Path, photographs: Photographs) -> Labels:
    """Read a COCO file, or all those of a set.

    Raises
    ------
    InputError
        A file cannot be read or is no COCO file.
    """
    found: list[Photograph] = []
    classes: list[str] = []
    reader = _Reader()
    for source in own.coco_files(path) if path.is_dir() else [path]:
        document = layouts.coco(source)
        classes += document.categories
        try:
            found += [reader.photograph(image, source, photographs) for image in document.images]
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
            raise InputError(f"{source.name} is damaged ({error}): write it anew") from error
    filled = f"{reader.holes} holes in outlines were filled: outlines have none here"
    return Labels(tuple(found), in_order(found, classes), (filled,) if reader.holes else ())


class _Reader:
    """Turns annotations into objects; counts the holes that it fills."""

    def __init__(self) -> None:
        self.holes = 0

    def photograph(self, image: CocoImage, source: Path, photographs: Photographs) -> Photograph:
        x, y = scales(image.entry.get("um_per_px"))
        return Photograph(
            dataset=source.stem,
            path=photographs.find(image.file_name) or Path(image.file_name),
            boxes=tuple(self._object(*item) for item in image.objects),
            split=own.split_named(source),
            um_per_px=x,
            file_name=image.file_name,
            size=image.size and sized(*image.size),
            um_per_px_y=y,
        )

    def _object(self, label: str, box: Box, item: Mapping[str, Any]) -> Labelled:
        score, edge = item.get("score"), item.get("touches_edge")
        texts = item.get("attributes") or {}
        codes = {key: float(item[key]) for key in lld.ATTRIBUTE_KEYS if item.get(key) is not None}
        return boxed(
            label,
            box,
            self._outlines(item.get("segmentation") or []),
            self._outlines(item.get("nucleus_segmentation") or []),
            None if score is None else float(score),
            understood({name: str(value) for name, value in texts.items()}) | by_codes(lld.known_codes(codes)),
            touches_edge=None if edge is None else bool(edge),
        )

    def _outlines(self, segmentation: Any) -> tuple[Polygon, ...]:
        if isinstance(segmentation, dict):
            parts, holes = rle.outlines(rle.decode(segmentation["counts"], segmentation["size"]))
            self.holes += holes
            return parts
        flat = segmentation if segmentation and isinstance(segmentation[0], list) else [segmentation]
        parts = tuple(tuple(zip(part[::2], part[1::2], strict=True)) for part in flat)
        return tuple(part for part in parts if len(part) > 2)


def write(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write labels as one COCO file; sizes of photographs that nobody knows are left out."""
    content = {"info": {"description": "Labels converted by lowcost"}, **document(labels)}
    yield "", f"{json.dumps(content, allow_nan=False)}\n".encode("ascii")


def document(labels: Labels) -> dict[str, Any]:
    """Return labels in the form of COCO.

    Returns
    -------
    dict
        ``images`` (with ``um_per_px`` along x and y), ``categories`` and ``annotations``: ``bbox`` is x, y, width,
        height; ``segmentation`` the outline of the whole object or the corners of its box, ``nucleus_segmentation``
        that of the parts of its nucleus. ``score``, ``touches_edge`` and ``attributes`` are added where known.
    """
    numbers = {name: number for number, name in enumerate(labels.classes, 1)}
    found = [(number, box) for number, each in enumerate(labels.photographs, 1) for box in each.boxes]
    return {
        "images": [_image(number, each) for number, each in enumerate(labels.photographs, 1)],
        "categories": [
            {"id": number, "name": name, "supercategory": "leukocyte" if _is_leukocyte(name) else "other"}
            for name, number in numbers.items()
        ],
        "annotations": [
            _annotation(number, image, numbers[box.label], box) for number, (image, box) in enumerate(found, 1)
        ],
    }


def _is_leukocyte(name: str) -> bool:
    types = types_of(name)
    return types is not None and frozenset() < types <= LEUKOCYTES


def _image(number: int, shown: Photograph) -> dict[str, Any]:
    size = dict(zip(("width", "height"), shown.size or (), strict=False))
    x = shown.um_per_px
    scale = {"um_per_px": [x, shown.um_per_px_y or x]} if x else {}
    verdict = {"verdict": shown.field.verdict} if shown.field else {}
    return {"id": number, "file_name": shown.file_name, **size, **scale, **verdict}


def _annotation(number: int, image: int, category: int, box: Labelled) -> dict[str, Any]:
    x0, y0, x1, y1 = box.box
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": sum(map(area, box.shape)),
        "segmentation": _flat(box.shape),
        "nucleus_segmentation": _flat(box.nuclei),
        "iscrowd": 0,
        **({} if box.score is None else {"score": box.score}),
        **({} if box.touches_edge is None else {"touches_edge": box.touches_edge}),
        **({"attributes": spelled(box.judged)} if box.judged else {}),
    }


def _flat(parts: Sequence[Polygon]) -> list[list[float]]:
    return [[value for point in part for value in point] for part in parts]
