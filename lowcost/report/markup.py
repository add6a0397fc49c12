"""Building HTML so that nothing which is not markup can ever become markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = {"img", "input", "meta"}


class Html(str):
    """Text that is markup already; every other text is escaped when it is put into an element."""

    __slots__ = ()


def element(name: str, /, *children: object, **attributes: object) -> Html:
    """Return one element.

    Parameters
    ----------
    name : str
        Its tag.
    *children : Html, str, int, iterable of these or None
        What it holds; texts are escaped, None is nothing.
    **attributes : object
        Underscores stand for hyphens and a trailing one is dropped (``class_``); None and False leave an attribute out,
        True writes it bare.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Html:
    """Return children one after the other."""
    return Html("".join(map(_text, children)))


def _text(child: object) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (str, int)):
        return escape(str(child))
    if isinstance(child, Iterable):
        return join(child)
    raise TypeError(f"cannot put a {type(child).__name__} into HTML")


def file_name(name: str) -> Html:
    """Return a file's name, set apart so that letters which turn the direction of writing turn nothing else."""
    return element("bdi", name, class_="name")
