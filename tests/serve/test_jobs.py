"""The queue hands every photograph to one worker at a time, and every photograph comes to an end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from lowcost import result_json
from lowcost.result import Field as ResultField
from lowcost.serve import clock, fields, jobs
from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict
from lowcost.serve.models import Cell, Change, Field, Gesture, Job, Slide
from lowcost.serve.settings import Settings
from tests.serve import people
from tests.smears import smear


@pytest.fixture
def station(tmp_path, database_url):
    opened = Database(Settings(tmp_path, database_url).database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def slide(station):
    return people.slide(station, people.user(station), um_per_px=0.1)


def add(station, slide, count=1):
    with station.write() as session:
        return [fields.add(session, slide, f"{i:064x}", f"{i}.jpg", 1).id for i in range(count)]


def claim(station):
    with station.write() as session:
        return jobs.claim(session, 60)


def finish(station, work, number=0, picture="p"):
    found = result_json.encoded(smear().fields[number], ResultField)
    with station.write() as session:
        jobs.finish(session, work, found, picture, {"bundle": "b"})
    return found


def state(station, field):
    with station.read() as session:
        return session.get(Field, field).state


def test_what_is_claimed_is_described(station, slide):
    add(station, slide)
    work = claim(station)
    assert (work.name, work.um_per_px, work.device, work.attempt) == ("0.jpg", 0.1, None, 1)
    assert claim(station) is None


def test_every_photograph_is_claimed_once(station, slide):
    numbers = add(station, slide, 12)
    found = []

    def take():
        while (work := claim(station)) is not None:
            found.append(work.field_id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A claimant that met only rows that others were just taking may leave early; nothing is taken twice.
    while (work := claim(station)) is not None:
        found.append(work.field_id)
    assert sorted(found) == numbers


def test_what_was_found_is_kept(station, slide):
    (field,) = add(station, slide)
    found = finish(station, claim(station))
    with station.read() as session:
        row = session.get(Field, field)
        assert (row.state, row.verdict, row.provenance) == ("done", found["verdict"], {"bundle": "b"})
        assert [cell.machine | {"features": cell.features} for cell in row.cells] == found["cells"]
        assert [cell.type for cell in row.cells] == [cell["type"] for cell in found["cells"]]
        assert session.scalar(select(Job.state)) == "done"


def test_a_claim_that_was_taken_over_changes_nothing(station, slide, monkeypatch):
    (field,) = add(station, slide)
    late = claim(station)
    now = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: now)
    work = claim(station)
    assert (work.field_id, work.attempt) == (field, 2)
    finish(station, late)
    with station.write() as session:
        jobs.fail(session, late, "no")
        jobs.stumble(session, late, "no", 1)
        jobs.give_back(session, late)
    assert state(station, field) == "queued"
    finish(station, work)
    assert state(station, field) == "done"


def test_finishing_twice_keeps_one(station, slide):
    add(station, slide)
    work = claim(station)
    found = finish(station, work)
    finish(station, work)
    with station.read() as session:
        assert len(session.scalars(select(Cell)).all()) == len(found["cells"])


def test_what_ends_the_worker_is_tried_again_and_then_given_up(station, slide):
    poison, good = add(station, slide, 2)
    seen = []
    while (work := claim(station)) is not None:
        seen.append(work.field_id)
        if work.field_id == good:
            finish(station, work)
        else:
            with station.write() as session:
                jobs.stumble(session, work, "It ended the analysis.", 3)
    assert seen == [poison, good, poison, poison]  # others do not wait for it
    with station.read() as session:
        field = session.get(Field, poison)
        assert (field.state, field.reason) == ("failed", "It ended the analysis.")


def test_giving_back_is_no_attempt(station, slide):
    add(station, slide)
    for _ in range(5):
        work = claim(station)
        assert work.attempt == 1
        with station.write() as session:
            jobs.give_back(session, work)
    claim(station)
    with station.write() as session:
        jobs.offer_again(session)
    assert claim(station).attempt == 1


def test_the_same_picture_in_another_file_is_not_counted(station, slide):
    _, second = add(station, slide, 2)
    finish(station, claim(station))
    finish(station, claim(station))
    with station.read() as session:
        assert "same picture as 0.jpg" in session.get(Field, second).reason


def test_everything_that_ends_moves_the_slide_on(station, slide):
    add(station, slide, 2)

    def revision():
        with station.read() as session:
            return session.get(Slide, slide).revision

    before = revision()
    finish(station, claim(station))
    assert revision() == before + 1
    work = claim(station)
    with station.write() as session:
        jobs.fail(session, work, "It is no image.")
    assert revision() == before + 2


def test_analysing_again_replaces_cells_but_no_work_of_a_person(station, slide):
    (number,) = add(station, slide)
    finish(station, claim(station))
    with station.write() as session:
        fields.analyse_again(session, session.get(Field, number))
    found = finish(station, claim(station))
    with station.write() as session:
        cells = session.scalars(select(Cell)).all()
        assert len(cells) == len(found["cells"])
        import uuid

        gesture = Gesture(key=uuid.uuid4(), slide_id=slide, user_id=1, kind="type")
        gesture.changes.append(Change(cell_id=cells[0].id, before={}, after={}))
        session.add(gesture)
    with pytest.raises(Conflict, match="would be lost"), station.write() as session:
        fields.analyse_again(session, session.get(Field, number))
