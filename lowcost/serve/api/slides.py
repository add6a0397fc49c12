"""What a slide says: summary while photographs come in, result, fields, cells; and the pictures that are shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from sqlalchemy import select

from lowcost import result_json
from lowcost.export import json as result_file
from lowcost.result import Differential
from lowcost.serve import access, collector, corrections, pictures, reviews, slides
from lowcost.serve import fields as field_rows
from lowcost.serve.api.cases import Optics, check_device, shown_slide
from lowcost.serve.asking import Here, Line, Note, Number, Who
from lowcost.serve.errors import NotFound
from lowcost.serve.models import Call, Cell, DeviceProfile
from lowcost.serve.models import Field as FieldRow

router = APIRouter(tags=["slides"])

BRIEF = (
    "id",
    "field_id",
    "number",
    "version",
    "type",
    "confirmed",
    "machine_type",
    "probability",
    "touches_edge",
    "deleted",
)
"""What a gallery needs to know of a cell, as columns of `Cell`."""

_PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


class SlideChange(Optics):
    """What changes about a slide; what is left out stays. Scale and device hold for photographs analysed later."""

    stain: Line | None = None
    note: Note | None = None
    target: Literal[100, 200, 400] | None = None


@router.get("/slides/{number}")
def slide(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """One slide with its fields."""
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        return shown_slide(found) | {"fields": [shown_field(field) for field in found.fields]}


@router.patch("/slides/{number}")
def change(here: Here, who: Who, number: Number, body: SlideChange) -> dict[str, Any]:
    """Change a slide's description."""
    with here.database.write() as session:
        found = access.slide(session, who, number)
        check_device(session, body.device_id)
        given = {
            name: value
            for name, value in body.model_dump(exclude_unset=True).items()
            if (value is not None or name in ("device_id", "um_per_px")) and value != getattr(found, name)
        }
        if given:
            corrections.note(session, found.id, who.id, "slide", {name: getattr(found, name) for name in given}, given)
        for name, value in given.items():
            setattr(found, name, value)
        found.revision += bool(given)
        return shown_slide(found)


