"""A Dask cluster: one that is started for the run, or one that a scheduler has."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

from lowcost.batch.engine import lost
from lowcost.batch.ledger import Outcome
from lowcost.batch.work import Recipe, Task, Workshop
from lowcost.errors import DependencyError, LowcostError

_AHEAD = 2
"""Tasks per thread of the cluster that are on their way at once."""

_DEATHS = 2
"""Times that Dask may give an image up before it is named: it also blames those that lay beside one that kills."""


class Cluster:
    """Workers of a Dask cluster.

    Parameters
    ----------
    recipe : Recipe
        What each worker loads, once, also one that joins later.
    scheduler : str or None
        Address of a scheduler (``tcp://host:8786``); None starts a cluster on this machine.
    workers : int
        How many to start, where one is started.

    Raises
    ------
    DependencyError
        Dask is not installed.
    """

    def __init__(self, recipe: Recipe, scheduler: str | None, workers: int) -> None:
        try:
            import distributed
        except ModuleNotFoundError as error:
            raise DependencyError(
                f"a cluster needs {error.name}, which is not installed: run `pip install lowcost[dask]`"
            ) from error
        self._dask: Any = distributed
        self._recipe, self._scheduler, self._workers = recipe, scheduler, workers
        self._deaths: Counter[Task] = Counter()

    def outcomes(self, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        """Give the outcomes as they come; see `Engine.outcomes`."""
        with self._connected() as client:
            name = f"lowcost-{self._recipe.bundle.digest}-{id(self)}"
            client.register_plugin(_plugin(name, self._recipe))
            try:
                yield from self._shared(client, name, tasks)
            finally:
                client.unregister_worker_plugin(name)

    def _connected(self) -> Any:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self._scheduler is None:
            return self._dask.Client(n_workers=self._workers, threads_per_worker=1, dashboard_address=None)
        try:
            return self._dask.Client(self._scheduler, timeout=10)
        except (OSError, ValueError) as error:
            raise LowcostError(
                f"no Dask scheduler answers at {self._scheduler}: start one with `dask scheduler`, and give its address"
            ) from error

    def _shared(self, client: Any, name: str, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        on_their_way: dict[str, Task] = {}
        coming = self._dask.as_completed(raise_errors=False)
        again: list[Task] = []

        def send() -> None:
            room = _AHEAD * max(1, sum(client.nthreads().values())) - len(on_their_way)
            for _ in range(room):
                task = next(tasks, None) or (again.pop() if again else None)
                if task is None:
                    return
                future = client.submit(_do, task, name, pure=False)
                on_their_way[future.key] = task
                coming.add(future)

        send()
        while on_their_way:
            done = []
            for future in next(coming.batches()):
                task = on_their_way.pop(future.key)
                outcome = self._outcome(future, task)
                if outcome is None:
                    again.append(task)
                else:
                    done.append(outcome)
            if done:
                yield done
            send()

    def _outcome(self, future: Any, task: Task) -> Outcome | None:
        """What became of a task; None where it shall be tried again."""
        error = future.exception()
        if error is None:
            outcome: Outcome = future.result()
            return outcome
        if not isinstance(error, self._dask.scheduler.KilledWorker):
            raise LowcostError(f"a worker of the cluster cannot work ({type(error).__name__}: {error})") from error
        self._deaths[task] += 1
        return lost(task, "ended several workers of the cluster") if self._deaths[task] >= _DEATHS else None


def _plugin(name: str, recipe: Recipe) -> Any:
    from distributed import WorkerPlugin

    class Loader(WorkerPlugin):
        """Loads the models once per worker."""

        def setup(self, worker: Any) -> None:
            import cv2

            cv2.setNumThreads(1)
            self.workshop = Workshop(recipe)

    loader: Any = Loader()
    loader.name = name
    return loader


def _do(task: Task, plugin: str) -> Outcome:
    from distributed import get_worker

    plugins: dict[str, Any] = get_worker().plugins
    outcome: Outcome = plugins[plugin].workshop.do(task)
    return outcome
