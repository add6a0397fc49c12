"""The audit trail tells every change with who, when, what it was and is, to those whose slides they are."""

from __future__ import annotations

import csv
import io
import uuid

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from sqlalchemy import select

from lowcost.serve import audit
from lowcost.serve.access import Person
from lowcost.serve.corrections import Correction
from lowcost.serve.models import Cell, Gesture, Review
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from tests.serve import people as somebody
from tests.serve import stations

ANA, BEN, TOM = (Person(1, "Ana", "admin"), Person(2, "Ben", "reviewer"), Person(3, "Tom", "technician"))


@pytest.fixture
def changed(database):
    """Ana's slide with a cell that Ana renamed, twice, once of it taken back; and Tom's, untouched."""
    for name, role in (("Ana", "admin"), ("Ben", "reviewer"), ("Tom", "technician")):
        somebody.user(database, name, role)
    slide = stations.analysed(database, somebody.slide(database, 1))
    stations.analysed(database, somebody.slide(database, 3, "P-3"))
    for step in ("monocyte", "blast", None):
        with database.write() as session:
            cell = session.scalars(select(Cell).where(Cell.type != "platelet").order_by(Cell.id).limit(1)).one()
            correction = Correction(session, slide, 1, uuid.uuid4())
            correction.undo() if step is None else correction.retype({cell.id: cell.version}, step)
    return slide


def told(database, who, **chosen):
    with database.read() as session:
        return list(audit.entries(session, who, **chosen))


def test_what_it_was_and_is_the_latest_first(database, changed):
    found = told(database, ANA)
    assert [(each.kind, each.before.get("type"), each.after.get("type")) for each in found[:2]] == [
        ("undo", "blast", "monocyte"),
        ("type", "monocyte", "blast"),
    ]
    assert [each.undone for each in found] == [False, True, False]
    assert {each.person for each in found} == {"Ana"}
    assert {(each.case, each.slide) for each in found} == {("P-1", "1")}
    assert all(each.cell is not None and each.field for each in found)
    assert [each.id for each in told(database, ANA, before=found[0].id, limit=1)] == [found[1].id]


def test_reviewers_see_their_slides_and_technicians_their_cases(database, changed):
    assert told(database, BEN) == []
    assert told(database, TOM) == []
    with database.write() as session:
        session.add(Review(slide_id=changed, user_id=2, blind=True))
    assert told(database, BEN) == []  # nothing while it is read blind
    with database.write() as session:
        session.scalars(select(Review)).one().blind = False
    assert len(told(database, BEN)) == 3


def test_it_is_filtered_by_slide_and_person(database, changed):
    assert told(database, ANA, slide_id=changed + 1) == []
    assert told(database, ANA, user_id=2) == []
    assert len(told(database, ANA, slide_id=changed, user_id=1)) == 3


def test_the_table_says_the_same_and_runs_no_formula(database, changed):
    with database.write() as session:
        correction = Correction(session, changed, 1, uuid.uuid4())
        correction.leave_out(1, True)
        correction.gesture.changes[0].after = {"note": "=1+1"}
    with database.read() as session:
        rows = list(csv.DictReader(io.StringIO("".join(audit.dumps(audit.entries(session, ANA))))))
    assert tuple(rows[0]) == audit.COLUMNS
    assert [row["after"] for row in rows if row["what"] == "leave out: note"] == ["'=1+1"]
    assert {"what": "type: type", "before": "monocyte", "after": "blast"}.items() <= rows[3].items()


@pytest.fixture
def station(tmp_path, database_url):
    made = Station(Settings(tmp_path / "station", database_url, spare_bytes=0, lan=True))
    yield made
    made.database.close()


def test_descriptions_and_signatures_are_kept_and_not_undone(station):
    of = stations.programs(station, {"ana": "admin", "tom": "technician"})
    slide = stations.analysed(station.database, somebody.slide(station.database, 1))
    ana = of("ana")
    address = f"/api/v1/slides/{slide}"
    assert ana.patch(address, json={"stain": "Wright", "target": 100}).status_code == 200
    revision = ana.patch(address, json={"stain": "Wright"}).json()["revision"]
    ana.post(f"{address}/reviews", json={"blind": False})
    assert ana.post(f"{address}/reviews/mine/done", json={"revision": revision}).status_code == 200
    undone = ana.post(f"{address}/corrections", json={"key": str(uuid.uuid4()), "act": {"action": "undo"}})
    assert undone.status_code == 409
    with station.database.read() as session:
        kinds = session.scalars(select(Gesture.kind).order_by(Gesture.id)).all()
        found = list(audit.entries(session, ANA))
    assert kinds == ["slide", "sign"]
    assert [(each.before, each.after) for each in found] == [
        ({}, {"revision": revision}),
        ({"stain": ""}, {"stain": "Wright"}),
    ]
    assert "Wright" in ana.get(f"/audit?slide={slide}&person=").text
    assert "Wright" in ana.get("/audit.csv").text
    assert "Wright" not in of("tom").get("/audit").text
    assert of("tom").get("/audit.csv").text.count("\n") == 1
    assert ana.get("/audit?slide=x").status_code == 422