@router.get("/slides/{number}/summary", responses={304: {"description": "Nothing has changed."}})
def summary(
    here: Here,
    who: Who,
    number: Number,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """How far a slide is, with its differential of now; ask again with `If-None-Match`.

    To a person who reads the slide blind it says what the machine said, with their own calls in their places.
    """
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        reading = reviews.reads_blind(session, number, who.id)
        tag = slides.tag(session, found, reading)
        if if_none_match == tag:
            return Response(status_code=304, headers={"ETag": tag})
        told = slides.summary(session, found, here.bundle, reading)
    response.headers["ETag"] = tag
    return vars(told) | {"differential": result_json.encoded(told.differential, Differential)}


@router.get("/slides/{number}/result")
def result(here: Here, who: Who, number: Number) -> Any:
    """What a slide says now, in the form of ``result.json``."""
    with collector.at_rest():
        with here.database.read() as session:
            found = access.slide(session, who, number)
            said = slides.result(session, found, here.bundle)
        return Response(result_file.dumps(said), media_type="application/json")


@router.get("/slides/{number}/cells")
def cells(here: Here, who: Who, number: Number) -> Any:
    """Every object of a slide, in few words: enough for a gallery.

    To a person who reads the slide blind, `type` is their own call or what the machine said.
    """
    with here.database.read() as session:
        found = access.slide(session, who, number, blind=True)
        query = (
            select(*(getattr(Cell, name) for name in BRIEF), FieldRow.analysed_at)
            .join(FieldRow)
            .where(FieldRow.slide_id == found.id, FieldRow.left_out.is_(False))
            .order_by(Cell.field_id, Cell.number)
        )
        rows = session.execute(query).all()
        review = reviews.find(session, found.id, who.id)
        blind = review is not None and review.blind
        calls: dict[int, str] = {}
        if review is not None and blind:
            of_mine = select(Call.cell_id, Call.type).where(Call.review_id == review.id)
            calls = {row[0]: row[1] for row in session.execute(of_mine)}
    listed = []
    for row in rows:
        entry = dict(zip(BRIEF, row, strict=False))
        if blind:
            if entry["machine_type"] is None:
                continue
            own = calls.get(entry["id"])
            said = {"type": own or entry["machine_type"], "confirmed": own is not None}
            entry |= said | {"deleted": False, "version": 1}
        entry["picture"] = _cell_address(entry["id"], row.analysed_at)
        listed.append(entry)
    return JSONResponse(listed)


@router.get("/fields/{number}")
def field(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """One field: its state, what the machine measured, and outlines of its cells as they are now."""
    with here.database.read() as session:
        found = access.field(session, who, number)
        objects = [
            {
                "id": cell.id,
                "number": cell.number,
                "version": cell.version,
                "type": cell.type,
                "box": cell.machine["box"],
                "polygon": cell.machine["polygon"],
                "nucleus_polygons": cell.machine["nucleus_polygons"],
            }
            for cell in found.cells
            if not cell.deleted
        ]
        return shown_field(found) | {"result": found.result, "cells": objects}


@router.post("/fields/{number}/analyse", status_code=202)
def analyse_again(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """Analyse a field once more, with the slide's scale and device of now."""
    with here.database.write() as session:
        found = access.field(session, who, number)
        field_rows.analyse_again(session, found)
        told = shown_field(found)
    here.analysis.wake()
    return told


@router.get("/fields/{number}/pictures/{name}.jpg", response_class=Response, responses=_PICTURE)
def picture(
    here: Here, who: Who, number: Number, name: Annotated[str, InPath(pattern="^(full|overview|thumbnail)$")]
) -> Response:
    """A picture of a field: `full`, `overview` (1280 px) or `thumbnail` (320 px)."""
    with here.database.read() as session:
        access.field(session, who, number, blind=True)
    return _jpeg(pictures.read(here.storage.picture_file(number), name))


@router.get("/cells/{number}/picture.jpg", response_class=Response, responses=_PICTURE)
def cell_picture(here: Here, who: Who, number: Number) -> Response:
    """The picture of one cell; all are at the same scale."""
    with here.database.read() as session:
        found = access.cell(session, who, number, blind=True)
        file = here.storage.picture_file(found.field_id)
        if found.drawn_by_id is None:
            return _jpeg(pictures.read(file, str(found.number)))
        drawn, shown = slides.cell(found), slides.field(found.field)
    if not file.exists():
        raise NotFound("There is no such picture.")
    return _jpeg(pictures.cell_picture(pictures.pixels(file, file.stat().st_mtime_ns), drawn, shown))


@router.get("/devices")
def devices(here: Here, who: Who) -> list[dict[str, Any]]:
    """The device profiles that slides may name."""
    with here.database.read() as session:
        return [{"id": each.id, "name": each.name} for each in session.scalars(select(DeviceProfile))]


def shown_field(row: FieldRow) -> dict[str, Any]:
    """What the API says of a field."""
    version = "" if row.analysed_at is None else f"?v={int(row.analysed_at.timestamp())}"
    address = f"/api/v1/fields/{row.id}/pictures"
    return {
        "id": row.id,
        "slide_id": row.slide_id,
        "name": row.name,
        "sha256": row.sha256,
        "state": row.state,
        "reason": row.reason,
        "left_out": row.left_out,
        "verdict": row.verdict,
        "reasons": (row.result or {}).get("reasons", []),
        "created_at": row.created_at.isoformat(),
        "pictures": {
            name: f"{address}/{name}.jpg{version}" for name in ("full", *pictures.SIDES) if row.state == "done"
        },
    }


def _cell_address(number: int, analysed_at: Any) -> str:
    version = "" if analysed_at is None else f"?v={int(analysed_at.timestamp())}"
    return f"/api/v1/cells/{number}/picture.jpg{version}"


def _jpeg(content: bytes) -> Response:
    headers = {"Cache-Control": "private, max-age=86400", "Content-Disposition": "inline"}
    return Response(content, media_type="image/jpeg", headers=headers)
