"""``lowcost analyze``: from photographs of one slide to a differential, a table of cells, overlays and a report."""

from __future__ import annotations

import argparse
import glob
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lowcost.cli import EXIT_FINE, EXIT_INTERRUPTED, EXIT_SOME_FAILED, EXIT_UNUSABLE, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

_SUFFIXES = {".bmp", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
"""What counts as an image when a folder is named; a file that is named itself is always tried."""

_ALL_REJECTED = "all fields were rejected, so no cell was searched for: photograph again as the reasons say"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "analyze",
        description="Find, measure and name the white blood cells on photographs of one slide.",
        epilog=f"""\
All images together make one differential: give the fields of one slide at a time.

written into the folder of --out:
  result.json      everything, in the form of lowcost's published schema
  cells.csv        one row per object: type, attributes, measurements
  overlays/*.png   each field with outlines, boxes, types and a scale bar
  report.html      for reading: one file that needs nothing else
Without --out nothing is written; the differential is printed.

exit codes: 0 every image was analysed; 1 some could not be, or not everything could be written; 2 none could be, or
all fields were rejected (the files are written and say why); 130 interrupted with Ctrl-C or told to end: what was
done until then is written

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "images",
        type=not_empty,
        nargs="+",
        metavar="IMAGE",
        help="a photograph, or a folder: all photographs in it, sorted by name",
    )
    parser.add_argument(
        "--out", type=not_empty, metavar="DIR", help="where to write; made if need be, an earlier run's files replaced"
    )
    parser.add_argument(
        "--um-per-px", type=um_per_px, metavar="X", help="the scale, if it is known; else measured from the red cells"
    )
    parser.add_argument(
        "--mosaic",
        action="store_true",
        help="the photographs overlap: find how they lie to each other, and count a cell on several of them once",
    )
    parser.add_argument("--device", metavar="FILE", help="the device's profile, as lowcost calibrate wrote it")
    parser.add_argument("--bundle", metavar="DIR", help="another model bundle than the one that is installed")
    parser.add_argument("--json", action="store_true", help="print result.json on standard output instead of words")
    parser.add_argument("--no-report", action="store_true", help="write no report.html")
    parser.add_argument("--no-overlays", action="store_true", help="write no overlays")


def run(args: argparse.Namespace) -> int:
    from lowcost.cli.slide import Slide
    from lowcost.export import files
    from lowcost.export import json as result_file
    from lowcost.pipeline import Analyzer

    analyzer = Analyzer.load(bundle=args.bundle, device=args.device)  # first: without one no folder is made
    out = files.RunFolder(args.out) if args.out else None
    slide = Slide(
        analyzer,
        args.um_per_px,
        out,
        overlays=not args.no_overlays,
        with_report=not args.no_report,
        overlapping=args.mosaic,
    )
    paths: list[Path] = []
    for named in args.images:
        try:
            paths += images(named)
        except InputError as error:
            slide.refuse(Path(named), str(error))
    before = slide.settled
    left: list[Path] = []
    try:
        with requests_to_end(signal.default_int_handler):
            for path in _progress(paths):
                slide.add(path, len(paths))
    except KeyboardInterrupt:
        left = paths[slide.settled - before :]
        slide.leave(left)
    with requests_to_end(signal.SIG_IGN):  # an impatient second Ctrl-C would lose what the first one kept
        result = slide.finish()
    from lowcost.cli.summary import lines, names

    for line in [*slide.remarks, *slide.complaints]:
        say(f"lowcost: {line}", sys.stderr)
    if args.json:
        print(result_file.dumps(result))
    else:
        for line in lines(result, slide.written):
            say(line, sys.stdout)
    if left:
        done = len(paths) - len(left)
        say(f"lowcost: interrupted after {done} of {len(paths)} images; not analysed: {names(left)}", sys.stderr)
        return EXIT_INTERRUPTED
    if not result.fields:
        return EXIT_UNUSABLE
    if all(field.verdict == "rejected" for field in result.fields):
        say(f"lowcost: {_ALL_REJECTED}", sys.stderr)
        return EXIT_UNUSABLE
    return EXIT_SOME_FAILED if slide.complaints else EXIT_FINE


def um_per_px(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale: expected um per px between 0.01 and 2, such as 0.1")
    return value


def images(named: str) -> list[Path]:
    """Return the images that an argument names: those of a folder or of a pattern sorted by name."""
    if not os.path.lexists(named) and glob.has_magic(named):  # the shells of Windows leave patterns to the program
        return [Path(name) for name in sorted(glob.glob(named))] or [Path(named)]
    path = Path(named)
    if not os.path.isdir(named):
        return [path]
    try:
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
    except OSError as error:
        raise InputError(f"the folder {path} cannot be read: {error.strerror}") from error
    if not inside:
        raise InputError(f"the folder {path} holds no image: expected files such as field.jpg or field.png in it")
    return inside


@contextmanager
def requests_to_end(handler: Any) -> Iterator[None]:
    """Meanwhile handle Ctrl-C, a shutdown and a closed terminal in this way, as far as the caller lets them through."""
    heeded = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number and signal.getsignal(number) not in (signal.SIG_IGN, None):
                heeded[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in heeded.items():
            signal.signal(number, before)


def _progress(images: list[Path]) -> Iterable[Path]:
    """The images, with a bar on standard error where someone watches it."""
    if len(images) < 2 or not sys.stderr.isatty():
        return images
    from tqdm import tqdm

    bar: Iterable[Path] = tqdm(images, unit="field", file=sys.stderr, dynamic_ncols=True, leave=False)
    return bar
