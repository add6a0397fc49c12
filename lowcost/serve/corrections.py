"""What a person changes about cells, all of it kept: who, when, what it was, and how to take it back.

Every correction is a gesture with a key that the client chose, so that one sent twice is done once. It states the
version of each cell that the person saw; where somebody else changed one meanwhile, nothing is done and they are told.
A gesture consists of changes to type, attributes and presence of cells alone (a split deletes one and adds two), so
one rule takes every gesture back.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lowcost.export.polygon import area
from lowcost.serve import fields
from lowcost.serve.errors import Conflict, NotFound, StationError
from lowcost.serve.models import LASTING, Cell, Change, Field, Gesture
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, NOT_ASSESSABLE

ADDED_UM = 13.0
"""Diameter of the circle that stands for a cell added by a click, um: that of a leukocyte on a smear."""

MOST_CELLS = 20_000
"""Cells of one gesture."""

Versions = Mapping[int, int]
"""The version that the person saw of each cell, by the cell's number in the database."""

Point = tuple[float, float]


class Correction:
    """One gesture of one person on one slide, inside a transaction that writes.

    Parameters
    ----------
    session : Session
        The transaction.
    slide_id, user_id : int
        On what, and who.
    key : uuid.UUID
        The client's name for the gesture.

    Attributes
    ----------
    gesture : Gesture
        What is kept of it.
    is_repeated : bool
        It was done before: its methods do nothing.

    Raises
    ------
    Conflict
        The key belongs to another person's or slide's gesture.
    NotFound
        There is no such slide.
    """

    def __init__(self, session: Session, slide_id: int, user_id: int, key: uuid.UUID) -> None:
        self._session = session
        slide = fields.lock(session, slide_id)
        before = session.scalar(select(Gesture).where(Gesture.key == key))
        if before is not None and (before.slide_id, before.user_id) != (slide_id, user_id):
            raise Conflict("This key was used for another correction: choose a new one.")
        self.is_repeated = before is not None
        self.gesture = before or Gesture(key=key, slide_id=slide_id, user_id=user_id, kind="")
        if before is None:
            slide.revision += 1

    def retype(self, versions: Versions, kind: str) -> None:
        """Give cells a type; who gives them the one that they have confirms it.

        Raises
        ------
        StationError
            There is no such type, or no cell.
        Conflict
            A cell was changed since the person saw it.
        """
        if kind not in CELL_TYPES:
            raise StationError(f"There is no type {kind!r}: expected one of {', '.join(CELL_TYPES)}.")
        if self._begin("type"):
            for cell in self._cells(versions):
                self._set(cell, type=kind, confirmed=True)

    def confirm(self, versions: Versions) -> None:
        """Say that cells have the right type.

        Raises
        ------
        Conflict
            A cell was changed since the person saw it.
        """
        if self._begin("confirm"):
            for cell in self._cells(versions):
                self._set(cell, confirmed=True)

    def describe(self, versions: Versions, name: str, value: str | None) -> None:
        """Set an attribute of cells; None gives the machine's value back.

        Raises
        ------
        StationError
            There is no such attribute or value.
        Conflict
            A cell was changed since the person saw it.
        """
        if name not in ATTRIBUTES:
            raise StationError(f"There is no attribute {name!r}: expected one of {', '.join(ATTRIBUTES)}.")
        if value is not None and value not in (*ATTRIBUTES[name].values, NOT_ASSESSABLE):
            raise StationError(f"{ATTRIBUTES[name].label} is one of {', '.join(ATTRIBUTES[name].values)}.")
        if self._begin("attribute"):
            for cell in self._cells(versions):
                others = {key: kept for key, kept in cell.attributes.items() if key != name}
                self._set(cell, attributes=others if value is None else others | {name: value})

    def delete(self, versions: Versions) -> None:
        """Take cells out: they are none, or not of this field."""
        if self._begin("delete"):
            for cell in self._cells(versions):
                self._set(cell, deleted=True)

    def restore(self, versions: Versions) -> None:
        """Take deleted cells in again."""
        if self._begin("restore"):
            for cell in self._cells(versions):
                self._set(cell, deleted=False)

    def add(self, field_id: int, x: float, y: float, kind: str) -> Cell | None:
        """Add a cell by a click on a field: a circle as large as a leukocyte; None where it was done before.

        Parameters
        ----------
        field_id : int
            On which field.
        x, y : float
            Its centre, px of the field.
        kind : str
            Its type.
        """
        self._check_type(kind)
        field = self._field(field_id)
        if not self._begin("add"):
            return None
        result = field.result or {}
        if not (0 <= x < result["width"] and 0 <= y < result["height"]):
            raise StationError(f"The point {x:.0f}, {y:.0f} lies outside the field.")
        scale = result["scale"]
        radii = [ADDED_UM / 2 / um if um > 0 else 40.0 for um in (scale["um_per_px_x"], scale["um_per_px_y"])]
        turns = [2 * math.pi * i / 32 for i in range(32)]
        circle = [(x + radii[0] * math.cos(turn), y + radii[1] * math.sin(turn)) for turn in turns]
        return self._draw(field, circle, kind)

    def split(self, versions: Versions, first: Point, second: Point) -> list[Cell]:
        """Cut one cell in two, midway between a point in either; empty where it was done before.

        Raises
        ------
        StationError
            The cut leaves nothing on one side.
        """
        if not self._begin("split"):
            return []
        (cell,) = self._cells(versions, exactly=1)
        halves = [_nearer(cell.machine["polygon"], *pair) for pair in ((first, second), (second, first))]
        if any(len(half) < 3 or area(tuple(half)) < 1 for half in halves):
            raise StationError("This cut leaves nothing on one side: mark a point in either cell.")
        self._set(cell, deleted=True)
        return [self._draw(cell.field, half, cell.type, cell.machine) for half in halves]

    def merge(self, versions: Versions, kind: str) -> Cell | None:
        """Make one cell of several on the same field; None where it was done before."""
        self._check_type(kind)
        if not self._begin("merge"):
            return None
        cells = self._cells(versions)
        if len(cells) < 2 or len({cell.field_id for cell in cells}) > 1:
            raise StationError("Merging needs two cells or more of the same field.")
        points = np.array([point for cell in cells for point in cell.machine["polygon"]], np.float32)
        hull = [(float(x), float(y)) for x, y in cv2.convexHull(points)[:, 0]]
        nuclei = [part for cell in cells for part in cell.machine["nucleus_polygons"]]
        for cell in cells:
            self._set(cell, deleted=True)
        return self._draw(cells[0].field, hull, kind, {"nucleus_polygons": nuclei})

    def leave_out(self, field_id: int, left_out: bool) -> None:
        """Leave a field out of the slide, or take it in again."""
        field = self._field(field_id)
        if self._begin("leave out" if left_out else "take in") and field.left_out != left_out:
            self.gesture.changes.append(
                Change(field_id=field.id, before={"left_out": field.left_out}, after={"left_out": left_out})
            )
            field.left_out = left_out

    def undo(self) -> None:
        """Take back what the same person last did on this slide and did not take back yet.

        Raises
        ------
        Conflict
            There is nothing, or somebody else has changed the same cells since.
        """
        if self.is_repeated:
            return
        undone = select(Gesture.undoes_id).where(Gesture.undoes_id.is_not(None))
        query = (
            select(Gesture)
            .where(
                Gesture.slide_id == self.gesture.slide_id,
                Gesture.user_id == self.gesture.user_id,
                Gesture.undoes_id.is_(None),
                Gesture.kind.not_in(LASTING),
                Gesture.id.not_in(undone),
            )
            .order_by(Gesture.id.desc())
            .limit(1)
        )
        last = self._session.scalar(query)
        if last is None:
            raise Conflict("There is nothing of yours to undo on this slide.")
        self._begin("undo")
        self.gesture.undoes_id = last.id
        for change in reversed(last.changes):
            self._take_back(change)

    def _begin(self, kind: str) -> bool:
        if self.is_repeated:
            return False
        self.gesture.kind = kind
        self._session.add(self.gesture)
        self._session.flush()
        return True

    def _take_back(self, change: Change) -> None:
        row: Any = self._session.get_one(Cell, change.cell_id) if change.cell_id else None
        row = row or self._session.get_one(Field, change.field_id)
        if any(getattr(row, name) != value for name, value in change.after.items()):
            raise Conflict("Somebody has changed the same cells since: look at them and correct them again.")
        if isinstance(row, Cell):
            self._set(row, **change.before)
        else:
            row.left_out = change.before["left_out"]
            self.gesture.changes.append(Change(field_id=row.id, before=change.after, after=change.before))

    def _set(self, cell: Cell, **after: Any) -> None:
        """Change a cell and note it; what is so already is no change."""
        changed = {name: value for name, value in after.items() if getattr(cell, name) != value}
        if not changed:
            return
        before = {name: getattr(cell, name) for name in changed}
        self.gesture.changes.append(Change(cell_id=cell.id, field_id=cell.field_id, before=before, after=changed))
        for name, value in changed.items():
            setattr(cell, name, value)

    def _draw(self, field: Field, polygon: Sequence[Point], kind: str, like: Mapping[str, Any] = {}) -> Cell:
        """Add a cell with an outline of a person's; of `like` it keeps the parts of the nucleus that lie inside."""
        width, height = field.result["width"], field.result["height"]  # type: ignore[index]
        points = [[min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))] for x, y in polygon]
        outline = np.array(points, np.float32)
        nuclei = [part for part in like.get("nucleus_polygons", []) if _holds(outline, part)]
        low, high = outline.min(axis=0), outline.max(axis=0)
        box = [math.floor(low[0]), math.floor(low[1]), math.ceil(high[0]), math.ceil(high[1])]
        last = self._session.scalar(select(func.max(Cell.number)).where(Cell.field_id == field.id)) or 0
        touches_edge = box[0] <= 0 or box[1] <= 0 or box[2] >= width or box[3] >= height
        cell = Cell(
            field_id=field.id,
            number=last + 1,
            drawn_by_id=self.gesture.user_id,
            type=kind,
            confirmed=True,
            deleted=True,
            touches_edge=touches_edge,
            machine={
                "id": last + 1,
                "box": box,
                "polygon": points,
                "nucleus_polygons": nuclei,
                "type": kind,
                "probability": 1.0,
                "probabilities": {},
                "touches_edge": touches_edge,
                "attributes": {},
            },
        )
        self._session.add(cell)
        self._session.flush()
        self._set(cell, deleted=False)
        return cell

    def _cells(self, versions: Versions, exactly: int | None = None) -> list[Cell]:
        """The cells of this slide that are named, as the person saw them."""
        if not versions or len(versions) > MOST_CELLS or (exactly is not None and len(versions) != exactly):
            raise StationError(f"Name {exactly or 'one or more'} cells.")
        found: list[Cell] = []
        numbers = sorted(versions)
        for start in range(0, len(numbers), 500):  # databases bound the number of values
            query = (
                select(Cell)
                .join(Field)
                .where(Field.slide_id == self.gesture.slide_id, Cell.id.in_(numbers[start : start + 500]))
                .order_by(Cell.id)
            )
            found += self._session.scalars(query.execution_options(populate_existing=True))
        if len(found) != len(versions):
            raise NotFound("There is no such cell on this slide.")
        if any(cell.version != versions[cell.id] for cell in found):
            raise Conflict("Somebody has changed the same cells meanwhile: look at them and correct them again.")
        return found

    def _field(self, field_id: int) -> Field:
        field = self._session.get(Field, field_id)
        if field is None or field.slide_id != self.gesture.slide_id:
            raise NotFound("There is no such field on this slide.")
        if field.state != "done" and not self.is_repeated:
            raise Conflict("This field is not analysed yet.")
        return field

    def _check_type(self, kind: str) -> None:
        if kind not in CELL_TYPES:
            raise StationError(f"There is no type {kind!r}: expected one of {', '.join(CELL_TYPES)}.")


