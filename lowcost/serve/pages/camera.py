"""The camera at the station's own machine: what it sees, how sharp that is, and a button."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lowcost.serve import access, language
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.pages.rendering import render

router = APIRouter()


@router.get("/slides/{number}/camera")
def page(request: Request, here: Here, who: Who, number: Number) -> Response:
    """Focus and photograph."""
    with here.database.read() as session:
        found = access.slide(session, who, number)
        return render(request, "camera.html", who, slide=found, case=found.case, is_there=here.camera.is_there)


@router.get("/slides/{number}/camera/view")
def view(request: Request, here: Here, who: Who, number: Number) -> dict[str, Any]:
    """How sharp the camera sees at present, and what the analysis would say of it."""
    words = language.of(request)
    with here.database.read() as session:
        um_per_px = access.slide(session, who, number).um_per_px
    found = here.camera.look(um_per_px)
    reasons = [each for sentence in found.told.get("reasons", ()) for each in words.sentences(sentence)]
    told = {name: value for name, value in found.told.items() if name != "reasons"}
    return told | {
        "number": found.number,
        "reason": " ".join(text for text, _ in reasons),
        "verdict_label": words(f"verdict.{told['verdict']}") if "verdict" in told else "",
    }


@router.get("/slides/{number}/camera/view.jpg")
def preview(here: Here, who: Who, number: Number) -> Response:
    """What the camera sees at present, reduced."""
    with here.database.read() as session:
        um_per_px = access.slide(session, who, number).um_per_px
    return Response(here.camera.look(um_per_px).preview, media_type="image/jpeg")
