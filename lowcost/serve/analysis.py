"""The thread that keeps one worker process at work, and outlives whatever becomes of it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select

from lowcost.errors import LowcostError
from lowcost.serve import jobs
from lowcost.serve.database import Database
from lowcost.serve.models import Training
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage

_IDLE_S = 1.0
_TROUBLE_S = 30.0
_LEASE_SPARE_S = 60.0


class Analysis(threading.Thread):
    """Claims photographs and has them analysed, one at a time.

    Parameters
    ----------
    database : Database
        Where the queue is.
    storage : Storage
        Where the photographs are.
    settings : Settings
        Limits and models.

    Attributes
    ----------
    trouble : str
        Why nothing is analysed at present, in a sentence; empty while all is well.
    """

    def __init__(self, database: Database, storage: Storage, settings: Settings) -> None:
        super().__init__(name="analysis", daemon=True)
        self._database, self._storage, self._settings = database, storage, settings
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._worker: _Worker | None = None
        self.trouble = ""

    def wake(self) -> None:
        """Look into the queue now: something was added."""
        self._wake.set()

    def stop(self) -> None:
        """End the worker and wait for the thread; what was being analysed is offered again."""
        self._stopping.set()
        self._wake.set()
        if self._worker is not None:
            self._worker.kill()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Analyse what is queued, until `stop`."""
        while not self._stopping.is_set():
            try:
                idle_s = 0.0 if self.step() else _IDLE_S
            except Exception as error:  # a full disk, say: the lease runs out, and then it is tried again
                told = isinstance(error, LowcostError)
                self.trouble = str(error) if told else f"The analysis met a fault of its own: {error!r}"
                idle_s = _TROUBLE_S
            if self.trouble:
                idle_s = _TROUBLE_S
            self._wake.wait(idle_s)
            self._wake.clear()
        if self._worker is not None:
            self._worker.kill()

    def step(self) -> bool:
        """Analyse one photograph; returns whether there was one."""
        lease_s = self._settings.worker_seconds + _LEASE_SPARE_S
        with self._database.write() as session:
            work = jobs.claim(session, lease_s)
        if work is None:
            return False
        # A device profile belongs to the models that measured it, and learns from verified cells by itself.
        has_device = work.device is not None
        bundle = self._settings.bundle if has_device else station_bundle(self._database, self._storage, self._settings)
        if self._worker is None:
            self._worker = _Worker(self._settings.worker_bytes)
        try:
            answer = self._worker.ask(self._task(work, bundle), self._settings.worker_seconds)
        except _WorkerEndedError as ended:
            self._worker = None
            with self._database.write() as session:
                if self._stopping.is_set():
                    jobs.give_back(session, work)
                else:
                    jobs.stumble(session, work, ended.sentence(work), self._settings.attempts)
            return True
        self.trouble = answer.get("trouble", "")
        with self._database.write() as session:
            if self.trouble:
                jobs.give_back(session, work)
            elif "error" in answer:
                jobs.fail(session, work, answer["error"])
            else:
                jobs.finish(session, work, answer["field"], answer["picture_sha256"], answer["provenance"])
        return True

    def _task(self, work: jobs.Work, bundle: Path | None) -> dict[str, Any]:
        return {
            "file": str(self._storage.photograph(work.sha256)),
            "pictures": str(self._storage.picture_file(work.field_id)),
            "name": work.name,
            "um_per_px": work.um_per_px,
            "device": None if work.device is None else str(self._storage.device_file(work.device)),
            "bundle": None if bundle is None else str(bundle),
            "max_bytes": self._settings.max_bytes,
            "max_pixels": self._settings.max_pixels,
        }


def station_bundle(database: Database, storage: Storage, settings: Settings) -> Path | None:
    """Return the folder of the station's bundle: the one that was accepted last, or the one that it began with."""
    query = (
        select(Training.name)
        .where(Training.kind == "bundle", Training.state == "accepted")
        .order_by(Training.decided_at.desc())
        .limit(1)
    )
    with database.read() as session:
        name = session.scalar(query)
    return settings.bundle if name is None else storage.folder / "bundles" / name


class _WorkerEndedError(Exception):
    """The worker was killed, crashed, or had to be stopped."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self._seconds = seconds

    def sentence(self, work: jobs.Work) -> str:
        if self._seconds is not None:
            return f"{work.name} could not be analysed within {self._seconds:.0f} s: send a smaller picture of it."
        return (
            f"{work.name} ended the analysis {work.attempt} times (damaged, or too large for this machine's memory): "
            "export or photograph it again."
        )


class _Worker:
    """A worker process and the two pipes to it."""

    def __init__(self, limit_bytes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lowcost.serve.worker", str(limit_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            # One thread: the other cores are for pages, and every thread would take of the address space.
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    def ask(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the worker's answer.

        Raises
        ------
        _WorkerEndedError
            There was none, or none in time; the worker is gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._answers.get(timeout=seconds))
        except queue.Empty as error:
            self.kill()
            raise _WorkerEndedError(seconds) from error
        except (OSError, ValueError) as error:
            self.kill()
            raise _WorkerEndedError(None) from error
        return answer

    def kill(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._answers.put(line)
        self._answers.put("")  # no JSON: the process has ended
