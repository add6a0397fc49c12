"""``lowcost batch``: many slides into one store, whatever happens on the way."""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import not_empty
from lowcost.cli.analyze import requests_to_end, um_per_px
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.batch.sources.manifest import Row


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
    parser.add_argument(
        "--mosaic", action="store_true", help="photographs of a slide overlap: count a cell on several of them once"
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
    from lowcost.cli.screening import Screening

    recipe = Recipe(Bundle.load(args.bundle))
    notes: list[str] = []
    rows = manifest.read(args.manifest, notes.append) if args.manifest else []
    _check_out(args, rows)
    recipe.profile(args.device)  # all that can be refused is, before anything is written
    to_enter = bool(args.paths or args.manifest)
    with Ledger(args.out, recipe.bundle, args.mosaic if args.mosaic or to_enter else None) as ledger:
        screening = Screening(args, rows, notes, ledger, replace(recipe, mosaic=ledger.is_mosaic))
        try:
            with requests_to_end(signal.default_int_handler):
                screening.enter()
                screening.work()
        except KeyboardInterrupt:
            screening.interrupted = True
        with requests_to_end(signal.SIG_IGN):
            return screening.close()


def _check_out(args: argparse.Namespace, rows: list[Row]) -> None:
    """Refuse a run without anything to do, and a store where photographs lie: later runs would pass by them."""
    from lowcost.batch import store
    from lowcost.batch.sources import finding, place

    if "\0" in args.out:
        raise InputError(f"--out {args.out!r} is no name of a folder: it holds a null character")
    out = Path(args.out).resolve()
    named = [*args.paths, *(row.path for row in rows)]
    if not named and not store.lies_in(out):
        raise InputError(f"there is no store at {args.out}: check the spelling, or say what is to be analysed")
    paths = [each for name in named for each in finding.expanded(name)]
    if args.paths and not rows and not store.lies_in(out):
        _check_there(paths)
    for path in (each for each in paths if not place.is_address(each)):
        folder = Path(path) if Path(path).is_dir() else Path(path).parent
        if folder.resolve().is_relative_to(out):
            raise InputError(f"--out is a folder that is analysed ({folder} lies in it): give another")
        if out.is_relative_to(Path(path).resolve()) and (photograph := finding.first_in(str(out))):
            raise InputError(
                f"--out {args.out} lies in {path} and holds photographs of its own, such as {photograph}, which no "
                "run would find there: give a folder without any"
            )


def _check_there(paths: list[str]) -> None:
    """Refuse what would leave an empty store: nothing of it is there."""
    from lowcost.batch.sources import place

    if any(os.path.lexists(each) for each in paths if not place.is_address(each)):
        return
    reason = InputError(f"nothing is there of what is to be analysed, such as {paths[0]}: check spelling and folder")
    for address in filter(place.is_address, paths):
        try:
            place.check(address)
            return
        except InputError as error:
            reason = error
    raise reason


def _workers(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: expected one from 1 to 1024, such as 2")
    return value


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
