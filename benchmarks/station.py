"""The review station under load and under the axe: ``python -m benchmarks.station``.

Load: phones send photographs over connections that break, while pages are read and the station analyses; what was
acknowledged is held against what is there. Kills: server or worker are killed at random moments while photographs
and corrections come in, and again everything that was acknowledged is looked for. The station runs in processes of
its own, the readers of pages in another.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import record
from lowcost.cli import bench
from lowcost.evaluation.tables import Table
from lowcost.serve.models import Case, Slide, User
from lowcost.serve.security import sessions
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station

DROPPED = 0.3
"""Share of pieces whose connection breaks before the station has answered."""

PAGES = ("/", "/cases/1", "/slides/1", "/slides/1/live", "/slides/1/capture", "/slides/1/verify")
TYPES = ("lymphocyte", "monocyte", "blast", "eosinophil", "basophil")
SMALL = (640, 480)
FULL = (4000, 3000)


def main() -> None:
    """Load a station, kill one, write ``station.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--phones", type=int, default=20, help="that send at once (20)")
    parser.add_argument("--photographs", type=int, default=1000, help="in all (1000)")
    parser.add_argument("--kills", type=int, default=50, help="of server or worker (50)")
    parser.add_argument("--seed", type=int, default=1)
    told = "niceness of the station and of who reads pages; below 0 (root) where the machine is shared with other work"
    parser.add_argument("--niceness", type=int, default=0, help=told)
    options = parser.parse_args()
    if options.quick:
        options.photographs, options.kills = 20, 3
    tables = []
    for measure in (load, kills):
        with tempfile.TemporaryDirectory(prefix="lowcost-station-") as folder:
            tables.append(measure(Path(folder), options))
    chosen = {name: getattr(options, name) for name in ("phones", "photographs", "kills", "seed", "niceness")}
    record.write(options.out, "station", tables, chosen | {"share of pieces that break": DROPPED})


def load(folder: Path, options: argparse.Namespace) -> Table:
    """Send photographs from many phones at once and read pages meanwhile."""
    served = Served(folder / "station", options.niceness)
    photographs = list(pictures(folder / "photographs", options.photographs, FULL))
    served.start()
    ending = multiprocessing.Event()
    times: multiprocessing.Queue[dict[str, list[float]]] = multiprocessing.Queue()
    reader = multiprocessing.Process(
        target=read_pages, args=(served.port, served.token, options.niceness, ending, times)
    )
    before = os.getloadavg()[0]
    reader.start()
    start = time.monotonic()
    with ThreadPoolExecutor(options.phones) as phones:
        sent = list(
            phones.map(lambda each: Phone(served, options.seed + each[0]).send(each[1]), enumerate(photographs))
        )
    seconds = time.monotonic() - start
    load_average = os.getloadavg()[0]
    ending.set()
    read = times.get()
    reader.join()
    waiting = Phone(served, 0).ask("GET", "/api/v1/station")[1]["waiting"]
    served.stop()
    found = check(served.folder, {digest(file): number for file, number in zip(photographs, sent, strict=True)})
    all_times = sorted(itertools.chain.from_iterable(read.values()))
    rows = [
        {"what": "photographs sent", "value": len(sent)},
        {"what": "lost", "value": found["lost"]},
        {"what": "doubled", "value": found["doubled"]},
        {"what": "faults of the database", "value": found["faults"]},
        {"what": "analysed meanwhile", "value": len(sent) - waiting},
        {"what": "all of them sent in, s", "value": seconds},
        {"what": "megabytes a second", "value": sum(file.stat().st_size for file in photographs) / 1e6 / seconds},
        {"what": "pages read", "value": len(all_times)},
        {"what": "median of a page, ms", "value": 1000 * at(all_times, 0.5)},
        {"what": "95th percentile of a page, ms", "value": 1000 * at(all_times, 0.95)},
        *({"what": f"95th percentile of {page}, ms", "value": 1000 * at(sorted(read[page]), 0.95)} for page in PAGES),
        {"what": "load of the machine before", "value": before},
        {"what": "load of the machine in the end", "value": load_average},
    ]
    width, height = FULL
    notes = [f"Rendered photographs of {width} x {height} px; {os.cpu_count()} cores, shared with everything else."]
    if options.niceness < 0:
        notes.append(f"Niceness {options.niceness} of the station and of who reads pages, not of the phones.")
    return Table("load", f"{options.phones} phones send at once while the station analyses", tuple(rows), tuple(notes))


