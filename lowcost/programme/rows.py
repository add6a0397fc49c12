"""Tables of the programme report, and the words that several of its sections use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lowcost.differential import Parameters as Conventions
from lowcost.programme.tally import Slide
from lowcost.report import words
from lowcost.report.markup import Html, element
from lowcost.result import Share

LONGEST = 200
"""Rows of a table that the page shows; the files hold all."""


def scrolling(heads: Sequence[str], rows: Iterable[object], numbers: int | None = None) -> Html:
    """A table that scrolls for itself where the window is narrow; heads from `numbers` on stand over numbers."""
    named = (
        element("th", head, scope="col", class_="num" if numbers is not None and numbers <= place else None)
        for place, head in enumerate(heads)
    )
    made = element("table", element("thead", element("tr", named)), element("tbody", rows), class_="slides")
    return element("div", made, class_="wide", tabindex=0)


def shown(found: Share) -> object:
    """A share with its limits below, a dash where nothing was counted."""
    if not found.total:
        return "\u2013"
    return [words.percent(found.percent), element("small", words.limits(found))]


def marks(conventions: Conventions) -> str:
    """The shares of blasts that matter."""
    return " or ".join(f"{percent}\u00a0%" for percent in conventions.blast_thresholds)


def when(slide: Slide) -> str:
    """The day of a slide, nothing where it is not known."""
    return slide.day.isoformat() if slide.day else ""
