"""What ``lowcost analyze`` says on the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from lowcost.report import words
from lowcost.result import SmearResult
from lowcost.taxonomy import CELL_TYPES

_MOST_NAMES = 5
"""Files that are named together before the rest is only counted."""


def lines(result: SmearResult, written: list[Path]) -> Iterator[str]:
    """Give the differential and the verdicts as lines of plain text, for terminals that know no more than ASCII."""
    for line in _lines(result, written):
        yield line.replace("\u00a0", " ").replace("\u2013", "-")


def _lines(result: SmearResult, written: list[Path]) -> Iterator[str]:
    found = result.differential
    yield words.summary(result)
    if found.counted:
        yield ""
        known = found.blast_equivalents.with_errors is not None
        yield f"{'':22} cells     share  95 % limits{'    corrected  95 % limits of it' if known else ''}"
        for name, share in found.shares.items():
            if share.count:
                line = f"{CELL_TYPES[name].label:22}{share.count:6}{words.percent(share.percent):>10}  "
                line += f"{words.limits(share):11}"
                if share.with_errors:
                    corrected = share.with_errors
                    line += f"{words.percent(corrected.percent):>13}  {words.limits(corrected)}"
                yield line.rstrip()
        yield "Limits of the share as counted cover sampling only."
        if known:
            yield "Corrected share and limits allow for the classifier's errors too, and can be the narrower ones."
        yield ""
        yield found.supports
        yield words.blasts(result)
    yield from _verdicts(result)
    if written:
        yield ""
        yield f"written: {', '.join(map(str, written))}"
    yield ""
    yield result.notice


def _verdicts(result: SmearResult) -> Iterator[str]:
    """The fields that were not simply accepted, those of one reason together."""
    together: dict[str, list[str]] = defaultdict(list)
    for field in result.fields:
        if field.verdict != "accepted":
            together[f"{field.verdict}: {'; '.join(field.reasons)}"].append(field.name)
    for verdict, named in together.items():
        yield f"{words.count(len(named), 'field')} {verdict}: {names(named)}"


def names(of: Sequence[str | Path]) -> str:
    """Return the names of some files in one line; of many, the first."""
    more = f" and {len(of) - _MOST_NAMES} more" if len(of) > _MOST_NAMES else ""
    return ", ".join(map(str, of[:_MOST_NAMES])) + more
