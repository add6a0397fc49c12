"""The time of day, always in UTC; one place, so that tests can move it."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(timezone.utc)
