"""What a slide says now: the machine's result with every word of a person in its place, as one `SmearResult`.

Reports, exports and the API take it from here, so their numbers agree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, undefer

from lowcost import differential, reliability, result_json
from lowcost import result as results
from lowcost.bundle import Bundle
from lowcost.result import AttributeValue, Differential, Failure, SmearResult
from lowcost.serve.models import Call, Cell, Field, Review, Slide
from lowcost.taxonomy import CELL_TYPES


@dataclass(frozen=True)
class Summary:
    """How far a slide is.

    Attributes
    ----------
    id, revision : int
        The slide, and how often it changed.
    status : str
        ``"preliminary"``, or ``"final"`` once a person has verified it as it is now.
    fields : dict of str to int
        Photographs by state: ``"queued"``, ``"done"``, ``"failed"``, ``"rejected"`` (of those done), ``"left out"``.
    counts : dict of str to int
        Objects by type, on the fields that count.
    counted, target : int
        Leukocytes with a type, and how many it shall be.
    differential : Differential
        Of now.
    verified_by : tuple of str
        Who has verified it as it is now.
    """

    id: int
    revision: int
    status: str
    fields: dict[str, int]
    counts: dict[str, int]
    counted: int
    target: int
    differential: Differential
    verified_by: tuple[str, ...]


def result(session: Session, slide: Slide, bundle: Path | None, features: bool = True) -> SmearResult:
    """Return what a slide says now.

    Parameters
    ----------
    session : Session
        A transaction.
    slide : Slide
        Which.
    bundle : Path or None
        Folder of the station's bundle.
    features : bool
        Whether cells have their features: thousands of cells are read in a tenth of the time without.

    Returns
    -------
    SmearResult
        A cell that a person retyped has no classifier's probabilities, and probability 1; one that a person set an
        attribute of says so without reasons. Deleted cells and fields that were left out are not in it.
    """
    query = select(Field).where(Field.slide_id == slide.id, Field.left_out.is_(False)).order_by(Field.id)
    rows = session.scalars(query).all()
    cells = _cells(session, slide.id, features)
    fields = tuple(field(row, cells.get(row.id, ())) for row in rows if row.state == "done")
    failures = tuple(Failure(row.name, row.reason) for row in rows if row.state == "failed")
    measured = differential.measure(fields, _parameters(session, slide, bundle))
    return SmearResult(fields, measured, failures, _provenance(rows))


def summary(session: Session, slide: Slide, bundle: Path | None, reading: Review | None = None) -> Summary:
    """Return how far a slide is, from counts alone: it is asked for every second while photographs come in.

    Parameters
    ----------
    session : Session
        A transaction.
    slide : Slide
        Which.
    bundle : Path or None
        Folder of the station's bundle.
    reading : Review, optional
        A blind one: then it says what the machine said, with the calls of this reading in their places.
    """
    fields: dict[str, int] = dict.fromkeys(("queued", "done", "failed", "rejected", "left out"), 0)
    query = select(Field.state, Field.verdict, Field.left_out, func.count()).where(Field.slide_id == slide.id)
    for state, verdict, left_out, count in session.execute(query.group_by(Field.state, Field.verdict, Field.left_out)):
        key = "left out" if left_out else "rejected" if state == "done" and verdict == "rejected" else state
        fields[key] += count
    counting = and_(
        Field.slide_id == slide.id, Field.left_out.is_(False), Field.state == "done", Field.verdict != "rejected"
    )
    found = _by_type(session, counting, reading)
    counts = {name: found.get(name, 0) for name in CELL_TYPES}
    measured = differential.measure_counts(counts, _parameters(session, slide, bundle, reading))
    names = verified_by(session, slide) if reading is None else ()
    status = "final" if names else "preliminary"
    return Summary(slide.id, slide.revision, status, fields, counts, measured.counted, slide.target, measured, names)


def _by_type(session: Session, counting: ColumnElement[bool], reading: Review | None) -> dict[str, int]:
    """Number of cells of each type on the fields that count."""
    kind: Any = Cell.type
    query = select(kind, func.count()).where(Cell.deleted.is_(False))
    if reading is not None:
        kind = func.coalesce(Call.type, Cell.machine_type)
        mine = and_(Call.cell_id == Cell.id, Call.review_id == reading.id)
        known = Cell.machine_type.is_not(None)
        query = select(kind, func.count()).select_from(Cell).outerjoin(Call, mine).where(known)
    return {row[0]: row[1] for row in session.execute(query.join(Field).where(counting).group_by(kind))}


def tag(session: Session, slide: Slide, reading: Review | None) -> str:
    """Return an entity tag that changes whenever what `summary` says of a slide does."""
    if reading is None:
        return f'"{slide.revision}.{len(verified_by(session, slide))}"'
    called = session.scalar(select(func.max(Call.at)).where(Call.review_id == reading.id))
    return f'"{slide.revision}.blind.{"" if called is None else called.isoformat()}"'


def verified_by(session: Session, slide: Slide) -> tuple[str, ...]:
    """Return who has verified a slide as it is now; a blind second reading verifies nothing."""
    query = select(Review).where(
        Review.slide_id == slide.id, Review.blind.is_(False), Review.revision == slide.revision
    )
    return tuple(review.user.name for review in session.scalars(query.order_by(Review.done_at)))


def cell(row: Cell, features: bool = False) -> results.Cell:
    """Return a cell as it is now, in the form of a result.

    Parameters
    ----------
    row : Cell
        The cell; its features are loaded if asked for.
    features : bool
        Whether it has its features.
    """
    found: results.Cell = result_json.decoded(
        row.machine | {"features": row.features if features else {}}, results.Cell
    )
    changes: dict[str, Any] = {"id": row.number, "type": row.type}
    if row.type != row.machine_type:
        changes |= {"probability": 1.0, "probabilities": {}, "possible_types": ()}
    if row.attributes:
        set_by_person = {
            name: AttributeValue(name, value, None, "person") for name, value in sorted(row.attributes.items())
        }
        changes["attributes"] = found.attributes | set_by_person
    return dataclasses.replace(found, **changes)


@lru_cache(maxsize=2)
def _conventions(bundle: Path | None) -> tuple[differential.Parameters, bool, str]:
    """The differential's parameters, whether the classifier's errors are those that they state, the bundle's digest."""
    loaded = Bundle.load(bundle)
    return loaded.section("differential", differential.Parameters), reliability.holds(loaded), loaded.digest


