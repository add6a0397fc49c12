"""Every correction is kept, done once, told when too late, and can be taken back."""

from __future__ import annotations

import math
import threading
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from lowcost.export.polygon import area
from lowcost.result import SmearResult
from lowcost.serve import slides
from lowcost.serve.corrections import ADDED_UM, Correction
from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict, NotFound, StationError
from lowcost.serve.models import Cell, Change, Gesture, Slide
from lowcost.serve.settings import Settings
from tests.serve import people
from tests.serve.stations import analysed
from tests.smears import crowd


class Bench:
    def __init__(self, database):
        self.database = database
        self.slide = analysed(database, found=crowd(6, ["lymphocyte", "blast"], per_field=3))
        self.other = people.user(database, "Ben", "reviewer")

    def cells(self, **where):
        with self.database.read() as session:
            found = session.scalars(select(Cell).filter_by(**where).order_by(Cell.id)).all()
            session.expunge_all()
            return found

    def state(self):
        return [(cell.id, cell.type, cell.deleted, cell.attributes) for cell in self.cells()]

    def revision(self):
        with self.database.read() as session:
            return session.get(Slide, self.slide).revision

    def do(self, method, *arguments, user=1, key=None):
        with self.database.write() as session:
            return getattr(Correction(session, self.slide, user, key or uuid.uuid4()), method)(*arguments)

    def valid(self):
        with self.database.read() as session:
            found = slides.result(session, session.get(Slide, self.slide), None)
        assert SmearResult.from_dict(found.to_dict()) == found
        return found


@pytest.fixture
def bench(database):
    return Bench(database)


def seen(*cells):
    return {cell.id: cell.version for cell in cells}


def test_retype_keeps_who_when_and_what_it_was(bench):
    cells = bench.cells()[:2]
    bench.do("retype", seen(*cells), "monocyte")
    assert [cell.type for cell in bench.cells()[:2]] == ["monocyte", "monocyte"]
    with bench.database.read() as session:
        changes = session.scalars(select(Change).order_by(Change.id)).all()
        assert [(c.cell_id, c.before, c.after) for c in changes] == [
            (cell.id, {"type": cell.type, "confirmed": False}, {"type": "monocyte", "confirmed": True})
            for cell in cells
        ]
        assert changes[0].gesture.user.name == "Ana"
        assert changes[0].gesture.at.tzinfo is not None
    assert [cell.machine_type for cell in bench.cells()] == [cell.machine_type for cell in bench.cells()]
    bench.valid()


def test_a_type_is_confirmed_and_that_is_taken_back(bench):
    first, second = bench.cells()[:2]
    bench.do("confirm", seen(first))
    bench.do("retype", seen(second), second.type)  # its key, as at a differential counter
    assert [cell.confirmed for cell in bench.cells()[:3]] == [True, True, False]
    assert [cell.type for cell in bench.cells()[:2]] == [first.type, second.type]
    assert bench.valid().cells[0].probabilities  # the machine's word stays the machine's
    bench.do("undo")
    assert [cell.confirmed for cell in bench.cells()[:2]] == [True, False]
    bench.do("retype", seen(bench.cells()[1]), "monocyte")
    bench.do("undo")
    assert (bench.cells()[1].type, bench.cells()[1].confirmed) == (second.type, False)


def test_a_gesture_sent_twice_is_done_once(bench):
    key, cells = uuid.uuid4(), bench.cells()[:1]
    bench.do("retype", seen(*cells), "monocyte", key=key)
    revision = bench.revision()
    bench.do("retype", seen(*cells), "monocyte", key=key)
    bench.do("add", 1, 50, 50, "blast", key=(added := uuid.uuid4()))
    bench.do("add", 1, 50, 50, "blast", key=added)
    assert bench.revision() == revision + 1
    assert len(bench.cells(drawn_by_id=1)) == 1
    with pytest.raises(Conflict, match="key"):
        bench.do("retype", seen(*cells), "blast", key=key, user=bench.other)


def test_who_saw_an_older_version_is_told(bench):
    cells = bench.cells()
    bench.do("retype", seen(cells[1]), "monocyte")
    before = bench.state(), bench.revision()
    with pytest.raises(Conflict, match="meanwhile"):
        bench.do("retype", seen(*cells[:3]), "basophil", user=bench.other)
    assert (bench.state(), bench.revision()) == before


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("retype", ({}, "blast"), StationError),
        ("retype", ({1: 1}, "elephant"), StationError),
        ("retype", ({999: 1}, "blast"), NotFound),
        ("describe", ({1: 1}, "wings", "two"), StationError),
        ("describe", ({1: 1}, "nucleolus", "two"), StationError),
        ("add", (1, -1, 5, "blast"), StationError),
        ("add", (999, 1, 5, "blast"), NotFound),
        ("split", ({1: 1, 2: 1}, (0, 0), (1, 1)), StationError),
        ("split", ({1: 1}, (-5000, 0), (-4000, 0)), StationError),
        ("merge", ({1: 1}, "blast"), StationError),
        ("merge", ({1: 1, 4: 1}, "blast"), StationError),
        ("undo", (), Conflict),
    ],
)
def test_what_cannot_be_done_changes_nothing(bench, method, arguments, error):
    before = bench.state(), bench.revision()
    with pytest.raises(error):
        bench.do(method, *arguments)
    assert (bench.state(), bench.revision()) == before
    with bench.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Gesture)) == 0


