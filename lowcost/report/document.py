"""The frame of every page that a person takes along: one file that loads nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lowcost.report.markup import Html, element

_SECURITY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
# What a page may load: nothing.


def document(title: str, body: Html, *sheets: Html) -> str:
    """Return a page.

    Parameters
    ----------
    title : str
        What a browser calls it.
    body : Html
        Its body element.
    *sheets : Html
        Style sheets of its own, after the one that all pages share.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_SECURITY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", _style(), *sheets),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


@cache
def _style() -> Html:
    return Html((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))
