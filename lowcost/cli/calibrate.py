"""``lowcost calibrate``: from a few fields of one microscope with its camera to its device profile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, EXIT_SOME_FAILED, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.training.recalibration import Outcome
    from lowcost.training.sources import Source


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "calibrate",
        description="Measure a microscope with its camera on ordinary fields, without labels, or with verified cells.",
        epilog=f"""\
Give three fields or more, photographed as always: sharp, with red cells that lie apart, best of several
slides and places. Empty places of a slide may be among them: they show the lamp. Give all of one objective.
Take them from the blood of healthy people: from 20 leukocytes on the profile also holds how the device shifts
the look of all cells, and that cannot be told from disease where nearly all cells are ill.

The profile helps where a photograph cannot tell by itself, and takes that shift away:
  lowcost calibrate --device my-phone fields/*.jpg
  lowcost analyze slide/*.jpg --device my-phone.json --out out

About 200 cells of the device that a person has named, as they come on several slides, make its probabilities mean
what they say, and right some of what it prefers wrongly:
  lowcost calibrate --device my-phone fields/*.jpg --verified my_cells
my_cells holds one folder of pictures per cell type, cut from such photographs, or is a COCO, YOLO or VOC set of them;
slides named in my_cells/groups.csv (columns file, group) make the figures honest.

exit codes: 0 the profile is written; 1 it is, without photographs that cannot be used, or without the verified cells
because they would not make it better; 2 these photographs or cells make none, for the reason that is printed

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "fields", type=not_empty, nargs="+", metavar="FIELD", help="a photograph, or a folder: all photographs in it"
    )
    parser.add_argument("--device", required=True, metavar="NAME", help="what to call the device, such as my-phone")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the profile (default: NAME.json)")
    parser.add_argument("--bundle", metavar="DIR", help="another model bundle than the one that is installed")
    parser.add_argument(
        "--verified", type=Path, metavar="DIR", action="append", default=[], help="labelled cells; may be repeated"
    )
    parser.add_argument(
        "--um-per-px",
        type=float,
        metavar="UM",
        help="scale of verified pictures that state none (default: as measured)",
    )
    parser.add_argument(
        "--alias", metavar="NAME=TYPE", action="append", default=[], help="what a verified class is; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    from lowcost.calibration import calibrate
    from lowcost.classifier import Parameters
    from lowcost.cli.analyze import images
    from lowcost.export import files
    from lowcost.pipeline import Analyzer

    if not args.device:
        raise InputError("the name of the device is empty: call it something, such as my-phone")
    if set("/\\") & set(args.device):
        raise InputError(f"{args.device!r} is a path, expected a name such as my-phone: --out says where to write")
    labelled = _labelled(args)
    paths = [path for named in args.fields for path in images(named)]
    target = args.out or Path(f"{args.device}.json")

    def tell(name: str) -> None:
        if sys.stderr.isatty():
            say(f"measuring {name}", sys.stderr)

    unusable: list[str] = []

    def leave_out(sentence: str) -> None:
        unusable.append(sentence)
        say(f"lowcost: {sentence}; it is left out", sys.stderr)

    analyzer = Analyzer.load(bundle=args.bundle)
    profile = calibrate(args.device, paths, analyzer, tell, leave_out)
    outcome = None
    if labelled:
        from lowcost.training import recalibration

        cells = recalibration.verified(labelled, profile, analyzer.bundle, args.um_per_px)
        outcome = recalibration.learn(cells, analyzer.bundle.section("classifier", Parameters))
        if outcome.helps:
            profile = recalibration.recalibrated(profile, cells, outcome.recalibration)
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
    if outcome is not None:
        for line in _gained(outcome):
            print(line)
    print(f"\n{RESEARCH_USE_NOTICE}")
    return EXIT_FINE if not unusable and (outcome is None or outcome.helps) else EXIT_SOME_FAILED


def _labelled(args: argparse.Namespace) -> list[Source]:
    """The sets that --verified names, read before hours go into the photographs."""
    from lowcost.cli.train import aliases_of, check
    from lowcost.training import sources

    if not args.verified and (args.um_per_px is not None or args.alias):
        raise InputError("--um-per-px and --alias are for verified cells: name these with --verified")
    check(args)
    aliases = aliases_of(args.alias)
    return [sources.read(folder, aliases) for folder in args.verified]


def _gained(outcome: Outcome) -> Iterator[str]:
    """What verified cells change, judged on slides or pictures that did not take part."""
    from lowcost.evaluation import naming

    if not outcome.helps:
        yield f"  verified     {len(outcome.before)} cells: others are named no better with them, so nothing is changed"
        return
    yield f"  verified     {len(outcome.before)} cells; on slides or pictures that did not take part"
    for name, measure in (("right", naming.accuracy), ("calibration error", naming.calibration_error)):
        yield f"               {name} {measure(outcome.before)} before, {measure(outcome.after)} after"
