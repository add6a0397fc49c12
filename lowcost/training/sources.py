"""What ``--data`` holds: published sets or a set of one's own, checked before hours are spent on it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from lowcost.bundle import Bundle
from lowcost.datasets import own
from lowcost.datasets.catalogue import CATALOGUE, Entry
from lowcost.datasets.labels import types_of
from lowcost.datasets.layouts import class_folders
from lowcost.datasets.types import Card, Finding, LabelledCell, LabelledField, image_size, images_below, noted
from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

Picture = LabelledCell | LabelledField

DEV_SHARE, TEST_SHARE = 0.1, 0.2
"""Shares of each class of a set without a published split that choose and that measure; the rest trains."""

LEAST_UNITS = 3
"""Slides, or pictures where slides are unknown, that a class needs: one each to train, to choose and to measure."""

UNREADABLE_SHARE = 0.05
"""A set is refused when more of its pictures than this cannot be read; fewer are left out and named."""


@dataclass(frozen=True)
class Source:
    """One set that ``--data`` names.

    Attributes
    ----------
    card : Card
        Its name, licence, and whether weights trained on it may be shipped.
    pictures : tuple of LabelledCell or LabelledField
        Its labelled pictures.
    findings : tuple of Finding
        Files that were left out.
    """

    card: Card
    pictures: tuple[Picture, ...]
    findings: tuple[Finding, ...] = ()


def read(folder: Path, aliases: Mapping[str, str] | None = None) -> Source:
    """Read a published set, or one of one's own: pictures in folders named by cell type, COCO, YOLO or VOC.

    Parameters
    ----------
    folder : Path
        The set.
    aliases : mapping of str to str, optional
        Cell types by the names that the set's own classes have.

    Raises
    ------
    InputError
        There is no set, it is not understood, a class has a name that is no cell type, or too many pictures cannot be
        read.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the folder with labelled pictures with --data.")
    entry = recognise(folder)
    if entry is not None:
        return Source(entry.card, tuple(entry.read(folder)))
    findings: list[Finding] = []
    words = aliases or {}
    pictures = [_understood(picture, words) for picture in _own(folder, findings)]
    if not pictures:
        raise InputError(
            f"{folder} holds no labelled pictures; expected one folder of pictures per cell type, COCO, YOLO or VOC."
        )
    readable = [picture for picture in pictures if _readable(picture, findings)]
    if len(findings) > UNREADABLE_SHARE * len(pictures):
        raise InputError(
            f"{len(findings)} files in {folder} are missing or cannot be read, for example {findings[-1].where}; copy "
            "them again or remove them."
        )
    return Source(own.card(folder), tuple(readable), tuple(findings))


def read_all(
    folders: Sequence[Path], aliases: Mapping[str, str] | None = None, um_per_px: float | None = None
) -> list[Source]:
    """Read several sets, or all published ones that a folder of sets holds; see `read` and `scaled`."""
    places = []
    for folder in folders:
        inside = sorted(place for place in folder.iterdir() if place.is_dir()) if folder.is_dir() else []
        sets = [place for place in inside if recognise(place) is not None]
        places += sets or [folder]
    return [scaled(read(place, aliases), um_per_px) for place in places]


def is_collection(folder: Path) -> bool:
    """Whether a folder holds the sets that train the shipped network."""
    return all((folder / name).is_dir() for name in ("pbc", "bone_marrow", "bccd", "raabin_dev"))


def completed(source: Source, bundle: Bundle, risk: float, say: Callable[[str], None]) -> Source:
    """Return a set whose fields annotated in part have more labels, where `lowcost.training.self_training` finds any.

    Parameters
    ----------
    source : Source
        The set; one without such fields comes back as it is.
    bundle : Bundle
        Names the cells.
    risk : float
        Largest share of wrong names.
    say : callable
        Is told what was found.
    """
    from lowcost.training import self_training

    fields = [picture for picture in source.pictures if isinstance(picture, LabelledField)]
    if all(field.annotated is None for field in fields):
        return source
    more, checked = self_training.run(fields, bundle, risk)
    added = sum(len(field.boxes) for field in more) - sum(len(field.boxes) for field in fields)
    promised = f"{checked.risk:.1%} wrong names at most, by {checked.cells} cells of fully annotated fields"
    sure = "no confidence is enough" if checked.limit is None else f"confidence {checked.limit} and more"
    say(f"{source.card.name}: {added} cells outside annotated patches added ({sure}: {promised}).")
    return replace(source, pictures=tuple(more))