def _parameters(
    session: Session, slide: Slide, bundle: Path | None, reading: Review | None = None
) -> differential.Parameters:
    """The classifier's errors say something about what the classifier said; not about what a person corrected."""
    parameters, known, digest = _conventions(bundle)
    made = Field.provenance["bundle_sha256"].as_string(), Field.provenance["device"].as_string()
    by_others = select(Field.id).where(Field.slide_id == slide.id, (made[0] != digest) | made[1].is_not(None))
    touched = (
        select(Cell.id)
        .join(Field)
        .where(Field.slide_id == slide.id, Cell.type.is_distinct_from(Cell.machine_type) | Cell.deleted.is_(True))
    )
    known = known and reading is None and not verified_by(session, slide)
    if known and all(session.scalar(query.limit(1)) is None for query in (touched, by_others)):
        return parameters
    return dataclasses.replace(parameters, confusion={})


def _cells(session: Session, slide_id: int, features: bool) -> dict[int, list[results.Cell]]:
    query = (
        select(Cell)
        .join(Field)
        .where(Field.slide_id == slide_id, Field.left_out.is_(False), Cell.deleted.is_(False))
        .order_by(Cell.field_id, Cell.number)
    )
    if features:
        query = query.options(undefer(Cell.features))
    found: dict[int, list[results.Cell]] = {}
    for row in session.scalars(query):
        found.setdefault(row.field_id, []).append(cell(row, features))
    return found


def field(row: Field, cells: Iterable[results.Cell] = ()) -> results.Field:
    """Return a field that is done in the form of a result, with these cells."""
    found: results.Field = result_json.decoded((row.result or {}) | {"cells": []}, results.Field)
    return dataclasses.replace(found, cells=tuple(cells))


def _provenance(rows: Iterable[Field]) -> dict[str, str]:
    """What analysed the fields; where fields differ, everything that did."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, value in (row.provenance or {}).items():
            values = found.setdefault(name, [])
            if value not in values:
                values.append(value)
    return {name: "; ".join(values) for name, values in found.items()}
