"""Who does the work: processes of this machine, or a Dask cluster. Each takes tasks and gives what became of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol

from lowcost.batch.ledger import Outcome
from lowcost.batch.work import Task

LONGEST_S = 600.0
"""Time after which a worker is taken to hang, s; a photograph of 50 megapixels takes a Raspberry Pi one minute."""

TICK_S = 0.2
"""Longest time that an engine says nothing, s."""


class Engine(Protocol):
    """Workers that share the tasks of a run."""

    def outcomes(self, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        """Give the outcomes as they come, in any order; tasks are taken only as fast as they are done.

        Where nothing comes for `TICK_S` the list is empty: the run looks at the clock.

        Raises
        ------
        LowcostError
            No worker can work at all.
        """
        ...


def lost(task: Task, how: str) -> Outcome:
    """Return the outcome of a task that took its worker with it."""
    item = task.item
    return Outcome(
        item.slide, item.name, failure=f"{item.name} {how}: leave it out, or report it, with the image if you may"
    )