def may_train(found: Sequence[Source], research_only: bool = False) -> None:
    """Refuse sets whose licence keeps weights trained on them from being passed on, unless nobody passes them on.

    Raises
    ------
    InputError
        There is one; the text names it.
    """
    for source in found:
        if not source.card.may_train and not research_only:
            raise InputError(
                f"{source.card.name} may not train models that are passed on (licence: {source.card.licence}); for one "
                "that stays with you add --research-only."
            )


def described(found: Sequence[Source]) -> str:
    """Return the sets with their licences, for cards."""
    return "; ".join(
        f"{source.card.name}: {len(source.pictures)} pictures, {source.card.licence}"
        + ("" if source.card.may_train else ", weights not to be passed on")
        for source in found
    )


def scaled(source: Source, um_per_px: float | None) -> Source:
    """Return a set whose pictures have a scale: their own, or the one given.

    Raises
    ------
    InputError
        Pictures of single cells have none: they rarely show enough red cells to measure it.
    """
    if um_per_px is not None:
        given = (replace(picture, um_per_px=picture.um_per_px or um_per_px) for picture in source.pictures)
        return replace(source, pictures=tuple(given))
    without = sum(isinstance(picture, LabelledCell) and picture.um_per_px is None for picture in source.pictures)
    if without:
        raise InputError(
            f"{without} pictures of single cells in {source.card.name} state no scale; give it with --um-per-px: a red "
            "cell is 7.2 um across, divide 7.2 by its diameter in px."
        )
    return source


def split(source: Source) -> list[str]:
    """Return the part of each picture: as published, else by slide or picture so that each class is in each part.

    Raises
    ------
    InputError
        A class comes from too few slides or pictures.
    """
    published = [{"val": "dev"}.get(picture.split, picture.split) for picture in source.pictures]
    if all(published):
        return published if "dev" in published else _with_dev(source, published)
    return _by_class(source)


def _with_dev(source: Source, published: list[str]) -> list[str]:
    """A split into training and test only, with a part of the training pictures to choose by."""
    learning = [picture for picture, part in zip(source.pictures, published, strict=True) if part == "train"]
    found = iter(_by_class(replace(source, pictures=tuple(learning))))
    return [("dev" if next(found) == "dev" else "train") if part == "train" else part for part in published]


def _by_class(source: Source) -> list[str]:
    units = [picture.group or str(picture.path) for picture in source.pictures]
    cells = [(unit, label) for unit, picture in zip(units, source.pictures, strict=True) for label in classes(picture)]
    found = parts([unit for unit, _ in cells], [label for _, label in cells])
    by_unit = {unit: part for (unit, _), part in zip(cells, found, strict=True)}
    return [by_unit.get(unit, "train") for unit in units]


def classes(picture: Picture) -> set[str]:
    """Return the classes of the labelled cells on a picture, each as the types that it allows."""
    types = [picture.types] if isinstance(picture, LabelledCell) else [box.types for box in picture.boxes]
    return {named(own) for own in types if own}


def recognise(folder: Path) -> Entry | None:
    """Return the published set that lies in a folder; None for a set of one's own."""
    return next((entry for entry in CATALOGUE.values() if entry.recognises(folder)), None)


