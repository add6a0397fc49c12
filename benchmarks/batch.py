"""What a batch costs over its analyses: ``python -m benchmarks.batch``.

Cost of queue, store and files per field beside `Analyzer.analyze` of the same bytes; processor time and throughput of
two workers beside one; speed of the store over many small results. Processor time is given beside time on the clock, as
the clock is only right on a machine that does nothing else.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2

from benchmarks import record
from lowcost import synth
from lowcost.batch import slides
from lowcost.batch.columns import pack
from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Listed, Outcome
from lowcost.batch.run import KEEP_S
from lowcost.batch.store import Store
from lowcost.batch.work import Recipe, Task, Workshop
from lowcost.bundle import Bundle
from lowcost.evaluation.tables import Table
from lowcost.image import reading
from lowcost.pipeline import Analyzer

FIELDS_PER_SLIDE = 20

ALONE = """
import sys, cv2
from lowcost import Analyzer
cv2.setNumThreads(1)
analyzer = Analyzer.load()
for path in sys.argv[1:]:
    analyzer.analyze(path)
"""
"""What a worker does, without any batch."""

TOGETHER = 20
"""Results that a run keeps at once of small fields: what two workers do within `KEEP_S`."""


def main() -> None:
    """Measure, and write the tables."""
    parser = record.parser(__doc__)
    parser.add_argument("--fields", type=int, default=200, metavar="N", help="fields to analyse (default 200)")
    parser.add_argument("--results", type=int, default=100_000, metavar="N", help="results to store (default 100000)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "fields", args.fields)
        tables = [_overhead(folder, args.fields), _rates(folder, args.fields), _stores(folder, args.results)]
    record.write(args.out, "batch", tables, {"fields": args.fields, "results": args.results})


def draw(folder: Path, count: int, edge: int = 640) -> None:
    """Write small rendered fields with two cells each, so many to a slide."""
    for number in range(count):
        path = folder / f"slide {number // FIELDS_PER_SLIDE:03}" / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = ("lymphocyte", "neutrophil_segmented")
        field = synth.render(number, width=edge, height=edge, um_per_px=0.12, cells=cells[: max(1, edge // 320)])
        cv2.imwrite(str(path), field.pixels[:, :, ::-1])


def _overhead(folder: Path, count: int) -> Table:
    """Processor time of each step, in one process, by turns with that of `Analyzer.analyze`."""
    bundle = Bundle.load()
    recipe = Recipe(bundle)
    analyzer, workshop = Analyzer(bundle), Workshop(recipe)
    paths = sorted((folder / "fields").rglob("*.png"))
    items = [Item(path.parent.name, path.name, str(path)) for path in paths]
    workshop.do(Task(items[0]))
    alone = worked = settled = kept_until = 0.0
    group: list[Outcome] = []
    with Ledger(folder / "overhead", bundle) as ledger:
        start = time.process_time()
        ledger.register(Listed(item, recipe.settings(item), "1") for item in items)
        listed = time.process_time() - start
        for item in items:
            begun = time.process_time()
            analyzer.analyze(item.path)
            between = time.process_time()
            field = analyzer.field(reading.read(item.path))
            middle = time.process_time()
            key, blob = recipe.key(item, field.sha256), pack(field)
            packed = time.process_time()
            alone += between - begun
            worked += packed - middle
            group.append(Outcome(item.slide, item.name, key, key, blob))
            if alone - kept_until >= KEEP_S or item is items[-1]:  # as a run does with one worker
                start = time.process_time()
                ledger.settle(group)
                settled += time.process_time() - start
                group, kept_until = [], alone
        start = time.process_time()
        for slide in {item.slide for item in items}:
            slides.write(ledger, workshop, slide)
        written = time.process_time() - start
        start = time.process_time()
        slides.write_tables(ledger, workshop)
        tabled = time.process_time() - start
        cells = sum(len(field.cells) for _, field in ledger.fields())
        size = sum(len(blob) for (blob,) in _rows(ledger.path, "SELECT field FROM result"))
        result = sum(path.stat().st_size for path in (folder / "overhead" / "slides").rglob("result.json"))
    steps = {
        "Analyzer.analyze of one field": alone,
        "over it: the worker's key and packed result": worked,
        "over it: entering the item": listed,
        "over it: keeping the results": settled,
        "over it, queue and store together": worked + listed + settled,
        "result.json and cells.csv of the slide": written,
        "cells.csv and cells.parquet of all slides": tabled,
    }
    rows = [{"step": step, "ms a field": 1000 * seconds / count} for step, seconds in steps.items()]
    notes = (
        f"{count} rendered fields of 640 x 640 px, {cells / count:.1f} objects a field; processor time of one process.",
        f"A field takes {size / count / 1000:.1f} kB in the store and {result / count / 1000:.1f} kB in result.json.",
    )
    return Table("overhead", "Cost of a batch over the analyses", tuple(rows), notes)


def _rates(folder: Path, count: int) -> Table:
    """The whole command with one worker and with two, by turns with the same analyses without any batch."""
    ways: dict[str, Callable[[Path, int, Sequence[Path]], None]] = {"batch": _batch, "analyses alone": _analyses}
    paths = sorted((folder / "fields").rglob("*.png"))
    clock: dict[tuple[str, int], list[float]] = {}
    processor: dict[tuple[str, int], list[float]] = {}
    for _ in range(2):
        for workers in (1, 2):
            for way, work in ways.items():
                start, whole = (_timed(work, folder, workers, some) for some in (paths[:workers], paths))
                clock.setdefault((way, workers), []).append(whole[0] - start[0])
                processor.setdefault((way, workers), []).append(whole[1] - start[1])
    rows = [
        {
            "what": way,
            "workers": workers,
            "fields a second, clock": count / min(clock[way, workers]),
            "processor ms a field": 1000 * min(processor[way, workers]) / count,
        }
        for way, workers in clock
    ]
    load = os.getloadavg()[0]
    gain = {way: min(clock[way, 1]) / min(clock[way, 2]) for way in ways}
    free = {way: 2 * min(processor[way, 1]) / min(processor[way, 2]) for way in ways}
    notes = (
        f"Best of two runs each, less the time to start; {os.cpu_count()} cores, load {load:.0f} while this ran.",
        f"On the clock two workers did {gain['batch']:.2f} times the work of one, two processes that only analyse "
        f"{gain['analyses alone']:.2f} times. By processor time, which other programs on the machine change less, two "
        f"free cores can do at most {free['batch']:.2f} and {free['analyses alone']:.2f} times.",
    )
    return Table("rates", "Two workers beside one", tuple(rows), notes)


def _timed(
    work: Callable[[Path, int, Sequence[Path]], None], folder: Path, workers: int, paths: Sequence[Path]
) -> tuple[float, float]:
    """Seconds and processor seconds of one run, its processes included."""
    before, start = _children(), time.monotonic()
    work(folder, workers, paths)
    return time.monotonic() - start, _children() - before


def _batch(folder: Path, workers: int, paths: Sequence[Path]) -> None:
    out = folder / "rate"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "lowcost", "batch", *map(str, paths), "--workers", str(workers), "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _analyses(folder: Path, workers: int, paths: Sequence[Path]) -> None:
    """As many processes as workers, each with its part of the fields."""
    running = [subprocess.Popen([sys.executable, "-c", ALONE, *map(str, paths[i::workers])]) for i in range(workers)]
    codes = [process.wait() for process in running]
    if any(codes):
        raise SystemExit("the analyses failed: see above")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _spent() -> tuple[float, float, float]:
    """Processor time and time on the clock, s, and bytes written by this process until now."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return time.process_time(), time.monotonic(), float(counts["wchar"])


