"""The page that a phone opens: photographs are taken or picked, and sent however weak the connection is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lowcost.serve import access, language
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.language import Words
from lowcost.serve.models import Field
from lowcost.serve.pages.rendering import render

router = APIRouter()


@router.get("/slides/{number}/capture")
def page(request: Request, here: Here, who: Who, number: Number) -> Response:
    """Take or pick photographs of a slide."""
    with here.database.read() as session:
        found = access.slide(session, who, number)
        return render(request, "capture.html", who, slide=found, case=found.case, max_bytes=here.settings.max_bytes)


@router.get("/slides/{number}/progress")
def progress(request: Request, here: Here, who: Who, number: Number) -> list[dict[str, object]]:
    """The fields of a slide with their state and verdict, in few words: a phone asks every other second."""
    words = language.of(request)
    with here.database.read() as session:
        found = access.slide(session, who, number)
        return [
            {
                "id": field.id,
                "name": field.name,
                "state": field.state,
                "verdict": field.verdict,
                **_reason(field, words),
            }
            for field in found.fields
        ]


def _reason(field: Field, words: Words) -> dict[str, object]:
    """Why a photograph is not simply good, and in which language."""
    given = [field.reason] if field.reason else (field.result or {}).get("reasons", [])
    told = [each for sentence in given for each in words.sentences(sentence)]
    return {
        "reason": " ".join(text for text, _ in told),
        "language": words.code if all(is_known for _, is_known in told) else "en",
    }
