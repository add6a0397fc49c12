"""People and one's own passphrase and tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, BeforeValidator
from starlette.responses import RedirectResponse, Response

from lowcost.serve.api import people as api
from lowcost.serve.asking import FormWho, Here, Number, Passphrase, Who
from lowcost.serve.pages.rendering import render
from lowcost.serve.settings import ROLES

router = APIRouter()

ADDRESS = "/people"


class PersonForm(BaseModel):
    """What an admin changes about a person; an empty passphrase stays what it is."""

    role: api.Role
    active: bool = False
    passphrase: Annotated[Passphrase | None, BeforeValidator(lambda text: text or None)] = None


class PassphraseForm(BaseModel):
    """One's own new passphrase."""

    passphrase: Passphrase


@router.get(ADDRESS)
def page(request: Request, here: Here, who: Who) -> Response:
    """Oneself; for admins also everybody else."""
    return _page(request, here, who)


@router.post(ADDRESS)
def add(here: Here, who: FormWho, body: Annotated[api.NewPerson, Form()]) -> Response:
    """Add a person."""
    api.add(here, who, body)
    return RedirectResponse(ADDRESS, 303)


@router.post("/people/passphrase")
def change_passphrase(here: Here, who: FormWho, body: Annotated[PassphraseForm, Form()]) -> Response:
    """Give oneself another passphrase, which signs out everywhere."""
    api.change(here, who, who.id, api.PersonChange(passphrase=body.passphrase))
    return RedirectResponse(ADDRESS, 303)


@router.post("/people/{number}")
def change(here: Here, who: FormWho, number: Number, body: Annotated[PersonForm, Form()]) -> Response:
    """Change a person's role, end their access, or give them another passphrase."""
    api.change(here, who, number, api.PersonChange(**body.model_dump()))
    return RedirectResponse(ADDRESS, 303)


@router.post("/tokens")
def new_token(request: Request, here: Here, who: FormWho, body: Annotated[api.NewToken, Form()]) -> Response:
    """Make a token; its secret stands on the page this once."""
    return _page(request, here, who, secret=api.new_token(here, who, body)["token"])


@router.post("/tokens/{number}/revoke")
def revoke(here: Here, who: FormWho, number: Number) -> Response:
    """End a token."""
    api.revoke(here, who, number)
    return RedirectResponse(ADDRESS, 303)


def _page(request: Request, here: Here, who: Who, secret: str = "") -> Response:
    admin = who.role == ROLES[-1]
    return render(
        request,
        "people.html",
        who,
        people=api.people_list(here, who) if admin else [],
        changes=api.changes(here, who) if admin else [],
        roles=ROLES,
        tokens=api.tokens(here, who),
        secret=secret,
    )