def kills(folder: Path, options: argparse.Namespace) -> Table:
    """Kill server or worker at random moments, and look for what was acknowledged."""
    served = Served(folder / "station", options.niceness)
    names = itertools.count()
    chance = random.Random(options.seed)
    served.start()
    first = next(pictures(folder / "first", 1, (1600, 1200)))
    Phone(served, 0).send(first)
    while Phone(served, 0).ask("GET", "/api/v1/station")[1]["waiting"]:
        time.sleep(0.5)
    kept = {digest(first): 1}
    typed: dict[int, set[str]] = {}
    counts = {"server": 0, "worker": 0}
    corrections = 0
    faults: list[str] = []
    lost = doubled = 0
    for number in range(options.kills):
        ending = threading.Event()
        files = list(pictures(folder / f"{number}", 4, SMALL, seed=1000 + next(names)))
        with ThreadPoolExecutor(5) as people:
            sending = [people.submit(_try_to_send, served, file, number, ending) for file in files]
            correcting = people.submit(_correct, served, typed, number, ending)
            time.sleep(chance.uniform(0.05, 3.0))
            victim = "worker" if number % 5 == 4 else "server"
            counts[victim] += served.kill(victim)
            if victim == "server":
                ending.set()
            else:
                time.sleep(1.0)
                ending.set()
                served.kill("server")
            for file, future in zip(files, sending, strict=True):
                if (field := future.result()) is not None:
                    kept[digest(file)] = field
            corrections += correcting.result()
        found = check(served.folder, kept, typed)
        lost, doubled = lost + found["lost"], doubled + found["doubled"]
        faults += found["sentences"]
        served.start()
        shutil.rmtree(folder / f"{number}")
    served.stop()
    rows = [
        {"what": "kills of the server", "value": counts["server"]},
        {"what": "kills of the worker, then of the server", "value": counts["worker"]},
        {"what": "photographs acknowledged", "value": len(kept)},
        {"what": "corrections acknowledged", "value": corrections},
        {"what": "photographs lost", "value": lost},
        {"what": "photographs doubled", "value": doubled},
        {"what": "corrections lost, and faults of the database", "value": len(faults)},
    ]
    notes = ("kill -9 at a random moment of the first 3 s of each run, under uploads and corrections.", *faults)
    return Table("kills", "Killed at random moments", tuple(rows), notes)


