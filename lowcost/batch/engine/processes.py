"""Processes on this machine: one that dies takes nothing with it but the image that killed it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection
from pathlib import Path
from typing import Any

from lowcost.batch.engine import LONGEST_S, TICK_S, lost
from lowcost.batch.engine.interrupt import ctrl_c_is_ours, ctrl_c_waits
from lowcost.batch.ledger import Outcome
from lowcost.batch.work import Recipe, Task, Workshop
from lowcost.errors import LowcostError

_AHEAD = 2
"""Tasks that a worker has at once: the one that it does, and the next."""

_DEATHS = 2
"""Workers that an image may take with it before it is given up: the first may have died of something else."""

_FALSE_STARTS = 3
"""Workers in a row that may die before they have loaded the models."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Processes:
    """Workers on this machine.

    Parameters
    ----------
    recipe : Recipe
        What each worker loads.
    workers : int
        How many.
    longest_s : float
        Time after which a worker is taken to hang, s.
    workshop : callable
        What a worker makes of the recipe.
    """

    def __init__(
        self, recipe: Recipe, workers: int, longest_s: float = LONGEST_S, workshop: type[Workshop] = Workshop
    ) -> None:
        self._recipe, self._count, self._longest_s, self._workshop = recipe, workers, longest_s, workshop
        self._deaths: Counter[Task] = Counter()
        self._false_starts = 0

    def outcomes(self, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        """Give the outcomes as they come; see `Engine.outcomes`."""
        again: deque[Task] = deque()
        hands: list[_Hand] = []
        try:
            while True:
                _fill(hands, again, tasks)
                while len(hands) < self._count and (task := _next(again, tasks)):
                    hands.append(_Hand(self._workshop, self._recipe, task))
                if not hands:
                    return
                done: list[Outcome] = []
                for hand in _ready(hands, self._longest_s):
                    done += hand.collect()
                    how = hand.end(self._longest_s)
                    if how:
                        hands.remove(hand)
                        done += self._mourn(hand, how, again)
                yield done
        finally:
            for hand in hands:
                hand.kill()

    def _mourn(self, hand: _Hand, how: str, again: deque[Task]) -> list[Outcome]:
        """What becomes of the tasks of a dead worker: the first did it, the others wait for the next."""
        self._false_starts = 0 if hand.loaded else self._false_starts + 1
        if self._false_starts > _FALSE_STARTS:
            raise LowcostError(f"no worker could start ({how}): lowcost doctor says whether lowcost works here")
        if not hand.loaded or not hand.tasks:
            again.extend(hand.tasks)
            return []
        culprit, *rest = hand.tasks
        again.extend(rest)
        self._deaths[culprit] += 1
        if not hand.overdue and self._deaths[culprit] < _DEATHS:
            again.append(culprit)
            return []
        return [lost(culprit, how)]


class _Hand:
    """One worker, and the tasks that it has."""

    def __init__(self, workshop: type[Workshop], recipe: Recipe, first: Task) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        # The recipe is sent when it is asked for: as an argument it would be written, for ever, to a process that died
        # while it started.
        self.process = spawn.Process(target=_work, args=(theirs, workshop), daemon=True)
        with _one_thread_each(), ctrl_c_is_ours(), ctrl_c_waits():
            self.process.start()
        theirs.close()
        self.tasks: deque[Task] = deque([first])
        self.loaded = self.overdue = self._asked = False
        self._recipe, self._since = recipe, time.monotonic()

    def give(self, task: Task) -> None:
        """Send a task, or keep it until it can be."""
        if not self.tasks:
            self._since = time.monotonic()
        self.tasks.append(task)
        if self._asked:
            self._send(task)

    def collect(self) -> list[Outcome]:
        """Take what it has done."""
        done: list[Outcome] = []
        try:
            while self.pipe.poll():
                outcome = self.pipe.recv()
                self._since = time.monotonic()
                if self.loaded:
                    self.tasks.popleft()
                    done.append(outcome)
                elif self._asked:
                    self.loaded = True
                else:
                    self._asked = True
                    self._send(self._recipe)
                    for task in self.tasks:
                        self._send(task)
        except (EOFError, OSError):
            self.process.join(10)  # it closed its end: it is dead, or as good as dead
            self.process.kill()
            self.process.join()
        return done

    def _send(self, message: Recipe | Task) -> None:
        with suppress(OSError):  # it died; that is seen next
            self.pipe.send(message)

    def left_s(self, longest_s: float) -> float:
        """Time until it is taken to hang, s."""
        return max(0.0, self._since + longest_s - time.monotonic())

    def end(self, longest_s: float) -> str:
        """How it ended; empty where it lives."""
        if self.tasks and self.left_s(longest_s) == 0:
            self.overdue = True
            self.kill()
            return f"took more than {longest_s:g} s"
        code = self.process.exitcode
        if code is None:
            return ""
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"ended {_DEATHS} workers ({how}{', as when memory runs out' if code == -9 else ''})"

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _fill(hands: list[_Hand], again: deque[Task], tasks: Iterator[Task]) -> None:
    """Give every worker what it can take; those that get nothing more and have nothing are sent home."""
    for ahead in range(1, _AHEAD + 1):
        for hand in hands:
            if len(hand.tasks) < ahead and (task := _next(again, tasks)):
                hand.give(task)
    for hand in [each for each in hands if not each.tasks]:
        hands.remove(hand)
        hand.kill()


def _next(again: deque[Task], tasks: Iterator[Task]) -> Task | None:
    """The next task: those that were lost with a worker come last, when they can take least with them."""
    return next(tasks, None) or (again.popleft() if again else None)


def _ready(hands: list[_Hand], longest_s: float) -> list[_Hand]:
    """The workers that have something to say within a tick, or had long enough to."""
    first = min(TICK_S, *(hand.left_s(longest_s) for hand in hands))
    heard = connection.wait([hand.pipe for hand in hands], first)
    return [hand for hand in hands if hand.pipe in heard or hand.left_s(longest_s) == 0]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Meanwhile start processes that compute in one thread: more workers are faster than more threads."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(pipe: Any, workshop: type[Workshop]) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be started without (Windows)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if sys.platform == "linux":
        with suppress(OSError):  # where memory runs out, a worker goes, and not the run
            Path("/proc/self/oom_score_adj").write_text("800")
    import cv2

    cv2.setNumThreads(1)
    with suppress(EOFError, OSError):  # the run is over
        pipe.send(None)
        loaded = workshop(pipe.recv())
        pipe.send(None)
        while True:
            pipe.send(loaded.do(pipe.recv()))


def _end_with_parent() -> None:
    """A run that was killed leaves no worker behind, also none that hangs."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
