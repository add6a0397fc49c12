"""From a source in any format to files in another, and what was lost on the way."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lowcost.convert import formats
from lowcost.convert.formats import FORMATS, OBJECTS, PHOTOGRAPHS, Format
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labels, in_order
from lowcost.datasets.types import image_size, is_there
from lowcost.errors import InputError
from lowcost.export import files
from lowcost.report import words

_OF_ONE = frozenset({".geojson", ".xml"})
"""Endings of formats with a file for each photograph: such a file can hold one."""

_MOST_TOLD = 3
"""Photographs that are named before the rest is only counted."""

_OF_FILES = _OF_ONE | {".json", ".txt", ".csv", ".yaml", ".yml", ".png"}
"""Endings that no folder is given on purpose."""


@dataclass(frozen=True)
class Converted:
    """What came of a conversion.

    Attributes
    ----------
    photographs, objects : int
        How many were written.
    losses : tuple of str
        What the format cannot hold, one sentence each.
    failures : tuple of str
        What of the source could not be read, one sentence each.
    """

    photographs: int
    objects: int
    losses: tuple[str, ...]
    failures: tuple[str, ...]


def convert(
    source: str | os.PathLike[str],
    to: str,
    out: str | os.PathLike[str],
    images: str | os.PathLike[str] | None = None,
) -> Converted:
    """Write the labels of a source in another format.

    Parameters
    ----------
    source : path
        A file or folder of labels in any format that is read.
    to : str
        A name of `formats.FORMATS`.
    out : path
        The file; of formats with a file for each photograph the folder, or a ZIP archive where it ends in ``.zip``.
    images : path, optional
        Folder of the photographs, where they do not lie with the labels.

    Returns
    -------
    Converted
        What was written, and what was lost.

    Raises
    ------
    InputError
        The source holds no labels or is damaged, a photograph that the format needs is not there, or the files cannot
        be written.
    """
    source, target, form = Path(source), Path(out), FORMATS[to]
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError(f"{out} is the source itself: name another file or folder")
    if images is not None and not Path(images).is_dir():
        raise InputError(f"{images} is no folder: give that of the photographs")
    with formats.opened(source) as place:
        path, read = formats.reader_of(place)
        within = [place] if place.is_dir() else []
        given = [Path(images)] if images is not None else []
        photographs = Photographs(*given, *within, beside=None if source.is_dir() else source.parent)
        labels = read(path, photographs)
        kept, losses = _fitting(_located(labels, photographs, form), to, form)
        _place(target, to, len(kept.photographs), form.write(kept))
    objects = sum(len(each.boxes) for each in kept.photographs)
    return Converted(len(kept.photographs), objects, (*labels.remarks, *losses), labels.failures)


def _located(labels: Labels, photographs: Photographs, form: Format) -> Labels:
    """The labels with the sizes of their photographs where these are found; what the format needs must be there."""
    found = []
    names: dict[Path, str] = {}
    for each in labels.photographs:
        path, size = each.path, each.size
        if form.needs_pictures or (form.needs_sizes and size is None):
            path = photographs.file(each)
        if (form.needs_pictures or size is None) and is_there(path):
            other = names.setdefault(path, each.file_name)
            if other != each.file_name:  # found by their names without folders
                raise InputError(
                    f"{other} and {each.file_name} are both found as {path}: give the folder that has both with "
                    "--images"
                )
        if size is None and is_there(path):
            size = image_size(path)
        found.append(dataclasses.replace(each, path=path, size=size))
    return dataclasses.replace(labels, photographs=tuple(found))


def _fitting(labels: Labels, to: str, form: Format) -> tuple[Labels, list[str]]:
    """The labels in the classes of a format, and a sentence for each sort of loss."""
    renamed: Counter[tuple[str, str | None]] = Counter()
    photographs = []
    for each in labels.photographs:
        boxes = []
        for box in each.boxes:
            label = form.label(box)
            if label != box.label:
                renamed[box.label, label] += 1
            if label is not None:
                boxes.append(dataclasses.replace(box, label=label))
        photographs.append(dataclasses.replace(each, boxes=tuple(boxes)))
    losses = []
    gone = [f"{label} ({count})" for (label, new), count in renamed.items() if new is None]
    wider = [f"{label} is {new} ({count})" for (label, new), count in renamed.items() if new is not None]
    if gone:
        losses.append(f"{to} has no class for {words.listed(gone)}: left out")
    if wider:
        losses.append(f"{to} has other classes: {words.listed(wider)}")
    lost = [
        *(fact for fact, told in OBJECTS.items() if any(told(box) for each in photographs for box in each.boxes)),
        *(fact for fact, told in PHOTOGRAPHS.items() if any(map(told, photographs))),
    ]
    lost = [fact for fact in lost if fact not in form.holds]
    if lost:
        losses.append(f"{to} does not hold {words.listed(lost)}: left out")
    if form.by_name:
        names = [each.file_name for each in photographs]
        stems = zip(names, files.stems(names), strict=True)
        others = [f"{name} is {stem}" for name, stem in stems if stem != PurePosixPath(name).stem]
        if others:
            losses.append(f"{to} has other names of photographs: {words.listed(others, _MOST_TOLD)}")
    first = labels.classes if not renamed else ()
    return dataclasses.replace(labels, photographs=tuple(photographs), classes=in_order(photographs, first)), losses


def _place(target: Path, to: str, photographs: int, content: Iterator[tuple[str, bytes]]) -> None:
    """Write one file, an archive or a folder of files."""
    ending = target.suffix.lower()
    first = next(content, None)
    if first is None:
        raise InputError("there is nothing to write: the source has no objects that the format holds")
    name, data = first
    if not name and ending == ".zip":
        raise InputError(f"{target} is the name of an archive, {to} is one file: name it by another ending")
    if not name or (photographs == 1 and ending in _OF_ONE and name.endswith(ending)):
        files.write(target, data)
    elif ending == ".zip":
        files.write(target, files.zipped(dict([first, *content])))
    elif ending in _OF_FILES:
        raise InputError(
            f"{target} is the name of one file, {to} of {photographs} photographs is a folder of files: name a folder "
            "or a .zip file"
        )
    else:
        folder = files.RunFolder(target)
        for name, data in (first, *content):
            files.write(folder.file(name), data)
        folder.close()