class Served:
    """A station in a process of its own, on SQLite, with one slide and a token."""

    def __init__(self, folder: Path, niceness: int) -> None:
        self.folder, self._niceness = folder, niceness
        here = Station(Settings(folder))
        with here.database.write() as session:
            user = User(name="bench", role="admin")
            session.add(user)
            session.flush()
            session.add(Slide(case=Case(pseudonym="P-1", owner_id=user.id), name="1", um_per_px=0.1))
            self.token = sessions.new_token(session, user.id, "benchmark")[0]
        here.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = ["-c", "import sys; from lowcost.cli import main; sys.exit(main())", "serve", str(self.folder)]
        self._process = subprocess.Popen(
            ["nice", "-n", str(self._niceness), sys.executable, *command, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if Phone(self, 0).ask("GET", "/api/v1/station")[0] == 200:
                    return
            if self._process.poll() is not None:
                raise RuntimeError("the station has ended by itself")
            time.sleep(0.05)

    def kill(self, what: str) -> int:
        """Kill -9 the server, or its worker if there is one; returns how many were killed."""
        assert self._process is not None
        if what == "server":
            self._process.kill()
            self._process.wait()
            return 1
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        workers = {int(each) for file in threads for each in file.read_text().split()}
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        return len(workers)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


class Phone:
    """Something that sends, over connections that break."""

    def __init__(self, served: Served, seed: int) -> None:
        self._port, self._chance = served.port, random.Random(seed)
        self._headers = {"Authorization": f"Bearer {served.token}"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request with JSON and return status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, self._headers | {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def send(self, file: Path) -> int:
        """Send a photograph, however often the connection breaks, and return its field."""
        content = file.read_bytes()
        announced = {"name": file.name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        status, upload = self.ask("POST", "/api/v1/slides/1/uploads", announced)
        if status != 201:
            raise RuntimeError(f"{status}: {upload}")
        while upload["field_id"] is None:
            self._piece(upload["id"], content, upload["received"])
            upload = self.ask("GET", f"/api/v1/uploads/{upload['id']}")[1]
        return int(upload["field_id"])

    def _piece(self, upload: str, content: bytes, offset: int) -> None:
        """Send what is missing; now and then the connection breaks in the middle, or before the answer."""
        breaks = self._chance.random() < DROPPED
        end = self._chance.randint(offset, len(content)) if breaks else len(content)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            connection.putrequest("PATCH", f"/api/v1/uploads/{upload}")
            headers = {"Upload-Offset": str(offset), "Content-Length": str(len(content) - offset)}
            for name, value in (self._headers | headers).items():
                connection.putheader(name, value)
            connection.endheaders(content[offset:end])
            if not breaks:
                connection.getresponse().read()
        finally:
            connection.close()


def _try_to_send(served: Served, file: Path, seed: int, ending: threading.Event) -> int | None:
    """Send a photograph again and again until the station is killed; None where it was not acknowledged."""
    while not ending.is_set():
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            return Phone(served, seed).send(file)
    return None


def _correct(served: Served, typed: dict[int, set[str]], seed: int, ending: threading.Event) -> int:
    """Give cells types until the station is killed; notes what each may be from now on."""
    chance, phone, done = random.Random(seed), Phone(served, seed), 0
    while not ending.is_set():
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            cell = chance.choice(phone.ask("GET", "/api/v1/slides/1/cells")[1])
            kind = chance.choice(TYPES)
            seen = [{"id": cell["id"], "version": cell["version"]}]
            act = {"action": "retype", "cells": seen, "type": kind}
            typed[cell["id"]] = {cell["type"], kind}  # until it is acknowledged, either is right
            if phone.ask("POST", "/api/v1/slides/1/corrections", {"key": str(uuid.uuid4()), "act": act})[0] == 200:
                typed[cell["id"]] = {kind}
                done += 1
    return done


def read_pages(port: int, token: str, niceness: int, ending: Any, times: Any) -> None:
    """Read one page after another until told to end; puts the seconds that each took."""
    os.nice(niceness)
    found: dict[str, list[float]] = {page: [] for page in PAGES}
    for page in itertools.cycle(PAGES):
        if ending.is_set() and all(found.values()):
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        start = time.perf_counter()
        connection.request("GET", page, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        found[page].append(time.perf_counter() - start)
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{page} answered {answer.status}")
        time.sleep(0.1)
    times.put(found)


def pictures(folder: Path, count: int, size: tuple[int, int], seed: int = 0) -> Iterator[Path]:
    """Write photographs of which no two are alike: one rendered smear, moved and of changing brightness."""
    folder.mkdir(parents=True)
    cache = Path(tempfile.gettempdir()) / f"lowcost-station-{size[0]}.jpg"
    if not cache.exists():
        cache.write_bytes(bench.picture(*size, 4))
    pixels = cv2.imdecode(np.frombuffer(cache.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    chance = np.random.default_rng(seed)
    for number in range(count):
        moved = np.roll(pixels, tuple(chance.integers(0, 400, 2)), (0, 1))
        file = folder / f"IMG_{seed:04d}_{number:04d}.jpg"
        dimmed = cv2.convertScaleAbs(moved, alpha=float(chance.uniform(0.9, 1.0)))
        file.write_bytes(cv2.imencode(".jpg", dimmed, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        yield file


def check(folder: Path, kept: dict[str, int], typed: dict[int, set[str]] | None = None) -> dict[str, Any]:
    """Hold what a station has against what it acknowledged: photographs by digest, and what cells may be called."""
    database = sqlite3.connect(folder / "station.sqlite3")
    sentences = [f"integrity: {row[0]}" for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    sentences += [f"orphan: {row}" for row in database.execute("PRAGMA foreign_key_check")]
    fields = database.execute("SELECT id, sha256 FROM field").fetchall()
    jobs = database.execute("SELECT field_id, count(*) FROM job GROUP BY field_id").fetchall()
    sentences += [f"{count} jobs of field {field}" for field, count in jobs if count != 1]
    sentences += [f"{abs(len(jobs) - len(fields))} fields and jobs apart"] * (len(jobs) != len(fields))
    empty = "SELECT count(*) FROM field WHERE state = 'done' AND result IS NULL"
    sentences += [f"{count} fields done without a result" for (count,) in database.execute(empty) if count]
    cells = dict(database.execute("SELECT id, type FROM cell").fetchall())
    for cell, kinds in (typed or {}).items():
        if cells.get(cell) not in kinds:
            sentences.append(f"cell {cell} is {cells.get(cell)}, not one of {sorted(kinds)}")
    database.close()
    there = {sha256: number for number, sha256 in fields}
    lost = [sha256 for sha256, number in kept.items() if there.get(sha256) != number]
    lost += [sha256 for sha256 in kept if not _whole(folder / "photographs" / sha256[:2] / sha256, sha256)]
    doubled = len(fields) - len(there)
    return {"lost": len(lost), "doubled": doubled, "faults": len(sentences), "sentences": sentences}


def _whole(file: Path, sha256: str) -> bool:
    return file.exists() and digest(file) == sha256


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def at(values: list[float], share: float) -> float:
    """The value below which this share of sorted values lies."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


if __name__ == "__main__":
    main()
