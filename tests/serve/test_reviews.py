"""A verification holds for what the person saw; a second reading is blind, and the two are compared."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from lowcost.serve import fields, reviews, slides
from lowcost.serve.corrections import Correction
from lowcost.serve.errors import Conflict, NotFound, StationError
from lowcost.serve.models import Call, Cell, Review, Slide
from tests.serve import people
from tests.serve.stations import analysed
from tests.smears import crowd


@pytest.fixture
def slide(database):
    people.user(database)
    found = analysed(database, people.slide(database, 1), crowd(10, ["lymphocyte", "blast", "monocyte"], per_field=5))
    people.user(database, "Ben", "reviewer")
    return found


def revision(database, slide):
    with database.read() as session:
        return session.get(Slide, slide).revision


def start(database, slide, user=1, blind=False):
    with database.write() as session:
        return reviews.start(session, slide, user, blind).id


def finish(database, review, seen):
    with database.write() as session:
        reviews.finish(session, session.get(Review, review), seen)


def calls(database, review):
    with database.read() as session:
        query = select(Call.cell_id, Call.type).where(Call.review_id == review)
        return {row[0]: row[1] for row in session.execute(query)}


def test_a_verification_keeps_what_it_calls_each_cell(database, slide):
    with database.write() as session:
        Correction(session, slide, 1, uuid.uuid4()).retype({1: 1}, "basophil")
    review = start(database, slide)
    assert start(database, slide) == review
    finish(database, review, revision(database, slide))
    with database.read() as session:
        expected = {row[0]: row[1] for row in session.execute(select(Cell.id, Cell.type))}
        assert slides.verified_by(session, session.get(Slide, slide)) == ("Ana",)
    assert calls(database, review) == expected
    assert expected[1] == "basophil"


def test_who_has_not_seen_the_last_state_verifies_nothing(database, slide):
    review, seen = start(database, slide), revision(database, slide)
    with database.write() as session:
        Correction(session, slide, 2, uuid.uuid4()).retype({1: 1}, "basophil")
    with pytest.raises(Conflict, match="changed since"):
        finish(database, review, seen)
    finish(database, review, seen + 1)


def test_waiting_photographs_stand_in_the_way(database, slide):
    review = start(database, slide)
    with database.write() as session:
        fields.add(session, slide, "f" * 64, "late.jpg", 1)
    with pytest.raises(Conflict, match="still being analysed"):
        finish(database, review, revision(database, slide))


def test_a_blind_reading_starts_from_the_machine_and_changes_nothing(database, slide):
    with database.write() as session:
        Correction(session, slide, 1, uuid.uuid4()).retype({1: 1, 2: 1}, "basophil")
    first, second = start(database, slide), start(database, slide, 2, blind=True)
    seen = revision(database, slide)
    finish(database, first, seen)
    with database.write() as session:
        reviews.call(session, session.get(Review, second), [2, 3], "basophil")
        reviews.call(session, session.get(Review, second), [3], "eosinophil")
    finish(database, second, seen)
    assert revision(database, slide) == seen
    with database.read() as session:
        found = reviews.agreement_of(session, *reviews.readings(session, slide))
        machine = {row[0]: row[1] for row in session.execute(select(Cell.id, Cell.machine_type))}
    assert (found.cells, found.same) == (10, 8)
    assert calls(database, second) == machine | {2: "basophil", 3: "eosinophil"}
    with pytest.raises(Conflict, match="done"), database.write() as session:
        reviews.call(session, session.get(Review, second), [2], "blast")


def test_nobody_is_their_own_second_reader(database, slide):
    start(database, slide)
    with pytest.raises(Conflict, match="another person"):
        start(database, slide, blind=True)


def test_impossible_calls(database, slide):
    review = start(database, slide, 2, blind=True)
    with database.write() as session:
        found = session.get(Review, review)
        with pytest.raises(StationError):
            reviews.call(session, found, [1], "elephant")
        with pytest.raises(NotFound):
            reviews.call(session, found, [999], "blast")
