"""A slide: the running differential, and its fields with their verdicts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Header, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from lowcost.serve import access, language, reviews, slides
from lowcost.serve.api import slides as api
from lowcost.serve.asking import FormWho, Here, Line, Note, Number, Who
from lowcost.serve.models import DeviceProfile, Field, Review, Slide
from lowcost.serve.pages import figures
from lowcost.serve.pages.cases import Target
from lowcost.serve.pages.rendering import render
from lowcost.serve.settings import ROLES, TARGETS

router = APIRouter()

NEWEST = 100
"""Fields that a slide's page lists; all of them on request, which takes time where there are a thousand."""


class SlideForm(api.SlideChange):
    """A slide's description, from a form that shows all of it: what is left empty is empty."""

    stain: Line = ""
    note: Note = ""
    target: Target


@router.get("/slides/{number}")
def page(request: Request, here: Here, who: Who, number: Number, fields: Literal["all"] | None = None) -> Response:
    """One slide; what is in `live` is asked for again while the page is open."""
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        reading = reviews.reads_blind(session, number, who.id)
        devices = session.scalars(select(DeviceProfile).order_by(DeviceProfile.name)).all()
        return render(
            request,
            "slide.html",
            who,
            case=found.case,
            devices=devices,
            targets=TARGETS,
            has_camera=here.camera.is_there,
            may_read_blind=who.role != ROLES[0] and reviews.may_read_blind(session, found, who.id),
            **_shown(session, request, here, found, reading, fields),
        )


@router.get("/slides/{number}/live")
def live(
    request: Request,
    here: Here,
    who: Who,
    number: Number,
    fields: Literal["all"] | None = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The part of the page that changes while photographs come in."""
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        reading = reviews.reads_blind(session, number, who.id)
        tag = f'{slides.tag(session, found, reading)[:-1]}.{language.of(request).code}.{bool(here.analysis.trouble)}"'
        if if_none_match == tag:
            return Response(status_code=304, headers={"ETag": tag})
        answer = render(request, "live.html", who, **_shown(session, request, here, found, reading, fields))
    answer.headers["ETag"] = tag
    return answer


@router.post("/slides/{number}")
def change(here: Here, who: FormWho, number: Number, body: Annotated[SlideForm, Form()]) -> Response:
    """Change a slide's description."""
    api.change(here, who, number, api.SlideChange(**body.model_dump()))
    return RedirectResponse(f"/slides/{number}", 303)


def _shown(
    session: Session, request: Request, here: Here, slide: Slide, reading: Review | None, which: Literal["all"] | None
) -> dict[str, Any]:
    """What `live` shows, and `page` with it; fields that are listed are the newest, or all."""
    told = slides.summary(session, slide, here.bundle, reading)
    fields = select(Field).where(Field.slide_id == slide.id).order_by(Field.id.desc())
    return {
        "slide": slide,
        "summary": told,
        "fields": [api.shown_field(field) for field in session.scalars(fields if which else fields.limit(NEWEST))],
        "figure": figures.of(told.differential, language.of(request)),
        "trouble": here.analysis.trouble,
    }
