"""``lowcost backup``: everything that a review station keeps, in one file with checksums."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lowcost.cli import EXIT_FINE, needing_serve, not_empty, say


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "backup", description="Write everything that a review station keeps into one file. The station may work on."
    )
    parser.add_argument("folder", type=not_empty, metavar="FOLDER", help="the folder of the station")
    parser.add_argument("archive", type=not_empty, metavar="FILE", help="the file to write, such as station.tar")
    parser.add_argument("--database", metavar="URL", help="the station's database, if it is no file")


def run(args: argparse.Namespace) -> int:
    with needing_serve("a backup"):
        from lowcost.serve.backup import backup
        from lowcost.serve.settings import Settings
    count = backup(Settings(Path(args.folder), args.database), Path(args.archive))
    say(f"{args.archive}: {count} files with checksums", sys.stdout)
    return EXIT_FINE
