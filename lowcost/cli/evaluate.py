"""``lowcost evaluate``: the tables of ``benchmarks/results``, or those of one set, from the public analyzer."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.training.sources import Source


_EPILOG = f"""\
examples:
  lowcost evaluate                                       every table of benchmarks/results; so does make eval
  lowcost evaluate raabin_dev --bundle my-bundle --out results
  lowcost evaluate --data my_cells --um-per-px 0.1 --bundle my-bundle

my_cells is one set: a folder of pictures per cell type, COCO, YOLO, VOC, or a published set (see lowcost datasets).

{RESEARCH_USE_NOTICE}"""


def add_parser(subparsers: Any) -> None:
    from lowcost.evaluation.suite import GROUPS

    parser = subparsers.add_parser(
        "evaluate",
        description="Analyze annotated images and print what is right and wrong, by class and by slide.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "groups", nargs="*", metavar="SET", help=f"only these: {', '.join(GROUPS)} (default: all of them)"
    )
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), metavar="DIR", help="where the sets are, or one set"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the tables are written (default: benchmarks/results; of one set, NAME.evaluation)",
    )
    parser.add_argument("--bundle", metavar="DIR", help="evaluate this model bundle instead of the installed one")
    parser.add_argument("--um-per-px", metavar="UM", type=float, help="scale of one set's pictures that state none")
    parser.add_argument(
        "--alias", metavar="NAME=TYPE", action="append", default=[], help="what a class of one set is; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    from lowcost.evaluation.suite import GROUPS, circumstances

    unknown = [name for name in args.groups if name not in GROUPS]
    if unknown:
        raise InputError(f"There is no set {unknown[0]!r} to evaluate; expected {', '.join(GROUPS)}.")
    if not args.data.is_dir():
        raise InputError(f"There is no folder {args.data} with annotated images; give it with --data.")
    from lowcost.export import files
    from lowcost.pipeline import Analyzer

    one = None if args.groups else _one_set(args)
    analyzer = Analyzer.load(bundle=args.bundle)
    out = args.out or (Path("benchmarks/results") if one is None else Path(f"{one.card.name}.evaluation"))
    files.make_folder(out)
    for name in [one.card.name] if one else args.groups or GROUPS:
        command = f"lowcost evaluate --data {args.data}" if one else f"lowcost evaluate {name}"
        facts = circumstances(analyzer.bundle.name, analyzer.bundle.digest, command)
        if one:
            from lowcost.evaluation import labelled_set

            tables = labelled_set.tables(analyzer, name, one.pictures)
        else:
            tables = GROUPS[name](analyzer, args.data)
        text = "\n".join(table.markdown() for table in tables)
        print(text, flush=True)
        footer = "\n".join(f"* {key}: {value}" for key, value in facts.items())
        files.write(out / f"{name}.md", f"{text}\n## How it was measured\n\n{footer}\n".encode())
        content = {"measured": facts, "tables": [table.to_dict() for table in tables]}
        files.write(out / f"{name}.json", f"{json.dumps(content, indent=2)}\n".encode())
    return 0


def _one_set(args: argparse.Namespace) -> Source | None:
    """The set that --data names; None where it is a folder of published ones."""
    from lowcost.cli.train import aliases_of
    from lowcost.training import sources

    if sources.recognise(args.data) is None and any(
        sources.recognise(place) for place in args.data.iterdir() if place.is_dir()
    ):
        return None
    return sources.scaled(sources.read(args.data, aliases_of(args.alias)), args.um_per_px)