def parts(units: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the part of each cell, ``"train"``, ``"dev"`` or ``"test"``: no unit is split, every class is in each.

    Parameters
    ----------
    units : sequence of str
        Slide or picture of each cell.
    labels : sequence of str
        Class of each cell.

    Raises
    ------
    InputError
        A class comes from too few units.

    Notes
    -----
    The rarest class chooses first, in the order of the SHA-1 of the units' names: the same cells give the same parts,
    in whatever order they come.
    """
    by_label: dict[str, set[str]] = {}
    for unit, label in zip(units, labels, strict=True):
        by_label.setdefault(label, set()).add(unit)
    part: dict[str, str] = {}
    for _, own_units in sorted(by_label.items(), key=lambda item: (len(item[1]), item[0])):
        taken = Counter(part[unit] for unit in own_units if unit in part)
        free = sorted((unit for unit in own_units if unit not in part), key=digest)
        for name, share in (("dev", DEV_SHARE), ("test", TEST_SHARE)):
            wanted = max(0, max(1, round(share * len(own_units))) - taken[name])
            part.update(dict.fromkeys(free[:wanted], name))
            free = free[wanted:]
        part.update(dict.fromkeys(free, "train"))
    for label, own_units in sorted(by_label.items()):
        missing = [name for name in ("train", "dev", "test") if all(part[unit] != name for unit in own_units)]
        if missing:
            raise InputError(
                f"{label} has no {missing[0]} cells: it comes from {len(own_units)} slides or pictures, of which "
                f"training, choosing and measuring need at least one each, {LEAST_UNITS} in all; add some or leave "
                "the class out."
            )
    return [part[unit] for unit in units]


def named(types: frozenset[str]) -> str:
    """Return the name of a class, as the types that its label allows."""
    return "/".join(sorted(types))


def checked(cells: Mapping[str, int], least: int, what: str) -> None:
    """Refuse labels from which nothing can be learnt.

    Parameters
    ----------
    cells : mapping of str to int
        Labelled cells by class.
    least : int
        Cells that every class needs.
    what : str
        What is learnt, for the message.

    Raises
    ------
    InputError
        No class, one class, or a class with too few cells.
    """
    if not cells:
        raise InputError(f"No cell with a type was found to learn {what} from; expected folders named by cell type.")
    if len(cells) == 1:
        raise InputError(f"All cells are {next(iter(cells))}; {what} needs at least two classes to tell apart.")
    few = [f"{name} ({number})" for name, number in sorted(cells.items()) if number < least]
    if few:
        raise InputError(
            f"Too few cells to learn {what}: every class needs at least {least}, got {', '.join(few)}; label more of "
            "them or leave the class out."
        )


def enough(found: int, least: int, what: str) -> None:
    """Refuse fewer cells than something can be learnt from.

    Raises
    ------
    InputError
        There are fewer than `least`.
    """
    if found < least:
        raise InputError(
            f"Too few cells to learn {what}: at least {least} are needed, got {found}; label more of them."
        )


def digest(unit: str) -> str:
    """Return what a slide or picture is ordered by: the SHA-1 of its file's name, wherever the file lies."""
    return hashlib.sha1(Path(unit).name.encode()).hexdigest()


def _own(folder: Path, findings: list[Finding]) -> Sequence[Picture]:
    """The pictures of a set of one's own, folders with names that only an alias explains included."""
    if own.layout_of(folder) is not None:
        return own.read(folder, findings)
    places = {place.name: frozenset[str]() for place in sorted(folder.iterdir()) if images_below(place)}
    if not places:
        return ()
    return class_folders(folder, folder.resolve().name, places)


def _understood(picture: Picture, aliases: Mapping[str, str]) -> Picture:
    """A picture whose labels allow what the set's owner says."""
    if isinstance(picture, LabelledCell):
        return replace(picture, types=_types(picture.label, aliases))
    boxes = tuple(replace(box, types=_types(box.label, aliases)) for box in picture.boxes)
    return replace(picture, boxes=boxes)


def _types(label: str, aliases: Mapping[str, str]) -> frozenset[str]:
    types = types_of(aliases.get(label, label))
    if types is None:
        known = [kind for kind in CELL_TYPES if kind != UNIDENTIFIED]
        near = get_close_matches(label.lower().replace(" ", "_"), known, n=1, cutoff=0.5)
        advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
        raise InputError(
            f"The class {label!r} is no cell type: {advice} Rename it, or say what it is with --alias '{label}=TYPE'."
        )
    return types


def _readable(picture: Picture, findings: list[Finding]) -> bool:
    before = len(findings)
    with noted(findings, picture.path):
        image_size(picture.path)
    return len(findings) == before
