"""``lowcost convert``: labels from one format to another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lowcost.cli import EXIT_FINE, EXIT_SOME_FAILED, not_empty, say
from lowcost.errors import InputError

FORMATS = ("result", "csv", "geojson", "coco", "yolo", "yolo-seg", "voc", "lld", "lld-coco", "folders")

_MOST_FAILURES = 5
"""Failures that are told before the rest is only counted."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "convert",
        description="Write labels in another format. What the format cannot hold is said.",
        epilog="""\
read: result.json, cells.csv, COCO JSON (polygons and run lengths), GeoJSON (QuPath), YOLO boxes and outlines, PASCAL
VOC, a folder of pictures per class, and every set of lowcost datasets; a file, a folder or a ZIP archive of them

formats that are one file:
  result    result.json, for lowcost export and the report
  csv       cells.csv, one row for each object
  coco      COCO JSON with polygons

formats that are a folder of files, or a ZIP archive where PATH ends in .zip:
  geojson   GeoJSON for QuPath, a file for each photograph
  yolo      YOLO boxes
  yolo-seg  YOLO outlines, of one part
  voc       PASCAL VOC XML, a file for each photograph
  lld       text with attributes as in LeukemiaAttri and LLD; only photographs named as theirs are read back
  lld-coco  COCO JSON with attributes as in LeukemiaAttri and LLD
  folders   a picture of each object, in a folder for each class
(geojson and voc of one photograph may also be a file: PATH ends in .geojson or .xml)

examples:
  lowcost convert out/result.json --to coco --out coco.json
  lowcost convert qupath/ --images photographs --to yolo-seg --out yolo

exit codes: 0 everything was converted; 1 some of the source could not be read; 2 nothing could be""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=not_empty, metavar="SOURCE", help="a file or folder of labels")
    parser.add_argument("--to", required=True, choices=FORMATS, metavar="FORMAT", help="the format; see below")
    parser.add_argument("--out", required=True, type=not_empty, metavar="PATH", help="the file or folder to write")
    parser.add_argument(
        "--images", type=not_empty, metavar="DIR", help="folder of the photographs, where they lie elsewhere"
    )


def run(args: argparse.Namespace) -> int:
    from lowcost.batch import store
    from lowcost.convert.conversion import convert
    from lowcost.convert.result import ONE_BY_ONE

    source = Path(args.source)
    if source.name == store.FILE or store.lies_in(source):
        raise InputError(f"{source} is a store of lowcost batch: {ONE_BY_ONE}")
    done = convert(args.source, args.to, args.out, args.images)
    for line in (*done.losses, *done.failures[:_MOST_FAILURES]):
        say(f"lowcost: {line}", sys.stderr)
    if len(done.failures) > _MOST_FAILURES:
        say(f"lowcost: and {len(done.failures) - _MOST_FAILURES} more could not be read", sys.stderr)
    say(f"{args.out} written: {done.photographs} photographs, {done.objects} objects", sys.stdout)
    return EXIT_SOME_FAILED if done.failures else EXIT_FINE
