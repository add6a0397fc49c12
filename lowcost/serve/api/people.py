"""People and the tokens of their programs."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from lowcost.serve import clock, people
from lowcost.serve.asking import Here, Name, Number, Passphrase, Who
from lowcost.serve.errors import Conflict, NotFound
from lowcost.serve.models import AccessChange, Token, User
from lowcost.serve.security import sessions

router = APIRouter(tags=["people"])

Role = Literal["technician", "reviewer", "admin"]

LISTED = 100
"""Changes of what people may do that are listed, the latest."""


class NewPerson(BaseModel):
    """A person to add."""

    name: Name
    role: Role
    passphrase: Passphrase


class PersonChange(BaseModel):
    """What changes about a person; what is left out stays."""

    role: Role | None = None
    passphrase: Passphrase | None = None
    active: bool | None = None


class NewToken(BaseModel):
    """A token to make."""

    name: Name


@router.get("/people")
def people_list(here: Here, who: Who) -> list[dict[str, Any]]:
    """Everybody (admins only)."""
    who.demand("admin")
    with here.database.read() as session:
        return [_shown(user) for user in session.scalars(select(User).order_by(User.id))]


@router.post("/people", status_code=201)
def add(here: Here, who: Who, body: NewPerson) -> dict[str, Any]:
    """Add a person (admins only)."""
    who.demand("admin")
    with here.database.write() as session:
        return _shown(people.add(session, body.name, body.role, body.passphrase, who.id))


@router.patch("/people/{number}")
def change(here: Here, who: Who, number: Number, body: PersonChange) -> dict[str, Any]:
    """Change a person: admins everybody but their own role, the others their own passphrase."""
    if number != who.id or body.role is not None or body.active is not None:
        who.demand("admin")
    if number == who.id and (body.active is False or body.role not in (None, who.role)):
        raise Conflict("Another admin has to do this: a station without an admin could not be mended.")
    with here.database.write() as session:
        user = session.get(User, number)
        if user is None:
            raise NotFound("There is no such person.")
        people.change(session, user, who.id, body.role, body.active, body.passphrase)
        return _shown(user)


@router.get("/people/changes")
def changes(here: Here, who: Who) -> list[dict[str, Any]]:
    """The latest hundred changes of what people may do, the latest first (admins only)."""
    who.demand("admin")
    with here.database.read() as session:
        query = select(AccessChange).order_by(AccessChange.id.desc()).limit(LISTED)
        return [
            {
                "at": change.at.isoformat(),
                "by": change.by.name if change.by else None,
                "person": change.user.name,
                "before": change.before,
                "after": change.after,
            }
            for change in session.scalars(query)
        ]


@router.get("/tokens")
def tokens(here: Here, who: Who) -> list[dict[str, Any]]:
    """One's own tokens that are good."""
    with here.database.read() as session:
        query = select(Token).where(Token.user_id == who.id, Token.revoked_at.is_(None)).order_by(Token.id)
        return [_token(token) for token in session.scalars(query)]


@router.post("/tokens", status_code=201)
def new_token(here: Here, who: Who, body: NewToken) -> dict[str, Any]:
    """Make a token for a program; its secret is shown this once."""
    with here.database.write() as session:
        secret, token = sessions.new_token(session, who.id, body.name)
        return _token(token) | {"token": secret}


@router.delete("/tokens/{number}", status_code=204)
def revoke(here: Here, who: Who, number: Number) -> None:
    """End one of one's own tokens."""
    with here.database.write() as session:
        token = session.get(Token, number)
        if token is None or token.user_id != who.id:
            raise NotFound("There is no such token.")
        token.revoked_at = token.revoked_at or clock.now()


def _shown(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "role": user.role, "active": user.active}


def _token(token: Token) -> dict[str, Any]:
    return {"id": token.id, "name": token.name, "created_at": token.created_at.isoformat()}
