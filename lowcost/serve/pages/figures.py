"""The differential as rows of a table with a plot, for templates; positions are per cent of the plot's width."""

from __future__ import annotations

from dataclasses import dataclass

from lowcost.differential import share as share_of
from lowcost.report import words as numbers
from lowcost.report.differential import REFERENCE
from lowcost.result import Differential, Share
from lowcost.serve.language import Words

LINE_HEIGHT = 22
"""Height of a row's plot, px."""


@dataclass(frozen=True)
class Row:
    """One line of the differential.

    Attributes
    ----------
    name : str
        The type, or ``"neutrophils"``, ``"blast_equivalents"`` for sums over types.
    label : str
        The words for it.
    count : int
        Cells.
    percent, limits : str
        The share and its 95 % limits, written.
    corrected : str
        The share corrected for the classifier's errors with its limits; empty where these are not known.
    reference : str
        The adult reference interval, written; empty where there is none.
    at, low, high : float
        Share and limits as positions.
    band : tuple of float or None
        Start and width of the reference interval.
    is_sum : bool
        Whether it adds up other rows.
    """

    name: str
    label: str
    count: int
    percent: str
    limits: str
    corrected: str
    reference: str
    at: float
    low: float
    high: float
    band: tuple[float, float] | None
    is_sum: bool


@dataclass(frozen=True)
class Figure:
    """The differential, ready to be shown.

    Attributes
    ----------
    rows : tuple of Row
        In the order of the taxonomy.
    counted : int
        Leukocytes with a type.
    has_errors : bool
        Whether the classifier's errors are known.
    ticks : tuple of (float, int)
        Position and percentage of each mark of the axis.
    """

    rows: tuple[Row, ...]
    counted: int
    has_errors: bool
    ticks: tuple[tuple[float, int], ...]


def of(found: Differential, words: Words) -> Figure:
    """Return a differential ready to be shown, in the language of `words`."""
    segmented, band = found.shares["neutrophil_segmented"], found.shares["neutrophil_band"]
    total = found.neutrophils or share_of(segmented.count + band.count, found.counted)
    shares = {"neutrophils": total, **found.shares, "blast_equivalents": found.blast_equivalents}
    top = 80 if all(share.high <= 80 for share in shares.values()) else 100
    rows = tuple(_row(name, share, top, words) for name, share in shares.items())
    ticks = tuple((100 * tick / top, tick) for tick in range(0, top + 1, 20))
    return Figure(rows, found.counted, found.blast_equivalents.with_errors is not None, ticks)


def _row(name: str, share: Share, top: int, words: Words) -> Row:
    wide, reference = share.with_errors, REFERENCE.get(name)
    return Row(
        name,
        words(f"type.{name}"),
        share.count,
        numbers.percent(share.percent),
        numbers.limits(share),
        f"{numbers.percent(wide.percent)} ({numbers.limits(wide)})" if wide else "",
        f"{reference[0]}–{reference[1]}" if reference else "",
        100 * share.percent / top,
        100 * share.low / top,
        100 * min(share.high, top) / top,
        (100 * reference[0] / top, 100 * (reference[1] - reference[0]) / top) if reference else None,
        name in ("neutrophils", "blast_equivalents"),
    )
