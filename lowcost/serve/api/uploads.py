"""Photographs on their way: POST announces, PATCH sends from an offset, HEAD or GET tells how much is there.

What PATCH does POST does too: Java's own client knows no PATCH. The one that brings the last byte answers 201 with the
field: from then on the photograph is on the disk.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from lowcost.serve import access, clock
from lowcost.serve.access import Person
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.errors import NotFound
from lowcost.serve.station import Station
from lowcost.serve.uploads import Progress

router = APIRouter(tags=["uploads"])

_PIECE: dict[str, Any] = {
    "responses": {201: {"description": "The photograph is there and kept."}},
    "openapi_extra": {
        "requestBody": {
            "content": {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        }
    },
}


class NewUpload(BaseModel):
    """A photograph to send. `sha256` lets the station notice damage, and a photograph that it has already."""

    name: Annotated[str, StringConstraints(max_length=1000)]
    size: int = Field(ge=1, le=2**40)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


@router.post("/slides/{number}/uploads", status_code=201)
def create(here: Here, who: Who, number: Number, body: NewUpload) -> dict[str, Any]:
    """Announce a photograph; `field_id` is set where the slide has it already."""
    with here.database.read() as session:
        access.slide(session, who, number)
    return _shown(here.uploads.create(number, who.id, body.name, body.size, body.sha256))


@router.head("/uploads/{upload_id}")
@router.get("/uploads/{upload_id}")
def progress(here: Here, who: Who, upload_id: uuid.UUID, response: Response) -> dict[str, Any]:
    """How much of a photograph is there, also in the header `Upload-Offset`."""
    found = _mine(here, who, upload_id)
    response.headers["Upload-Offset"] = str(found.received)
    return _shown(found)


@router.post("/uploads/{upload_id}", **_PIECE)
@router.patch("/uploads/{upload_id}", **_PIECE)
async def append(
    here: Here,
    who: Who,
    upload_id: uuid.UUID,
    request: Request,
    response: Response,
    upload_offset: Annotated[int, Header(ge=0, le=2**40)],
) -> dict[str, Any]:
    """Send bytes from `Upload-Offset` on; 200 while bytes are missing, 201 once the photograph is kept."""
    await to_thread.run_sync(_mine, here, who, upload_id)
    found = await here.uploads.append(upload_id, upload_offset, request.stream())
    if found.received == found.size:
        await to_thread.run_sync(here.uploads.finish, upload_id)
        found = await to_thread.run_sync(here.uploads.progress, upload_id)
        here.analysis.wake()
        response.status_code = 201
    response.headers["Upload-Offset"] = str(found.received)
    return _shown(found)


@router.post("/slides/{number}/camera", status_code=201)
async def take(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """Take a photograph with the station's own camera; it is kept as one that was sent."""
    content = await to_thread.run_sync(_taken, here, who, number)
    name = f"camera-{clock.now():%Y%m%d-%H%M%S}.png"
    upload = await to_thread.run_sync(here.uploads.create, number, who.id, name, len(content))

    async def whole() -> AsyncIterator[bytes]:
        yield content

    await here.uploads.append(upload.id, 0, whole())
    await to_thread.run_sync(here.uploads.finish, upload.id)
    here.analysis.wake()
    return _shown(await to_thread.run_sync(here.uploads.progress, upload.id))


def _taken(here: Station, who: Person, number: int) -> bytes:
    with here.database.read() as session:
        um_per_px = access.slide(session, who, number).um_per_px
    return here.camera.take(um_per_px)


def _mine(here: Station, who: Person, upload_id: uuid.UUID) -> Progress:
    found = here.uploads.progress(upload_id)
    if found.user_id != who.id:
        raise NotFound("There is no such upload: begin a new one.")
    return found


def _shown(found: Progress) -> dict[str, Any]:
    return vars(found) | {"id": str(found.id)}
