"""What a person may see and do: technicians their own cases, reviewers all, admins also people and the station.

Who reads a slide blind gets, until the reading is done, nothing from which others' verdicts could be learnt: whatever
asks for a slide, field or cell is refused unless it says that it tells nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from lowcost.serve import reviews
from lowcost.serve.errors import Conflict, Forbidden, NotFound
from lowcost.serve.models import Case, Cell, Field, Slide, User
from lowcost.serve.settings import ROLES

Row = TypeVar("Row")


@dataclass(frozen=True)
class Person:
    """Who makes a request.

    Attributes
    ----------
    id : int
        Their number.
    name, role : str
        As an admin entered them.
    csrf : str or None
        The secret of their browser's session; None for a program with a token.
    """

    id: int
    name: str
    role: str
    csrf: str | None = None

    @classmethod
    def of(cls, user: User, csrf: str | None = None) -> Person:
        """The person of a row."""
        return cls(user.id, user.name, user.role, csrf)

    def demand(self, role: str) -> None:
        """Refuse who is less.

        Raises
        ------
        Forbidden
            They are.
        """
        if ROLES.index(self.role) < ROLES.index(role):
            raise Forbidden(f"Only a person with the role {role} may do this: ask one.")

    @property
    def cases(self) -> ColumnElement[bool]:
        """Which cases they may see, as a condition on `Case`."""
        return Case.owner_id == self.id if self.role == ROLES[0] else true()


def case(session: Session, person: Person, number: int) -> Case:
    """Return a case that a person may see.

    Raises
    ------
    NotFound
        There is none, or it is another's: which of the two is nobody's business.
    """
    return _seen(person, session.get(Case, number), lambda case: case, "case")


def slide(session: Session, person: Person, number: int, blind: bool = False) -> Slide:
    """Return a slide of a case that a person may see.

    Parameters
    ----------
    session : Session
        A transaction.
    person : Person
        Who asks.
    number : int
        Which slide.
    blind : bool
        Whether what is done with it is also for who reads it blind.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    Conflict
        The person reads it blind.
    """
    found = _seen(person, session.get(Slide, number), lambda slide: slide.case, "slide")
    _not_blind(session, person, found.id, blind)
    return found


def field(session: Session, person: Person, number: int, blind: bool = False) -> Field:
    """Return a field of a case that a person may see; see `slide`."""
    found = _seen(person, session.get(Field, number), lambda field: field.slide.case, "field")
    _not_blind(session, person, found.slide_id, blind)
    return found


def cell(session: Session, person: Person, number: int, blind: bool = False) -> Cell:
    """Return a cell of a case that a person may see; see `slide`.

    For who reads the slide blind there are no cells but the machine's.
    """
    found = _seen(person, session.get(Cell, number), lambda cell: cell.field.slide.case, "cell")
    if found.machine_type is None and reviews.reads_blind(session, found.field.slide_id, person.id) is not None:
        raise NotFound("There is no such cell.")
    _not_blind(session, person, found.field.slide_id, blind)
    return found


def _seen(person: Person, row: Row | None, case_of: Callable[[Row], Case], kind: str) -> Row:
    if row is None or (person.role == ROLES[0] and case_of(row).owner_id != person.id):
        raise NotFound(f"There is no such {kind}.")
    return row


def _not_blind(session: Session, person: Person, slide_id: int, allowed: bool) -> None:
    if not allowed and reviews.reads_blind(session, slide_id, person.id) is not None:
        raise Conflict("You read this slide blind: finish your reading first, then you see what others made of it.")
