"""``lowcost restore``: a review station from its backup."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lowcost.cli import EXIT_FINE, needing_serve, not_empty, say


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "restore", description="Make a review station from a backup, once every checksum was found right."
    )
    parser.add_argument("archive", type=not_empty, metavar="FILE", help="what lowcost backup wrote")
    parser.add_argument("folder", type=not_empty, metavar="FOLDER", help="the folder of the station, new or empty")
    parser.add_argument("--database", metavar="URL", help="an empty database, if the station's is no file")


def run(args: argparse.Namespace) -> int:
    with needing_serve("restoring"):
        from lowcost.serve.backup import restore
        from lowcost.serve.settings import Settings
    count = restore(Path(args.archive), Settings(Path(args.folder), args.database))
    say(f"{args.folder}: {count} files, every checksum right; start it with lowcost serve {args.folder}", sys.stdout)
    return EXIT_FINE
