"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from lowcost.serve import language, people
from lowcost.serve.asking import FormWho, Here
from lowcost.serve.errors import StationError, TooMany
from lowcost.serve.models import User
from lowcost.serve.pages.rendering import render
from lowcost.serve.security import sessions

ADDRESS = "/sign-in"

router = APIRouter()

Text = Annotated[str, Form(max_length=256)]


@router.get(ADDRESS)
def page(request: Request) -> Response:
    """Ask for name and passphrase."""
    return render(request, "sign_in.html", None)


@router.post(ADDRESS)
def sign_in(request: Request, here: Here, name: Text, passphrase: Text) -> Response:
    """Sign a browser in."""
    address = request.client.host if request.client is not None else ""
    try:
        user = people.authenticate(here.database, here.failures, name.strip(), passphrase, address)
    except StationError as error:
        page = render(request, "sign_in.html", None, error.status, sentence=str(error), name=name)
        if isinstance(error, TooMany):
            page.headers["Retry-After"] = str(error.wait_s)
        return page
    days = here.settings.session_days
    with here.database.write() as session:
        secret, _ = sessions.sign_in(session, session.get_one(User, user.id), days)
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(sessions.COOKIE, secret, max_age=days * 86400, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, here: Here, who: FormWho) -> Response:
    """Sign a browser out."""
    with here.database.write() as session:
        sessions.sign_out(session, request.cookies.get(sessions.COOKIE, ""))
    answer = RedirectResponse(ADDRESS, 303)
    answer.delete_cookie(sessions.COOKIE)
    return answer


@router.post("/language")
def choose(request: Request, code: Text) -> Response:
    """Keep the language that a person chooses, and show the page that they were on in it."""
    page = urlsplit(request.headers.get("referer", "")).path  # the path alone: never another site
    answer = RedirectResponse(f"/{page.lstrip('/')}", 303)
    if code in language.LANGUAGES:
        answer.set_cookie(language.COOKIE, code, max_age=365 * 86400, samesite="lax", httponly=True)
    return answer