def test_attributes_are_set_and_given_back(bench):
    cell = bench.cells()[0]
    bench.do("describe", seen(cell), "nucleolus", "prominent")
    assert bench.valid().cells[0].attributes["nucleolus"].value == "prominent"
    bench.do("describe", seen(bench.cells()[0]), "nucleolus", None)
    assert bench.cells()[0].attributes == {}


def test_an_added_cell_is_a_circle_as_large_as_a_leukocyte(bench):
    bench.do("add", 1, 100, 90, "blast")
    (cell,) = bench.cells(drawn_by_id=1)
    scale = bench.valid().fields[0].scale
    drawn = area([tuple(point) for point in cell.machine["polygon"]]) * scale.um_per_px_x * scale.um_per_px_y
    assert drawn == pytest.approx(math.pi * ADDED_UM**2 / 4, rel=0.02)


def test_a_split_shares_the_area_and_a_merge_covers_it(bench):
    cell = bench.cells()[0]
    x0, y0, x1, y1 = cell.machine["box"]
    middle = (y0 + y1) / 2
    halves = bench.do("split", seen(cell), (x0 + 1, middle), (x1 - 1, middle))
    whole = area([tuple(point) for point in cell.machine["polygon"]])
    parts = [area([tuple(point) for point in half.machine["polygon"]]) for half in halves]
    assert sum(parts) == pytest.approx(whole, rel=1e-3)
    assert parts[0] == pytest.approx(parts[1], rel=0.1)
    assert bench.cells()[0].deleted
    bench.valid()
    merged = bench.do("merge", seen(*bench.cells(drawn_by_id=1)), "blast")
    assert area([tuple(point) for point in merged.machine["polygon"]]) == pytest.approx(whole, rel=0.02)
    assert [cell.deleted for cell in bench.cells(drawn_by_id=1)] == [True, True, False]
    bench.valid()


def test_fields_are_left_out_and_taken_in(bench):
    bench.do("leave_out", 1, True)
    assert len(bench.valid().fields) == 1
    bench.do("undo")
    assert len(bench.valid().fields) == 2


ACTS = st.sampled_from(["retype", "delete", "restore", "add", "split", "describe", "merge"])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTS, st.integers(0, 5), st.sampled_from(["blast", "basophil"])), max_size=8))
def test_undo_takes_back_everything_in_turn(bench, acts):
    before = bench.state()
    states = []
    for act, number, kind in acts:
        state = bench.state()
        cell = bench.cells()[number]
        x0, y0, x1, y1 = cell.machine["box"]
        arguments = {
            "retype": (seen(cell), kind),
            "delete": (seen(cell),),
            "restore": (seen(cell),),
            "add": (cell.field_id, 50, 60, kind),
            "split": (seen(cell), (x0, y0), (x1, y1)),
            "describe": (seen(cell), "nucleolus", "prominent"),
            "merge": (seen(*bench.cells(field_id=cell.field_id)[:2]), kind),
        }[act]
        bench.do(act, *arguments)
        states.append(state)
        bench.valid()
    known = {number for number, *_ in before}
    for state in reversed(states):
        bench.do("undo")
        there = {number for number, *_ in state}
        now = bench.state()
        assert [row for row in now if row[0] in there] == state
        assert all(deleted for number, _, deleted, _ in now if number not in there)
    assert [row for row in bench.state() if row[0] in known] == before


def test_undo_takes_back_ones_own_and_not_what_others_built_on(bench):
    cell = bench.cells()[0]
    bench.do("retype", seen(cell), "monocyte")
    bench.do("retype", seen(bench.cells()[1]), "basophil", user=bench.other)
    bench.do("undo")
    assert [c.type for c in bench.cells()[:2]] == [cell.type, "basophil"]
    bench.do("retype", seen(bench.cells()[0]), "monocyte")
    bench.do("retype", seen(bench.cells()[0]), "eosinophil", user=bench.other)
    with pytest.raises(Conflict, match="since"):
        bench.do("undo")
    assert bench.cells()[0].type == "eosinophil"


def test_many_at_once_lose_no_correction(tmp_path, database_url):
    database = Database(Settings(tmp_path, database_url).database_url)
    database.migrate()
    bench = Bench(database)
    errors = []

    def correct(number):
        for kind in ("blast", "monocyte", "eosinophil", "basophil"):
            cell = bench.cells()[number]
            try:
                bench.do("retype", seen(cell), kind)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=correct, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [cell.type for cell in bench.cells()[:5]] == ["basophil"] * 5
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Gesture)) == 20
    database.close()
