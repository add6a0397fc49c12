"""What a station learns from its own photographs: one thing at a time, in a process with limits; a person decides.

A bundle learns from verified cells of slides without a device profile, a profile from those of its own slides; both
are judged on slides or photographs that were held out. Fields keep what analysed them: what is accepted is used for
those that come later, and can be taken back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.errors import LowcostError
from lowcost.export import files
from lowcost.serve import clock, verified
from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict, NotFound, StationError
from lowcost.serve.models import DeviceProfile, Field, Training
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage

LEAST_CELLS = {"bundle": 50, "verified": 100}
"""Verified cells that learning needs; see `lowcost.training`."""

MOST_FIELDS = 60
"""Photographs that a device is calibrated with."""

_ENDED = "It ended before it was done: out of memory, or stopped. Start it again."
_STOPPED = "The station was stopped before it was done. Start it again."


class Learning:
    """The learning of a station.

    Parameters
    ----------
    database : Database
        Where it is noted.
    storage : Storage
        Where photographs, bundles and device profiles are.
    settings : Settings
        The limits, and the models to begin with.

    Attributes
    ----------
    progress : tuple of int
        Photographs that are done, and all of them; zeros while nothing is learnt.
    """

    def __init__(self, database: Database, storage: Storage, settings: Settings) -> None:
        self._database, self._storage, self._settings = database, storage, settings
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._is_stopping = False
        self._beginning = threading.Lock()
        self._scratch = storage.folder / "learning"
        self.progress = (0, 0)

    def clear(self) -> None:
        """Note what an earlier run of the station left undone."""
        with self._database.write() as session:
            self._note_stopped(session)

    def stop(self) -> None:
        """End what is being learnt."""
        self._is_stopping = True
        if self._process is not None:
            self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Return once nothing is being learnt."""
        if self._thread is not None:
            self._thread.join()

    def learn(self, user_id: int, device_id: int | None) -> int:
        """Begin to learn from verified cells, and return the number of the training.

        Parameters
        ----------
        user_id : int
            Who asked for it.
        device_id : int or None
            Of which device; None for slides without a profile.

        Raises
        ------
        Conflict
            Something is being learnt already.
        StationError
            There are too few cells.
        NotFound
            There is no such device.
        """
        kind = "bundle" if device_id is None else "verified"
        with self._beginning:
            with self._database.read() as session:
                device = None if device_id is None else session.get(DeviceProfile, device_id)
                if device_id is not None and device is None:
                    raise NotFound("There is no such device profile.")
                found = next(each for each in verified.collected(session) if each.device_id == device_id)
                if found.cells < LEAST_CELLS[kind]:
                    raise StationError(
                        f"{found.cells} verified cells are too few to learn from: verify {LEAST_CELLS[kind]} at least."
                    )
                rows = verified.fields(session, device_id)
                task: dict[str, Any] = {"photographs": [verified.lesson(row, self._storage) for row in rows]}
            with self._database.write() as session:
                training = self._begin(session, kind, user_id, "" if device is None else device.name, device_id)
                if kind == "bundle":
                    training.name = f"laboratory-{training.id}"
            if device is not None:
                task["profile"] = str(self._storage.device_file(device.content))
            else:
                task["folder"] = str(self._folder(training.name))
            self._start(training.id, kind, task)
        return training.id

    def calibrate(self, user_id: int, name: str, fields: list[Field]) -> int:
        """Begin to measure a device, and return the number of the training.

        Parameters
        ----------
        user_id : int
            Who asked for it.
        name : str
            What the device shall be called.
        fields : list of Field
            Photographs that it took; those that cannot be used are left out, and named.

        Raises
        ------
        Conflict
            Something is being learnt already, or the name is taken.
        StationError
            There are too many photographs.
        """
        if len(fields) > MOST_FIELDS:
            raise StationError(f"{len(fields)} photographs are more than are needed: choose {MOST_FIELDS} at most.")
        chosen = [verified.photograph(field, self._storage) for field in fields]
        with self._beginning:
            with self._database.write() as session:
                _check_name(session, name)
                number = self._begin(session, "device", user_id, name, None).id
            self._start(number, "device", {"name": name, "photographs": chosen})
        return number

    def decide(self, number: int, user_id: int, accept: bool) -> None:
        """Accept what was made, or discard it; something accepted is taken back.

        Raises
        ------
        NotFound
            There is no such training.
        Conflict
            It is not in a state for this.
        """
        with self._database.write() as session:
            training = session.get(Training, number, with_for_update=True)
            if training is None:
                raise NotFound("There is no such training.")
            is_offered, is_device = training.state == "offered", training.kind == "device"
            if not is_offered and (accept or training.state != "accepted" or is_device):
                raise Conflict("This was decided already.")
            if accept and is_device:
                _check_name(session, training.name)
                device = DeviceProfile(name=training.name, content=training.profile, user_id=training.user_id)
                session.add(device)
                session.flush()
                training.device_id = device.id
            elif training.kind == "verified" and (accept or not is_offered):
                _exchange(session, training)
            training.state = "accepted" if accept else "discarded"
            training.decided_at, training.decided_by_id = clock.now(), user_id
            folder = self._folder(training.name) if is_offered and not accept and training.kind == "bundle" else None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _note_stopped(self, session: Session) -> None:
        oldest = clock.now() - timedelta(seconds=self._settings.learning_seconds)
        for training in session.scalars(select(Training).where(Training.state == "running")):
            if self._settings.database is None or training.created_at < oldest:
                training.state, training.reason = "failed", _STOPPED

    def _begin(self, session: Session, kind: str, user_id: int, name: str, device_id: int | None) -> Training:
        if self._thread is None or not self._thread.is_alive():
            self._note_stopped(session)  # of one whose end could not be noted, as on a full disk
        if session.scalar(select(Training.id).where(Training.state == "running").limit(1)) is not None:
            raise Conflict("Something is being learnt or calibrated already: wait until it is done.")
        training = Training(kind=kind, user_id=user_id, name=name, device_id=device_id)
        session.add(training)
        session.flush()
        return training

    def _start(self, number: int, kind: str, task: dict[str, Any]) -> None:
        bundle = self._settings.bundle
        task |= {"kind": kind, "bundle": None if bundle is None else str(bundle), "scratch": str(self._scratch)}
        self.progress = (0, len(task["photographs"]))
        self._thread = threading.Thread(target=self._run, args=(number, task), name="learning", daemon=True)
        self._thread.start()

    def _run(self, number: int, task: dict[str, Any]) -> None:
        try:
            files.make_folder(self._scratch)
            answer = self._answer(task)
        except (OSError, LowcostError) as error:
            answer = {"error": f"It could not be done: {error}."}
        shutil.rmtree(self._scratch, ignore_errors=True)
        self.progress = (0, 0)
        with self._database.write() as session:
            training = session.get_one(Training, number)
            if "error" in answer:
                training.state, training.reason = "failed", answer["error"]
            else:
                training.state = "offered" if answer["helps"] else "discarded"
                training.report = answer["report"]
                training.profile = answer["profile"] if answer["helps"] else None
        if task["kind"] == "bundle" and not answer.get("helps"):
            shutil.rmtree(task["folder"], ignore_errors=True)

    def _answer(self, task: dict[str, Any]) -> dict[str, Any]:
        """What the process says that does it; what it complains of is left for whoever mends it."""
        with (self._storage.folder / "learning.log").open("wb") as log:
            return self._asked(task, log)

    def _asked(self, task: dict[str, Any], log: IO[bytes]) -> dict[str, Any]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lowcost.serve.learner", str(self._settings.worker_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        alarm = threading.Timer(self._settings.learning_seconds, self._process.kill)
        alarm.start()
        answer: dict[str, Any] = {"error": _ENDED}
        try:
            with self._process as process:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(json.dumps(task) + "\n")
                process.stdin.flush()
                for line in process.stdout:
                    told = json.loads(line)
                    if "done" in told:
                        self.progress = (told["done"], told["total"])
                    else:
                        answer = told
        except (BrokenPipeError, ValueError):
            pass
        finally:
            alarm.cancel()
            self._process = None
        return {"error": _STOPPED} if self._is_stopping else answer

    def _folder(self, name: str) -> Path:
        return self._storage.folder / "bundles" / name


def _check_name(session: Session, name: str) -> None:
    if session.scalar(select(DeviceProfile.id).where(DeviceProfile.name == name)) is not None:
        raise Conflict(f"There is a device profile called {name} already: choose another name.")


def _exchange(session: Session, training: Training) -> None:
    """Put what a device profile learnt in its place, or back what it was; the training keeps the other one."""
    device = session.get_one(DeviceProfile, training.device_id)
    of_device = select(Training).where(
        Training.device_id == device.id, Training.kind == "verified", Training.state == "accepted"
    )
    last = session.scalar(of_device.order_by(Training.decided_at.desc()).limit(1))
    if training.state == "accepted" and last is not training:
        raise Conflict("The device profile has learnt more since: take that back first.")
    assert training.profile is not None
    device.content, training.profile = training.profile, device.content
