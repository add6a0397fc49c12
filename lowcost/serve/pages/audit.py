"""The audit trail to read: every change with who, when, what it was and what it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BeforeValidator, Field
from sqlalchemy import select
from starlette.responses import Response, StreamingResponse

from lowcost.serve import audit
from lowcost.serve.asking import Here, Who
from lowcost.serve.models import Case, Gesture, Slide, User
from lowcost.serve.pages.rendering import render

router = APIRouter()

PAGE = 100
"""Changes on one page."""

CHOICES = 500
"""Slides that one may choose from, the latest."""

Chosen = Annotated[
    Annotated[int, Field(ge=1, le=2**31 - 1)] | None, BeforeValidator(lambda text: None if text == "" else text)
]
"""A number from a form, in which empty means all."""


@router.get("/audit")
def page(
    request: Request, here: Here, who: Who, slide: Chosen = None, person: Chosen = None, before: Chosen = None
) -> Response:
    """Changes, the latest first."""
    with here.database.read() as session:
        found = list(audit.entries(session, who, slide, person, before, PAGE))
        seen = audit.seen(who)
        slides = session.execute(
            select(Slide.id, Slide.name, Case.pseudonym)
            .join(Case)
            .where(seen, Slide.id.in_(select(Gesture.slide_id)))
            .order_by(Slide.id.desc())
            .limit(CHOICES)
        ).all()
        gestures = select(Gesture.user_id).join(Slide, Gesture.slide_id == Slide.id).join(Case).where(seen)
        people = session.execute(select(User.id, User.name).where(User.id.in_(gestures)).order_by(User.name)).all()
    return render(
        request,
        "audit.html",
        who,
        entries=found,
        slides=slides,
        people=people,
        slide=slide,
        chosen=person,
        more=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/audit.csv")
def table(here: Here, who: Who, slide: Chosen = None, person: Chosen = None) -> Response:
    """The same as a table for a spreadsheet."""
    with here.database.read() as session:
        rows = list(audit.dumps(audit.entries(session, who, slide, person)))
    headers = {"Content-Disposition": 'attachment; filename="changes.csv"'}
    return StreamingResponse(iter(rows), media_type="text/csv; charset=utf-8", headers=headers)
