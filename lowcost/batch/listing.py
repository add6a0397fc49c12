"""From found files to entries of the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lowcost.batch import sources
from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Listed
from lowcost.batch.sources import Found, place
from lowcost.batch.work import Recipe
from lowcost.errors import InputError, LowcostError


def enter(ledger: Ledger, found: Iterable[Found], recipe: Recipe) -> None:
    """Enter files, and the parts of those that hold several images; of one that cannot be looked into, that it failed.

    Parameters
    ----------
    ledger : Ledger
        The store.
    found : iterable of Found
        The files.
    recipe : Recipe
        What results depend on.

    Raises
    ------
    InputError
        Two folders, or two files, claim one name; nothing is entered.
    """
    ledger.register(_listed(ledger, found, recipe), place.exists)


def _listed(ledger: Ledger, found: Iterable[Found], recipe: Recipe) -> Iterator[Listed]:
    homes: dict[str, str] = {}
    for each in found:
        if each.by_itself and (slide := ledger.slide_of(os.path.dirname(each.item.path))):
            each = replace(each, item=replace(each.item, slide=slide))
        path, um_per_px = each.item.path, each.item.um_per_px
        stamp = place.stamp(path)
        if um_per_px is not None and sources.may_hold_parts(path):
            stamp += f" at {um_per_px!r}"  # a whole slide of another scale has other tiles
        try:
            parts = _parts(ledger, path, um_per_px, stamp)
        except LowcostError as error:
            item = sources.child(each, sources.UNOPENED)
            yield Listed(item, recipe.settings(item), stamp, failure=place.printable(str(error)))
            continue
        for part in parts:
            item = sources.child(each, part)
            if not each.slide_is_named and item.slide not in homes:
                homes[item.slide] = _checked_home(ledger, item)
            if not each.slide_is_named and homes[item.slide] != _home(item):
                raise _two_homes(item, homes[item.slide])
            yield Listed(item, recipe.settings(item), stamp)


def _parts(ledger: Ledger, path: str, um_per_px: float | None, stamp: str) -> Sequence[str | None]:
    """The parts of a file; it is looked into only where the store does not know them."""
    if not sources.may_hold_parts(path) or not stamp:
        return [None]
    known = ledger.known_parts(path, stamp)
    if known and sources.UNOPENED not in known:
        return known
    parts = sources.parts(path, um_per_px)
    ledger.forget_parts(path, set(parts))
    return parts


def _checked_home(ledger: Ledger, item: Item) -> str:
    """The folder of an item, which must be that of the slide in the store as far as that still is there."""
    there = ledger.one_of(item.slide)
    if there is not None and _home(there) != _home(item) and place.exists(there.path):
        raise _two_homes(item, _home(there))
    return _home(item)


def _home(item: Item) -> str:
    """The folder that makes an item's slide where no manifest does."""
    return os.path.dirname(item.path) if item.part is None else item.path


def _two_homes(item: Item, other: str) -> InputError:
    return InputError(
        f"the folders {place.printable(other)} and {place.printable(_home(item))} both are the slide {item.slide}: "
        "give both in one command, which tells them apart, or name the slides in a manifest"
    )
