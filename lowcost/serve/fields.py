"""Photographs of a slide: one is added once, left out, taken in again, analysed again."""

from __future__ import annotations

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from lowcost.serve.errors import Conflict, NotFound
from lowcost.serve.models import Call, Cell, Change, Field, Job, Slide


def touch(session: Session, slide_id: int) -> None:
    """Note that what a slide says changes; until the transaction ends nobody else changes the same slide.

    Raises
    ------
    NotFound
        There is no such slide.
    """
    done = session.execute(update(Slide).where(Slide.id == slide_id).values(revision=Slide.revision + 1))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("There is no such slide.")


def lock(session: Session, slide_id: int) -> Slide:
    """Return a slide that nobody else changes until the transaction ends.

    Raises
    ------
    NotFound
        There is no such slide.
    """
    query = select(Slide).where(Slide.id == slide_id).with_for_update().execution_options(populate_existing=True)
    slide = session.scalar(query)
    if slide is None:
        raise NotFound("There is no such slide.")
    return slide


def add(session: Session, slide_id: int, sha256: str, name: str, user_id: int) -> Field:
    """Add a photograph that is on the disk, with the job to analyse it; one that is there already is returned.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    slide_id : int
        Where it belongs.
    sha256 : str
        Of the photograph, as `Storage.keep` took it.
    name : str
        What the person calls it; never a path.
    user_id : int
        Who brought it.
    """
    touch(session, slide_id)
    there = session.scalar(select(Field).where(Field.slide_id == slide_id, Field.sha256 == sha256))
    if there is not None:
        return there
    field = Field(slide_id=slide_id, sha256=sha256, name=shown_name(name), user_id=user_id)
    session.add(field)
    session.flush()
    session.add(Job(field_id=field.id))
    return field


def analyse_again(session: Session, field: Field) -> None:
    """Queue a photograph once more, as after another scale or device was given.

    Raises
    ------
    Conflict
        A person has worked on its cells, which would be lost.
    """
    touch(session, field.slide_id)
    cells = select(Cell.id).where(Cell.field_id == field.id)
    worked_on = exists().where(Change.cell_id.in_(cells)), exists().where(Call.cell_id.in_(cells))
    if any(session.scalar(select(which)) for which in worked_on):
        raise Conflict("Cells of this field were corrected or reviewed: analysed again they would be lost.")
    job = session.scalars(select(Job).where(Job.field_id == field.id).with_for_update()).one()
    job.state, job.attempts, job.claim, job.lease_until = "queued", 0, None, None
    field.state, field.reason = "queued", ""


def shown_name(name: str) -> str:
    """Return the last part of a path, printable and short; names are shown and never become paths."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable())[:200].strip() or "photograph"