def note(
    session: Session, slide_id: int, user_id: int, kind: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Keep a change of a slide as a whole; its kind is one of `models.LASTING`, which are not undone."""
    gesture = Gesture(key=uuid.uuid4(), slide_id=slide_id, user_id=user_id, kind=kind)
    gesture.changes.append(Change(before=before, after=after))
    session.add(gesture)


def _nearer(polygon: Sequence[Sequence[float]], near: Point, far: Point) -> list[Point]:
    """The part of a polygon that is nearer to one point than to another (Sutherland and Hodgman 1974)."""
    normal = far[0] - near[0], far[1] - near[1]
    middle = (far[0] + near[0]) / 2, (far[1] + near[1]) / 2

    def beyond(point: Sequence[float]) -> float:
        return (point[0] - middle[0]) * normal[0] + (point[1] - middle[1]) * normal[1]

    kept: list[Point] = []
    for i, here in enumerate(polygon):
        before = polygon[i - 1]
        a, b = beyond(before), beyond(here)
        if (a <= 0) != (b <= 0):
            t = a / (a - b)
            kept.append((before[0] + t * (here[0] - before[0]), before[1] + t * (here[1] - before[1])))
        if b <= 0:
            kept.append((float(here[0]), float(here[1])))
    return kept


def _holds(outline: Any, part: Sequence[Sequence[float]]) -> bool:
    """Whether the middle of a part lies inside an outline."""
    x, y = np.mean(np.array(part), axis=0)
    return bool(cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0)
