"""What every format is read into and written from: photographs with everything that any format tells of their labels.

Coordinates are px of the photograph after EXIF orientation, counted from the outer corner of its first pixel.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import float_info
from typing import Any

from lowcost.datasets.labels import types_of
from lowcost.datasets.types import Box, LabelledBox, LabelledField
from lowcost.export.polygon import area
from lowcost.result import AttributeValue, Cell, Field, SmearResult
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS, NOT_ASSESSABLE

Polygon = tuple[tuple[float, float], ...]
"""Corners ``(x, y)`` of an outline in order."""

LARGEST_PX = 10_000_000
"""Edge of the largest photograph that is believed; coordinates beyond are damage, and areas of them would overflow."""

BY_PERSON = "person"
"""The evidence of an attribute of which a format says no other: sets are labelled by people."""

_MOST_TOLD = 60
"""Characters of a value that are told."""

_PROBABILITY, _EVIDENCE = ".probability", ".evidence"


@dataclass(frozen=True)
class Labelled(LabelledBox):
    """A labelled object; `label` is its class as the source calls it.

    Attributes
    ----------
    outlines : tuple of Polygon
        Outline of each separate part; empty where there is only a box.
    nuclei : tuple of Polygon
        Outline of each separate part of the nucleus.
    score : float or None
        Probability of the class, 0-1; None where none was given, as by people.
    judged : dict of str to AttributeValue
        Attributes by taxonomy name.
    measurements : dict of str to float
        Values of the feature table by name.
    touches_edge : bool or None
        Whether the edge of the image cuts the object; None where unknown.
    cell : Cell or None
        The same in a result, where it comes from one.
    """

    outlines: tuple[Polygon, ...] = ()
    nuclei: tuple[Polygon, ...] = ()
    score: float | None = None
    judged: Mapping[str, AttributeValue] = field(default_factory=dict)
    measurements: Mapping[str, float] = field(default_factory=dict)
    touches_edge: bool | None = None
    cell: Cell | None = None

    @property
    def shape(self) -> tuple[Polygon, ...]:
        """The outlines, or the corners of the box."""
        return self.outlines or (corners(self.box),)


@dataclass(frozen=True)
class Photograph(LabelledField):
    """One photograph with its labels.

    Attributes
    ----------
    boxes : tuple of Labelled
        Everything labelled.
    file_name : str
        Name as the source gives it, with folders where it has some, perhaps without an ending.
    size : tuple of int or None
        Width and height in px; None where the source does not say.
    um_per_px_y : float or None
        Scale along y, where it is another than `um_per_px`.
    field : Field or None
        The same in a result, where it comes from one.
    """

    boxes: tuple[Labelled, ...] = ()
    file_name: str = ""
    size: tuple[int, int] | None = None
    um_per_px_y: float | None = None
    field: Field | None = None


@dataclass(frozen=True)
class Labels:
    """Everything that a source holds.

    Attributes
    ----------
    photographs : tuple of Photograph
        In the order of the source.
    classes : tuple of str
        The classes in the order in which the source numbers them, also those of which there is none.
    remarks : tuple of str
        What of the source has no place here, in words.
    failures : tuple of str
        What of the source could not be read, in words.
    """

    photographs: tuple[Photograph, ...]
    classes: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def of_result(result: SmearResult) -> Labels:
    """Return the labels that a result stands for."""
    return Labels(tuple(of_field(each) for each in result.fields), tuple(CELL_TYPES))


def of_field(found: Field) -> Photograph:
    """Return a field of a result as a labelled photograph."""
    scale = found.scale
    return Photograph(
        dataset="",
        path=Path(found.name),
        boxes=tuple(map(of_cell, found.cells)),
        file_name=found.name,
        size=(found.width, found.height),
        um_per_px=scale.um_per_px_x or None,
        um_per_px_y=scale.um_per_px_y if scale.um_per_px_y != scale.um_per_px_x else None,
        field=found,
    )


def of_cell(cell: Cell) -> Labelled:
    """Return a cell of a result as a labelled object."""
    return Labelled(
        box=cell.box,
        label=cell.type,
        types=frozenset({cell.type}),
        attributes=codes(cell.attributes),
        outlines=(cell.polygon,) if len(cell.polygon) > 2 else (),
        nuclei=tuple(part for part in cell.nucleus_polygons if len(part) > 2),
        score=cell.probability,
        judged=cell.attributes,
        measurements=cell.features,
        touches_edge=cell.touches_edge,
        cell=cell,
    )


def of_set(found: LabelledField) -> Photograph:
    """Return a field of a published set as a labelled photograph."""
    return Photograph(
        dataset=found.dataset,
        path=found.path,
        mask_path=found.mask_path,
        boxes=tuple(
            Labelled(
                box=box.published or box.box,
                label=box.label,
                types=box.types,
                attributes=box.attributes,
                judged=by_codes(box.attributes),
            )
            for box in found.boxes
        ),
        split=found.split,
        group=found.group,
        um_per_px=found.um_per_px,
        file_name=found.path.name,
    )


def boxed(
    label: str,
    box: Box | None,
    outlines: Sequence[Polygon] = (),
    nuclei: Sequence[Polygon] = (),
    score: float | None = None,
    judged: Mapping[str, AttributeValue] | None = None,
    measurements: Mapping[str, float] | None = None,
    touches_edge: bool | None = None,
) -> Labelled:
    """Return an object of any set of one's own: its types are those that its label's words allow.

    An outline of the corners of the box says no more than the box, and is none.

    Parameters
    ----------
    label : str
        Its class.
    box : tuple of float or None
        Its box; None for the one around its outlines.
    outlines, nuclei, score, judged, measurements, touches_edge
        As in `Labelled`.

    Raises
    ------
    ValueError
        A coordinate or measurement is no number or not finite, or a probability is none.
    """
    points = [point for part in (*outlines, *nuclei) for point in part]
    check(label, (value for point in points for value in point))
    if box is None:
        xs, ys = zip(*(point for part in outlines for point in part), strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
    judged, measurements, outlines = judged or {}, measurements or {}, tuple(outlines)
    check(label, box)
    check(label, measurements.values(), float_info.max)
    for probability in (score, *(each.probability for each in judged.values())):
        if probability is not None and not 0 <= probability <= 1:
            raise ValueError(f"a probability of {label!r} is {probability:g}, expected 0 to 1")
    return Labelled(
        box=box,
        label=label,
        types=types_of(label) or frozenset(),
        attributes=codes(judged),
        outlines=() if outlines == (corners(box),) else outlines,
        nuclei=tuple(nuclei),
        score=score,
        judged=judged,
        measurements=measurements,
        touches_edge=touches_edge,
    )


def check(label: str, values: Iterable[Any], limit: float = LARGEST_PX) -> None:
    """Refuse coordinates or measurements that are no numbers within a limit.

    Raises
    ------
    ValueError
        One is not.
    """
    for value in values:
        if not isinstance(value, (int, float)) or not -limit <= value <= limit:
            raise ValueError(f"a coordinate or measurement of {label!r} is {as_json(value)}")


def as_json(value: Any) -> str:
    """Return what a file says, as it says it, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= _MOST_TOLD else f"{text[:_MOST_TOLD]}..."


