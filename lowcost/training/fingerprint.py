"""What a piece of kept work was made of, so that it is never mistaken for another's."""

from __future__ import annotations

import hashlib

import numpy as np


def fingerprint(*parts: object) -> str:
    """Return a SHA-256 of settings (their `repr`) and data (the bytes of arrays).

    Examples
    --------
    >>> fingerprint(1, np.zeros(2))[:8] == fingerprint(1, np.ones(2))[:8]
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return digest.hexdigest()
