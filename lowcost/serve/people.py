"""People: added, changed, signed in; and the one who works at an open station."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict, StationError, Unauthenticated
from lowcost.serve.models import AccessChange, User
from lowcost.serve.security import passwords, sessions
from lowcost.serve.security.limits import Failures
from lowcost.serve.settings import ROLES

BENCH = "bench"
"""Who works at a station on which nobody has a passphrase yet: it is reached from its own machine only."""


def add(session: Session, name: str, role: str, passphrase: str, by: int | None = None) -> User:
    """Add a person.

    Parameters
    ----------
    session : Session
        A transaction.
    name, role, passphrase : str
        Of the new person.
    by : int, optional
        Number of the person who adds them; nobody where the terminal does.

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
    session.add(AccessChange(by_id=by, user_id=user.id, before={}, after={"role": role, "active": True}))
    return user


def change(
    session: Session, user: User, by: int, role: str | None, active: bool | None, passphrase: str | None
) -> None:
    """Change what is not None about a person, and keep what it was; who may not sign in any more is signed out."""
    before: dict[str, Any] = {"role": user.role, "active": user.active}
    user.role = role or user.role
    user.active = user.active if active is None else active
    now: dict[str, Any] = {"role": user.role, "active": user.active}
    after = {name: value for name, value in now.items() if value != before[name]}
    if passphrase is not None:
        user.password_hash = passwords.hashed(passphrase)
        after["passphrase"] = "new"
    if passphrase is not None or not user.active:
        sessions.sign_out_everywhere(session, user.id)
    if after:
        was = {name: value for name, value in before.items() if name in after}
        session.add(AccessChange(by_id=by, user_id=user.id, before=was, after=after))


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
