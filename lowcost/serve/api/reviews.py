"""Readings of a slide: verification, blind second reading, agreement."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lowcost.serve import access, reviews
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.errors import Conflict, NotFound
from lowcost.serve.models import Review

router = APIRouter(tags=["reviews"])


class NewReview(BaseModel):
    """How a slide is read."""

    blind: bool = False


class Calls(BaseModel):
    """What a blind reader calls cells."""

    cells: list[Annotated[int, Field(ge=1, le=2**31 - 1)]] = Field(min_length=1, max_length=1000)
    type: Annotated[str, Field(max_length=64)]


class Done(BaseModel):
    """The revision of the slide that the person saw."""

    revision: int = Field(ge=0, le=2**31 - 1)


@router.get("/slides/{number}/reviews")
def readings(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """Who has read a slide, and how far those that are done agree; the latter not to who still reads it blind."""
    with here.database.read() as session:
        slide = access.slide(session, who, number, blind=True)
        found = reviews.readings(session, slide.id)
        is_blind = reviews.reads_blind(session, slide.id, who.id) is not None
        done = [] if is_blind else [review for review in found if review.done_at is not None]
        pairs = [(first, second) for i, first in enumerate(done) for second in done[i + 1 :]]
        return {
            "reviews": [_shown(review, slide.revision) for review in found],
            "agreements": [_agreement(reviews.agreement_of(session, *pair), pair) for pair in pairs],
        }


@router.post("/slides/{number}/reviews")
def start(here: Here, who: Who, number: Number, body: NewReview) -> dict[str, Any]:
    """Begin to read a slide, or go on (reviewers and admins)."""
    who.demand("reviewer")
    with here.database.write() as session:
        slide = access.slide(session, who, number, blind=True)
        return _shown(reviews.start(session, slide.id, who.id, body.blind), slide.revision)


@router.post("/slides/{number}/reviews/mine/calls", status_code=204)
def call(here: Here, who: Who, number: Number, body: Calls) -> None:
    """Note what one calls cells in one's own blind reading."""
    with here.database.write() as session:
        access.slide(session, who, number, blind=True)
        review = reviews.find(session, number, who.id)
        if review is None:
            raise NotFound("You do not read this slide: begin first.")
        reviews.call(session, review, body.cells, body.type)


@router.post("/slides/{number}/reviews/mine/done")
def finish(here: Here, who: Who, number: Number, body: Done) -> dict[str, Any]:
    """Put one's name under a slide as one saw it (reviewers and admins)."""
    who.demand("reviewer")
    with here.database.write() as session:
        slide = access.slide(session, who, number, blind=True)
        review = reviews.find(session, number, who.id)
        if review is None:
            raise Conflict("You do not read this slide: begin first.")
        reviews.finish(session, review, body.revision)
        return _shown(review, slide.revision)


def _shown(review: Review, revision: int) -> dict[str, Any]:
    return {
        "id": review.id,
        "by": review.user.name if review.user is not None else None,
        "user_id": review.user_id,
        "blind": review.blind,
        "done_at": None if review.done_at is None else review.done_at.isoformat(),
        "holds": review.done_at is not None and review.revision == revision,
    }


def _agreement(found: Any, pair: tuple[Review, Review]) -> dict[str, Any]:
    return {
        "between": [review.user.name for review in pair],
        "cells": found.cells,
        "same": found.same,
        "kappa": found.kappa,
        "pairs": [{"first": first, "second": second, "cells": count} for (first, second), count in found.pairs.items()],
    }
