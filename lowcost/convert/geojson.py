"""GeoJSON (RFC 7946) as QuPath writes and reads it (Bankhead et al. 2017, doi:10.1038/s41598-017-17204-5).

A file belongs to one photograph and is named after it. Coordinates count from the outer corner of the first px, whose
centre is at (0.5, 0.5): QuPath counts in the same way, so nothing is shifted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from sys import float_info
from typing import Any

from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import (
    Labelled,
    Labels,
    Photograph,
    Polygon,
    as_json,
    boxed,
    in_order,
    scales,
    sized,
    spelled,
    understood,
)
from lowcost.datasets.labels import types_of
from lowcost.datasets.types import read_text
from lowcost.errors import InputError
from lowcost.export import files
from lowcost.export.palette import COLOURS
from lowcost.taxonomy import CELL_TYPES

_NAMES = uuid.UUID("1d6a1a4e-3f0b-4d0e-8b0b-7a3e8f5b2c90")
"""Under which objects get their identifiers: the same cell has the same one, so QuPath replaces instead of doubling."""

_TYPES_BY_LABEL = {each.label: name for name, each in CELL_TYPES.items()}
_UNKNOWN = "unclassified"
_NO_AREAS = ("Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection")
_PROBABILITY = "probability"


def read(path: Path, photographs: Photographs) -> Labels:
    """Read a GeoJSON file, or all those in a folder; what is no area is left out.

    A derived class (``Lymphocyte: Positive``) is that of its parts that is a cell type.

    Raises
    ------
    InputError
        A file cannot be read or is no GeoJSON.
    """
    found, skipped, holes = [], 0, 0
    classes: list[str] = []
    derived: dict[str, str] = {}
    for source in sorted(path.rglob("*.geojson")) if path.is_dir() else [path]:
        try:
            reader = _Reader(_parsed(read_text(source)))
            found.append(reader.photograph(source, photographs))
        except ValueError as error:
            raise InputError(
                f"{source.name} is not the GeoJSON of a photograph's objects ({error}): write it anew"
            ) from error
        classes += reader.classes
        derived |= reader.derived
        skipped, holes = skipped + reader.skipped, holes + reader.holes
    remarks = [f"{skipped} points and lines were left out: only areas are cells"] if skipped else []
    remarks += [f"{holes} holes in outlines were filled: outlines have none here"] if holes else []
    remarks += [f"the class {joined} was read as {name}" for joined, name in derived.items()]
    return Labels(tuple(found), in_order(found, classes), tuple(remarks))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("its text is no JSON") from None


class _Reader:
    """One file; counts the holes that it fills and the objects that it leaves out, and notes classes that it widens."""

    def __init__(self, data: Any) -> None:
        self.holes = self.skipped = 0
        self.derived: dict[str, str] = {}
        self.about: Mapping[str, Any] = {}
        self.classes: list[str] = []
        if isinstance(data, dict):
            self.about = _named(data.get("photograph"), "its photograph")
            self.classes = _listed(data.get("classes", []), "what it gives as classes", str, "a list of names")
            kind = data.get("type")
            if kind not in ("FeatureCollection", "Feature"):
                raise ValueError(f"its type is {as_json(kind)}, expected a FeatureCollection or Feature")
            data = data.get("features") if kind == "FeatureCollection" else [data]
        self.features: Sequence[Mapping[str, Any]] = _listed(data, "what it gives as features", dict, "a list of them")

    def photograph(self, source: Path, photographs: Photographs) -> Photograph:
        name = str(self.about.get("file_name", source.stem))
        found = photographs.find(name)
        size = self.about.get("size")
        x, y = scales(self.about.get("um_per_px"))
        boxes = []
        for number, feature in enumerate(self.features, 1):
            try:
                boxes.append(self._object(feature))
            except ValueError as error:
                raise ValueError(f"object {number}: {error}") from error
        return Photograph(
            dataset=source.parent.name,
            path=found or Path(name),
            boxes=tuple(box for box in boxes if box is not None),
            file_name=found.name if found and not self.about else name,
            size=None if size is None else sized(*_pixels(size, "the size of its photograph", 2)),
            um_per_px=x,
            um_per_px_y=y,
        )

    def _object(self, feature: Mapping[str, Any]) -> Labelled | None:
        parts = self._parts(feature.get("geometry"))
        if not parts:
            self.skipped += 1
            return None
        said = _named(feature.get("properties"), "its properties")
        metadata = {
            key: str(value) for key, value in _named(said.get("metadata"), "its metadata").items() if value is not None
        }
        numbers = _numbers(said.get("measurements"))
        score, edge, box = numbers.pop(_PROBABILITY, None), metadata.get("touches_edge"), feature.get("bbox")
        if box is not None:
            x0, y0, x1, y1 = _pixels(box, "its bbox", 4)
        return boxed(
            self._class(said.get("classification")),
            None if box is None else (x0, y0, x1, y1),
            parts,
            self._parts(feature.get("nucleusGeometry")),
            score,
            understood(metadata),
            numbers,
            None if edge is None else edge == "true",
        )

    def _class(self, said: Any) -> str:
        """The class, which QuPath writes as ``name``, a derived one since 0.4 as ``names``, others as a text."""
        if isinstance(said, dict):
            said = said.get("names") or said.get("name")
        parts = said if isinstance(said, list) else [said or _UNKNOWN]
        if not all(isinstance(part, str) for part in parts):
            raise ValueError(f"its classification is {as_json(said)}, expected a name or a list of names")
        if len(parts) == 1:
            return _TYPES_BY_LABEL.get(parts[0], parts[0])
        joined = ": ".join(parts)
        for part in parts:
            if types_of(part):
                return self.derived.setdefault(joined, _TYPES_BY_LABEL.get(part, part))
        return joined

    def _parts(self, said: Any) -> tuple[Polygon, ...]:
        geometry = _named(said, "its geometry")
        kind, rings = geometry.get("type"), geometry.get("coordinates")
        if not geometry or kind in _NO_AREAS or rings == []:
            return ()
        if kind not in ("Polygon", "MultiPolygon"):
            raise ValueError(f"the type of its geometry is {as_json(kind)}, expected one of GeoJSON, as Polygon")
        polygons: Any = [rings] if kind == "Polygon" else rings
        try:
            self.holes += sum(len(polygon) - 1 for polygon in polygons)
            return tuple(_open(polygon[0]) for polygon in polygons)
        except (TypeError, LookupError):
            raise ValueError(f"the coordinates of its {kind} are no rings of points [x, y]") from None


def _named(value: Any, what: str) -> Mapping[str, Any]:
    """What should be an object of JSON; an empty one where nothing is said."""
    if not isinstance(value, (dict, type(None))):
        raise ValueError(f"{what} is {as_json(value)}, expected names with values")
    return value or {}


def _listed(values: Any, what: str, kind: type | tuple[type, ...], expected: str) -> list[Any]:
    """What should be a list of values of a kind."""
    if not isinstance(values, list) or not all(isinstance(each, kind) for each in values):
        raise ValueError(f"{what} is {as_json(values)}, expected {expected}")
    return values


def _pixels(values: Any, what: str, count: int) -> list[float]:
    """What should be so many numbers."""
    found = _listed(values, what, (int, float), f"{count} numbers")
    if len(found) != count:
        raise ValueError(f"{what} has {len(found)} numbers, expected {count}")
    return found


def _numbers(measurements: Any) -> dict[str, float]:
    """Measurements by name; QuPath writes those that it could not make as NaN."""
    if isinstance(measurements, list):  # as QuPath before 0.4 wrote them
        pairs = [
            (each.get("name"), each.get("value"))
            for each in _listed(measurements, "its measurements", dict, "a list of names with values")
        ]
    else:
        pairs = list(_named(measurements, "its measurements").items())
    return {
        str(name): float(value)
        for name, value in pairs
        if isinstance(value, (int, float)) and abs(value) <= float_info.max
    }


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
