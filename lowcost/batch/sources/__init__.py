"""Where images come from: files, folders, patterns, manifests, archives, videos, whole slides and object stores.

Finding gives whole files, `parts` what a file holds, and `load` one image. What a file holds is asked for only when it
is new or has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lowcost.batch.item import Item
from lowcost.batch.sources import archive, place, video, wholeslide
from lowcost.errors import InputError
from lowcost.image import reading

IMAGES = {".bmp", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
"""What counts as an image when a folder is named, by its ending; a file that is named itself is always tried."""

UNOPENED = "unopened"
"""Stands for the parts of a file that cannot be looked into: an item that has failed."""


@dataclass(frozen=True)
class Found:
    """A file that a run was given.

    Attributes
    ----------
    item : Item
        The whole file.
    slide_is_named : bool
        Whether a manifest says which slide it is of; else each folder of an archive, each video and each whole slide is
        a slide of its own.
    by_itself : bool
        Whether the file was named, and no folder that it lies in: the store may know that folder's slide.
    """

    item: Item
    slide_is_named: bool = False
    by_itself: bool = False


def recognises(name: str) -> bool:
    """Whether a file in a folder is taken for an image or for something that holds some."""
    name = name.lower()
    endings = (*IMAGES, *archive.ENDINGS, *video.ENDINGS, *wholeslide.ENDINGS)
    return name.endswith(endings) and not name.startswith(".")


def holds_parts(path: str) -> bool:
    """Whether a file holds several images, by its name."""
    return path.lower().endswith((*archive.ENDINGS, *video.ENDINGS, *wholeslide.ENDINGS))


def may_hold_parts(path: str) -> bool:
    """Whether a file must be looked into to know what it holds: a TIFF file can be a whole slide."""
    return holds_parts(path) or path.lower().endswith((".tif", ".tiff"))


def parts(path: str, um_per_px: float | None = None) -> Sequence[str | None]:
    """Return the parts of a file that are images, ``[None]`` where it is one itself.

    Parameters
    ----------
    path : str
        The file.
    um_per_px : float, optional
        Micrometres per px, where they are known: the tiles of a whole slide depend on them.

    Raises
    ------
    InputError
        It cannot be opened, or holds no image.
    """
    name = path.lower()
    if name.endswith(archive.ENDINGS):
        return archive.parts(path, recognises)
    if name.endswith(video.ENDINGS):
        return video.parts(path)
    if _is_whole_slide(path):
        return wholeslide.parts(path, um_per_px)
    return [None]


def _is_whole_slide(path: str) -> bool:
    if not place.is_address(path):
        return wholeslide.recognises(path)
    with place.opened(path) as file:
        return wholeslide.recognises(path, file)


def child(found: Found, part: str | None) -> Item:
    """Return the item of one part of a file."""
    whole = found.item
    if part is None:
        return whole
    item = replace(whole, part=part)
    if part == UNOPENED:  # of the slide, or beside the slides, that its parts would be of
        return item if found.slide_is_named else replace(item, slide="/".join(filter(None, (whole.slide, whole.name))))
    inner = PurePosixPath(place.printable(item.which)) if item.kind == "member" else PurePosixPath(item.which)
    if found.slide_is_named:
        return replace(item, name=f"{whole.name}/{inner}")
    folders = [each for each in (whole.slide, whole.name, *inner.parent.parts) if each not in ("", "/", "..")]
    name = inner.name if item.kind == "member" else f"{whole.name} {inner}"
    return replace(item, slide="/".join(folders), name=name)


def load(item: Item) -> reading.Image:
    """Read one image.

    Raises
    ------
    InputError
        It cannot be read; the text says why.
    """
    if item.part == UNOPENED:
        parts(item.path, item.um_per_px)  # says what is wrong with it
        raise InputError(
            f"{place.printable(item.path)} can be opened now: give it, its folder or its manifest with the command"
        )
    if item.kind == "member":
        if holds_parts(item.which):
            raise archive.packed(item)
        return archive.load(item)
    if item.kind == "frame":
        return video.load(item)
    if item.kind == "region":
        return wholeslide.load(item)
    return place.load(item)
