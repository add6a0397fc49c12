"""What faults do to a batch: ``python -m benchmarks.batch_faults``.

A run is killed at random moments and given again until all is done; workers are killed; the disk fills up; damaged and
hostile files lie among good ones. Each time the store at the end is compared with that of a run without faults.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks import record
from benchmarks.batch import draw
from lowcost.batch.store import Store
from lowcost.errors import LowcostError
from lowcost.evaluation.tables import Table

_EDGE_PX = 320


def main() -> None:
    """Do it all, and write the table."""
    parser = record.parser(__doc__)
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="kills of a run (default 100)")
    parser.add_argument("--files", type=int, default=10_000, metavar="N", help="good and bad files (default 10000)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "fields", 40, _EDGE_PX)
        rows = [_killed(folder, args.kills), _workers_killed(folder, args.kills // 5), _disk_full(folder)]
        rows += [_workers_killed(folder, args.kills // 10, "--cluster", "local"), _hostile(folder, args.files)]
    notes = (
        "Lost or twice: rows of the store that are gone, or differ from those of a run without faults.",
        "Repeated: images that a later run has to do although they were kept; what was under way at a kill is no such.",
    )
    table = Table("faults", "Batches under faults", tuple(rows), notes)
    record.write(args.out, "batch_faults", [table], {"kills": args.kills, "files": args.files})


def _killed(folder: Path, kills: int) -> dict[str, str | int]:
    """Runs that are killed at random moments, and given again until all is done; then from the start."""
    chance = random.Random(1)
    start = time.monotonic()
    _run(folder / "fields", folder / "whole")
    longest = time.monotonic() - start
    whole = _tables(folder / "whole")
    out, killed, finished, lost, repeated = folder / "killed", 0, 0, 0, 0
    while killed < kills:
        before = _results(out)
        run = _started(folder / "fields", out)
        try:
            run.wait(chance.uniform(0, longest))
            to_do = re.search(r"\d+ of (\d+) images? done", _said(run))
            repeated += (int(to_do[1]) if to_do else 0) + len(before) - len(whole[1])
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            killed += 1
        lost += len(before.items() - _results(out).items())
        if len(_results(out)) == len(whole[1]):
            _run(folder / "fields", out)
            lost += _differences(out, whole)
            finished += 1
            shutil.rmtree(out)
    _run(folder / "fields", out)
    lost += _differences(out, whole)
    return _row("kill -9 of the run at random moments", killed, finished + 1, lost, repeated)


def _workers_killed(folder: Path, kills: int, *engine: str) -> dict[str, str | int]:
    """Runs of which a worker is killed now and then."""
    chance = random.Random(2)
    whole = _tables(folder / "whole")
    killed = runs = lost = again = 0
    while killed < kills:
        shutil.rmtree(folder / "out", ignore_errors=True)
        run = _started(folder / "fields", folder / "out", *engine)
        while run.poll() is None:
            time.sleep(chance.uniform(1, 6))
            workers = _workers(run.pid)
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    killed += 1
        if run.returncode:
            again += 1
            sys.stderr.write(_said(run))
            _run(folder / "fields", folder / "out", "--retry-failed", *engine)
        lost += _differences(folder / "out", whole)
        runs += 1
    what = "kill -9 of a worker" + (" of a local Dask cluster" if engine else "")
    return _row(f"{what}; {again} runs named what was not done and were given again", killed, runs, lost, 0)


def _disk_full(folder: Path) -> dict[str, str | int]:
    """A disk that is too small for the results, and is made larger step by step."""
    whole, disk = _tables(folder / "whole"), folder / "disk"
    disk.mkdir()
    full = lost = 0
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], check=True)
    try:
        for size in range(160, 8000, 80):
            subprocess.run(["mount", "-o", f"remount,size={size}k", str(disk)], check=True)
            before = _results(disk / "out")
            run = _started(folder / "fields", disk / "out")
            said = _said(run)
            lost += len(before.items() - _results(disk / "out").items())
            if run.returncode == 0:
                break
            full += 1
            assert "the disk is full: free some space" in said, said
        lost += _differences(disk / "out", whole)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # a worker may be on its way out
    return _row("disk full, each time said in a sentence", full, 1, lost, 0)


def _hostile(folder: Path, count: int) -> dict[str, str | int]:
    """Good fields among files that are damaged in every way."""
    chance = random.Random(3)
    good = sorted((folder / "fields").rglob("*.png"))
    mixed = folder / "mixed"
    for number in range(count):
        path = mixed / f"slide {number // 500:02}" / f"{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % (count // len(good)) == 0 and number // (count // len(good)) < len(good):
            shutil.copy(good[number // (count // len(good))], path.with_name(f"{number:05} good.png"))
        else:
            _damaged(path, chance.choice(good).read_bytes(), chance)
    said = _said(_started(mixed, folder / "hostile"))
    with Store.open(folder / "hostile") as store:
        fields, failures = list(store.fields()), list(store.failures())
    lost = len(good) - sum("good" in item.name for item, _ in fields)
    unnamed = count - len(fields) - len(failures)
    assert "Traceback" not in said, said
    what = f"{len(failures)} damaged and hostile files among {count}, {len(fields) - len(good)} of them still readable"
    return _row(what, len(failures), 1, lost + unnamed, 0)


def _damaged(path: Path, whole: bytes, chance: random.Random) -> None:
    kind = chance.randrange(9)
    data = bytearray(whole)
    if kind == 0:
        data = bytearray()
    elif kind == 1:
        del data[chance.randrange(len(data)) :]
    elif kind == 2:
        data = bytearray(chance.randbytes(chance.randrange(1, 5000)))
    elif kind == 3:
        at = chance.randrange(len(data) - 50)
        data[at : at + 40] = chance.randbytes(40)
    elif kind == 4:
        data[16:24] = (60_000).to_bytes(4, "big") * 2  # a PNG that says to have 3600 megapixels
    elif kind == 5:
        data = bytearray(b"PK\x03\x04" + bytes(200))
    elif kind == 6:
        os.mkfifo(path)
        return
    elif kind == 7:
        path.symlink_to(path)
        return
    else:
        path = Path(os.fsdecode(os.fsencode(path.parent) + b"/\xff\xfe" + os.fsencode(path.name)))
        data = bytearray(b"GIF89a" + bytes(60))
    path.write_bytes(data)


def _started(what: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lowcost", "batch", str(what), "--workers", "2", *options, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _said(run: subprocess.Popen[str]) -> str:
    return run.communicate()[0]


def _run(what: Path, out: Path, *options: str) -> None:
    run = _started(what, out, *options)
    said = _said(run)
    assert run.returncode == 0, said


def _tables(out: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    with sqlite3.connect(out / "store.sqlite") as connection:
        items = connection.execute("SELECT * FROM item ORDER BY slide, name").fetchall()
        return items, connection.execute("SELECT * FROM result ORDER BY key").fetchall()


def _results(out: Path) -> dict[bytes, bytes]:
    """What is settled, as a reader sees it; nothing where there is no store yet."""
    try:
        with Store.open(out):
            pass
        with sqlite3.connect(out / "store.sqlite") as connection:
            return dict(connection.execute("SELECT key, field FROM result"))
    except (LowcostError, sqlite3.OperationalError):
        return {}


def _differences(out: Path, whole: tuple[list[tuple[object, ...]], list[tuple[object, ...]]]) -> int:
    found = _tables(out)
    return sum(len(set(here) ^ set(there)) for here, there in zip(found, whole, strict=True))


def _workers(pid: int) -> list[int]:
    """The workers below a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and "spawn_main" in (entry / "cmdline").read_text():
                found.append(int(entry.name))
        except (OSError, ValueError):
            pass
    return found


def _row(what: str, faults: int, runs: int, lost: int, repeated: int) -> dict[str, str | int]:
    return {"fault": what, "faults": faults, "batches to the end": runs, "lost or twice": lost, "repeated": repeated}


if __name__ == "__main__":
    main()
