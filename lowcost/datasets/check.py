"""What a set holds and what is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowcost.datasets import duplicates
from lowcost.datasets.catalogue import Records, find
from lowcost.datasets.types import Box, Card, Finding, LabelledBox, LabelledField

KINDS = (
    *("missing file", "unreadable file", "unknown class", "box outside", "empty box", "huge box", "double box"),
    *("exact duplicate", "near duplicate", "leak of a file", "leak of a group"),
)
"""Sorts of findings, in the order of reports."""

HUGE = 6.0
"""A box is huge from this many times the median side of its label's boxes in the set."""

_DOUBLE = 0.9
# Intersection over union from which two boxes are one object labelled twice, whatever it is called.
_ENOUGH = 20
# Boxes of a label that it takes for their median to say anything.
_OUTSIDE = 2.0
# Px that a box may reach beyond its image: labels are rounded.

Progress = Callable[[str, int], Callable[[int], object]]
"""From the name of a step and its length to a function that is called with the number of files done since."""


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes
    ----------
    card : Card
        The set.
    folder : str
        Where it lies.
    images : int
        Fields, or pictures of single cells.
    labels : dict of (str, dict of (str, int))
        Number of boxes or pictures by label and split (``""`` where none is published).
    splits : dict of (str, int)
        Number of images by split.
    groups : dict of (str, int)
        Number of patients or slides by split, where names tell.
    findings : tuple of Finding
        What is wrong, in the order of `KINDS`.
    """

    card: Card
    folder: str
    images: int
    labels: dict[str, dict[str, int]]
    splits: dict[str, int]
    groups: dict[str, int]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return {
            "set": vars(self.card),
            "folder": self.folder,
            "images": self.images,
            "labels": self.labels,
            "splits": self.splits,
            "groups": self.groups,
            "findings": [vars(finding) for finding in self.findings],
        }


def check(path: Path, progress: Progress = lambda step, length: lambda count: None) -> Report:
    """Recognise a set, count it, and look for everything that spoils training or figures.

    Parameters
    ----------
    path : Path
        Folder of a published set or of one's own.
    progress : callable, optional
        Told how far the steps are that read every image.

    Returns
    -------
    Report
        Paths are relative to where the set lies.

    Raises
    ------
    InputError
        The folder holds no set, or several.
    """
    folder, entry = find(path)
    findings: list[Finding] = []
    records = entry.read(folder, findings)
    findings += _unknown(records, entry.knows)
    findings += _boxes(records)
    findings += _copies(records, progress)
    findings += _shared_groups(records)
    unique = dict.fromkeys(Finding(found.kind, _relative(found.where, folder), found.what) for found in findings)
    return Report(
        card=entry.card,
        folder=str(folder),
        images=len(records),
        labels=_counts(records),
        splits=dict(sorted(Counter(record.split for record in records).items())),
        groups={
            split: len({record.group for record in records if record.split == split})
            for split in sorted({record.split for record in records if record.group})
        },
        findings=tuple(sorted(unique, key=lambda found: KINDS.index(found.kind))),
    )


def _relative(where: str, folder: Path) -> str:
    path = Path(where)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else where


def _labelled(records: Records) -> Iterator[tuple[str, str]]:
    """Label and split of every box, or of every picture of a single cell."""
    for record in records:
        if isinstance(record, LabelledField):
            for box in record.boxes:
                yield box.label, record.split
        else:
            yield record.label, record.split


def _counts(records: Records) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for label, split in _labelled(records):
        counts[label][split] += 1
    return {label: dict(sorted(counts[label].items())) for label in sorted(counts)}


def _unknown(records: Records, knows: Callable[[str], bool]) -> Iterator[Finding]:
    """One finding for every unknown label: where it is first, and how often."""
    counts: Counter[str] = Counter()
    first: dict[str, Path] = {}
    for record in records:
        for label in (box.label for box in record.boxes) if isinstance(record, LabelledField) else (record.label,):
            if not knows(label):
                counts[label] += 1
                first.setdefault(label, record.path)
    for label, count in counts.items():
        yield Finding("unknown class", str(first[label]), f"{label!r}, {count} in all: maps to no type.")


def _boxes(records: Records) -> Iterator[Finding]:
    fields = [record for record in records if isinstance(record, LabelledField)]
    sides: dict[str, list[float]] = defaultdict(list)
    for field in fields:
        for box in field.boxes:
            sides[box.label].append(_side(box.box))
    limits = {label: HUGE * sorted(some)[len(some) // 2] for label, some in sides.items() if len(some) >= _ENOUGH}
    for field in fields:
        where = str(field.path)
        for box in field.boxes:
            if _side(box.box) == 0.0:
                yield Finding("empty box", where, f"{_words(box)} has no area on the image.")
            elif _beyond(box) > _OUTSIDE:
                yield Finding("box outside", where, f"{_words(box)} reaches {_beyond(box):.0f} px beyond the image.")
            elif _side(box.box) > limits.get(box.label, float("inf")):
                yield Finding(
                    "huge box", where, f"{_words(box)} is over {HUGE:.0f} times as wide as others of its label."
                )
        for first, second in _doubles(field.boxes):
            yield Finding("double box", where, f"{_words(first)} and {_words(second)} are one.")


def _words(box: LabelledBox) -> str:
    corners = ", ".join(f"{value:.0f}" for value in box.published or box.box)
    return f"{box.label} ({corners})"


def _side(box: Box) -> float:
    return float((max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)) ** 0.5)


def _beyond(box: LabelledBox) -> float:
    """Px by which a published box reaches beyond its image."""
    return max(abs(a - b) for a, b in zip(box.published or box.box, box.box, strict=True))


def _doubles(boxes: Iterable[LabelledBox]) -> Iterator[tuple[LabelledBox, LabelledBox]]:
    ordered = sorted(boxes, key=lambda box: box.box)
    for number, first in enumerate(ordered):
        for second in ordered[number + 1 :]:
            if second.box[0] >= first.box[2]:
                break
            if _iou(first.box, second.box) > _DOUBLE:
                yield first, second


def _iou(first: Box, second: Box) -> float:
    shared = (max(first[0], second[0]), max(first[1], second[1]), min(first[2], second[2]), min(first[3], second[3]))
    if shared[0] >= shared[2] or shared[1] >= shared[3]:
        return 0.0
    area = _side(shared) ** 2
    return area / (_side(first) ** 2 + _side(second) ** 2 - area)


def _copies(records: Records, progress: Progress) -> Iterator[Finding]:
    """Files that cannot be decoded, equal files, near duplicates, and either of them across splits."""
    splits: dict[Path, set[str]] = defaultdict(set)
    for record in records:
        splits[record.path] |= {record.split} - {""}
    paths = list(splits)
    same = duplicates.exact(paths)
    again = {path for group in same for path in group[1:]}
    paths = [path for path in paths if path not in again]
    done, pictures = progress("reading", len(paths)), []
    for path, picture in zip(paths, duplicates.thumbnails(paths), strict=True):
        pictures.append(picture)
        done(1)
        if picture is None:
            yield Finding("unreadable file", str(path), "The image cannot be decoded.")
    similar = duplicates.near(paths, pictures, progress("comparing", len(paths)))
    for kind, groups in (("exact duplicate", same), ("near duplicate", similar)):
        for group in groups:
            first, *others = group
            yield Finding(kind, str(first), f"also {', '.join(_short(path, first) for path in others)}.")
            yield from _leak(first, set().union(*(splits[path] for path in group)))
    for path, parts in splits.items():
        yield from _leak(path, parts)


def _leak(path: Path, parts: set[str]) -> Iterator[Finding]:
    if len(parts) > 1:
        yield Finding("leak of a file", str(path), f"the same picture is in {' and '.join(sorted(parts))}.")


def _short(path: Path, other: Path) -> str:
    return path.name if path.parent == other.parent else f"{path.parent.name}/{path.name}"


def _shared_groups(records: Records) -> Iterator[Finding]:
    parts: dict[str, set[str]] = defaultdict(set)
    first: dict[str, Path] = {}
    for record in records:
        if record.group and record.split:
            parts[record.group].add(record.split)
            first.setdefault(record.group, record.path)
    for group, splits in sorted(parts.items()):
        if len(splits) > 1:
            yield Finding("leak of a group", str(first[group]), f"group {group} is in {' and '.join(sorted(splits))}.")
