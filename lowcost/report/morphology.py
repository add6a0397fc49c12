"""What is remarkable about the leukocytes of a slide: how many of each type show what is not usual in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lowcost.report.markup import Html, element
from lowcost.result import SmearResult
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS, NOT_ASSESSABLE

_NEUTROPHILS = frozenset({"neutrophil_segmented", "neutrophil_band", "metamyelocyte"})
_IMMATURE = frozenset({"promyelocyte", "myelocyte"})

REMARKABLE = {
    ("nuclear_cytoplasmic_ratio", "high"): frozenset({"lymphocyte", "promyelocyte"}),
    ("nuclear_chromatin", "open"): _IMMATURE | {"monocyte"},
    ("nuclear_shape", "irregular"): _NEUTROPHILS | {"eosinophil", "basophil", "monocyte"},
    ("nucleolus", "prominent"): frozenset({"promyelocyte"}),
    ("cytoplasmic_basophilia", "moderate"): _IMMATURE | {"metamyelocyte", "lymphocyte", "monocyte"},
    ("cytoplasmic_vacuoles", "prominent"): frozenset({"monocyte"}),
}
"""Attributes with the value that a reader would remark on, and the types in which it is usual: there it is no remark.
Of blasts and of cells without a name all are told."""

_RULE = EVIDENCE_LEVELS[2]  # confirmed by no labels: no ground for a remark


@dataclass(frozen=True)
class Remark:
    """How many cells of a type show something.

    Attributes
    ----------
    attribute, value : str
        What.
    count, assessed : int
        Cells that show it, of those in which it could be judged.
    """

    attribute: str
    value: str
    count: int
    assessed: int


def remarks(cells: Iterable[tuple[str, dict[str, Any] | None, dict[str, str]]]) -> dict[str, list[Remark]]:
    """Return the remarks on each leukocyte type that calls for one, in the order of the taxonomy.

    Parameters
    ----------
    cells : iterable of (str, dict or None, dict)
        Type, attributes in the form of ``result.json``, and attributes that a person set, of each cell.
    """
    shown: Counter[tuple[str, str, str]] = Counter()
    assessed: Counter[tuple[str, str]] = Counter()
    for kind, said, by_person in cells:
        if not CELL_TYPES[kind].is_leukocyte:
            continue
        for (name, value), usual in REMARKABLE.items():
            if kind in usual:
                continue
            machine = (said or {}).get(name)
            known = machine["value"] if machine and machine["evidence"] != _RULE else NOT_ASSESSABLE
            found = by_person.get(name, known)
            if found != NOT_ASSESSABLE:
                assessed[kind, name] += 1
                shown[kind, name, value] += found == value
    return {
        kind: [
            Remark(name, value, shown[kind, name, value], assessed[kind, name])
            for name, value in REMARKABLE
            if shown[kind, name, value]
        ]
        for kind in CELL_TYPES
        if any(shown[kind, name, value] for name, value in REMARKABLE)
    }


def of(result: SmearResult) -> dict[str, list[Remark]]:
    """Return `remarks` on the cells of the fields that count."""
    return remarks(
        (cell.type, {name: vars(found) for name, found in cell.attributes.items()}, {})
        for field in result.fields
        if field.verdict != "rejected"
        for cell in field.cells
    )


def lines(result: SmearResult) -> dict[str, str]:
    """Return the remarks in words, by the label of the type."""
    return {
        CELL_TYPES[kind].label: "; ".join(
            f"{ATTRIBUTES[each.attribute].label.lower()} {each.value} in {each.count} of {each.assessed}"
            for each in found
        )
        for kind, found in of(result).items()
    }


def section(result: SmearResult) -> Html | None:
    """Return the section of the remarks; None where there are none."""
    said = lines(result)
    if not said:
        return None
    rows = (element("tr", element("th", label, scope="row"), element("td", text)) for label, text in said.items())
    return element("section", element("h2", "Morphology"), element("table", element("tbody", rows)), id="morphology")
