"""What every route asks of a request: the station, and who makes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi import Path as InPath
from pydantic import StringConstraints

from lowcost.serve import people
from lowcost.serve.access import Person
from lowcost.serve.errors import Unauthenticated
from lowcost.serve.security import csrf, sessions
from lowcost.serve.station import Station

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_NO_NUL = r"^[^\x00]*$"

Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
"""A row's number in an address."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=_PRINTABLE)]
"""What a person, case, slide or device is called."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80, pattern=_PRINTABLE)]
"""A short text that may be empty."""

Note = Annotated[str, StringConstraints(max_length=4000, pattern=_NO_NUL)]
"""Free text."""

Passphrase = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_NO_NUL)]


def station(request: Request) -> Station:
    """Return the station that is asked."""
    found: Station = request.app.state.station
    return found


def who(request: Request) -> Person | None:
    """Return who makes a request: by a program's token, by a browser's cookie, or whoever works at an open station."""
    here = station(request)
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(sessions.COOKIE)
    with here.database.read() as session:
        if kind.lower() == "bearer":
            token = sessions.token(session, secret.strip())
            return None if token is None else Person.of(token.user)
        signed_in = sessions.signed_in(session, cookie) if cookie else None
        if signed_in is not None:
            return Person.of(signed_in.user, signed_in.csrf)
        open_to_all = not here.settings.lan and people.is_open(session)
    return Person.of(people.bench(here.database)) if open_to_all else None


def person(request: Request) -> Person:
    """Return who makes a request; a browser's must carry the session's secret where it changes something."""
    found = who(request)
    if found is None:
        raise Unauthenticated("Nobody is signed in: sign in, or send a token.")
    if found.csrf is not None and request.method not in _SAFE_METHODS:
        csrf.check(found.csrf, request.headers.get(csrf.HEADER))
    return found


async def form_person(request: Request) -> Person:
    """Return who sends a form; it must carry the session's secret in the field ``csrf``."""
    from anyio import to_thread

    found = await to_thread.run_sync(who, request)
    if found is None:
        raise Unauthenticated("Nobody is signed in: sign in first.")
    if found.csrf is not None:
        sent = (await request.form(max_files=0, max_fields=100)).get(csrf.FIELD)
        csrf.check(found.csrf, sent if isinstance(sent, str) else None)
    return found


Here = Annotated[Station, Depends(station)]
"""The station, as a route's argument."""

Who = Annotated[Person, Depends(person)]
"""Who asks, as an argument of a route of the API."""

FormWho = Annotated[Person, Depends(form_person)]
"""Who sends a form, as an argument of a route that takes one."""
