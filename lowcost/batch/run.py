"""One run: what is to do is given to an engine, what comes back is kept, and complete slides are written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from lowcost.batch import slides
from lowcost.batch.engine import Engine
from lowcost.batch.ledger import Ledger, Outcome
from lowcost.batch.store import Mosaic, Store
from lowcost.batch.work import Task, Workshop

KEEP_S = 0.5
"""Longest time that what was done waits for more, s. To be sure that something is on the disk costs the same for one
result as for ten, and an SD card wears out by it."""


def run(ledger: Ledger, engine: Engine, workshop: Workshop, progress: Callable[[int], None]) -> None:
    """Do what is to do; whatever ends it, what was done is kept, and the next run goes on from there.

    Parameters
    ----------
    ledger : Ledger
        The store, in which the items are entered.
    engine : Engine
        Who does the work.
    workshop : Workshop
        The models, for what the slides' fields give together.
    progress : callable
        Told how many items were settled.

    Raises
    ------
    InputError
        Something cannot be written: the disk is full, say.
    """
    with _Scribe(ledger, workshop) as scribe:
        tasks = (Task(item, known) for item, known in ledger.pending())
        with closing(engine.outcomes(tasks)) as coming:
            for outcomes in _together(coming):
                ledger.settle(outcomes)
                progress(len(outcomes))
                for slide in sorted({each.slide for each in outcomes}):
                    if ledger.is_complete(slide):
                        scribe.write(slide)
        scribe.note()
        for slide in ledger.complete():  # what an earlier run was not allowed to finish
            scribe.write(slide)


def _together(coming: Iterable[list[Outcome]]) -> Iterator[list[Outcome]]:
    """Give together what comes within `KEEP_S`; and what has come before an error, before the error."""
    group: list[Outcome] = []
    due = 0.0
    try:
        for outcomes in coming:
            if not group:
                due = time.monotonic() + KEEP_S
            group += outcomes
            if group and time.monotonic() >= due:
                yield group
                group = []
    except (Exception, KeyboardInterrupt):
        if group:
            yield group
        raise
    if group:
        yield group


class _Scribe:
    """Writes slides beside the run, so that no worker waits for it."""

    def __init__(self, ledger: Ledger, workshop: Workshop) -> None:
        self._ledger, self._workshop = ledger, workshop
        self._thread = ThreadPoolExecutor(1)
        self._on_the_way: dict[str, Future[Mosaic | None]] = {}

    def __enter__(self) -> _Scribe:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self.note()

    def write(self, slide: str) -> None:
        """Have the files of a slide written; those of slides before are noted when they are."""
        self.note(only_done=True)
        if slide not in self._on_the_way:
            self._on_the_way[slide] = self._thread.submit(_write, self._ledger.path, self._workshop, slide)

    def note(self, only_done: bool = False) -> None:
        """Note which slides are written; wait for all of them, or take those that are done."""
        for slide, future in list(self._on_the_way.items()):
            if future.done() or not only_done:
                del self._on_the_way[slide]
                self._ledger.written(slide, future.result())


def _write(path: Path, workshop: Workshop, slide: str) -> Mosaic | None:
    with Store.open(path) as store:
        mosaic = store.overlapping(slide)
        slides.write(store, workshop, slide, mosaic)
    return mosaic
