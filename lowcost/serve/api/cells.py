"""Single cells, corrections of them, and the audit trail."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from lowcost import result_json
from lowcost.result import Cell as ResultCell
from lowcost.serve import access, reviews, slides
from lowcost.serve.access import Person
from lowcost.serve.api.slides import BRIEF
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.corrections import MOST_CELLS, Correction
from lowcost.serve.errors import Conflict
from lowcost.serve.models import Change, Gesture

router = APIRouter(tags=["cells"])

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Px = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Word = Annotated[str, Field(max_length=64)]


class Seen(BaseModel):
    """A cell with the version that the person saw."""

    id: Id
    version: Id


class Retype(BaseModel):
    """Give cells a type."""

    action: Literal["retype"]
    cells: list[Seen] = Field(min_length=1, max_length=MOST_CELLS)
    type: Word


class Confirm(BaseModel):
    """Say that cells have the right type."""

    action: Literal["confirm"]
    cells: list[Seen] = Field(min_length=1, max_length=MOST_CELLS)


class Describe(BaseModel):
    """Set an attribute of cells; null gives the machine's value back."""

    action: Literal["describe"]
    cells: list[Seen] = Field(min_length=1, max_length=MOST_CELLS)
    attribute: Word
    value: Word | None


class Delete(BaseModel):
    """Take cells out."""

    action: Literal["delete"]
    cells: list[Seen] = Field(min_length=1, max_length=MOST_CELLS)


class Restore(BaseModel):
    """Take deleted cells in again."""

    action: Literal["restore"]
    cells: list[Seen] = Field(min_length=1, max_length=MOST_CELLS)


class Add(BaseModel):
    """Add a cell at a point of a field, px."""

    action: Literal["add"]
    field_id: Id
    x: Px
    y: Px
    type: Word


class Split(BaseModel):
    """Cut a cell in two, midway between a point in either, px of the field."""

    action: Literal["split"]
    cells: list[Seen] = Field(min_length=1, max_length=1)
    first: tuple[Px, Px]
    second: tuple[Px, Px]


class Merge(BaseModel):
    """Make one cell of several."""

    action: Literal["merge"]
    cells: list[Seen] = Field(min_length=2, max_length=50)
    type: Word


class LeaveOut(BaseModel):
    """Leave a field out of the slide, or take it in again."""

    action: Literal["leave_out"]
    field_id: Id
    left_out: bool


class Undo(BaseModel):
    """Take back what one did last on this slide."""

    action: Literal["undo"]


class Gestured(BaseModel):
    """One gesture. `key` is the client's name for it: sent twice, it is done once."""

    key: uuid.UUID
    act: Annotated[
        Retype | Confirm | Describe | Delete | Restore | Add | Split | Merge | LeaveOut | Undo,
        Field(discriminator="action"),
    ]


@router.post("/slides/{number}/corrections")
def correct(here: Here, who: Who, number: Number, body: Gestured) -> dict[str, Any]:
    """Correct cells; answers with everything that changed, so that a page needs to ask for nothing else."""
    with here.database.write() as session:
        slide = access.slide(session, who, number)
        review = reviews.find(session, slide.id, who.id)
        if review is not None and review.blind:
            raise Conflict("You read this slide blind: your calls are kept apart from its corrections.")
        correction = Correction(session, number, who.id, body.key)
        _do(correction, body.act)
        session.flush()
        changed = sorted({change.cell_id for change in correction.gesture.changes if change.cell_id is not None})
        session.refresh(slide)
        return {
            "gesture": correction.gesture.id,
            "revision": slide.revision,
            "cells": [_brief(session, who, cell) for cell in changed],
        }


@router.get("/slides/{number}/changes")
def changes(here: Here, who: Who, number: Number, before: Id = 2**31 - 1) -> list[dict[str, Any]]:
    """The audit trail, the latest first, a hundred gestures at a time: `before` is the last one that was seen."""
    with here.database.read() as session:
        slide = access.slide(session, who, number)
        query = (
            select(Gesture)
            .where(Gesture.slide_id == slide.id, Gesture.id < before)
            .options(selectinload(Gesture.changes), selectinload(Gesture.user))
            .order_by(Gesture.id.desc())
            .limit(100)
        )
        return [_gesture(gesture) for gesture in session.scalars(query)]


@router.get("/cells/{number}")
def cell(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """One cell as it is now, in the form of ``result.json``, with what the machine said and what was done to it."""
    with here.database.read() as session:
        found = access.cell(session, who, number)
        history = select(Change).where(Change.cell_id == found.id).order_by(Change.id)
        return _brief(session, who, number) | {
            "cell": result_json.encoded(slides.cell(found, features=True), ResultCell),
            "history": [
                {"by": each.gesture.user.name, "at": each.gesture.at.isoformat(), **_change(each)}
                for each in session.scalars(history)
            ],
        }


def _do(correction: Correction, act: Any) -> None:
    versions = {seen.id: seen.version for seen in getattr(act, "cells", ())}
    match act:
        case Retype():
            correction.retype(versions, act.type)
        case Confirm():
            correction.confirm(versions)
        case Describe():
            correction.describe(versions, act.attribute, act.value)
        case Delete():
            correction.delete(versions)
        case Restore():
            correction.restore(versions)
        case Add():
            correction.add(act.field_id, act.x, act.y, act.type)
        case Split():
            correction.split(versions, act.first, act.second)
        case Merge():
            correction.merge(versions, act.type)
        case LeaveOut():
            correction.leave_out(act.field_id, act.left_out)
        case Undo():
            correction.undo()


def _brief(session: Session, who: Person, number: int) -> dict[str, Any]:
    found = access.cell(session, who, number)
    brief = {name: getattr(found, name) for name in BRIEF}
    return brief | {"attributes": found.attributes, "picture": f"/api/v1/cells/{found.id}/picture.jpg"}


def _change(change: Change) -> dict[str, Any]:
    return {
        "cell_id": change.cell_id,
        "field_id": change.field_id,
        "before": change.before,
        "after": change.after,
    }


def _gesture(gesture: Gesture) -> dict[str, Any]:
    return {
        "id": gesture.id,
        "kind": gesture.kind,
        "by": gesture.user.name,
        "at": gesture.at.isoformat(),
        "undoes": gesture.undoes_id,
        "changes": [_change(change) for change in gesture.changes],
    }
