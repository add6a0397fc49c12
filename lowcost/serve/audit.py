"""The audit trail: every change of cells, fields and slides with who, when, what it was and what it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Session, aliased

from lowcost.export.csv import shown
from lowcost.serve.access import Person
from lowcost.serve.models import Case, Cell, Change, Field, Gesture, Review, Slide, User
from lowcost.serve.settings import ROLES

COLUMNS = ("at", "person", "case", "slide", "field", "cell", "what", "before", "after")
"""The columns of the CSV form."""


@dataclass(frozen=True)
class Entry:
    """One change of one thing.

    Attributes
    ----------
    id : int
        Its number; later changes have larger ones.
    at : datetime
        When, UTC.
    person : str
        Who.
    case : str
        The case's pseudonym.
    slide_id, slide : int, str
        Of which slide.
    field : str
        Name of the photograph; empty where the slide as a whole changed.
    cell_id, cell : int or None
        The cell, and its number on the field.
    kind : str
        Kind of the gesture, as in `lowcost.serve.corrections`.
    before, after : dict
        What it was and what it is, by what changed.
    undone : bool
        Whether it was taken back later.
    """

    id: int
    at: datetime
    person: str
    case: str
    slide_id: int
    slide: str
    field: str
    cell_id: int | None
    cell: int | None
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]
    undone: bool


def entries(
    session: Session,
    who: Person,
    slide_id: int | None = None,
    user_id: int | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Yield changes, the latest first.

    Admins see all; others those of slides that are theirs: of their cases, that they have read or changed. Nobody sees
    those of a slide that they read blind and have not finished.

    Parameters
    ----------
    session : Session
        A transaction.
    who : Person
        Who asks.
    slide_id, user_id : int, optional
        Only of this slide, only by this person.
    before : int, optional
        Only those before this one.
    limit : int, optional
        So many at most.
    """
    undoing = select(Gesture.undoes_id).where(Gesture.undoes_id.is_not(None))
    query = (
        select(Change, Gesture, User.name, Case.pseudonym, Slide, Field.name, Cell.number, Gesture.id.in_(undoing))
        .join(Gesture, Change.gesture_id == Gesture.id)
        .join(User, Gesture.user_id == User.id)
        .join(Slide, Gesture.slide_id == Slide.id)
        .join(Case, Slide.case_id == Case.id)
        .outerjoin(Field, Change.field_id == Field.id)
        .outerjoin(Cell, Change.cell_id == Cell.id)
        .where(seen(who))
        .order_by(Change.id.desc())
        .limit(limit)
    )
    for column, value in ((Slide.id, slide_id), (User.id, user_id)):
        query = query if value is None else query.where(column == value)
    if before is not None:
        query = query.where(Change.id < before)
    for change, gesture, name, pseudonym, slide, field, cell, undone in session.execute(query):
        yield Entry(
            change.id,
            gesture.at,
            name,
            pseudonym,
            slide.id,
            slide.name,
            field or "",
            change.cell_id,
            cell,
            gesture.kind,
            change.before,
            change.after,
            undone,
        )


def seen(who: Person) -> ColumnElement[bool]:
    """Which slides' changes a person may see, as a condition on `Slide` and `Case`."""
    reading, gesture = aliased(Review), aliased(Gesture)
    mine = and_(reading.slide_id == Slide.id, reading.user_id == who.id)
    open_to_them = ~exists().where(mine, reading.blind.is_(True), reading.done_at.is_(None))
    if who.role == ROLES[-1]:
        return open_to_them
    changed = exists().where(gesture.slide_id == Slide.id, gesture.user_id == who.id)
    involved = true() if who.role == ROLES[0] else or_(Case.owner_id == who.id, exists().where(mine), changed)
    return and_(who.cases, involved, open_to_them)


def dumps(found: Iterable[Entry]) -> Iterator[str]:
    """Yield the rows of a CSV table, one thing that changed in each."""
    yield _row(COLUMNS)
    for each in found:
        for name in sorted(each.before.keys() | each.after.keys()):
            at, cell = each.at.isoformat(), "" if each.cell is None else str(each.cell)
            values = (_text(each.before.get(name)), _text(each.after.get(name)))
            place = (each.case, each.slide, each.field, cell)
            yield _row((at, each.person, *place, f"{each.kind}: {name}", *values))


def _row(values: Iterable[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(map(shown, values))
    return stream.getvalue()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}={text}" for key, text in sorted(value.items()))
    return "" if value is None else str(value)