def sized(width: Any, height: Any) -> tuple[int, int]:
    """Return the size of a photograph.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        size = int(width), int(height)
    except (ValueError, TypeError, OverflowError):
        size = 0, 0
    if not 0 < min(size) <= max(size) <= LARGEST_PX:
        raise ValueError(f"a photograph of {width} x {height} px")
    return size


def scales(stated: Any) -> tuple[float | None, float | None]:
    """Return `um_per_px` and `um_per_px_y` of a photograph from a pair of um/px along x and y, or from nothing.

    Raises
    ------
    ValueError
        These are no scales.
    """
    if stated is None:
        return None, None
    pair = stated if isinstance(stated, list) and len(stated) == 2 else [None, None]
    if not all(isinstance(value, (int, float)) and 0 < value <= float_info.max for value in pair):
        raise ValueError(f"a scale of {as_json(stated)}, expected um per px along x and y")
    x, y = map(float, pair)
    return x, (y if y != x else None)


def corners(box: Box) -> Polygon:
    """Return the corners of a box, clockwise on the screen."""
    x0, y0, x1, y1 = box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def codes(judged: Mapping[str, AttributeValue]) -> dict[str, int]:
    """Return attributes as the numbers of their values in the taxonomy; what is not assessable has none."""
    return {
        name: ATTRIBUTES[name].values.index(found.value)
        for name, found in judged.items()
        if found.value in ATTRIBUTES[name].values
    }


def by_codes(numbers: Mapping[str, int]) -> dict[str, AttributeValue]:
    """Return attributes that a person gave, from the numbers of their values in the taxonomy."""
    return {
        name: AttributeValue(name, ATTRIBUTES[name].values[number], None, BY_PERSON)
        for name, number in numbers.items()
        if number < len(ATTRIBUTES[name].values)
    }


def spelled(judged: Mapping[str, AttributeValue]) -> dict[str, str]:
    """Return attributes as texts by name, for formats of names and values.

    Beside ``nucleolus`` there are ``nucleolus.probability`` and ``nucleolus.evidence``, where the value has a
    probability and comes from anything but a person. `understood` is the way back.
    """
    texts: dict[str, str] = {}
    for name, found in judged.items():
        texts[name] = found.value
        if found.probability is not None:
            texts[name + _PROBABILITY] = repr(found.probability)
        if found.evidence != BY_PERSON:
            texts[name + _EVIDENCE] = found.evidence
    return texts


def understood(texts: Mapping[str, str]) -> dict[str, AttributeValue]:
    """Return the attributes that `spelled` wrote, or that another program wrote by the same names and values.

    Raises
    ------
    ValueError
        A probability is no number.
    """
    found: dict[str, AttributeValue] = {}
    for name, attribute in ATTRIBUTES.items():
        value = texts.get(name, "")
        evidence = texts.get(name + _EVIDENCE) or BY_PERSON
        if value in (*attribute.values, NOT_ASSESSABLE) and evidence in EVIDENCE_LEVELS:
            probability = texts.get(name + _PROBABILITY)
            try:
                number = float(probability) if probability else None
            except ValueError:
                raise ValueError(f"the probability of {name} is {as_json(probability)}, expected a number") from None
            found[name] = AttributeValue(name, value, number, evidence)
    return found


def in_order(photographs: Iterable[Photograph], first: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the classes of some photographs, those of `first` before others in the order of their appearance."""
    return tuple(dict.fromkeys([*first, *(box.label for each in photographs for box in each.boxes)]))


def largest(parts: Sequence[Polygon]) -> Polygon:
    """Return the part of an outline that encloses most; nothing where there is none."""
    return max(parts, key=area, default=())
