"""Passphrases, kept as argon2id (RFC 9106)."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from lowcost.serve.errors import StationError

SHORTEST = 8
"""Fewest characters of a passphrase."""

LONGEST = 256
"""Most characters of a passphrase."""

_HASHER = PasswordHasher()
_AT_A_TIME = threading.BoundedSemaphore(2)  # each takes 64 MiB: many strangers at once must not fill the memory
_NOBODY = _HASHER.hash("nobody has this passphrase")


def hashed(passphrase: str) -> str:
    """Return what is kept of a passphrase.

    Raises
    ------
    StationError
        It is too short or too long.
    """
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise StationError(f"A passphrase has {SHORTEST} to {LONGEST} characters: choose a few words.")
    with _AT_A_TIME:
        return _HASHER.hash(passphrase)


def matches(passphrase: str, kept: str | None) -> bool:
    """Whether a passphrase is the one that is kept; for nobody (None) it takes as long to say no."""
    with _AT_A_TIME:
        try:
            return _HASHER.verify(kept or _NOBODY, passphrase[: LONGEST + 1]) and kept is not None
        except (Argon2Error, InvalidHashError):
            return False
