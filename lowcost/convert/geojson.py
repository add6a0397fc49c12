"""GeoJSON (RFC 7946) as QuPath writes and reads it (Bankhead et al. 2017, doi:10.1038/s41598-017-17204-5).

A file belongs to one photograph and is named after it. Coordinates count from the outer corner of the first px, whose
centre is at (0.5, 0.5): QuPath counts in the same way, so nothing is shifted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import (
    Labelled,
    Labels,
    Photograph,
    Polygon,
    boxed,
    in_order,
    scales,
    sized,
    spelled,
    understood,
)
from lowcost.datasets.types import read_text
from lowcost.errors import InputError
from lowcost.export import files
from lowcost.export.palette import COLOURS
from lowcost.taxonomy import CELL_TYPES

_NAMES = uuid.UUID("1d6a1a4e-3f0b-4d0e-8b0b-7a3e8f5b2c90")
"""Under which objects get their identifiers: the same cell has the same one, so QuPath replaces instead of doubling."""

_TYPES_BY_LABEL = {each.label: name for name, each in CELL_TYPES.items()}
_UNKNOWN: dict[str, Any] = {"name": "unclassified"}
_PROBABILITY = "probability"


def read(path: Path, photographs: Photographs) -> Labels:
    """Read a GeoJSON file, or all those in a folder; what is no area is left out.

    Raises
    ------
    InputError
        A file cannot be read or is no GeoJSON.
    """
    found, skipped, holes = [], 0, 0
    classes: list[str] = []
    for source in sorted(path.rglob("*.geojson")) if path.is_dir() else [path]:
        try:
            data = json.loads(read_text(source))
            reader = _Reader(data)
            found.append(reader.photograph(source, photographs))
            classes += reader.classes
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError) as error:
            raise InputError(f"{source.name} is not the GeoJSON of a photograph's objects ({error})") from error
        skipped, holes = skipped + reader.skipped, holes + reader.holes
    remarks = [f"{skipped} points and lines were left out: only areas are cells"] if skipped else []
    remarks += [f"{holes} holes in outlines were filled: outlines have none here"] if holes else []
    return Labels(tuple(found), in_order(found, classes), tuple(remarks))


class _Reader:
    """One file; counts the holes that it fills and the objects that it leaves out."""

    def __init__(self, data: Any) -> None:
        self.holes = self.skipped = 0
        self.about: Mapping[str, Any] = {}
        self.classes: list[str] = []
        if isinstance(data, dict):
            self.about = data.get("photograph") or {}
            self.classes = [str(name) for name in data.get("classes") or []]
            data = data["features"] if data.get("type") == "FeatureCollection" else [data]
        self.features: Sequence[Mapping[str, Any]] = data

    def photograph(self, source: Path, photographs: Photographs) -> Photograph:
        name = str(self.about.get("file_name", source.stem))
        found = photographs.find(name)
        size = self.about.get("size")
        x, y = scales(self.about.get("um_per_px"))
        boxes = [box for box in map(self._object, self.features) if box is not None]
        return Photograph(
            dataset=source.parent.name,
            path=found or Path(name),
            boxes=tuple(boxes),
            file_name=found.name if found and not self.about else name,
            size=sized(*size) if size else None,
            um_per_px=x,
            um_per_px_y=y,
        )

    def _object(self, feature: Mapping[str, Any]) -> Labelled | None:
        parts = self._parts(feature.get("geometry") or {})
        if not parts:
            self.skipped += 1
            return None
        said = feature.get("properties") or {}
        metadata = said.get("metadata") or {}
        name = str((said.get("classification") or _UNKNOWN)["name"])
        measured = said.get("measurements") or {}
        if isinstance(measured, list):  # as QuPath before 0.4 wrote them
            measured = {each["name"]: each["value"] for each in measured}
        numbers = {key: float(value) for key, value in measured.items() if isinstance(value, (int, float))}
        score, edge, box = numbers.pop(_PROBABILITY, None), metadata.get("touches_edge"), feature.get("bbox")
        return boxed(
            _TYPES_BY_LABEL.get(name, name),
            None if box is None else (box[0], box[1], box[2], box[3]),
            parts,
            self._parts(feature.get("nucleusGeometry") or {}),
            score,
            understood(metadata),
            numbers,
            None if edge is None else edge == "true",
        )

    def _parts(self, geometry: Mapping[str, Any]) -> tuple[Polygon, ...]:
        kind, rings = geometry.get("type"), geometry.get("coordinates") or []
        polygons = {"Polygon": [rings], "MultiPolygon": rings}.get(str(kind), [])
        self.holes += sum(len(polygon) - 1 for polygon in polygons)
        return tuple(_open(polygon[0]) for polygon in polygons)


def _open(ring: Sequence[Sequence[float]]) -> Polygon:
    points = tuple((point[0], point[1]) for point in ring)
    points = points[:-1] if points[0] == points[-1] else points
    if len(points) < 3:
        raise ValueError(f"an outline of {len(points)} corners")
    return points


def write(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write a file for each photograph, named after it, each with all the classes in their order."""
    for stem, each in zip(files.stems(each.file_name for each in labels.photographs), labels.photographs, strict=True):
        content = {**document(each), "classes": labels.classes}
        yield f"{stem}.geojson", f"{json.dumps(content, allow_nan=False)}\n".encode("ascii")


def document(shown: Photograph) -> dict[str, Any]:
    """Return the labels of one photograph in the form of GeoJSON.

    Returns
    -------
    dict
        A ``FeatureCollection``, with the photograph's name, size and scale beside what the format asks for. Cells are
        QuPath's objects of the kind ``cell``, with ``nucleusGeometry``; what has no nucleus is a ``detection``.
        ``bbox`` is the box; ``classification`` the type's label with its colour; ``measurements`` are the features and
        the probability.
    """
    x = shown.um_per_px
    about = {
        "file_name": shown.file_name,
        **({"size": list(shown.size)} if shown.size else {}),
        **({"um_per_px": [x, shown.um_per_px_y or x]} if x else {}),
    }
    features = [_feature(shown, number, box) for number, box in enumerate(shown.boxes, 1)]
    return {"type": "FeatureCollection", "photograph": about, "features": features}


def _feature(shown: Photograph, number: int, box: Labelled) -> dict[str, Any]:
    name = str(box.cell.id if box.cell else number)
    nucleus = {"nucleusGeometry": {"type": "MultiPolygon", "coordinates": [[_ring(part)] for part in box.nuclei]}}
    known = CELL_TYPES.get(box.label)
    colour = {"color": list(COLOURS[box.label])} if known else {}
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(_NAMES, f"{shown.field.sha256 if shown.field else shown.file_name} {name}")),
        "bbox": list(box.box),
        "geometry": _geometry(box.shape),
        **(nucleus if box.nuclei else {}),
        "properties": {
            "objectType": "cell" if box.nuclei else "detection",
            "name": name,
            "classification": {"name": known.label if known else box.label, **colour},
            "measurements": {**({} if box.score is None else {_PROBABILITY: box.score}), **box.measurements},
            "metadata": {
                "type": box.label,
                **({} if box.touches_edge is None else {"touches_edge": str(box.touches_edge).lower()}),
                **spelled(box.judged),
            },
        },
    }


def _geometry(parts: Sequence[Polygon]) -> dict[str, Any]:
    rings = [[_ring(part)] for part in parts]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def _ring(points: Polygon) -> list[list[float]]:
    """A closed ring: its last point is its first."""
    return [[x, y] for x, y in (*points, points[0])]
