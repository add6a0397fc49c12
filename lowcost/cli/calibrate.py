"""``lowcost calibrate``: from a few fields of one microscope with its camera to its device profile."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lowcost.cli import EXIT_FINE, EXIT_SOME_FAILED, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "calibrate",
        description="Measure a microscope with its camera on ordinary fields, without labels.",
        epilog=f"""\
Give three fields or more, photographed as always: sharp, with red cells that lie apart, best of several
slides and places. Empty places of a slide may be among them: they show the lamp. Give all of one objective.
Take them from the blood of healthy people: from 20 leukocytes on the profile also holds how the device shifts
the look of all cells, and that cannot be told from disease where nearly all cells are ill.

The profile helps where a photograph cannot tell by itself, and takes that shift away:
  lowcost calibrate --device my-phone fields/*.jpg
  lowcost analyze slide/*.jpg --device my-phone.json --out out

exit codes: 0 the profile is written; 1 it is, without photographs that cannot be read; 2 these photographs make
none, for the reason that is printed

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "fields", type=not_empty, nargs="+", metavar="FIELD", help="a photograph, or a folder: all photographs in it"
    )
    parser.add_argument("--device", required=True, metavar="NAME", help="what to call the device, such as my-phone")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the profile (default: NAME.json)")
    parser.add_argument("--bundle", metavar="DIR", help="another model bundle than the one that is installed")


def run(args: argparse.Namespace) -> int:
    from lowcost.calibration import calibrate
    from lowcost.cli.analyze import images
    from lowcost.export import files
    from lowcost.pipeline import Analyzer

    if not args.device:
        raise InputError("the name of the device is empty: call it something, such as my-phone")
    if set("/\\") & set(args.device):
        raise InputError(f"{args.device!r} is a path, expected a name such as my-phone: --out says where to write")
    paths = [path for named in args.fields for path in images(named)]
    target = args.out or Path(f"{args.device}.json")

    def tell(name: str) -> None:
        if sys.stderr.isatty():
            say(f"measuring {name}", sys.stderr)

    unreadable: list[str] = []
    profile = calibrate(args.device, paths, Analyzer.load(bundle=args.bundle), tell, unreadable.append)
    for sentence in unreadable:
        say(f"lowcost: {sentence}; it was left out", sys.stderr)
    files.write(target, profile.dumps())
    size = " x ".join(f"{value:.4g}" for value in dict.fromkeys((profile.um_per_px_x, profile.um_per_px_y)))
    lamp = "each field's own" if profile.flat_field is None else f"known within {100 * profile.light_spread:.0f} %"
    say(f"{target}: {profile.name}, from {profile.fields} fields and {profile.blank_fields} blank ones", sys.stdout)
    print(
        f"  scale        {size} um per px, {profile.rulers} fields agree within {100 * profile.um_per_px_spread:.0f} %"
    )
    print(f"  light        {lamp}")
    if profile.edge_width_um is not None:
        print(f"  sharpness    outlines are {profile.edge_width_um:.2f} um wide")
    few = "" if profile.shift else ", too few to tell how the device changes features and colours"
    print(f"  leukocytes   {profile.cells}{few}")
    print(f"\n{RESEARCH_USE_NOTICE}")
    return EXIT_SOME_FAILED if unreadable else EXIT_FINE
