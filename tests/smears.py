"""Results and pictures made by hand, for the tests of everything that follows from a result."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lowcost import differential
from lowcost.result import AttributeValue, Cell, Failure, Field, Reason, Scale, SmearResult
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS

_NAMED = [*(name for name, kind in CELL_TYPES.items() if kind.is_leukocyte and name != "unidentified"), "erythroblast"]

CONVENTIONS = differential.Parameters(routine=100, work_up=200, reference=400, blast_thresholds=(10, 20))
"""The usual conventions, for a classifier whose errors are not known."""

CONFUSION = {
    name: {other: 95 if other == name else 1 for other in (*_NAMED[max(0, i - 2) : i + 3], "unidentified")}
    for i, name in enumerate(_NAMED)
}
"""A hundred held-out cells of each type, of which one each was taken for its neighbours."""

CONFUSED = dataclasses.replace(CONVENTIONS, confusion=CONFUSION, confusion_rounds=60)
"""The same for a classifier whose errors are known."""


def circle(x: float, y: float, radius: float, points: int = 24) -> tuple[tuple[float, float], ...]:
    turns = [2 * math.pi * i / points for i in range(points)]
    return tuple((round(x + radius * math.cos(t), 3), round(y + radius * math.sin(t), 3)) for t in turns)


def attributes(seed: int) -> dict[str, AttributeValue]:
    found = {}
    for i, (name, attribute) in enumerate(ATTRIBUTES.items()):
        rule = name == "nucleolus"
        evidence = EVIDENCE_LEVELS[2 if rule else 0 if attribute.scheme == "WBCAtt" else 1]
        reasons = () if rule else (Reason("nucleus_area", 61.5 + seed, 1.25), Reason("nc_ratio", 0.5, -0.25))
        probability = None if rule else round(0.99 - 0.02 * i, 2)
        found[name] = AttributeValue(
            name, attribute.values[seed % len(attribute.values)], probability, evidence, reasons
        )
    return found


def cell(number: int, kind: str = "lymphocyte", x: float = 100, y: float = 100, radius: float = 40) -> Cell:
    is_cell = kind == "erythroblast" or CELL_TYPES[kind].is_leukocyte
    return Cell(
        id=number,
        box=(math.floor(x - radius), math.floor(y - radius), math.ceil(x + radius), math.ceil(y + radius)),
        polygon=circle(x, y, radius),
        nucleus_polygons=(circle(x, y, radius * 0.7),) if is_cell else (),
        type=kind,
        probability=0.55 if kind == "unidentified" else 0.97,
        probabilities={"lymphocyte": 0.55, "blast": 0.45} if kind == "unidentified" else {kind: 0.97},
        touches_edge=x - radius <= 0,
        attributes=attributes(number) if is_cell else {},
        features={"nucleus_area": 61.5 + number, "nc_ratio": 0.5} if is_cell else {},
        possible_types=(("lymphocyte", "blast") if kind == "unidentified" else (kind,)) if is_cell else (),
        novelty=0.4 if is_cell else None,
    )


def field(
    cells: Sequence[Cell] = (), name: str = "field.png", verdict: str = "accepted", size: tuple[int, int] = (640, 480)
) -> Field:
    return Field(
        name=name,
        sha256="0" * 64,
        width=size[0],
        height=size[1],
        verdict=verdict,
        reasons=() if verdict == "accepted" else ("out of focus: 1.9 um, expected at most 1.0",),
        quality={"focus_um": 0.6, "background": 0.8},
        scale=Scale(0.1, 0.1, "red cells", 0.9, 31),
        white_point=(231, 229, 224),
        stain_vectors={"azure": (0.75, 0.6, 0.25), "eosin": (0.1, 0.9, 0.4)},
        cells=tuple(cells),
        novelty=0.4 if cells else None,
    )


def smear(
    fields: Sequence[Field] | None = None,
    failures: Sequence[Failure] = (),
    conventions: differential.Parameters = CONFUSED,
) -> SmearResult:
    if fields is None:
        fields = [field([cell(1), cell(2, "neutrophil_segmented", 300, 200), cell(3, "platelet", 500, 300, 12)])]
    return SmearResult(
        fields=tuple(fields),
        differential=differential.measure(fields, conventions),
        failures=tuple(failures),
        provenance={"lowcost": "0.1.0", "bundle": "lowcost-1 0.1.0", "bundle_digest": "ab" * 32},
    )


def crowd(count: int, kinds: Sequence[str], per_field: int = 12) -> SmearResult:
    """A slide of `count` cells whose types follow `kinds` over and over, twelve to a field."""
    fields = []
    for start in range(0, count, per_field):
        numbers = range(start, min(start + per_field, count))
        cells = [
            cell(i - start + 1, kinds[i % len(kinds)], 80 + 150 * ((i - start) % 4), 80 + 150 * ((i - start) // 4))
            for i in numbers
        ]
        fields.append(field(cells, f"field {start // per_field + 1}.png"))
    return smear(fields)


def picture(shown: Field) -> NDArray[np.uint8]:
    """Pixels of a field: pink ground, violet cells."""
    pixels = np.full((shown.height, shown.width, 3), (235, 225, 228), np.uint8)
    y, x = np.mgrid[: shown.height, : shown.width]
    for found in shown.cells:
        x0, y0, x1, y1 = found.box
        reach = np.hypot(x - (x0 + x1) / 2, y - (y0 + y1) / 2)
        pixels[reach < (x1 - x0) / 2] = (190, 180, 215)
        pixels[reach < (x1 - x0) * 0.35] = (95, 50, 130)
    return pixels
