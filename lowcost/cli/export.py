"""``lowcost export``: a result in a form that another program reads."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from typing import Any

from lowcost.cli import EXIT_FINE, not_empty, say

FORMS = ("fhir", "geojson", "coco", "yolo", "csv")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "export",
        description="Write a result in a form that another program reads.",
        epilog="""\
forms:
  fhir     HL7 FHIR R4 bundle for a laboratory's information system; preliminary: nobody has verified the result
  geojson  ZIP archive of a file of outlines for each field, for QuPath
  coco     boxes and outlines, COCO JSON
  yolo     ZIP archive of boxes, YOLO labels
  csv      one row for each object, for a spreadsheet""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("result", type=not_empty, metavar="RESULT", help="a result.json that lowcost analyze wrote")
    parser.add_argument("--to", required=True, choices=FORMS, help="the form")
    parser.add_argument("--out", required=True, type=not_empty, metavar="FILE", help="the file to write")


def run(args: argparse.Namespace) -> int:
    from lowcost import export
    from lowcost.export import fhir
    from lowcost.report import Heading

    write = {
        "fhir": lambda result, path: fhir.to_fhir(result, Heading(datetime.now(timezone.utc)), path),
        "geojson": export.to_geojson,
        "coco": export.to_coco,
        "yolo": export.to_yolo,
        "csv": export.to_csv,
    }[args.to]
    write(export.from_json(args.result), args.out)
    say(f"{args.out} written", sys.stdout)
    return EXIT_FINE
