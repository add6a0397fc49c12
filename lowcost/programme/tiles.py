"""Tiles of whole slides: their cells belong to the slide's file, in px of its finest level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from lowcost.batch.item import Item
from lowcost.result import Cell, Field


def joined(fields: Iterable[tuple[Item, Field]]) -> list[Field]:
    """Put the tiles of each whole slide together into one field; photographs stay as they are.

    Parameters
    ----------
    fields : iterable of (Item, Field)
        What `lowcost.batch.store.Store.fields` gives of a slide.

    Returns
    -------
    list of Field
        Photographs, then whole slides named by their files; see `lowcost.wholeslide.joined`.
    """
    found: list[Field] = []
    scans: dict[str, list[tuple[Item, Field]]] = defaultdict(list)
    for item, field in fields:
        if item.kind == "region":
            scans[item.path].append((item, field))
        else:
            found.append(field)
    if scans:
        from lowcost import wholeslide  # heavy, and most stores hold none

        for path, own in scans.items():
            placed = ((field, wholeslide.Region.parse(item.which)) for item, field in own)
            found.append(wholeslide.joined(placed, _file(path)))
    return found


def place(item: Item, cell: Cell) -> tuple[str, str]:
    """Return the image on which a cell lies, and which cell of it this is, as a person finds it there."""
    if item.kind != "region":
        return item.name, f"cell {cell.id}"
    x0, y0, x1, y1 = cell.box
    return _file(item.path), _at(item, (x0 + x1) / 2, (y0 + y1) / 2)


def part(item: Item) -> str:
    """Return which part of its file an image is, in words for a tile."""
    return f"tile {_at(item, 0, 0)}" if item.kind == "region" else item.part or ""


def _at(item: Item, x: float, y: float) -> str:
    """A place on a tile, in px of the slide's finest level."""
    from lowcost.wholeslide import Region

    on_x, on_y = Region.parse(item.which).on_slide(x, y)
    return f"at x {on_x:,.0f}, y {on_y:,.0f} px"


def _file(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name
