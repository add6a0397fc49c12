"""One run of ``lowcost batch``: what it enters into the store, has analysed, and says of it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from tqdm import tqdm

from lowcost.batch import listing
from lowcost.batch.engine import Engine
from lowcost.batch.ledger import Ledger
from lowcost.batch.run import run
from lowcost.batch.slides import write_tables
from lowcost.batch.sources import Found, finding, manifest
from lowcost.batch.sources.manifest import Row
from lowcost.batch.work import Recipe, Workshop
from lowcost.cli import EXIT_FINE, EXIT_INTERRUPTED, EXIT_SOME_FAILED, EXIT_UNUSABLE, say
from lowcost.errors import InputError
from lowcost.report import words

_MOST_DOUBLES = 5
"""Groups of slides with the same photographs, and slides of a group, that are named on the terminal."""

_SECONDS_BETWEEN_LINES = 60
"""How often a log is told how far the run is."""

_MOST_FAILURES = 20
"""Failures that are named on the terminal; all of them are in the table."""


class Screening:
    """One run over the photographs of many slides.

    Parameters
    ----------
    args : Namespace
        As the command has them.
    rows : list of Row
        Of the manifest.
    notes : list of str
        What is to be said of the arguments, one sentence each.
    ledger : Ledger
        The store.
    recipe : Recipe
        How images are analysed.

    Attributes
    ----------
    complaints : list of str
        What could not be used, one sentence each.
    interrupted : bool
        Whether someone wanted it to end.
    """

    def __init__(
        self, args: argparse.Namespace, rows: list[Row], notes: list[str], ledger: Ledger, recipe: Recipe
    ) -> None:
        self.args, self.rows, self.notes, self.ledger, self.recipe = args, rows, notes, ledger, recipe
        self.complaints: list[str] = []
        self.interrupted = False
        self._settled, self._to_do, self._started = 0, 0, time.monotonic()
        self._written: list[Path] = []
        self._kept: Counter[str] = Counter()

    def enter(self) -> None:
        """Enter what the arguments name."""
        for name in self.args.forget:
            self.notes.append(f"{words.count(self.ledger.forget(name), 'image')} of {name} taken out of the store")
        if self.args.retry_failed:
            self.ledger.retry_failed()
        listing.enter(self.ledger, self._found(), self.recipe)
        if self._kept:
            self.notes.append(
                f"{words.count(self._kept.total(), 'file keeps', 'files keep')} what a manifest said, such as the "
                f"slide {min(self._kept)}: to change that, give a manifest that says otherwise"
            )
        if vanished := self.ledger.forget_vanished(self._folders()):
            self.notes.append(f"{words.count(vanished, 'entry', 'entries')} dropped, as its file is no more")
        for device in self.ledger.devices():
            self.recipe.profile(device)
        self._to_do = self.ledger.to_do()

    def work(self) -> None:
        """Do what is to do, and write what follows from it."""
        if not self._to_do and not self.ledger.complete() and not self.ledger.tables_are_old():
            return
        workshop = Workshop(self.recipe)
        workshop.analyzer(None)  # whatever is wrong with the models is said here, and not by every worker
        try:
            with self._bar() as settled:
                run(self.ledger, self._engine(), workshop, settled)
            if self.ledger.tables_are_old():
                self._written = write_tables(self.ledger, workshop)
                self.ledger.tables_written()
        except InputError as error:
            self.complaints.append(str(error))

    def close(self) -> int:
        """Say what was done, and return the exit code."""
        slides, fields, failures, twins = self.ledger.counts()
        tells_twins = self._to_do > 0  # a picture that is there twice is no news to a run without work
        said = failures + (twins if tells_twins else 0)
        failed = islice(self.ledger.failures(twins=tells_twins), _MOST_FAILURES)
        named = (f"{item.slide}: {_named(item.name, why)}" for item, why in failed)
        for line in (*self.notes, *self.complaints, *named):
            say(f"lowcost: {line}", sys.stderr)
        if said > _MOST_FAILURES:
            table = self.ledger.path.with_name("failures.csv")
            say(f"lowcost: {said - _MOST_FAILURES} more: see {table}", sys.stderr)
        for line in self._summary(slides, fields, failures, twins):
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
            groups = "; ".join(words.listed(slides, _MOST_DOUBLES) for _, slides in doubles[:_MOST_DOUBLES])
            more = f"; and {len(doubles) - _MOST_DOUBLES} more such groups" if len(doubles) > _MOST_DOUBLES else ""
            number = sum(count for count, _ in doubles)
            say(
                f"lowcost: {words.count(number, 'photograph')} {'is' if number == 1 else 'are'} in the store under "
                f"several slides: {groups}{more}: they count in each; --forget SLIDE takes one out",
                sys.stderr,
            )

    def _folders(self) -> list[str]:
        """The folders that are given: what is no more there is forgotten."""
        manifests = [os.path.dirname(os.path.abspath(self.args.manifest))] if self.args.manifest else []
        return [os.path.abspath(name) for name in self.args.paths if os.path.isdir(name)] + manifests

    def _summary(self, slides: int, fields: int, failures: int, twins: int) -> Iterator[str]:
        out = self.ledger.path.parent
        holds = f"{out} holds {words.count(fields, 'field')} of {words.count(slides, 'slide')}"
        holds += f", and {failures} that could not be used" if failures else ""
        if twins:
            holds += f"; {words.count(twins, 'further copy of a picture', 'further copies of pictures')} left out"
        if copies := self.ledger.copies():
            holds += f"; {words.count(copies, 'further copy of a cell', 'further copies of cells')} on overlapping "
            holds += "photographs left out"
        if not self._to_do:
            again = "; --retry-failed tries again what failed" if failures else ""
            yield f"nothing to do: {holds}{again}"
            return
        seconds = max(time.monotonic() - self._started, 0.001)
        line = f"{self._settled} of {words.count(self._to_do, 'image')} done in {seconds:.0f} s"
        line += f" ({self._settled / seconds:.1f} a second); {holds}"
        yield line
        if self._written:
            yield f"written: {', '.join(map(str, self._written))}"

    def _found(self) -> Iterator[Found]:
        refuse = self.complaints.append
        found: Iterator[Found] = map(self._as_said, finding.find(self.args.paths, refuse, self._left_out))
        if self.args.manifest:
            listed = manifest.find(self.args.manifest, self.rows, refuse, self._left_out)
            found = chain(found, map(self._remembered, listed))
        device = os.path.abspath(self.args.device) if self.args.device else None
        for each in found:
            item = each.item
            known = replace(item, device=item.device or device, um_per_px=item.um_per_px or self.args.um_per_px)
            yield replace(each, item=known)

    def _as_said(self, found: Found) -> Found:
        """A file that a manifest named before is what that said."""
        said = self.ledger.said(found.item.path)
        if said is None:
            return found
        self._kept[said.item.slide] += 1
        return said

    def _remembered(self, found: Found) -> Found:
        self.ledger.remember(found)
        return found

    def _left_out(self, folder: str) -> None:
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


def _progress(done: int, of: int, seconds: float) -> str:
    """How far a run is after some seconds: a line of a log."""
    minutes = round((of - done) * seconds / done / 60)
    left = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    return f"{done} of {words.count(of, 'image')} done, {done / seconds:.2f} a second, {left} left"


def _named(name: str, why: str) -> str:
    return why if name in why else f"{name}: {why}"
