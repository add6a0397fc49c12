"""Templates with what all of them know: the words, who looks at them, and the secret that their forms carry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from lowcost import __version__
from lowcost.serve import language
from lowcost.serve.access import Person

_TEMPLATES = Jinja2Templates(Path(__file__).parents[1] / "templates")
_TEMPLATES.env.globals["version"] = __version__


def render(request: Request, template: str, person: Person | None, status: int = 200, **context: Any) -> Response:
    """Return a page.

    Parameters
    ----------
    request : Request
        Whose page.
    template : str
        Name of a file in ``templates``; everything is escaped.
    person : Person or None
        Who looks at it.
    status : int
        HTTP status.
    **context
        What the template shows; besides, every template knows ``t`` (words), ``languages``, ``person``, ``csrf`` and
        ``version``.
    """
    known = {
        "t": language.of(request),
        "languages": language.LANGUAGES,
        "person": person,
        "csrf": (person.csrf if person is not None else None) or "",
    }
    return _TEMPLATES.TemplateResponse(request, template, known | context, status_code=status)


def refusal(request: Request, sentence: str, status: int, headers: dict[str, str]) -> Response:
    """Return the page that says why something did not work."""
    page = render(request, "refusal.html", None, status, sentence=sentence)
    page.headers.update(headers)
    return page
