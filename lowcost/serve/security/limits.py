"""How often signing in may fail: few times for one name from one address, more for an address, more for a name."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

from lowcost.serve.errors import TooMany

WINDOW_S = 900.0
"""Failures older than this are forgotten."""

_MOST_KEYS = 10_000


class Failures:
    """Counts failures and refuses what fails too often.

    Parameters
    ----------
    clock : callable, optional
        Seconds, as of `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[Hashable, deque[float]] = {}

    def check(self, name: str, address: str) -> None:
        """Refuse a name and address that failed too often.

        Raises
        ------
        TooMany
            They did; the error says how long to wait.
        """
        now = self._clock()
        with self._lock:
            for key, most in _keys(name, address):
                times = self._times.get(key, deque())
                while times and times[0] <= now - WINDOW_S:
                    times.popleft()
                if len(times) >= most:
                    wait_s = int(times[0] + WINDOW_S - now) + 1
                    raise TooMany(f"Too many attempts: wait {-(-wait_s // 60)} min and try again.", wait_s)

    def note(self, name: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            for key, _ in _keys(name, address):
                self._times.setdefault(key, deque()).append(now)
            while len(self._times) > _MOST_KEYS:  # the oldest go first
                del self._times[next(iter(self._times))]

    def forget(self, name: str, address: str) -> None:
        """Forget the failures of a name from an address that was right at last."""
        with self._lock:
            self._times.pop((name, address), None)


def _keys(name: str, address: str) -> tuple[tuple[Hashable, int], ...]:
    return ((name, address), 5), (("address", address, ""), 30), (("name", name, ""), 100)
