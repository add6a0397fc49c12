"""From the names on a command line to whole files, each with the slide that it belongs to."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePath

from lowcost.batch import store
from lowcost.batch.item import Item
from lowcost.batch.sources import Found, holds_parts, place, recognises
from lowcost.errors import InputError
from lowcost.export import files

_NOT_ENTERED = (store.FILE, files.RECORD)
"""A folder that holds one of these was written by lowcost: its pictures are no fields."""


def find(names: Sequence[str], refuse: Callable[[str], None], left_out: Callable[[str], None]) -> Iterator[Found]:
    """Give the files that arguments name: those in folders and below, those that fit patterns, those at addresses.

    Each folder is one slide, called as the folder is; below a folder that was named, by its way from there
    (``march/slide-7``).

    Parameters
    ----------
    names : sequence of str
        Files, folders, patterns or addresses.
    refuse : callable
        Told in a sentence what cannot be used; the others are given nevertheless.
    left_out : callable
        Told which folders below those named are left out, as lowcost wrote them.
    """
    paths = [each for name in names for each in expanded(name)]
    labels = Labels([each for each in paths if _is_root(each)], [each for each in paths if not _is_root(each)])
    for name in paths:
        try:
            for path in below(name, left_out):
                yield Found(Item(labels.slide(path), _name(path), path), by_itself=not labels.lies_in_root(path))
        except InputError as error:
            refuse(str(error))


def below(name: str, left_out: Callable[[str], None]) -> Iterator[str]:
    """Give the files in a folder and below it, sorted, or the file itself, as absolute paths.

    Parameters
    ----------
    name : str
        The folder or file.
    left_out : callable
        Told which folders below it are left out, as lowcost wrote them.

    Raises
    ------
    InputError
        The folder cannot be read, was written by lowcost, or holds nothing that is taken for an image.
    """
    path = place.absolute(name)
    if place.is_address(path):
        listed = place.listed(path)
        found = listed if listed == [path] else [each for each in listed if recognises(_name(each))]
    elif os.path.isdir(path):
        yield from _walk(path, left_out)
        return
    elif os.path.lexists(path):
        found = [path]
    else:
        raise InputError(f"{place.printable(name)} does not exist: check the spelling and the folder")
    if not found:
        raise InputError(f"{name} holds no image: expected files such as field.jpg or field.png in it")
    yield from found


class Labels:
    """Names of slides: their folders, by the fewest of their last parts that tell apart those that were named.

    Parameters
    ----------
    roots : sequence of str
        Folders that were named, and files that hold several images, absolute.
    files : sequence of str
        Other files that were named: of those that lie in none of these, the folder is the slide.
    """

    def __init__(self, roots: Sequence[str], files: Sequence[str]) -> None:
        parts = {_parts(root) for root in roots}
        self._roots = {each for each in parts if not any(each[:i] in parts for i in range(1, len(each)))}
        tops = self._roots | {self._top(_parts(file)) for file in files}
        self._labels = {each: _shortest(each, tops) for each in tops}

    def slide(self, path: str) -> str:
        """Return the slide of a file: its folder, as seen from the outermost folder that was named."""
        parts = _parts(path)
        top = self._top(parts)
        label, inner = self._labels[top], parts[len(top) : -1]
        # What holds several images is a folder to them: if it was named itself, its own name comes later.
        return place.printable("/".join([*(label[:-1] if top == parts else label), *inner]))

    def lies_in_root(self, path: str) -> bool:
        """Return whether a file is, or lies in, one of the roots."""
        parts = _parts(path)
        return any(parts[:i] in self._roots for i in range(1, len(parts) + 1))

    def _top(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The folder from which on a file's way is part of its slide's name."""
        return next((parts[:i] for i in range(1, len(parts) + 1) if parts[:i] in self._roots), parts[:-1])


def _shortest(parts: tuple[str, ...], others: set[tuple[str, ...]]) -> tuple[str, ...]:
    for count in range(1, len(parts)):
        if sum(other[-count:] == parts[-count:] for other in others) == 1:
            return parts[-count:]
    return parts


def first_in(folder: str) -> str | None:
    """Return an image in a folder or below it, whatever lowcost wrote there beside it; None where there is none."""
    return next(_images(folder, left_out=lambda _: None), None)


def _walk(folder: str, left_out: Callable[[str], None]) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        raise InputError(f"the folder {place.printable(error.filename)} cannot be read: {error.strerror}") from error

    if any(os.path.isfile(os.path.join(folder, each)) for each in _NOT_ENTERED):
        raise InputError(f"{not_entered(folder)}: move the photographs to a folder of their own")
    nothing = True
    for path in _images(folder, left_out, unreadable):
        nothing = False
        yield path
    if nothing:
        raise InputError(
            f"the folder {place.printable(folder)} holds no image: expected files such as field.jpg or field.png in it"
        )


def _images(
    folder: str, left_out: Callable[[str], None], unreadable: Callable[[OSError], None] | None = None
) -> Iterator[str]:
    """Give the images in a folder, whatever else it holds, and in those below it that lowcost did not write."""
    for above, folders, names in os.walk(folder, onerror=unreadable):
        if above != folder and any(each in names for each in _NOT_ENTERED):
            left_out(above)
            folders.clear()
            continue
        folders[:] = sorted(_visible(folders))
        yield from (os.path.join(above, name) for name in sorted(_visible(names)) if recognises(name))


def not_entered(folder: str) -> str:
    """Return the sentence that says why a folder is left out."""
    found = next(each for each in _NOT_ENTERED if os.path.exists(os.path.join(folder, each)))
    return f"the folder {place.printable(folder)} is left out, as it holds {found} and so results of lowcost"


def _visible(names: list[str]) -> Iterator[str]:
    return (name for name in names if not name.startswith((".", "__MACOSX")))


def expanded(name: str) -> list[str]:
    """Return what fits a pattern, absolute: shells of Windows leave it to the program. What is none stays as it is."""
    found: list[str] = []
    if place.is_address(name):
        with suppress(InputError):  # said when it is looked for
            found = place.listed(name) if glob.has_magic(name) else []
    elif not os.path.lexists(name) and glob.has_magic(name):
        found = sorted(glob.glob(name, recursive=True))
    return [place.absolute(each) for each in found or [name]]


def _is_root(path: str) -> bool:
    if holds_parts(path):
        return True
    return not recognises(_name(path)) if place.is_address(path) else os.path.isdir(path)


def _name(path: str) -> str:
    return place.printable(path.rsplit("/", 1)[-1] if place.is_address(path) else os.path.basename(path))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(filter(None, path.split("/"))) if place.is_address(path) else PurePath(path).parts
