"""The API, version 1: what pages, phones and other programs use."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from lowcost.serve.api import cases, cells, exports, learning, people, reviews, slides, station, uploads

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/json": {"schema": {"type": "object", "properties": {"detail": {"type": "string"}}}}},
    }
    for status, text in {
        400: "The request cannot be met; `detail` says why.",
        401: "Nobody is signed in.",
        403: "This person may not do this.",
        404: "There is no such thing, or it is another person's.",
        409: "Somebody was faster, or the thing is not in a state for this.",
        413: "More bytes than are taken.",
        429: "Tried too often.",
        503: "A thing that the station should have does not answer.",
        507: "The disk is full.",
    }.items()
}

router = APIRouter(prefix="/api/v1", responses=_REFUSALS)
for part in (station, people, cases, slides, uploads, cells, reviews, exports, learning):
    router.include_router(part.router)
