"""Cases and the slides in them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.serve import access
from lowcost.serve.asking import Here, Line, Name, Note, Number, Who
from lowcost.serve.errors import Conflict, NotFound
from lowcost.serve.models import Case, DeviceProfile, Slide

router = APIRouter(tags=["cases"])


class NewCase(BaseModel):
    """A case to open, under a pseudonym: never the name of a patient."""

    pseudonym: Name
    note: Note = ""


class CaseChange(BaseModel):
    """What changes about a case; what is left out stays."""

    note: Note


class Optics(BaseModel):
    """How the photographs of a slide are taken."""

    device_id: int | None = Field(None, ge=1, le=2**31 - 1)
    um_per_px: float | None = Field(None, ge=0.01, le=2)


class NewSlide(Optics):
    """A slide to add."""

    name: Name
    stain: Line = ""
    note: Note = ""
    target: Literal[100, 200, 400] = 100


@router.get("/cases")
def cases(here: Here, who: Who) -> list[dict[str, Any]]:
    """The cases that one may see, the latest first."""
    with here.database.read() as session:
        return [shown(case) for case in session.scalars(select(Case).where(who.cases).order_by(Case.id.desc()))]


@router.post("/cases", status_code=201)
def open_case(here: Here, who: Who, body: NewCase) -> dict[str, Any]:
    """Open a case."""
    with here.database.write() as session:
        if session.scalar(select(Case.id).where(Case.pseudonym == body.pseudonym)) is not None:
            raise Conflict("There is a case of this pseudonym already: choose another one.")
        case = Case(pseudonym=body.pseudonym, note=body.note, owner_id=who.id)
        session.add(case)
        session.flush()
        return shown(case)


@router.get("/cases/{number}")
def case(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """One case with its slides."""
    with here.database.read() as session:
        found = access.case(session, who, number)
        return shown(found) | {"slides": [shown_slide(slide) for slide in found.slides]}


@router.patch("/cases/{number}")
def change(here: Here, who: Who, number: Number, body: CaseChange) -> dict[str, Any]:
    """Change a case's note."""
    with here.database.write() as session:
        found = access.case(session, who, number)
        found.note = body.note
        return shown(found)


@router.post("/cases/{number}/slides", status_code=201)
def add_slide(here: Here, who: Who, number: Number, body: NewSlide) -> dict[str, Any]:
    """Add a slide to a case."""
    with here.database.write() as session:
        found = access.case(session, who, number)
        if session.scalar(select(Slide.id).where(Slide.case_id == found.id, Slide.name == body.name)) is not None:
            raise Conflict("The case has a slide of this name already: choose another one.")
        check_device(session, body.device_id)
        slide = Slide(case_id=found.id, **body.model_dump())
        session.add(slide)
        session.flush()
        return shown_slide(slide)


def check_device(session: Session, number: int | None) -> None:
    """Refuse a device profile that there is not; raises `NotFound`."""
    if number is not None and session.get(DeviceProfile, number) is None:
        raise NotFound("There is no such device profile.")


def shown(case: Case) -> dict[str, Any]:
    """What the API says of a case."""
    return {
        "id": case.id,
        "pseudonym": case.pseudonym,
        "note": case.note,
        "owner": case.owner_id,
        "created_at": case.created_at.isoformat(),
    }


def shown_slide(slide: Slide) -> dict[str, Any]:
    """What the API says of a slide."""
    columns = ("id", "case_id", "name", "stain", "note", "target", "device_id", "um_per_px", "revision")
    return {name: getattr(slide, name) for name in columns} | {"created_at": slide.created_at.isoformat()}
