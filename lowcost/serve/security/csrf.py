"""A secret of the session that pages send along with what they change: no other site can know it."""

from __future__ import annotations

import hmac

from lowcost.serve.errors import Forbidden

HEADER = "X-CSRF-Token"
"""Header by which scripts send it."""

FIELD = "csrf"
"""Field by which forms send it."""


def check(expected: str, sent: str | None) -> None:
    """Refuse what does not carry the session's secret.

    Raises
    ------
    Forbidden
        It is missing or another.
    """
    if sent is None or not hmac.compare_digest(expected.encode(), sent.encode("utf-8", "replace")):
        raise Forbidden("This page is too old: load it again and repeat what you did.")
