"""People: added, changed, signed in; and the one who works at an open station."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict, StationError, Unauthenticated
from lowcost.serve.models import User
from lowcost.serve.security import passwords, sessions
from lowcost.serve.security.limits import Failures
from lowcost.serve.settings import ROLES

BENCH = "bench"
"""Who works at a station on which nobody has a passphrase yet: it is reached from its own machine only."""


def add(session: Session, name: str, role: str, passphrase: str) -> User:
    """Add a person.

    Raises
    ------
    Conflict
        The name is taken.
    StationError
        The role is none, or the passphrase too short.
    """
    if role not in ROLES:
        raise StationError(f"There is no role {role!r}: expected one of {', '.join(ROLES)}.")
    if session.scalar(select(User.id).where(User.name == name)) is not None:
        raise Conflict(f"There is somebody called {name} already: choose another name.")
    user = User(name=name, role=role, password_hash=passwords.hashed(passphrase))
    session.add(user)
    session.flush()
    return user


def is_open(session: Session) -> bool:
    """Whether nobody has a passphrase, so that nobody needs to sign in."""
    return session.scalar(select(User.id).where(User.password_hash.is_not(None)).limit(1)) is None


def bench(database: Database) -> User:
    """Return who works at an open station."""
    with database.write() as session:
        user = session.scalar(select(User).where(User.name == BENCH))
        if user is None:
            user = User(name=BENCH, role=ROLES[-1])
            session.add(user)
            session.flush()
        return user


def authenticate(database: Database, failures: Failures, name: str, passphrase: str, address: str) -> User:
    """Return the person whose name and passphrase these are.

    Raises
    ------
    TooMany
        Too many were wrong before.
    Unauthenticated
        They belong to nobody.
    """
    failures.check(name, address)
    with database.read() as session:
        user = session.scalar(select(User).where(User.name == name, User.active.is_(True)))
    # Counted before it is checked: a hundred at once are a hundred, and not one.
    failures.note(name, address)
    if not passwords.matches(passphrase, user.password_hash if user is not None else None) or user is None:
        raise Unauthenticated("Name and passphrase do not belong together: try again.")
    failures.forget(name, address)
    return user


def change_passphrase(session: Session, user: User, passphrase: str) -> None:
    """Give a person another passphrase and end their sessions."""
    user.password_hash = passwords.hashed(passphrase)
    sessions.sign_out_everywhere(session, user.id)
