"""``lowcost programme``: what the slides of a batch say together."""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lowcost.batch.store import Store
    from lowcost.bundle import Bundle
    from lowcost.export.files import RunFolder
    from lowcost.programme.tally import Slide


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "programme",
        description="Report on all slides of a batch: which to look at first, differentials, quality and drift.",
        epilog=f"""\
STORE is the folder that lowcost batch wrote with --out; a batch may go on meanwhile. Patients, devices and days are
those of its manifest (columns patient, device, day).

written into the folder of --out:
  report.html      for reading: one file that needs nothing else
  slides.csv       one row per slide: counts, shares and their limits; file is what its files are called
  patients.csv     the same per patient, where patients are known
  quality.csv      one row per device and day
  drift.csv        one row per device and feature: this week beside training cells and beside the month before, where
                   days are known
  *.parquet        the same tables, where pyarrow is installed: pip install lowcost[parquet]
  geojson/, coco/  with --geojson and --coco: one file per slide, for QuPath and for other tools; a whole slide's
                   outlines are in px of its finest level
Files of an earlier report in that folder that this one does not write are removed.

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", type=not_empty, metavar="STORE", help="the folder of a batch")
    parser.add_argument("--out", required=True, type=not_empty, metavar="DIR", help="where to write; made if need be")
    parser.add_argument("--geojson", action="store_true", help="write the outlines of each slide for QuPath")
    parser.add_argument("--coco", action="store_true", help="write boxes and outlines of each slide as COCO JSON")
    parser.add_argument("--bundle", type=not_empty, metavar="DIR", help="the model bundle, if not the installed one")


def run(args: argparse.Namespace) -> int:
    from lowcost import differential, novelty
    from lowcost.batch.store import Store
    from lowcost.bundle import Bundle
    from lowcost.export import files
    from lowcost.programme import drift, looking, page, pictures, tables, tally

    bundle = Bundle.load(args.bundle)
    with Store.open(args.store) as store:
        if next(store.slides(), None) is None:
            raise InputError(
                f"{store.path} holds no slides: nothing is written; analyse some first, with lowcost batch"
            )
        out = files.RunFolder(args.out)
        training = novelty.load(bundle)
        if not store.is_of(bundle):
            training = None
            say(
                f"lowcost: {store.path} holds results of the bundle {store.about['bundle']} "
                f"({store.about['bundle_sha256'][:12]}), this is {bundle.name} {bundle.version} "
                f"({bundle.digest[:12]}): drift is left out; give it with --bundle",
                sys.stderr,
            )
        about = {"bundle": store.about["bundle"], "bundle SHA-256": store.about["bundle_sha256"]}
        slides, shifts = tally.read(store, training)
        first = islice(tally.first_to_look_at(slides), looking.FIRST)
        seen = {slide.name: pictures.take(store, slide.name) for slide, _ in first}
        if args.geojson or args.coco:
            _export(store, slides, bundle, out, args.geojson, args.coco)
    conventions = bundle.section("differential", differential.Parameters)
    drifts = drift.measure(slides, training)
    text = page.render(slides, shifts, drifts, conventions, about, args.bundle, seen)
    files.write(out.file("report.html"), text.encode("utf-8", "backslashreplace"))
    tables.write(out, "slides", tables.slides(slides))
    tables.write(out, "patients", tables.slides(tally.patients(slides)))
    tables.write(out, "quality", tables.quality(shifts))
    tables.write(out, "drift", tables.drift(drifts))
    out.close()
    say(page.summary(slides, shifts, drifts, conventions).replace("\u00a0", " "), sys.stdout)
    say(f"{Path(args.out) / 'report.html'} written", sys.stdout)
    print(f"\n{RESEARCH_USE_NOTICE}")
    return EXIT_FINE


def _export(store: Store, slides: Iterable[Slide], bundle: Bundle, out: RunFolder, geojson: bool, coco: bool) -> None:
    """Write each slide for other programs."""
    from lowcost import __version__, differential, export
    from lowcost.programme import tiles
    from lowcost.result import SmearResult

    conventions = bundle.section("differential", differential.Parameters)
    provenance = {"lowcost": __version__, **store.about}
    for slide in slides:
        counted = differential.measure_counts({}, conventions)  # not in these forms
        result = SmearResult(tuple(tiles.joined(store.fields(slide.name))), counted, (), provenance)
        if geojson:
            export.to_geojson(result, out.file(f"geojson/{slide.file}.zip"))
        if coco:
            export.to_coco(result, out.file(f"coco/{slide.file}.json"))
