"""``lowcost datasets``: the sets that can be read, and what is wrong with one of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.datasets.check import Report

_EXAMPLES = 5
"""Findings of one sort that are shown before the rest is only counted."""

_DESCRIPTION = """\
List the public sets of labelled smear images that lowcost reads, with licence and source. With check PATH: recognise
the set in a folder (published, or one's own: COCO, YOLO, VOC, a folder per class), count it by class, split and
patient, and find missing files, impossible boxes, unknown classes, duplicates, and leaks between splits."""

_EPILOG = f"""\
examples:
  lowcost datasets
  lowcost datasets check PBC_dataset_normal_DIB
  lowcost datasets check my_cells --json > findings.json

exit codes of check: 0 nothing is wrong, 1 something was found, 2 the folder holds no set

{RESEARCH_USE_NOTICE}"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "datasets", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    check = actions.add_parser(
        "check", help="look for faults in one set", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    check.add_argument("path", metavar="PATH", type=Path, help="folder of the set")
    check.add_argument("--json", action="store_true", help="print everything as JSON, all findings among it")


def run(args: argparse.Namespace) -> int:
    if args.action is None:
        print("\n".join(_list()))
        return 0
    from lowcost.datasets.check import check

    try:
        report = check(args.path, _progress)
    except OSError as error:
        raise InputError(
            f"Cannot read {error.filename or args.path}: {error.strerror}; check its permissions."
        ) from error
    print(json.dumps(report.to_dict(), indent=2) if args.json else "\n".join(_lines(report)))
    return 1 if report.findings else 0


def _list() -> Iterator[str]:
    from lowcost.datasets.catalogue import CATALOGUE

    for entry in CATALOGUE.values():
        card = entry.card
        use = "may train shipped models" if card.may_train else "evaluation and tuning only"
        yield f"{card.name}: {card.title}"
        facts = {"holds": card.holds, "licence": f"{card.licence}; {use}", "split": card.split, "get": card.get}
        yield indent("\n".join(f"{name:8} {text}" for name, text in facts.items()), "  ")
    yield "\nany set of one's own: COCO JSON, YOLO text, VOC XML, or one folder of pictures per class"
    yield f"\n{RESEARCH_USE_NOTICE}"


def _lines(report: Report) -> Iterator[str]:
    splits = list(report.splits)
    yield f"{report.card.name}: {report.card.title}"
    yield f"licence: {report.card.licence}"
    yield f"\n{report.images} images in {report.folder}\n"
    yield _row("", [split or "no split" for split in splits])
    yield _row("images", [report.splits[split] for split in splits])
    if report.groups:
        yield _row("patients or slides", [report.groups.get(split, 0) for split in splits])
    for label, counts in report.labels.items():
        yield _row(label, [counts.get(split, 0) for split in splits])
    if not report.findings:
        yield "\nnothing is wrong with it"
        return
    for kind, count in Counter(finding.kind for finding in report.findings).items():
        yield f"\n{kind}: {count}"
        shown = [finding for finding in report.findings if finding.kind == kind][:_EXAMPLES]
        yield from (f"  {finding.where}: {finding.what}" for finding in shown)
        if count > len(shown):
            yield f"  and {count - len(shown)} more (--json prints all)"


def _row(name: str, values: list[Any]) -> str:
    return f"{name:26}" + "".join(f"{value!s:>12}" for value in values)


def _progress(step: str, length: int) -> Callable[[int], object]:
    """A bar on a terminal; silence in pipes and logs."""
    from tqdm import tqdm

    update: Callable[[int], object] = tqdm(
        total=length, desc=step, unit="image", disable=not sys.stderr.isatty(), leave=False
    ).update
    return update