def _stores(folder: Path, count: int) -> Table:
    """Many results, each small, kept in groups as a run does."""
    bundle = Bundle.load()
    workshop = Workshop(Recipe(bundle))
    path = next((folder / "fields").rglob("*.png"))
    one = workshop.do(Task(Item("s", "n", str(path))))
    assert one.field is not None
    items = [
        Item(f"slide {n // 100:05}", f"{n % 100:03}", f"/fields/{n // 100:05}/{n % 100:03}.png") for n in range(count)
    ]
    tenths: list[tuple[float, float, float]] = []
    with Ledger(folder / "store", bundle) as ledger:
        start = time.process_time(), time.monotonic()
        ledger.register(Listed(item, "", "1") for item in items)
        entered = time.process_time() - start[0]
        start = _spent()
        for number, group in enumerate(_groups(ledger), 1):
            ledger.settle(_own(one, item) for item in group)
            if number % (count // (10 * TOGETHER)) == 0:
                now = _spent()
                tenths.append((now[0] - start[0], now[1] - start[1], now[2] - start[2]))
                start = now
        start = _spent()
        with Store.open(ledger.path) as store:
            slide = sum(1 for _ in store.fields("slide 00000"))
        read = 1000 * (time.process_time() - start[0]) / slide
        size = ledger.path.stat().st_size
    rows = [
        {
            "tenth": number,
            "processor us a result": 1e6 * used / (count / 10),
            "clock us a result": 1e6 * seconds / (count / 10),
            "written kB a result": written / 1000 / (count / 10),
        }
        for number, (used, seconds, written) in enumerate(tenths, 1)
    ]
    notes = (
        f"{count} results of {len(one.field)} bytes, {TOGETHER} to a transaction, each on the disk before the next; "
        f"to enter an item took {1e6 * entered / count:.0f} us; the file has {size / 1e6:.0f} MB.",
        f"The last tenth took {tenths[-1][0] / tenths[0][0]:.3f} times the processor time of the first and "
        f"{tenths[-1][1] / tenths[0][1]:.3f} times its time on the clock, and wrote {tenths[-1][2] / tenths[0][2]:.3f} "
        f"times as much; to read a field back took {read:.2f} ms.",
    )
    return Table("store", "Many results into one store", tuple(rows), notes)


def _own(one: Outcome, item: Item) -> Outcome:
    """One result, as if it were this item's."""
    key = sha256(item.path.encode()).digest()
    return replace(one, slide=item.slide, name=item.name, key=key, picture=key)


def _groups(ledger: Ledger) -> Iterator[list[Item]]:
    group: list[Item] = []
    for item, _ in ledger.pending():
        group.append(item)
        if len(group) == TOGETHER:
            yield group
            group = []


def _rows(path: Path, query: str) -> list[tuple[bytes, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


if __name__ == "__main__":
    main()
