"""What the report of a slide is made of, read in one transaction: all its forms agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.export import overlay
from lowcost.report import FieldPictures, Heading, Verification, gallery
from lowcost.report import pictures as report_pictures
from lowcost.result import Cell, Field, SmearResult
from lowcost.serve import clock, pictures, reviews, slides
from lowcost.serve.models import Field as FieldRow
from lowcost.serve.models import Review, Slide
from lowcost.serve.storage import Storage


@dataclass(frozen=True)
class Material:
    """What a slide says, and whose it is.

    Attributes
    ----------
    id : int
        The slide.
    result : SmearResult
        With every word of a person in its place.
    heading : Heading
        Case, slide and who verified.
    photographs : tuple of int
        The row of each field of the result.
    """

    id: int
    result: SmearResult
    heading: Heading
    photographs: tuple[int, ...]


def gather(session: Session, slide: Slide, bundle: Path | None, features: bool) -> Material:
    """Return what the report of a slide is made of, as it is now; cells have their features if they are asked for."""
    done = select(FieldRow.id).where(
        FieldRow.slide_id == slide.id, FieldRow.left_out.is_(False), FieldRow.state == "done"
    )
    readings = reviews.readings(session, slide.id)
    verified = tuple(
        Verification(review.user.name, review.done_at)
        for review in readings
        if review.done_at is not None and not review.blind and review.revision == slide.revision
    )
    finished = [review for review in readings if review.done_at is not None]
    agreement = tuple(_agreement(session, *pair) for pair in combinations(finished, 2))
    heading = Heading(
        clock.now(), slide.case.pseudonym, slide.name, slide.stain, slide.note, verified=verified, agreement=agreement
    )
    result = slides.result(session, slide, bundle, features)
    return Material(slide.id, result, heading, tuple(session.scalars(done.order_by(FieldRow.id))))


def _agreement(session: Session, first: Review, second: Review) -> str:
    found = reviews.agreement_of(session, first, second)
    kappa = "" if found.kappa is None else f", Cohen's kappa {found.kappa:.2f}"
    return f"{first.user.name} and {second.user.name}: {found.same} of {found.cells} cells the same{kappa}"


def pictures_of(material: Material, storage: Storage) -> Mapping[int, FieldPictures]:
    """Return the pictures of a report by index in `SmearResult.fields`, of cells those that its gallery shows."""
    wanted: dict[int, list[Cell]] = {}
    for number, _, cell in gallery.shown(material.result):
        wanted.setdefault(number - 1, []).append(cell)
    side = report_pictures.overview_side(len(material.photographs))
    found = {}
    for index, (row, field) in enumerate(zip(material.photographs, material.result.fields, strict=True)):
        taken = _taken(storage.picture_file(row), field, wanted.get(index, []), side)
        if taken is not None:
            found[index] = taken
    return found


def _taken(file: Path, field: Field, cells: list[Cell], side: int) -> FieldPictures | None:
    kept = pictures.read_known(file, ["overview", *(str(cell.id) for cell in cells)])
    overview = kept.pop("overview", None)
    if overview is None:
        return None
    crops = {int(name): content for name, content in kept.items()}
    for cell in cells:  # those that a person drew have no picture yet
        if cell.id not in crops:
            whole = pictures.pixels(file, file.stat().st_mtime_ns)
            crops[cell.id] = pictures.cell_picture(whole, cell, field)
    decoded = cv2.imdecode(np.frombuffer(overview, np.uint8), cv2.IMREAD_COLOR)
    small = report_pictures.reduced(np.asarray(decoded, np.uint8)[..., ::-1], side)
    return FieldPictures(report_pictures.jpeg(overlay.mark(small, field)), crops)
