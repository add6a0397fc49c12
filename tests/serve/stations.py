"""A station as it is after analysis, without analysing anything, and the programs that ask it."""

from __future__ import annotations

import re
import uuid

from fastapi.testclient import TestClient

from lowcost import result_json
from lowcost.result import Field as ResultField
from lowcost.serve import app, fields, jobs
from lowcost.serve.models import User
from lowcost.serve.security import sessions
from tests.serve import people
from tests.smears import smear


def analysed(database, slide=None, found=None):
    """Fill a slide with the fields of a result made by hand; returns the slide's number."""
    if slide is None:
        slide = people.slide(database, people.user(database))
    found = found or smear()
    for number, field in enumerate(found.fields):
        with database.write() as session:
            fields.add(session, slide, f"{number:064x}", field.name, 1)
        with database.write() as session:
            work = jobs.claim(session, 60)
            jobs.finish(session, work, result_json.encoded(field, ResultField), f"p{number}", {"bundle": "b"})
    return slide


def programs(station, roles, **columns):
    """Add people, roles by name, and return a function from a name to that person's client; None is nobody's."""
    with station.database.write() as session:
        tokens = {}
        for name, role in roles.items():
            user = User(name=name, role=role, **columns)
            session.add(user)
            session.flush()
            tokens[name] = sessions.new_token(session, user.id, "test")[0]
    made = app.create(station)

    def of(name):
        headers = {"Authorization": f"Bearer {tokens[name]}"} if name else {}
        return TestClient(made, base_url="http://station", headers=headers, follow_redirects=False)

    return of


PLACES = {"name": ["full", "overview", "thumbnail"], "code": ["en"], "upload_id": [str(uuid.UUID(int=1))]}
"""What may stand for the parameters of an address that are no numbers."""


def routes(application):
    """Yield method and path of every route of an application, whatever module brought it."""

    def walk(found):
        for route in found:
            if hasattr(route, "effective_candidates"):  # FastAPI keeps included routers as they are
                yield from walk(route.effective_candidates())
            elif hasattr(route, "routes"):
                yield from walk(route.routes)
            else:
                yield route

    for route in walk(application.routes):
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, route.path


def addresses(application, numbers):
    """Return every address of an application that is read, with `numbers` by the word before them; 1 by default."""
    found = []
    for method, path in routes(application):
        filled = [path] if method == "GET" else []
        while filled and "{" in filled[0]:
            before, name = re.match(r".*?/?(\w*)/\{(\w+)\}", filled[0]).groups()
            values = numbers.get(before, [1]) if name == "number" else PLACES[name]
            filled = [each.replace(f"{{{name}}}", str(value), 1) for each in filled for value in values]
        found += filled
    return found
