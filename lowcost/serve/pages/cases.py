"""Cases, and the slides of one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BeforeValidator
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from starlette.responses import RedirectResponse, Response

from lowcost.serve import access, reviews, slides
from lowcost.serve.api import cases as api
from lowcost.serve.asking import FormWho, Here, Note, Number, Who
from lowcost.serve.models import Case, DeviceProfile, Slide
from lowcost.serve.pages.rendering import render
from lowcost.serve.settings import TARGETS

router = APIRouter()

PAGE = 50
"""Cases on one page."""

Target = Annotated[Literal[100, 200, 400], BeforeValidator(int)]
"""A counting target as a form sends it: as text."""


class SlideForm(api.NewSlide):
    """A slide to add, from a form."""

    target: Target = 100


class CaseForm(api.CaseChange):
    """A case's note, from a form: one that was cleared is empty."""

    note: Note = ""


@router.get("/")
def home(request: Request, here: Here, who: Who, before: int = 2**31 - 1) -> Response:
    """The cases, the latest first."""
    with here.database.read() as session:
        query = (
            select(Case, func.count(Slide.id))
            .outerjoin(Slide)
            .where(who.cases, Case.id < before)
            .options(selectinload(Case.owner))
            .group_by(Case.id)
            .order_by(Case.id.desc())
            .limit(PAGE)
        )
        found = session.execute(query).all()
    more = found[-1][0].id if len(found) == PAGE else None
    return render(request, "cases.html", who, cases=found, more=more)


@router.post("/cases")
def open_case(here: Here, who: FormWho, body: Annotated[api.NewCase, Form()]) -> Response:
    """Open a case and go there."""
    return _to(f"/cases/{api.open_case(here, who, body)['id']}")


@router.get("/cases/{number}")
def case(request: Request, here: Here, who: Who, number: Number) -> Response:
    """One case with its slides, each with how far it is."""
    with here.database.read() as session:
        found = access.case(session, who, number)
        readings = [reviews.reads_blind(session, slide.id, who.id) for slide in found.slides]
        rows = [
            (slide, slides.summary(session, slide, here.bundle, reading))
            for slide, reading in zip(found.slides, readings, strict=True)
        ]
        devices = session.scalars(select(DeviceProfile).order_by(DeviceProfile.name)).all()
    return render(request, "case.html", who, case=found, slides=rows, devices=devices, targets=TARGETS)


@router.post("/cases/{number}")
def change(here: Here, who: FormWho, number: Number, body: Annotated[CaseForm, Form()]) -> Response:
    """Change a case's note."""
    api.change(here, who, number, body)
    return _to(f"/cases/{number}")


@router.post("/cases/{number}/slides")
def add_slide(here: Here, who: FormWho, number: Number, body: Annotated[SlideForm, Form()]) -> Response:
    """Add a slide and go there."""
    return _to(f"/slides/{api.add_slide(here, who, number, body)['id']}")


def _to(address: str) -> Response:
    return RedirectResponse(address, 303)
