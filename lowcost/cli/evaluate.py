"""``lowcost evaluate``: the tables of ``benchmarks/results``, from the public analyzer on annotated images."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE


def add_parser(subparsers: Any) -> None:
    from lowcost.evaluation.suite import GROUPS

    parser = subparsers.add_parser(
        "evaluate",
        description="Analyze annotated images and print what is right and wrong, one table per set.",
        epilog=RESEARCH_USE_NOTICE,
    )
    parser.add_argument(
        "groups", nargs="*", metavar="SET", help=f"only these: {', '.join(GROUPS)} (default: all of them)"
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="DIR", help="where the sets are")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results"), metavar="DIR", help="where the tables are written"
    )
    parser.add_argument("--bundle", metavar="DIR", help="evaluate this model bundle instead of the installed one")


def run(args: argparse.Namespace) -> int:
    from lowcost.evaluation.suite import GROUPS, circumstances

    unknown = [name for name in args.groups if name not in GROUPS]
    if unknown:
        raise InputError(f"There is no set {unknown[0]!r} to evaluate; expected {', '.join(GROUPS)}.")
    if not args.data.is_dir():
        raise InputError(f"There is no folder {args.data} with annotated images; give it with --data.")
    from lowcost.pipeline import Analyzer

    analyzer = Analyzer.load(bundle=args.bundle)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.groups or GROUPS:
        facts = circumstances(analyzer.bundle.name, analyzer.bundle.digest, f"lowcost evaluate {name}")
        tables = GROUPS[name](analyzer, args.data)
        text = "\n".join(table.markdown() for table in tables)
        print(text, flush=True)
        footer = "\n".join(f"* {key}: {value}" for key, value in facts.items())
        (args.out / f"{name}.md").write_text(f"{text}\n## How it was measured\n\n{footer}\n", encoding="utf-8")
        content = {"measured": facts, "tables": [table.to_dict() for table in tables]}
        (args.out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0
