"""The differential as a table with a plot: every number beside its interval and the usual range of adults."""

from __future__ import annotations

from collections.abc import Iterable

from lowcost.differential import share as share_of
from lowcost.export.palette import COLOURS, Colour
from lowcost.report import words
from lowcost.report.markup import Html, element
from lowcost.result import Differential, Share, SmearResult
from lowcost.taxonomy import CELL_TYPES

REFERENCE: dict[str, tuple[int, int]] = {
    "neutrophils": (45, 79),
    "neutrophil_band": (0, 5),
    "lymphocyte": (16, 47),
    "monocyte": (0, 9),
    "eosinophil": (0, 6),
    "basophil": (0, 2),
}
"""Adult reference intervals, % of leukocytes, for orientation; ``neutrophils`` are segmented and band together."""

_MIDDLE, _BELOW, _HEIGHT = 9, 17, 22
"""Of one row's plot, px: the bar of sampling, the one that covers errors too, and the row."""


def section(result: SmearResult) -> Html:
    """Return the section of the differential."""
    found = result.differential
    if found.counted == 0:
        plot = None
    else:
        top = _top(found)
        plot = element(
            "table",
            element("caption", "Leukocytes named, with 95 % limits", class_="quiet"),
            element(
                "thead", element("tr", _heads(found), element("th", _axis(top), class_="plot", aria_hidden="true"))
            ),
            element("tbody", (_row(*line, top) for line in _lines(found))),
            element("tbody", _blasts(found, top), class_="blasts"),
            class_="differential",
        )
    return element(
        "section",
        element("h2", "Differential"),
        element("p", found.supports, class_="supports"),
        plot,
        element("p", words.blasts(result), class_="blastline"),
        element("ul", _shares_beside(found)),
        element("p", _meaning(found), class_="quiet"),
        id="differential",
    )


def _heads(found: Differential) -> Iterable[Html]:
    for head, kind in (("Type", None), ("Cells", "num"), ("Share", "num"), ("Sampling only", "num limits")):
        yield element("th", head, class_=kind, scope="col")
    if _errors_known(found):
        yield element("th", "Corrected share", class_="num errors", scope="col")
        yield element("th", "Its limits", class_="num limits errors", scope="col")


def _errors_known(found: Differential) -> bool:
    return found.blast_equivalents.with_errors is not None


def _meaning(found: Differential) -> str:
    """What the bars are, in words."""
    band = "The light band is the adult reference interval, for orientation."
    exact = "exact binomial limits (Clopper\u2013Pearson): they cover the luck of which cells were met."
    if not _errors_known(found):
        return f"Bars are {exact} Cells that the program confuses come on top. {band}"
    return (
        f"Thick bars are {exact} Thin bars are the limits of the corrected share, a tick: what was there if the "
        "program confuses cells as often as it did with held-out cells of the training laboratories. They allow for "
        "sampling and these errors, but are not exact: they can be narrower than the thick bars, and lie beside the "
        f"share as counted where one type is often taken for another. {band}"
    )


def _lines(found: Differential) -> Iterable[tuple[str, str, Share, Colour | None]]:
    """Key of the reference interval, label, share and colour of each line."""
    segmented, band = found.shares["neutrophil_segmented"], found.shares["neutrophil_band"]
    total = found.neutrophils or share_of(segmented.count + band.count, found.counted)
    yield "neutrophils", "Neutrophils (total)", total, None
    for name, share in found.shares.items():
        yield name, CELL_TYPES[name].label, share, COLOURS[name]


def _row(key: str, label: str, share: Share, colour: Colour | None, top: int, marks: Iterable[int] = ()) -> Html:
    swatch = element("i", class_="swatch", style=f"background:rgb{colour}") if colour else None
    wide = share.with_errors
    return element(
        "tr",
        element("th", swatch, label, scope="row"),
        element("td", share.count, class_="num"),
        element("td", words.percent(share.percent), class_="num"),
        element("td", words.limits(share), class_="num limits"),
        element("td", words.percent(wide.percent), class_="num errors") if wide else None,
        element("td", words.limits(wide), class_="num limits errors") if wide else None,
        element("td", plot(share, REFERENCE.get(key), top, marks), class_="plot", aria_hidden="true"),
        class_=None if share.count else "none",
    )


def _blasts(found: Differential, top: int) -> Html:
    marks = [int(percent) for percent in found.blast_thresholds]
    return _row("blasts", "Blast equivalents", found.blast_equivalents, None, top, marks)


def plot(share: Share, reference: tuple[int, int] | None, top: int, marks: Iterable[int]) -> Html:
    """Return a share with its interval as a plot, in percentages of the width, so that nothing is distorted.

    Parameters
    ----------
    share : Share
        The share.
    reference : tuple of int, or None
        A usual range, %.
    top : int
        End of the axis, %.
    marks : iterable of int
        Thresholds, %.
    """

    def x(value: float) -> str:
        return f"{100 * value / top:.2f}%"

    band = None
    if reference:
        start, end = reference
        band = element("rect", class_="band", x=x(start), width=x(end - start), y=2, height=_HEIGHT - 4)
    ends = (share.low, share.high)
    wide = share.with_errors
    ticks = (wide.low, wide.percent, wide.high) if wide else ()
    return element(
        "svg",
        band,
        (_vertical("mark", x(mark), 0, _HEIGHT) for mark in marks),
        element("line", class_="errors", x1=x(wide.low), x2=x(wide.high), y1=_BELOW, y2=_BELOW) if wide else None,
        (_vertical("errors", x(tick), _BELOW - 3, _BELOW + 3) for tick in ticks),
        element("line", class_="limits", x1=x(ends[0]), x2=x(ends[1]), y1=_MIDDLE, y2=_MIDDLE),
        (_vertical("limits", x(end), _MIDDLE - 4, _MIDDLE + 4) for end in ends),
        element("circle", class_="share", cx=x(share.percent), cy=_MIDDLE, r=4),
        width="100%",
        height=_HEIGHT,
    )


def _vertical(kind: str, x: str, y1: int, y2: int) -> Html:
    return element("line", class_=kind, x1=x, x2=x, y1=y1, y2=y2)


def _axis(top: int) -> Html:
    ends = {0: "start", top: "end"}
    ticks = (
        element("text", tick or "0 %", x=f"{100 * tick / top:.2f}%", y=14, text_anchor=ends.get(tick, "middle"))
        for tick in range(0, top + 1, 20)
    )
    return element("svg", ticks, width="100%", height=18)


def _top(found: Differential) -> int:
    """End of the axis: 80 % holds every reference interval."""
    shares = [share for _, _, share, _ in _lines(found)]
    return 80 if all(max(share.high, (share.with_errors or share).high) <= 80 for share in shares) else 100


def _shares_beside(found: Differential) -> Iterable[Html]:
    unsure, others = found.unidentified, found.artefacts
    if unsure.total:
        yield element(
            "li",
            f"Unidentified: {unsure.count} of {words.count(unsure.total, 'leukocyte')} "
            f"({words.percent(unsure.percent)}, {words.limits(unsure)}).",
        )
    if others.total:
        yield element(
            "li",
            f"Not counted (platelets, erythroblasts, smudge cells, artefacts): {others.count} of "
            f"{words.count(others.total, 'object')} found ({words.percent(others.percent)}).",
        )
