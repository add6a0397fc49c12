"""Ctrl-C reaches every process of a terminal: the run decides what becomes of its workers, not they."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def ctrl_c_is_ours() -> Iterator[None]:
    """Start processes within that Ctrl-C in a terminal does not reach, each of which would print where it was."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # to start it later would undo what follows
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Raise what Ctrl-C raises at the end, not within: a process that is started by half would complain."""
    if threading.current_thread() is not threading.main_thread():  # it is not told of Ctrl-C
        yield
        return
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)
