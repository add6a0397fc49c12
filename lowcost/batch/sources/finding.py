"""From the names on a command line to whole files, each with the slide that it belongs to."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from lowcost.batch import store
from lowcost.batch.item import Item
from lowcost.batch.sources import Found, holds_parts, place, recognises
from lowcost.errors import InputError
from lowcost.export import files

_NOT_ENTERED = (store.FILE, files.RECORD)
"""A folder that holds one of these was written by lowcost: its pictures are no fields."""


def find(names: Sequence[str], refuse: Callable[[str], None]) -> Iterator[Found]:
    """Give the files that arguments name: those in folders and below, those that fit patterns, those at addresses.

    Each folder is one slide, called as the folder is; below a folder that was named, by its way from there
    (``march/slide-7``).

    Parameters
    ----------
    names : sequence of str
        Files, folders, patterns or addresses.
    refuse : callable
        Told in a sentence what cannot be used; the others are given nevertheless.
    """
    paths = [each for name in names for each in expanded(name)]
    labels = Labels([each if _is_root(each) else _parent(each) for each in paths])
    for name in paths:
        try:
            yield from (Found(Item(labels.slide(path), _name(path), path)) for path in below(name))
        except InputError as error:
            refuse(str(error))


def below(name: str) -> Iterator[str]:
    """Give the files in a folder and below it, sorted, or the file itself, as absolute paths.

    Raises
    ------
    InputError
        The folder cannot be read, or holds nothing that is taken for an image.
    """
    path = place.absolute(name)
    if place.is_address(path):
        listed = place.listed(path)
        found = listed if listed == [path] else [each for each in listed if recognises(_name(each))]
    elif os.path.isdir(path):
        yield from _walk(path)
        return
    elif os.path.lexists(path):
        found = [path]
    else:
        raise InputError(f"{place.printable(name)} does not exist: check the spelling and the folder")
    if not found:
        raise InputError(f"{name} holds no image: expected files such as field.jpg or field.png in it")
    yield from found


class Labels:
    """Names of slides: the folders that were named, by the fewest of their last parts that tell them apart.

    Parameters
    ----------
    roots : sequence of str
        Folders, and files that hold several images, absolute.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        parts = {_parts(root) for root in roots}
        outer = {each for each in parts if not any(each[:i] in parts for i in range(1, len(each)))}
        self._labels = {each: _shortest(each, outer) for each in outer}

    def slide(self, path: str) -> str:
        """Return the slide of a file: its folder, as seen from the outermost folder that was named."""
        parts = _parts(path)
        root = next(parts[:i] for i in range(1, len(parts) + 1) if parts[:i] in self._labels)
        inner = parts[len(root) : -1]
        label = self._labels[root]
        # What holds several images is a folder to them: if it was named itself, its own name comes later.
        return place.printable("/".join([*(label[:-1] if root == parts else label), *inner]))


def _shortest(parts: tuple[str, ...], others: set[tuple[str, ...]]) -> tuple[str, ...]:
    for count in range(1, len(parts)):
        if sum(other[-count:] == parts[-count:] for other in others) == 1:
            return parts[-count:]
    return parts


def _walk(folder: str) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        raise InputError(f"the folder {place.printable(error.filename)} cannot be read: {error.strerror}") from error

    nothing = True
    for above, folders, names in os.walk(folder, onerror=unreadable):
        if any(each in names for each in _NOT_ENTERED):
            folders.clear()
            continue
        folders[:] = sorted(_visible(folders))
        for name in sorted(_visible(names)):
            if recognises(name):
                nothing = False
                yield os.path.join(above, name)
    if nothing:
        raise InputError(
            f"the folder {place.printable(folder)} holds no image: expected files such as field.jpg or field.png in it"
        )


def _visible(names: list[str]) -> Iterator[str]:
    return (name for name in names if not name.startswith((".", "__MACOSX")))


def expanded(name: str) -> list[str]:
    """Return what fits a pattern, absolute: shells of Windows leave it to the program. An address stays as it is."""
    if place.is_address(name) or os.path.lexists(name) or not glob.has_magic(name):
        return [place.absolute(name)]
    return [place.absolute(each) for each in sorted(glob.glob(name, recursive=True))] or [place.absolute(name)]


def _is_root(path: str) -> bool:
    if holds_parts(path):
        return True
    return not recognises(_name(path)) if place.is_address(path) else os.path.isdir(path)


def _parent(path: str) -> str:
    return path.rsplit("/", 1)[0] if place.is_address(path) else os.path.dirname(path)


def _name(path: str) -> str:
    return place.printable(path.rsplit("/", 1)[-1] if place.is_address(path) else os.path.basename(path))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")) if place.is_address(path) else PurePath(path).parts
