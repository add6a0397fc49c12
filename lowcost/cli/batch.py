"""``lowcost batch``: many slides into one store, whatever happens on the way."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, EXIT_INTERRUPTED, EXIT_SOME_FAILED, EXIT_UNUSABLE, not_empty, say
from lowcost.cli.analyze import requests_to_end, um_per_px
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.batch.engine import Engine
    from lowcost.batch.ledger import Ledger
    from lowcost.batch.sources import Found
    from lowcost.batch.sources.manifest import Row
    from lowcost.batch.work import Recipe

_MOST_DOUBLES = 5
"""Pairs of slides with the same photographs that are named on the terminal."""

_SECONDS_BETWEEN_LINES = 60
"""How often a log is told how far the run is."""

_MOST_FAILURES = 20
"""Failures that are named on the terminal; all of them are in the table."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "batch",
        description="Analyse the photographs of many slides into one store, and go on where a run before was ended.",
        epilog=f"""\
PATH is a photograph, a folder, a pattern, a ZIP or TAR archive, a video of a moving stage, a whole-slide image, or an
address that fsspec opens (s3://bucket/march). Without a manifest each folder is one slide, called as the folder is;
folders below are slides of their own (march/slide-7), and so are archives with their folders, videos and whole slides.
A manifest is a CSV table with a column path and, as far as is known, slide, patient, um_per_px, device and day.
The same picture twice in one slide counts once.

written into the folder of --out:
  store.sqlite               every result; lowcost.batch.store.Store.open reads it
  slides/NAME/result.json    each slide, as lowcost analyze writes it, and its cells.csv
  cells.csv, cells.parquet   one row per object of all slides (Parquet where pyarrow is installed)
  failures.csv               what could not be analysed, and why

What is finished is kept, whatever ends a run: give the command again, and it goes on; without anything to do it says
so. A new or changed file is analysed, a touched one is not.

exit codes: 0 everything in the store was analysed; 1 some images could not be; 2 none could be, or the arguments cannot
be used; 130 interrupted with Ctrl-C or told to end

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", type=not_empty, nargs="*", metavar="PATH", help="what to analyse; none: only go on")
    parser.add_argument("--out", type=not_empty, metavar="DIR", required=True, help="folder of the store, new or not")
    parser.add_argument("--manifest", type=not_empty, metavar="CSV", help="a table of files, slides and patients")
    parser.add_argument(
        "--um-per-px", type=um_per_px, metavar="X", help="the scale where no manifest says it; else measured"
    )
    parser.add_argument(
        "--device", type=not_empty, metavar="FILE", help="the device's profile, where no manifest says it"
    )
    parser.add_argument("--bundle", type=not_empty, metavar="DIR", help="another model bundle than the installed one")
    parser.add_argument(
        "--forget",
        type=not_empty,
        metavar="SLIDE_OR_PATH",
        action="append",
        default=[],
        help="take a slide, or what is of a photograph or folder, out of the store; may be given again",
    )
    parser.add_argument("--retry-failed", action="store_true", help="try again what failed in runs before")
    parser.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        default=_processors(),
        help="processes (default: %(default)s, one a core)",
    )
    cluster = parser.add_mutually_exclusive_group()
    cluster.add_argument("--cluster", choices=["local"], help="start a Dask cluster of --workers on this machine")
    cluster.add_argument("--scheduler", type=not_empty, metavar="ADDRESS", help="a Dask scheduler (tcp://host:8786)")


def run(args: argparse.Namespace) -> int:
    from lowcost.batch.ledger import Ledger
    from lowcost.batch.sources import manifest
    from lowcost.batch.work import Recipe
    from lowcost.bundle import Bundle

    recipe = Recipe(Bundle.load(args.bundle))
    notes: list[str] = []
    rows = manifest.read(args.manifest, notes.append) if args.manifest else []
    _check_out(args, rows)
    recipe.profile(args.device)  # all that can be refused is, before anything is written
    with Ledger(args.out, recipe.bundle) as ledger:
        batch = _Batch(args, rows, notes, ledger, recipe)
        try:
            with requests_to_end(signal.default_int_handler):
                batch.enter()
                batch.work()
        except KeyboardInterrupt:
            batch.interrupted = True
        with requests_to_end(signal.SIG_IGN):
            return batch.close()


class _Batch:
    """One run, and what is said of it."""

    def __init__(
        self, args: argparse.Namespace, rows: list[Row], notes: list[str], ledger: Ledger, recipe: Recipe
    ) -> None:
        self.args, self.rows, self.notes, self.ledger, self.recipe = args, rows, notes, ledger, recipe
        self.complaints: list[str] = []
        self.interrupted = False
        self._settled, self._to_do, self._started = 0, 0, time.monotonic()
        self._written: list[Path] = []

    def enter(self) -> None:
        """Enter what the arguments name."""
        from lowcost.batch import listing

        for name in self.args.forget:
            self.notes.append(f"{_count(self.ledger.forget(name), 'image')} of {name} taken out of the store")
        listing.enter(self.ledger, self._found(), self.recipe, self.complaints.append)
        if vanished := self.ledger.forget_vanished(self._folders()):
            self.notes.append(f"{_count(vanished, 'failure')} dropped, as the file is no more")
        if self.args.retry_failed:
            self.ledger.retry_failed()
        for device in self.ledger.devices():
            self.recipe.profile(device)
        self._to_do = self.ledger.to_do()

    def work(self) -> None:
        """Do what is to do, and write what follows from it."""
        from lowcost.batch import slides
        from lowcost.batch.run import run
        from lowcost.batch.work import Workshop

        if not self._to_do and not self.ledger.complete() and not self.ledger.tables_are_old():
            return
        workshop = Workshop(self.recipe)
        workshop.analyzer(None)  # whatever is wrong with the models is said here, and not by every worker
        try:
            with self._bar() as settled:
                run(self.ledger, self._engine(), workshop, settled)
            if self.ledger.tables_are_old():
                self._written = slides.write_tables(self.ledger, workshop)
                self.ledger.tables_written()
        except InputError as error:
            self.complaints.append(str(error))

    def close(self) -> int:
        """Say what was done, and return the exit code."""
        slides, fields, failures = self.ledger.counts()
        failed = islice(self.ledger.failures(), _MOST_FAILURES)
        for line in [
            *self.notes,
            *self.complaints,
            *(f"{item.slide}: {_named(item.name, why)}" for item, why in failed),
        ]:
            say(f"lowcost: {line}", sys.stderr)
        if failures > _MOST_FAILURES:
            table = self.ledger.path.with_name("failures.csv")
            say(f"lowcost: {failures - _MOST_FAILURES} more failed: see {table}", sys.stderr)
        for line in self._summary(slides, fields, failures):
            say(line, sys.stdout)
        self._warn_of_doubles()
        if self.interrupted:
            say("lowcost: interrupted: give the command again to go on", sys.stderr)
            return EXIT_INTERRUPTED
        if not fields and not self.args.forget:
            return EXIT_UNUSABLE
        return EXIT_SOME_FAILED if failures or self.complaints else EXIT_FINE

    def _warn_of_doubles(self) -> None:
        doubles = list(self.ledger.doubles())
        if doubles:
            pairs = [f"{one} and {other}" for _, one, other in doubles[:_MOST_DOUBLES]]
            more = f", and {len(doubles) - len(pairs)} more pairs" if len(doubles) > len(pairs) else ""
            number = sum(count for count, *_ in doubles)
            say(
                f"lowcost: {_count(number, 'photograph')} {'is' if number == 1 else 'are'} in the store under two "
                f"slides: {', '.join(pairs)}{more}: they count in both; --forget SLIDE takes one out",
                sys.stderr,
            )

    def _folders(self) -> list[str]:
        """The folders that are given: what is no more there is forgotten."""
        manifests = [os.path.dirname(os.path.abspath(self.args.manifest))] if self.args.manifest else []
        return [os.path.abspath(name) for name in self.args.paths if os.path.isdir(name)] + manifests

    def _summary(self, slides: int, fields: int, failures: int) -> Iterator[str]:
        out = self.ledger.path.parent
        holds = f"{out} holds {_count(fields, 'field')} of {_count(slides, 'slide')}"
        holds += f", and {failures} that could not be used" if failures else ""
        if not self._to_do:
            again = "; --retry-failed tries again what failed" if failures else ""
            yield f"nothing to do: {holds}{again}"
            return
        seconds = max(time.monotonic() - self._started, 0.001)
        line = f"{self._settled} of {_count(self._to_do, 'image')} done in {seconds:.0f} s"
        line += f" ({self._settled / seconds:.1f} a second); {holds}"
        yield line
        if self._written:
            yield f"written: {', '.join(map(str, self._written))}"

    def _found(self) -> Iterator[Found]:
        from lowcost.batch.sources import finding, manifest

        refuse = self.complaints.append
        found = finding.find(self.args.paths, refuse, self._left_out)
        if self.args.manifest:
            found = chain(found, manifest.find(self.args.manifest, self.rows, refuse, self._left_out))
        device = os.path.abspath(self.args.device) if self.args.device else None
        for each in found:
            item = each.item
            known = replace(item, device=item.device or device, um_per_px=item.um_per_px or self.args.um_per_px)
            yield replace(each, item=known)

    def _left_out(self, folder: str) -> None:
        from lowcost.batch.sources import finding

        if Path(folder).resolve() != self.ledger.path.parent.resolve():  # that it is left out is no surprise
            self.notes.append(finding.not_entered(folder))

    def _engine(self) -> Engine:
        if self.args.cluster or self.args.scheduler:
            from lowcost.batch.engine.dask import Cluster

            return Cluster(self.recipe, self.args.scheduler, self.args.workers)
        from lowcost.batch.engine.processes import Processes

        return Processes(self.recipe, self.args.workers)

    @contextmanager
    def _bar(self) -> Iterator[Callable[[int], None]]:
        """Meanwhile count what is settled, with a bar on standard error where someone watches it, else with lines."""
        from tqdm import tqdm

        watched = sys.stderr.isatty()
        began = said = time.monotonic()
        with tqdm(total=self._to_do, unit="field", file=sys.stderr, dynamic_ncols=True, disable=not watched) as bar:

            def settled(count: int) -> None:
                nonlocal said
                self._settled += count
                bar.update(count)
                now = time.monotonic()
                if not watched and now - said >= _SECONDS_BETWEEN_LINES:
                    said = now
                    say(f"lowcost: {_progress(self._settled, self._to_do, now - began)}", sys.stderr)

            yield settled


def _check_out(args: argparse.Namespace, rows: list[Row]) -> None:
    """Refuse a run without anything to do, and a store where photographs lie: later runs would pass by them."""
    from lowcost.batch import store
    from lowcost.batch.sources import finding, place

    if "\0" in args.out:
        raise InputError(f"--out {args.out!r} is no name of a folder: it holds a null character")
    out = Path(args.out).resolve()
    named = [*args.paths, *(row.path for row in rows)]
    if not named and not (out / store.FILE).is_file():
        raise InputError(f"there is no store at {args.out}: check the spelling, or say what is to be analysed")
    for path in (each for name in named for each in finding.expanded(name) if not place.is_address(each)):
        folder = Path(path) if Path(path).is_dir() else Path(path).parent
        if folder.resolve().is_relative_to(out):
            raise InputError(f"--out is a folder that is analysed ({folder} lies in it): give another")


def _progress(done: int, of: int, seconds: float) -> str:
    """How far a run is after some seconds: a line of a log."""
    minutes = round((of - done) * seconds / done / 60)
    left = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    return f"{done} of {_count(of, 'image')} done, {done / seconds:.2f} a second, {left} left"


def _named(name: str, why: str) -> str:
    return why if name in why else f"{name}: {why}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _workers(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: expected one from 1 to 1024, such as 2")
    return value


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
