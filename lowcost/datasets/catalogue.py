"""Every set that lowcost reads, by name, and which of them lies in a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lowcost.datasets import (
    bccd,
    bone_marrow,
    deepbionet_dev,
    lld,
    lld_dev,
    mll23,
    munich_aml,
    own,
    pbc,
    phone,
    raabin,
    raabin_dev,
    txl_pbc,
    wbcatt,
    zheng,
    zheng1,
)
from lowcost.datasets.labels import types_of
from lowcost.datasets.types import Card, LabelledCell, LabelledField
from lowcost.errors import InputError

Records = Sequence[LabelledField] | Sequence[LabelledCell]
"""What a set holds: fields, or pictures of single cells."""


@dataclass(frozen=True)
class Entry:
    """One set.

    Attributes
    ----------
    card : Card
        What a person must know before using it.
    read : callable
        From a folder, and optionally a list for findings, to the fields or cells.
    recognises : callable
        Whether the set lies in a folder.
    knows : callable
        Whether a label is one of the set's classes.
    """

    card: Card
    read: Callable[..., Records]
    recognises: Callable[[Path], bool]
    knows: Callable[[str], bool]


def _unlabelled(card: Card) -> Entry:
    return Entry(card, partial(phone.fields, card=card), lambda folder: folder.name == card.name, lambda label: False)


CATALOGUE: dict[str, Entry] = {
    entry.card.name: entry
    for entry in (
        Entry(lld.CARD, lld.fields, lld.recognises, lld.LABELS.__contains__),
        Entry(mll23.CARD, mll23.cells, mll23.recognises, mll23.LABELS.__contains__),
        Entry(bone_marrow.CARD, bone_marrow.cells, bone_marrow.recognises, bone_marrow.LABELS.__contains__),
        Entry(munich_aml.CARD, munich_aml.cells, munich_aml.recognises, munich_aml.LABELS.__contains__),
        Entry(wbcatt.CARD, wbcatt.cells, wbcatt.recognises, wbcatt.LABELS.__contains__),
        Entry(pbc.CARD, pbc.cells, pbc.recognises, pbc.LABELS.__contains__),
        Entry(raabin.CARD, raabin.cells, raabin.recognises, raabin.LABELS.__contains__),
        Entry(bccd.CARD, bccd.fields, bccd.recognises, bccd.LABELS.__contains__),
        Entry(txl_pbc.CARD, txl_pbc.fields, txl_pbc.recognises, txl_pbc.LABELS.__contains__),
        Entry(zheng.CARD, zheng.fields, zheng.recognises, zheng.LABELS.__contains__),
        Entry(lld_dev.CARD, lld_dev.fields, lld_dev.recognises, lld.LABELS.__contains__),
        Entry(raabin_dev.CARD, raabin_dev.fields, raabin_dev.recognises, raabin_dev.LABELS.__contains__),
        Entry(zheng1.CARD, zheng1.fields, zheng1.recognises, zheng1.LABELS.__contains__),
        Entry(
            deepbionet_dev.CARD, deepbionet_dev.fields, deepbionet_dev.recognises, deepbionet_dev.LABELS.__contains__
        ),
        _unlabelled(phone.LEUKEMIA),
        _unlabelled(phone.FIELDS),
    )
}
"""The sets by name, in the order in which a folder is compared with them."""


def find(path: Path) -> tuple[Path, Entry]:
    """Return the set that lies in a folder, or in a folder of it as archives unpack, and where it lies.

    Raises
    ------
    InputError
        There is no set, or there are several.
    """
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give the folder of a set.")
    if (known := _known(path)) is not None:
        return path, known
    below = sorted(place for place in path.iterdir() if place.is_dir() and not place.name.startswith("."))
    found = [(place, entry) for place in below if (entry := _known(place)) is not None]
    if len(found) > 1:
        names = ", ".join(place.name for place, _ in found)
        raise InputError(f"{path} holds {len(found)} sets ({names}); give the folder of one.")
    if found:
        return found[0]
    if own.layout_of(path) is None:
        raise InputError(
            f"{path} is no set that lowcost knows: expected a published set as unpacked (see lowcost datasets), COCO "
            "JSON, YOLO text with images, VOC XML, or one folder of pictures per class."
        )
    return path, Entry(own.card(path), own.read, lambda folder: True, lambda label: types_of(label) is not None)


def _known(path: Path) -> Entry | None:
    return next((entry for entry in CATALOGUE.values() if entry.recognises(path)), None)
