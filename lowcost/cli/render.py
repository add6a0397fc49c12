"""``lowcost render``: draw fields of a stained smear whose every cell is known."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from lowcost.errors import InputError
from lowcost.synth import RenderedField, presets, truth
from lowcost.synth.settings import DRAWABLE
from lowcost.taxonomy import RESEARCH_USE_NOTICE

_DESCRIPTION = """\
Draw fields of a stained blood smear with the exact truth about them: images/ (the photographs), masks/ (16-bit numbers
of objects and of red cells, lobes of nuclei) and truth.json (types, boxes, polygons, lobes, scale, all settings). The
same seed and arguments give the same files."""

_EPILOG = f"""\
presets (scale, colours, sharpness, crowding drawn anew for every field):
{chr(10).join(f"  {name:10} {preset.summary}" for name, preset in presets.PRESETS.items())}

cell types:
  {", ".join(DRAWABLE[:6])},
  {", ".join(DRAWABLE[6:])}

examples:
  lowcost render --out smears
  lowcost render --out smears --fields 20 --preset eyepiece --seed 7
  lowcost render --out smears --um-per-px 0.25 --width 2000 --height 1500 --cells "neutrophil_segmented=5,lymphocyte=3"
  lowcost render --out smears && lowcost analyze smears/images/* --out report

{RESEARCH_USE_NOTICE}"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "render", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", metavar="DIR", required=True, type=Path, help="folder to write to; made if missing")
    parser.add_argument("--fields", metavar="N", type=int, default=1, help="number of fields (default 1)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the first field (default 0)")
    parser.add_argument("--preset", metavar="NAME", default="clinic", help="kind of photograph (default clinic)")
    parser.add_argument("--width", metavar="PX", type=int, help="width instead of the preset's")
    parser.add_argument("--height", metavar="PX", type=int, help="height instead of the preset's")
    parser.add_argument("--um-per-px", metavar="UM", type=float, help="scale instead of the preset's; square pixels")
    parser.add_argument(
        "--cells", metavar="TYPE=N,...", type=str, help="objects of every field instead of the preset's"
    )
    parser.add_argument("--format", choices=("png", "jpg"), default="png", help="format of the images (default png)")
    parser.add_argument("--json", action="store_true", help="print what truth.json holds instead of a summary")


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from lowcost.export import files

    if args.fields < 1:
        raise InputError(f"--fields is {args.fields}; expected 1 or more.")
    if args.seed < 0:
        raise InputError(f"--seed is {args.seed}; expected 0 or more.")
    changes = _changes(args)
    files.make_folder(args.out)
    entries = []
    digits = max(3, len(str(args.fields)))
    # Drawn on a terminal only: silence in pipes and logs.
    for number in tqdm(
        range(args.fields), desc="rendering", unit="field", disable=not sys.stderr.isatty(), leave=False
    ):
        seed = args.seed + number
        scene = dataclasses.replace(presets.draw(args.preset, seed), **changes)
        field = scene.render(seed)
        entry = truth.write_field(field, args.out, f"smear_{number + 1:0{digits}d}", f".{args.format}")
        entries.append({"preset": args.preset} | entry)
        if not args.json:
            print(_line(entry, field))
    document = json.dumps(truth.document(entries))
    files.write(args.out / "truth.json", f"{document}\n".encode())
    print(document if args.json else f"truth: {args.out / 'truth.json'}")
    return 0


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """What the arguments ask for instead of the preset's choice."""
    changes: dict[str, Any] = {}
    if args.width is not None:
        changes["width"] = args.width
    if args.height is not None:
        changes["height"] = args.height
    if args.um_per_px is not None:
        changes["um_per_px"] = (args.um_per_px, args.um_per_px)
    if args.cells is not None:
        changes["cells"] = _cells(args.cells)
    return changes


def _cells(text: str) -> tuple[str, ...]:
    """The objects named by ``type=number,...``, one name each; a type without number counts once."""
    cells: list[str] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        if number and not number.strip().isdecimal():
            raise InputError(f"--cells says {part!r}; expected a type and a number, as in lymphocyte=3.")
        cells += [name.strip()] * int(number or 1)
    return tuple(cells)


def _line(entry: dict[str, Any], field: RenderedField) -> str:
    counts = Counter(item.type for item in field.objects)
    cells = ", ".join(f"{count} {name}" for name, count in counts.items())
    scale = " x ".join(f"{step:.3f}" for step in dict.fromkeys(field.um_per_px))
    return f"{entry['image']}: {scale} um/px, {len(field.red_cell_table)} red cells; {cells or 'nothing else'}"
