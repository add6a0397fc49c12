"""Cells whose types a person has signed for, as something to learn from.

Only slides that are signed as they are now count: there every object has a person's word, and what is not marked is
none. Slides of a device profile are kept apart from those without, as their cells are measured differently.
"""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from lowcost import differential
from lowcost.bundle import Bundle
from lowcost.export import coco
from lowcost.result import SmearResult
from lowcost.serve import pictures, slides
from lowcost.serve.errors import StationError
from lowcost.serve.models import Cell, DeviceProfile, Field, Review, Slide
from lowcost.serve.storage import Storage
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

LEAST_SLIDES = 5
"""Slides from which on whole slides are held out to judge by; of fewer, photographs are."""


@dataclass(frozen=True)
class Collected:
    """The verified cells of one device, or of no device profile.

    Attributes
    ----------
    device_id, device : int or None, str
        Which; None and empty for slides without a profile.
    slides, photographs : int
        Where they come from.
    types : dict of str to int
        Named leukocytes and other objects by type; unidentified ones teach nothing.
    """

    device_id: int | None
    device: str
    slides: int
    photographs: int
    types: dict[str, int]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(self.types.values())


def collected(session: Session, reader: int | None = None) -> list[Collected]:
    """Return what there is to learn from: first without a profile, then for each device profile.

    Parameters
    ----------
    session : Session
        A transaction.
    reader : int, optional
        Who is told: of slides that this person reads blind nothing is.
    """
    devices = session.execute(select(DeviceProfile.id, DeviceProfile.name).order_by(DeviceProfile.name))
    without = _collected(session, None, "", reader)
    return [without, *(_collected(session, row[0], row[1], reader) for row in devices)]


def fields(session: Session, device_id: int | None) -> list[Field]:
    """Return the photographs of signed slides of a device, None for those without a profile."""
    query = select(Field).join(Slide).where(*_usable(), Slide.device_id.is_not_distinct_from(device_id))
    return list(session.scalars(query.order_by(Field.id)))


def lesson(field: Field, storage: Storage) -> dict[str, Any]:
    """Return a photograph with its verified cells as `lowcost.serve.learner` reads it."""
    return photograph(field, storage) | {
        "slide": f"slide {field.slide_id}",
        "um_per_px": field.slide.um_per_px,
        "cells": [[cell.type, cell.machine["box"]] for cell in field.cells if not cell.deleted],
    }


def photograph(field: Field, storage: Storage) -> dict[str, Any]:
    """Return where a photograph lies and what people call it."""
    return {"file": str(storage.photograph(field.sha256)), "sha256": field.sha256, "name": field.name}


def write_set(session: Session, storage: Storage, file: Path, reader: int | None = None) -> int:
    """Write all verified cells as a set that `lowcost train` and others read: COCO in a ZIP archive.

    Photographs are as the station shows them, without what cameras write into files. ``groups.csv`` names the slide of
    each, so that none is split between training and measuring.

    Parameters
    ----------
    session : Session
        A transaction.
    storage : Storage
        Where the pictures are.
    file : Path
        The archive.
    reader : int, optional
        Who gets it; slides that this person reads blind are not in it.

    Returns
    -------
    int
        Number of photographs.

    Raises
    ------
    StationError
        No slide is signed.
    """
    rows = list(session.scalars(select(Field).join(Slide).where(*_usable(reader)).order_by(Field.id)))
    if not rows:
        raise StationError("No slide is signed yet: verify one first, its cells are what is learnt from.")
    names = [f"slide-{row.slide_id}-field-{row.id}.jpg" for row in rows]
    found = tuple(
        dataclasses.replace(slides.field(row, _cells(row.cells)), name=f"images/{name}")
        for row, name in zip(rows, names, strict=True)
    )
    measured = differential.measure(found, Bundle.load().section("differential", differential.Parameters))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("annotations.json", coco.dumps(SmearResult(found, measured, (), {})))
        groups = (f"images/{name},slide {row.slide_id}\n" for row, name in zip(rows, names, strict=True))
        archive.writestr("groups.csv", "file,group\n" + "".join(groups))
        for row, name in zip(rows, names, strict=True):
            archive.writestr(f"images/{name}", pictures.read(storage.picture_file(row.id), "full"))
    return len(rows)


def _cells(rows: Iterable[Cell]) -> Sequence[Any]:
    return [slides.cell(row) for row in rows if not row.deleted]


def _usable(reader: int | None = None) -> tuple[ColumnElement[bool], ...]:
    signed = exists().where(
        Review.slide_id == Slide.id,
        Review.blind.is_(False),
        Review.done_at.is_not(None),
        Review.revision == Slide.revision,
    )
    read_blind = exists().where(
        Review.slide_id == Slide.id, Review.user_id == reader, Review.blind.is_(True), Review.done_at.is_(None)
    )
    return signed, ~read_blind, Field.state == "done", Field.left_out.is_(False), Field.verdict != "rejected"


def _collected(session: Session, device_id: int | None, device: str, reader: int | None) -> Collected:
    of_device = (*_usable(reader), Slide.device_id.is_not_distinct_from(device_id))
    places = select(func.count(func.distinct(Slide.id)), func.count(Field.id)).select_from(Field).join(Slide)
    number_of_slides, photographs = session.execute(places.where(*of_device)).one()
    cells = select(Cell.type, func.count()).join(Field, Cell.field_id == Field.id).join(Slide).group_by(Cell.type)
    known = (Cell.deleted.is_(False), Cell.type != UNIDENTIFIED)
    by_type = {row[0]: row[1] for row in session.execute(cells.where(*of_device, *known))}
    types = {name: by_type[name] for name in CELL_TYPES if name in by_type}
    return Collected(device_id, device, number_of_slides, photographs, types)
