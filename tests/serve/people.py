"""People, cases and slides for the tests of a station."""

from __future__ import annotations

from lowcost.serve.models import Case, Slide, User


def user(database, name="Ana", role="admin"):
    """Add a person and return their number."""
    with database.write() as session:
        person = User(name=name, role=role)
        session.add(person)
        session.flush()
        return person.id


def slide(database, owner, pseudonym="P-1", **columns):
    """Add a case with one slide and return the slide's number."""
    with database.write() as session:
        found = Slide(case=Case(pseudonym=pseudonym, owner_id=owner), name="1", **columns)
        session.add(found)
        session.flush()
        return found.id
