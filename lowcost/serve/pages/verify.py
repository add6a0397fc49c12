"""Verification: the gallery of a slide's cells, and one cell looked at closely."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from lowcost import result_json
from lowcost.report import words as numbers
from lowcost.result import AttributeValue, Cell
from lowcost.serve import access, reviews, slides
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.models import Change
from lowcost.serve.pages.rendering import render
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, NOT_ASSESSABLE

router = APIRouter()

KEYS = {
    "neutrophil_segmented": "S",
    "neutrophil_band": "B",
    "metamyelocyte": "T",
    "myelocyte": "Y",
    "promyelocyte": "P",
    "eosinophil": "E",
    "basophil": "A",
    "lymphocyte": "L",
    "monocyte": "M",
    "blast": "X",
    "unidentified": "U",
    "erythroblast": "R",
    "smudge_cell": "K",
    "platelet": "O",
    "platelet_clump": "C",
    "artefact": "D",
}
"""The key that names each type, as on a differential counter; Z undoes."""

_AROUND = 3.0
"""Side of what is shown around a cell, in sides of its box."""


@router.get("/slides/{number}/verify")
def page(request: Request, here: Here, who: Who, number: Number) -> Response:
    """The gallery; its cells come through the API."""
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        review = reviews.find(session, number, who.id)
        has_read_blind = review is not None and review.blind and review.done_at is not None
        return render(
            request,
            "verify.html",
            who,
            slide=found,
            case=found.case,
            keys=KEYS,
            may_verify=who.role != "technician" and not has_read_blind,
            blind=review is not None and review.blind and not has_read_blind,
        )


@router.get("/fields/{number}")
def field(request: Request, here: Here, who: Who, number: Number, cell: int | None = None) -> Response:
    """One field, to add, split, merge and delete cells on."""
    with here.database.read() as session:
        found = access.field(session, who, number)
        return render(
            request, "field.html", who, field=found, slide=found.slide, case=found.slide.case, keys=KEYS, cell=cell
        )


@router.get("/cells/{number}/look")
def look(request: Request, here: Here, who: Who, number: Number) -> Response:
    """One cell: where it lies, its attributes, and why."""
    with here.database.read() as session:
        row = access.cell(session, who, number, blind=True)
        blind = reviews.reads_blind(session, row.field.slide_id, who.id) is not None
        # A blind reader sees what the machine said, and nothing of what others made of it.
        found = result_json.decoded(row.machine | {"features": {}}, Cell) if blind else slides.cell(row)
        history = session.scalars(select(Change).where(Change.cell_id == row.id).order_by(Change.id.desc())).all()
        return render(
            request,
            "look.html",
            who,
            row=row,
            blind=blind,
            cell=found,
            field=row.field,
            view=_view(found.box),
            candidates=_candidates(found),
            unlike=numbers.unlike(found.novelty),
            attributes=[(ATTRIBUTES[name], value, _why(value)) for name, value in found.attributes.items()]
            or ([(each, None, "") for each in ATTRIBUTES.values()] if CELL_TYPES[found.type].is_leukocyte else []),
            not_assessable=NOT_ASSESSABLE,
            history=[] if blind else history,
        )


def _view(box: tuple[int, int, int, int]) -> str:
    """What of a field is shown around a box, as an SVG ``viewBox``."""
    x0, y0, x1, y1 = box
    side = _AROUND * max(x1 - x0, y1 - y0)
    return f"{(x0 + x1 - side) / 2:.1f} {(y0 + y1 - side) / 2:.1f} {side:.1f} {side:.1f}"


def _candidates(cell: Cell) -> list[tuple[str, str]]:
    """The three most probable types, with their probabilities written."""
    ranked = sorted(cell.probabilities.items(), key=lambda item: -item[1])[:3]
    return [(name, numbers.probability(value)) for name, value in ranked]


def _why(value: AttributeValue) -> str:
    signs = ((("+" if each.weight > 0 else "−"), numbers.reason(each)) for each in value.reasons)
    return ", ".join(f"{sign} {text}" for sign, text in signs)
