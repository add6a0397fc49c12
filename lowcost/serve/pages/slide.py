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
from lowcost.serve.models import DeviceProfile, Field
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
        told = slides.summary(session, found, here.bundle, reviews.reads_blind(session, number, who.id))
        shown = _fields(session, number, fields)
        devices = session.scalars(select(DeviceProfile).order_by(DeviceProfile.name)).all()
        return render(
            request,
            "slide.html",
            who,
            slide=found,
            case=found.case,
            devices=devices,
            targets=TARGETS,
            summary=told,
            fields=shown,
            figure=figures.of(told.differential, language.of(request)),
            trouble=here.analysis.trouble,
            has_camera=here.camera.is_there,
            may_read_blind=who.role != ROLES[0] and reviews.may_read_blind(session, found, who.id),
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
    words = language.of(request)
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        reading = reviews.reads_blind(session, number, who.id)
        tag = f'{slides.tag(session, found, reading)[:-1]}.{words.code}.{bool(here.analysis.trouble)}"'
        if if_none_match == tag:
            return Response(status_code=304, headers={"ETag": tag})
        told = slides.summary(session, found, here.bundle, reading)
        shown = _fields(session, number, fields)
        answer = render(
            request,
            "live.html",
            who,
            slide=found,
            summary=told,
            fields=shown,
            figure=figures.of(told.differential, words),
            trouble=here.analysis.trouble,
        )
    answer.headers["ETag"] = tag
    return answer


@router.post("/slides/{number}")
def change(here: Here, who: FormWho, number: Number, body: Annotated[SlideForm, Form()]) -> Response:
    """Change a slide's description."""
    api.change(here, who, number, api.SlideChange(**body.model_dump()))
    return RedirectResponse(f"/slides/{number}", 303)


def _fields(session: Session, slide: int, which: Literal["all"] | None) -> list[dict[str, Any]]:
    """The fields that are listed, the newest first."""
    query = select(Field).where(Field.slide_id == slide).order_by(Field.id.desc())
    return [api.shown_field(field) for field in session.scalars(query if which else query.limit(NEWEST))]
