"""The report of a slide, to read, print and take along."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from lowcost.report import morphology, words
from lowcost.serve import access, collector, language, reviews, slides
from lowcost.serve.api import slides as api
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.models import Cell, Field
from lowcost.serve.pages import figures
from lowcost.serve.pages.rendering import render
from lowcost.taxonomy import CELL_TYPES

router = APIRouter()

SHOWN = 12
"""Cells of each type in the report's gallery."""


@router.get("/slides/{number}/report")
def page(request: Request, here: Here, who: Who, number: Number) -> Response:
    """The differential with its limits, the gallery, the fields, and who verified."""
    with collector.at_rest(), here.database.read() as session:
        found = access.slide(session, who, number)
        told = slides.summary(session, found, here.bundle)
        query = (
            select(Cell.id, Cell.type, Cell.machine["attributes"], Cell.attributes)
            .join(Field)
            .where(
                Field.slide_id == number,
                Field.left_out.is_(False),
                Field.verdict != "rejected",
                Cell.deleted.is_(False),
            )
            .order_by(Cell.probability.desc(), Cell.id)
        )
        gallery: dict[str, list[int]] = defaultdict(list)
        rows = session.execute(query).all()
        for number_of_cell, kind, *_ in rows:
            if len(gallery[kind]) < SHOWN:
                gallery[kind].append(number_of_cell)
        photographs = [slides.field(each) for each in found.fields if each.state == "done" and not each.left_out]
        readings = [each for each in reviews.readings(session, number) if each.done_at is not None]
        verified = [each for each in readings if not each.blind and each.revision == found.revision]
        pairs = [(first, second) for i, first in enumerate(readings) for second in readings[i + 1 :]]
        return render(
            request,
            "report.html",
            who,
            slide=found,
            case=found.case,
            summary=told,
            figure=figures.of(told.differential, language.of(request)),
            gallery={name: gallery[name] for name in CELL_TYPES if name in gallery},
            remarks=morphology.remarks((row[1], row[2], row[3]) for row in rows),
            fields=[api.shown_field(field) for field in found.fields],
            unlike=words.mostly_unlike(photographs),
            apart=words.apart(photographs),
            verified=verified,
            agreements=[(*pair, reviews.agreement_of(session, *pair)) for pair in pairs],
            downloads=_downloads(request, number),
        )


def _downloads(request: Request, number: int) -> list[tuple[str, str]]:
    """Format and address of every export that the station offers of a slide."""
    start = "/api/v1/slides/{number}/"
    known = f"{start}export/"
    paths = [path for path in request.app.openapi()["paths"] if path.startswith(known) and path.count("{") == 1]
    return [(path.removeprefix(known), path.format(number=number)) for path in paths]
