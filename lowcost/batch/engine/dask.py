"""A Dask cluster: one that is started for the run, or one that a scheduler has."""

from __future__ import annotations

import atexit
import logging
import time
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from lowcost.batch.engine import LONGEST_S, lost
from lowcost.batch.engine.interrupt import ctrl_c_is_ours
from lowcost.batch.ledger import Outcome
from lowcost.batch.work import Recipe, Task, Workshop
from lowcost.errors import DependencyError, LowcostError

_AHEAD = 2
"""Tasks per thread of the cluster that are on their way at once."""

_DEATHS = 2
"""Times that Dask may give an image up before it is named: the second time it was alone."""

_FETCH_S = 10.0
"""Time to wait for what a worker is asked for, s."""

_WORKERS_S = 30.0
"""Time within which a cluster must have a first worker, s."""

_PAUSE_S = 0.02
"""Time between two looks at what is on its way, s: Dask's own `as_completed` can wait for ever for a lost result."""


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
    longest_s : float
        Time after which a worker is taken to hang, s.
    workshop : callable
        What a worker makes of the recipe.

    Raises
    ------
    DependencyError
        Dask is not installed.
    """

    def __init__(
        self,
        recipe: Recipe,
        scheduler: str | None,
        workers: int,
        longest_s: float = LONGEST_S,
        workshop: type[Workshop] = Workshop,
    ) -> None:
        try:
            import distributed
        except ModuleNotFoundError as error:
            raise DependencyError(
                f"a cluster needs {error.name}, which is not installed: run `pip install lowcost[dask]`"
            ) from error
        self._dask: Any = distributed
        self._recipe, self._scheduler, self._workers, self._workshop = recipe, scheduler, workers, workshop
        self._longest_s = _AHEAD * longest_s
        self._deaths: Counter[Task] = Counter()

    def outcomes(self, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        """Give the outcomes as they come; see `Engine.outcomes`."""
        client = self._connected()
        name = f"lowcost-{self._recipe.bundle.digest}-{uuid.uuid4()}"
        try:
            self._load_on_workers(client, name)
            yield from self._shared(client, name, tasks)
        except OSError as error:
            raise LowcostError(
                "the scheduler of the cluster was lost: give the command again, what was done is kept"
            ) from error
        finally:
            with suppress(Exception):  # a cluster that is on its way in or out answers with errors of many kinds
                client.unregister_worker_plugin(name)
            with suppress(Exception):
                client.close()
                if client.cluster is not None:
                    client.cluster.close()

    def _connected(self) -> Any:
        import dask

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self._scheduler is None:
            dask.config.set({"distributed.scheduler.allowed-failures": 0})
            # At exit Dask fails to close workers that are just beginning, and says so at length: they end with us.
            atexit.unregister(self._dask.deploy.spec.close_clusters)
            try:
                with ctrl_c_is_ours():
                    return self._dask.Client(
                        n_workers=self._workers,
                        threads_per_worker=1,
                        dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                    )
            except Exception as error:
                raise LowcostError(
                    f"no Dask cluster can be started here ({type(error).__name__}: {error}): leave --cluster away"
                ) from error
        try:
            client = self._dask.Client(self._scheduler, timeout=10)
        except (OSError, ValueError) as error:
            raise LowcostError(
                f"no Dask scheduler answers at {self._scheduler}: start one with `dask scheduler`, and give its address"
            ) from error
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
        except self._dask.TimeoutError as error:
            client.close()
            raise LowcostError(
                f"the Dask scheduler at {self._scheduler} has no worker: "
                f"start some with `dask worker {self._scheduler} --nthreads 1`"
            ) from error
        return client

    def _load_on_workers(self, client: Any, name: str) -> None:
        try:
            client.register_plugin(_plugin(name, self._workshop, self._recipe))
        except OSError as error:  # Dask's for a connection that closed
            raise LowcostError(
                "a worker of the cluster was lost before it began: give the command again, what was done is kept"
            ) from error

    def _shared(self, client: Any, name: str, tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        on_their_way: dict[Any, tuple[Task, float]] = {}
        again: list[Task] = []
        while True:
            room = _AHEAD * max(1, sum(client.nthreads().values())) - len(on_their_way)
            sent = list(islice(tasks, max(0, room)))
            if not sent and not on_their_way and again:
                sent = [again.pop()]  # alone: Dask blames all that were on a lost worker, now only one can be to blame
            for task in sent:
                on_their_way[client.submit(_do, task, name, pure=False)] = task, time.monotonic()
            if not on_their_way:
                return
            done: list[Outcome] = []
            for future, (task, since) in list(on_their_way.items()):
                if future.status == "pending" and time.monotonic() - since < self._longest_s:
                    continue
                outcome = (
                    self._overdue(client, future, task) if future.status == "pending" else self._outcome(future, task)
                )
                del on_their_way[future]
                if outcome is None:
                    again.append(task)
                else:
                    done.append(outcome)
            yield done
            if not done:
                time.sleep(_PAUSE_S)

    def _overdue(self, client: Any, future: Any, task: Task) -> Outcome:
        """Give up a task that takes too long, with the worker that it keeps busy."""
        hanging = [worker for worker, keys in client.processing().items() if future.key in keys]
        future.cancel()
        client.restart_workers(hanging, timeout=_FETCH_S, raise_for_error=False)
        return lost(task, f"took more than {self._longest_s:g} s")

    def _outcome(self, future: Any, task: Task) -> Outcome | None:
        """What became of a task; None where it shall be tried again."""
        try:
            outcome: Outcome = future.result(_FETCH_S)
            return outcome
        except (self._dask.TimeoutError, self._dask.client.FutureCancelledError):
            future.cancel()  # it was done by a worker that was lost before it could be asked
            return None
        except self._dask.scheduler.KilledWorker:
            pass
        except Exception as error:
            raise LowcostError(f"a worker of the cluster cannot work ({type(error).__name__}: {error})") from error
        self._deaths[task] += 1
        return lost(task, "ended several workers of the cluster") if self._deaths[task] >= _DEATHS else None


def _plugin(name: str, workshop: type[Workshop], recipe: Recipe) -> Any:
    from distributed import WorkerPlugin

    class Loader(WorkerPlugin):
        """Loads the models once per worker."""

        def setup(self, worker: Any) -> None:
            import cv2

            cv2.setNumThreads(1)
            self.workshop = workshop(recipe)

    loader: Any = Loader()
    loader.name = name
    return loader


def _do(task: Task, plugin: str) -> Outcome:
    from distributed import get_worker

    plugins: dict[str, Any] = get_worker().plugins
    outcome: Outcome = plugins[plugin].workshop.do(task)
    return outcome
