"""``lowcost annotate``: a folder of photographs in the review station, for a person to correct and label."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, needing_serve, not_empty, say
from lowcost.cli.analyze import um_per_px
from lowcost.cli.serve import listen, port, until_ended
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.serve.station import Station

_HOST = "127.0.0.1"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "annotate",
        description="Open a folder of photographs in the review station: correct the cells in a browser, take labels.",
        epilog=f"""\
The folder becomes a case with one slide, and each folder in it that holds photographs another slide; the photographs
are only read. Everything is kept in FOLDER-station beside it: the same command goes on where you were, and takes in
what is new. Labels leave by the buttons of a slide's report (COCO, YOLO, GeoJSON, CSV, result.json); lowcost convert
makes any other format of them.

examples:
  lowcost annotate smear
  lowcost annotate smear --um-per-px 0.1 --station labels

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=not_empty, metavar="FOLDER", help="a folder of photographs")
    parser.add_argument("--station", type=Path, metavar="DIR", help="where the station keeps all (FOLDER-station)")
    parser.add_argument("--um-per-px", type=um_per_px, metavar="X", help="the scale, if it is known")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="another model bundle to begin with")
    parser.add_argument("--port", type=port, default=8000, metavar="N", help="port to listen on (8000)")


def run(args: argparse.Namespace) -> int:
    with needing_serve("the review station"):
        from lowcost.serve import intake
        from lowcost.serve.settings import Settings
        from lowcost.serve.station import Station
    folder = Path(args.folder).absolute()
    if not folder.is_dir():
        raise InputError(f"{args.folder} is no folder: give one of photographs")
    places = [folder, *sorted(place for place in folder.iterdir() if place.is_dir() and not place.is_symlink())]
    found = [(file, place) for place in places for file in sorted(place.iterdir()) if intake.is_photograph(file)]
    if not found:
        raise InputError(f"{args.folder} holds no photograph: expected files such as field.jpg or field.png in it")
    kept = args.station or folder.with_name(f"{folder.name}-station")
    station = Station(Settings(kept, bundle=args.bundle, host=_HOST, port=args.port))
    slides = _take(station, found, folder.name, args.um_per_px)
    listening = listen(_HOST, args.port)
    address = f"http://{_HOST}:{listening.getsockname()[1]}/"
    where = f"{address}slides/{slides[0]}" if len(slides) == 1 else address
    say(f"{len(found)} photographs of {args.folder} are in {kept}: open {where}", sys.stdout)
    until_ended(station, listening)
    return EXIT_FINE


def _take(station: Station, found: list[tuple[Path, Path]], case: str, scale: float | None) -> list[int]:
    """Slides that photographs were taken into, by number; the first that cannot be taken ends it."""
    from lowcost.serve import intake

    try:
        return list(dict.fromkeys(intake.take(station, file, case, at.name, scale) for file, at in found))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error
