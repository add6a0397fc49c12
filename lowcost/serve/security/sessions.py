"""Signing in and out of browsers, and the keys of programs; secrets are 256 random bits, of which digests are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lowcost.serve import clock
from lowcost.serve.models import SignIn, Token, User

COOKIE = "lowcost"
"""Name of the cookie that holds a browser's secret."""


def sign_in(session: Session, user: User, days: int) -> tuple[str, SignIn]:
    """Return the secret of a newly signed-in browser, and what is kept of it."""
    session.execute(delete(SignIn).where(SignIn.expires_at < clock.now()))
    secret = secrets.token_urlsafe(32)
    expires_at = clock.now() + timedelta(days=days)
    kept = SignIn(digest=_digest(secret), csrf=secrets.token_urlsafe(32), user=user, expires_at=expires_at)
    session.add(kept)
    return secret, kept


def signed_in(session: Session, secret: str) -> SignIn | None:
    """Return who a browser's secret belongs to, if it is still good."""
    found = session.scalar(select(SignIn).where(SignIn.digest == _digest(secret), SignIn.expires_at > clock.now()))
    return found if found is not None and found.user.active else None


def sign_out(session: Session, secret: str) -> None:
    """End a browser's session."""
    session.execute(delete(SignIn).where(SignIn.digest == _digest(secret)))


def sign_out_everywhere(session: Session, user_id: int) -> None:
    """End all of a person's sessions, as after a new passphrase."""
    session.execute(delete(SignIn).where(SignIn.user_id == user_id))


def new_token(session: Session, user_id: int, name: str) -> tuple[str, Token]:
    """Return the secret of a new key for a program, shown this once, and what is kept of it."""
    secret = f"lowcost_{secrets.token_urlsafe(32)}"
    kept = Token(digest=_digest(secret), name=name, user_id=user_id)
    session.add(kept)
    session.flush()
    return secret, kept


def token(session: Session, secret: str) -> Token | None:
    """Return the key that a program shows, if it is still good."""
    found = session.scalar(select(Token).where(Token.digest == _digest(secret), Token.revoked_at.is_(None)))
    return found if found is not None and found.user.active else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
