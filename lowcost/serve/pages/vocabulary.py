"""What scripts and style sheets need to know: the words of a language, and the colours of cell types."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from lowcost.export.palette import COLOURS, ink_on
from lowcost.serve import language

router = APIRouter()

_KEPT = {"Cache-Control": "max-age=86400"}  # addresses carry the version


@router.get("/words/{code}.json")
def words(code: Literal["en", "es", "ur"]) -> Response:
    """The words of scripts."""
    known = language.table("en") | language.table(code)
    starts = ("script.", "type.")
    return JSONResponse({key: text for key, text in known.items() if key.startswith(starts)}, headers=_KEPT)


@router.get("/palette.css")
def palette() -> Response:
    """The colours of types as CSS variables of the class ``type-NAME``."""
    rules = (f".type-{name}{{--type:rgb{colour};--on-type:rgb{ink_on(colour)}}}" for name, colour in COLOURS.items())
    return Response("\n".join(rules), media_type="text/css", headers=_KEPT)
