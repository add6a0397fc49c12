"""Readings of a slide: the verification, whose corrections hold, and a second one that is blind.

The second reader sees what the machine said and their own calls, never what the first made of it; that is what makes
their agreement worth measuring.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from lowcost.serve import agreement, clock, corrections
from lowcost.serve.errors import Conflict, NotFound, StationError
from lowcost.serve.models import LASTING, Call, Cell, Field, Gesture, Review, Slide
from lowcost.taxonomy import CELL_TYPES


def start(session: Session, slide_id: int, user_id: int, blind: bool) -> Review:
    """Begin a reading, or go on with it.

    Raises
    ------
    Conflict
        The same person reads this slide in the other way, or has corrected it and wants to read it blind.
    """
    review = find(session, slide_id, user_id)
    if review is None:
        if blind and _has_corrected(session, slide_id, user_id):
            raise Conflict("You have corrected this slide: a blind reading is another person's.")
        review = Review(slide_id=slide_id, user_id=user_id, blind=blind)
        session.add(review)
        session.flush()
    if review.blind != blind:
        raise Conflict("You have read this slide already: a second reading is another person's.")
    return review


def find(session: Session, slide_id: int, user_id: int) -> Review | None:
    """Return a person's reading of a slide."""
    return session.scalar(select(Review).where(Review.slide_id == slide_id, Review.user_id == user_id))


def may_read_blind(session: Session, slide: Slide, user_id: int) -> bool:
    """Whether somebody is the second to read a slide: another opened its case or reads it, they have done nothing."""
    others = select(Review.id).where(Review.slide_id == slide.id, Review.user_id != user_id, Review.blind.is_(False))
    is_second = slide.case.owner_id != user_id or session.scalar(others.limit(1)) is not None
    return is_second and find(session, slide.id, user_id) is None and not _has_corrected(session, slide.id, user_id)


def _has_corrected(session: Session, slide_id: int, user_id: int) -> bool:
    """Whether a person has corrected anything on a slide."""
    mine = Gesture.slide_id == slide_id, Gesture.user_id == user_id
    return session.scalar(select(Gesture.id).where(*mine, Gesture.kind.not_in(LASTING)).limit(1)) is not None


def reads_blind(session: Session, slide_id: int, user_id: int) -> Review | None:
    """Return a person's blind reading of a slide while it is not done."""
    review = find(session, slide_id, user_id)
    return review if review is not None and review.blind and review.done_at is None else None


def call(session: Session, review: Review, cells: Iterable[int], kind: str) -> None:
    """Note what a blind reader calls cells.

    Raises
    ------
    StationError
        There is no such type.
    NotFound
        A cell is not of this slide.
    Conflict
        The reading is done, or not blind.
    """
    if kind not in CELL_TYPES:
        raise StationError(f"There is no type {kind!r}: expected one of {', '.join(CELL_TYPES)}.")
    if not review.blind or review.done_at is not None:
        raise Conflict("This reading is done: it is not changed afterwards.")
    for number in sorted(set(cells)):
        cell = session.get(Cell, number)
        if cell is None or cell.field.slide_id != review.slide_id:
            raise NotFound("There is no such cell on this slide.")
        session.merge(Call(review_id=review.id, cell_id=number, type=kind, at=clock.now()))


def finish(session: Session, review: Review, revision: int) -> None:
    """Put a name under a reading: what it calls each cell is kept, and the verification holds for this revision.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    review : Review
        Which.
    revision : int
        Of the slide, as the person saw it.

    Raises
    ------
    Conflict
        The slide has changed since, or photographs are still being analysed.
    """
    slide = session.scalars(select(Slide).where(Slide.id == review.slide_id).with_for_update()).one()
    if review.blind and review.done_at is not None:
        return
    if slide.revision != revision:
        raise Conflict("The slide has changed since you looked at it: look again before you verify it.")
    states = set(session.scalars(select(Field.state).where(Field.slide_id == slide.id, Field.left_out.is_(False))))
    if "queued" in states:
        raise Conflict("Photographs of this slide are still being analysed: wait until they are done.")
    if "done" not in states:
        raise Conflict("No photograph of this slide counts yet: there is nothing to verify.")
    if not review.blind:
        for old in session.scalars(select(Call).where(Call.review_id == review.id)):
            session.delete(old)
        session.flush()
    called = select(Call.cell_id).where(Call.review_id == review.id)
    type_ = Cell.machine_type if review.blind else Cell.type
    rest = (
        select(literal(review.id), Cell.id, type_, literal(clock.now(), Call.at.type))
        .join(Field)
        .where(
            Field.slide_id == slide.id,
            Field.left_out.is_(False),
            Cell.deleted.is_(False),
            type_.is_not(None),
            Cell.id.not_in(called),
        )
    )
    session.execute(insert(Call).from_select(["review_id", "cell_id", "type", "at"], rest))
    before = {"revision": review.revision} if review.done_at is not None else {}
    kind = "read blind" if review.blind else "sign"
    corrections.note(session, slide.id, review.user_id, kind, before, {"revision": revision})
    review.revision, review.done_at = revision, clock.now()


def agreement_of(session: Session, first: Review, second: Review) -> agreement.Agreement:
    """Return how far two finished readings of the same slide agree, on the cells that both have called."""
    calls = {
        review.id: {
            row[0]: row[1]
            for row in session.execute(select(Call.cell_id, Call.type).where(Call.review_id == review.id))
        }
        for review in (first, second)
    }
    both = sorted(calls[first.id].keys() & calls[second.id].keys())
    return agreement.of([(calls[first.id][number], calls[second.id][number]) for number in both])


def readings(session: Session, slide_id: int) -> list[Review]:
    """Return all readings of a slide, those that hold first."""
    query = select(Review).where(Review.slide_id == slide_id).order_by(Review.blind, Review.id)
    return list(session.scalars(query))
