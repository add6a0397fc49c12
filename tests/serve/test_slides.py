"""What a slide says is what the machine said, with every word of a person in its place."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from lowcost import differential
from lowcost.result import SmearResult
from lowcost.serve import clock, fields, slides
from lowcost.serve.models import Cell, Field, Review, Slide
from tests.serve.stations import analysed
from tests.smears import crowd, smear


@pytest.fixture
def slide(database):
    return analysed(database)


def said(database, slide, **more):
    with database.read() as session:
        return slides.result(session, session.get(Slide, slide), None, **more)


def summary(database, slide):
    with database.read() as session:
        return slides.summary(session, session.get(Slide, slide), None)


def change(database, slide, **columns):
    with database.write() as session:
        fields.touch(session, slide)
        cell = session.scalars(select(Cell).where(Cell.type == "lymphocyte").order_by(Cell.id)).first()
        for name, value in columns.items():
            setattr(cell, name, value)
        return cell.number


def test_untouched_it_says_what_the_machine_said(database, slide):
    found = said(database, slide)
    assert found.fields == smear().fields
    assert SmearResult.from_dict(found.to_dict()) == found


def test_without_features_the_rest_is_the_same(database, slide):
    found = said(database, slide, features=False)
    bare = [dataclasses.replace(cell, features={}) for cell in smear().cells]
    assert list(found.cells) == bare
    assert found.differential == said(database, slide).differential


def test_a_persons_type_has_no_probabilities_of_a_machine(database, slide):
    number = change(database, slide, type="blast")
    found = said(database, slide)
    cell = next(cell for cell in found.fields[0].cells if cell.id == number)
    assert (cell.type, cell.probability, cell.probabilities, cell.possible_types) == ("blast", 1.0, {}, ())
    assert found.differential.shares["blast"].count == 1 + said_before().shares["blast"].count
    assert SmearResult.from_dict(found.to_dict()) == found


def said_before():
    return smear().differential


def test_a_persons_attribute_is_a_persons(database, slide):
    number = change(database, slide, attributes={"nucleolus": "prominent"})
    found = said(database, slide)
    value = next(cell for cell in found.fields[0].cells if cell.id == number).attributes["nucleolus"]
    assert (value.value, value.probability, value.evidence, value.reasons) == ("prominent", None, "person", ())
    assert SmearResult.from_dict(found.to_dict()) == found


def test_what_is_deleted_or_left_out_does_not_count(database, slide):
    before = said(database, slide)
    change(database, slide, deleted=True)
    assert len(said(database, slide).cells) == len(before.cells) - 1
    with database.write() as session:
        session.scalars(select(Field)).first().left_out = True
    assert said(database, slide).fields == ()


def test_the_summary_agrees_with_the_result(database):
    slide = analysed(database, found=crowd(60, ["lymphocyte", "blast", "neutrophil_segmented", "platelet"]))
    change(database, slide, type="monocyte")
    found, told = said(database, slide), summary(database, slide)
    assert told.differential == found.differential
    assert told.counted == found.differential.counted
    assert sum(told.counts.values()) == len(found.cells)
    assert told.fields["done"] + told.fields["rejected"] == len(found.fields)


def test_errors_of_the_classifier_are_not_those_of_a_person(database, slide, monkeypatch):
    assert slides._conventions(None)[0].confusion
    monkeypatch.setattr(slides, "_conventions", lambda _: (dataclasses.replace(CONFUSED), True, "x"))
    assert said(database, slide).differential.blast_equivalents.with_errors
    change(database, slide, type="blast")
    assert said(database, slide).differential.blast_equivalents.with_errors is None


@pytest.mark.parametrize("provenance", [{"bundle_sha256": "y"}, {"bundle_sha256": "x", "device": "my-phone"}])
def test_errors_of_the_classifier_are_those_of_what_analysed_the_fields(database, slide, monkeypatch, provenance):
    monkeypatch.setattr(slides, "_conventions", lambda _: (dataclasses.replace(CONFUSED), True, "x"))
    for row in ({"bundle_sha256": "x"}, provenance):
        with database.write() as session:
            session.scalars(select(Field)).first().provenance = row
        has_errors = said(database, slide).differential.blast_equivalents.with_errors is not None
        assert has_errors == (row is not provenance)


CONFUSED = differential.Parameters(
    100, 200, 400, (10, 20), {"lymphocyte": {"lymphocyte": 9, "blast": 1}, "blast": {"blast": 9, "lymphocyte": 1}}, 20
)


def test_final_is_what_was_verified_as_it_is_now(database, slide):
    assert summary(database, slide).status == "preliminary"
    with database.write() as session:
        revision = session.get(Slide, slide).revision
        session.add(Review(slide_id=slide, user_id=1, revision=revision, done_at=clock.now()))
    assert (summary(database, slide).status, summary(database, slide).verified_by) == ("final", ("Ana",))
    change(database, slide, type="blast")
    assert summary(database, slide).status == "preliminary"


def test_a_blind_reading_verifies_nothing(database, slide):
    with database.write() as session:
        revision = session.get(Slide, slide).revision
        session.add(Review(slide_id=slide, user_id=1, revision=revision, done_at=clock.now(), blind=True))
    assert summary(database, slide).status == "preliminary"
