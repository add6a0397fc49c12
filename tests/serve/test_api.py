"""The API from the announcement of a photograph to a verified slide, and what strangers and other people get."""

from __future__ import annotations

import hashlib
import uuid

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")

from fastapi.testclient import TestClient

from lowcost.report.pictures import jpeg
from lowcost.result import SmearResult
from lowcost.serve import app, people
from lowcost.serve.security import passwords
from lowcost.serve.security.headers import POLICY
from lowcost.serve.station import Station
from lowcost.synth import render
from tests.serve.people import slide as new_slide
from tests.serve.stations import analysed, programs
from tests.smears import crowd

PASSPHRASE = "four words for testing"


@pytest.fixture(scope="module")
def passphrase_hash():
    return passwords.hashed(PASSPHRASE)


@pytest.fixture
def client(station, passphrase_hash):
    """A program's client for each person; the analysis does not run."""
    roles = {"ana": "admin", "ben": "reviewer", "cy": "technician", "dee": "technician"}
    return programs(station, roles, password_hash=passphrase_hash)


@pytest.fixture
def slide(station, client):
    """A slide of cy's with ten cells."""
    return analysed(station.database, new_slide(station.database, 3), crowd(10, ["lymphocyte", "blast"], per_field=5))


def test_from_a_photograph_to_a_result(client, station):
    cy = client("cy")
    case = cy.post("/api/v1/cases", json={"pseudonym": "P-1"}).json()
    slide = cy.post(f"/api/v1/cases/{case['id']}/slides", json={"name": "1", "um_per_px": 0.125}).json()
    photograph = jpeg(render(3, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2}).pixels)
    digest = hashlib.sha256(photograph).hexdigest()
    announced = {"name": "a.jpg", "size": len(photograph), "sha256": digest}
    upload = cy.post(f"/api/v1/slides/{slide['id']}/uploads", json=announced).json()
    address = f"/api/v1/uploads/{upload['id']}"
    first = cy.patch(address, content=photograph[:1000], headers={"Upload-Offset": "0"})
    assert (first.status_code, first.headers["Upload-Offset"]) == (200, "1000")
    wrong = cy.patch(address, content=photograph, headers={"Upload-Offset": "0"})
    assert (wrong.status_code, "1000" in wrong.json()["detail"]) == (409, True)
    assert cy.head(address).headers["Upload-Offset"] == "1000"
    last = cy.patch(address, content=photograph[1000:], headers={"Upload-Offset": "1000"})
    assert last.status_code == 201
    again = cy.patch(address, content=b"", headers={"Upload-Offset": str(len(photograph))})
    assert (again.status_code, again.json()["field_id"]) == (201, last.json()["field_id"])
    assert station.analysis.step()
    field = cy.get(f"/api/v1/fields/{last.json()['field_id']}").json()
    assert field["state"] == "done"
    for address in field["pictures"].values():
        picture = cy.get(address)
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["x-content-type-options"] == "nosniff"
    cells = cy.get(f"/api/v1/slides/{slide['id']}/cells").json()
    assert cy.get(cells[0]["picture"]).status_code == 200
    added = {
        "key": str(uuid.uuid4()),
        "act": {"action": "add", "field_id": field["id"], "x": 9, "y": 9, "type": "blast"},
    }
    (drawn,) = cy.post(f"/api/v1/slides/{slide['id']}/corrections", json=added).json()["cells"]
    assert cy.get(drawn["picture"]).content[:2] == b"\xff\xd8"
    found = SmearResult.from_dict(cy.get(f"/api/v1/slides/{slide['id']}/result").json())
    assert found.differential.shares["blast"].count >= 1
    summary = cy.get(f"/api/v1/slides/{slide['id']}/summary")
    assert summary.json()["counted"] == found.differential.counted
    known = {"If-None-Match": summary.headers["etag"]}
    assert cy.get(f"/api/v1/slides/{slide['id']}/summary", headers=known).status_code == 304


def test_correct_undo_verify_compare(client, slide):
    cy, ben, ana = client("cy"), client("ben"), client("ana")
    at = f"/api/v1/slides/{slide}"
    cells = cy.get(f"{at}/cells").json()
    seen = [{"id": cell["id"], "version": cell["version"]} for cell in cells[:3]]
    body = {"key": str(uuid.uuid4()), "act": {"action": "retype", "cells": seen, "type": "monocyte"}}
    done = cy.post(f"{at}/corrections", json=body)
    assert [cell["type"] for cell in done.json()["cells"]] == ["monocyte"] * 3
    assert cy.post(f"{at}/corrections", json=body).json() == done.json()
    body["key"] = str(uuid.uuid4())
    assert cy.post(f"{at}/corrections", json=body).status_code == 409
    undo = {"key": str(uuid.uuid4()), "act": {"action": "undo"}}
    assert [cell["type"] for cell in cy.post(f"{at}/corrections", json=undo).json()["cells"]] == [
        cell["type"] for cell in cells[:3]
    ]
    assert [entry["kind"] for entry in cy.get(f"{at}/changes").json()] == ["undo", "type"]
    assert len(cy.get(f"/api/v1/cells/{cells[0]['id']}").json()["history"]) == 2
    assert cy.post(f"{at}/reviews", json={}).status_code == 403
    revision = ben.get(f"{at}").json()["revision"]
    assert ben.post(f"{at}/reviews", json={}).status_code == 200
    assert ben.post(f"{at}/reviews/mine/done", json={"revision": revision - 1}).status_code == 409
    assert ben.post(f"{at}/reviews/mine/done", json={"revision": revision}).json()["holds"]
    assert ben.get(f"{at}/summary").json()["status"] == "final"
    assert ana.post(f"{at}/reviews", json={"blind": True}).status_code == 200
    body["key"] = str(uuid.uuid4())
    assert ana.post(f"{at}/corrections", json=body).status_code == 409
    assert ana.post(f"{at}/reviews/mine/calls", json={"cells": [cells[0]["id"]], "type": "basophil"}).status_code == 204
    assert ana.get(f"{at}/cells").json()[0]["type"] == "basophil"
    assert ben.get(f"{at}/cells").json()[0]["type"] != "basophil"
    assert ana.post(f"{at}/reviews/mine/done", json={"revision": revision}).status_code == 200
    (agreement,) = ana.get(f"{at}/reviews").json()["agreements"]
    assert (agreement["between"], agreement["cells"], agreement["same"]) == (["ben", "ana"], 10, 9)


def test_strangers_get_nothing(client, slide):
    stranger = client(None)
    for path in client("ana").get("/api/v1/openapi.json").json()["paths"]:
        address = path.replace("{number}", "1").replace("{upload_id}", str(uuid.uuid4())).replace("{name}", "full")
        assert stranger.get(address).status_code in (401, 405), path
    assert stranger.get("/").headers["location"] == "/sign-in"


def test_other_technicians_cases_do_not_exist(client, slide):
    dee = client("dee")
    assert dee.get("/api/v1/cases").json() == []
    for address in (
        "cases/1", f"slides/{slide}", f"slides/{slide}/result", f"slides/{slide}/cells", f"slides/{slide}/summary",
        f"slides/{slide}/changes", f"slides/{slide}/reviews", "fields/1", "fields/1/pictures/full.jpg", "cells/1",
        "cells/1/picture.jpg",
    ):  # fmt: skip
        mine, never = dee.get(f"/api/v1/{address}"), dee.get(f"/api/v1/{address.replace('1', '99', 1)}")
        assert (mine.status_code, mine.json()) == (404, never.json()), address
    body = {"key": str(uuid.uuid4()), "act": {"action": "retype", "cells": [{"id": 1, "version": 1}], "type": "blast"}}
    assert dee.post(f"/api/v1/slides/{slide}/corrections", json=body).status_code == 404
    assert dee.post(f"/api/v1/slides/{slide}/uploads", json={"name": "a", "size": 1}).status_code == 404


def test_only_admins_manage_people(client):
    body = {"name": "eve", "role": "admin", "passphrase": PASSPHRASE}
    assert client("ben").post("/api/v1/people", json=body).status_code == 403
    assert client("ben").patch("/api/v1/people/2", json={"role": "admin"}).status_code == 403
    assert client("ben").patch("/api/v1/people/1", json={"passphrase": PASSPHRASE}).status_code == 403
    assert client("ana").post("/api/v1/people", json=body).status_code == 201
    assert client("ana").post("/api/v1/people", json=body).status_code == 409
    assert client("ana").patch("/api/v1/people/1", json={"active": False}).status_code == 409
    assert client("ana").patch("/api/v1/people/2", json={"active": False}).status_code == 200
    assert client("ben").get("/api/v1/station").status_code == 401


def test_what_people_may_do_is_kept_with_who_changed_it(client):
    ana = client("ana")
    ana.post("/api/v1/people", json={"name": "eve", "role": "reviewer", "passphrase": PASSPHRASE})
    ana.patch("/api/v1/people/2", json={"role": "admin"})
    ana.patch("/api/v1/people/2", json={"role": "admin", "active": True})  # as it is: no change
    assert len(client("ben").get("/api/v1/people/changes").json()) == 2
    ana.patch("/api/v1/people/2", json={"role": "technician", "passphrase": PASSPHRASE})
    assert client("ben").get("/api/v1/people/changes").status_code == 403
    told = [
        [each[name] for name in ("by", "person", "before", "after")]
        for each in ana.get("/api/v1/people/changes").json()
    ]
    was = told[1][2]["role"]
    assert told == [
        ["ana", "ben", {"role": "admin"}, {"role": "technician", "passphrase": "new"}],
        ["ana", "ben", {"role": was}, {"role": "admin"}],
        ["ana", "eve", {}, {"role": "reviewer", "active": True}],
    ]
    assert was != "admin"


def test_tokens_end(client):
    ana = client("ana")
    made = ana.post("/api/v1/tokens", json={"name": "phone"}).json()
    phone = {"Authorization": f"Bearer {made['token']}"}
    assert ana.get("/api/v1/station", headers=phone).status_code == 200
    assert "token" not in ana.get("/api/v1/tokens").json()[-1]
    assert client("ben").delete(f"/api/v1/tokens/{made['id']}").status_code == 404
    assert ana.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert ana.get("/api/v1/station", headers=phone).status_code == 401


def sign_in(browser, name="ana", passphrase=PASSPHRASE, **headers):
    return browser.post("/sign-in", data={"name": name, "passphrase": passphrase}, headers=headers)


def test_a_browser_signs_in_and_carries_the_sessions_secret(client):
    browser = client(None)
    answer = sign_in(browser)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = browser.get("/")
    assert page.status_code == 200
    csrf = page.text.split('name="csrf" content="')[1].split('"')[0]
    body = {"pseudonym": "P-2"}
    assert browser.post("/api/v1/cases", json=body).status_code == 403
    assert browser.post("/api/v1/cases", json=body, headers={"X-CSRF-Token": "x"}).status_code == 403
    good = {"X-CSRF-Token": csrf}
    assert browser.post("/api/v1/cases", json=body, headers=good | {"Origin": "http://evil"}).status_code == 403
    assert browser.post("/api/v1/cases", json=body, headers=good | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/api/v1/cases", json=body, headers=good | {"Origin": "http://station"}).status_code == 201
    assert browser.post("/sign-out").status_code == 403
    assert browser.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert browser.get("/").status_code == 303
    assert sign_in(browser, Origin="http://evil").status_code == 403


def test_brute_force_is_slowed_down(client):
    browser = client(None)
    statuses = [sign_in(browser, passphrase="wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert sign_in(browser).status_code == 429
    assert sign_in(browser, "ben").status_code == 303


def test_every_answer_says_what_browsers_may_do(client):
    for address in ("/", "/sign-in", "/nothing", "/static/station.css", "/api/v1/station", "/api/v1/openapi.json"):
        headers = client(None).get(address).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY


def test_pages_hold_nothing_inline_and_escape_names(client):
    page = client(None).post("/sign-in", data={"name": "<script>alert(1)</script>", "passphrase": "x"}).text
    assert "<script>alert" not in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cases", {"pseudonym": "a\x00b"}),
        ("cases", {"pseudonym": " "}),
        ("cases", {"pseudonym": "x" * 81}),
        ("tokens", {"name": "\n"}),
        ("cases", ["no object"]),
    ],
)
def test_impossible_bodies_are_misunderstood_and_not_repeated(client, path, body):
    assert client("ana").post(f"/api/v1/{path}", json=body).status_code == 422


def test_half_a_surrogate_is_no_server_error(client):
    headers = {"Content-Type": "application/json"}
    body = rb'{"pseudonym": "\ud800", "note": "\udfff"}'
    assert client("ana").post("/api/v1/cases", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
def test_paths_lead_nowhere_else(client, path):
    assert client("ana").get(path).status_code == 404


def test_on_loopback_nobody_signs_in_until_somebody_has_a_passphrase(settings):
    station = Station(settings)
    browser = TestClient(app.create(station), base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert browser.post("/api/v1/cases", json={"pseudonym": "P-1"}).status_code == 201
    assert browser.get("/").status_code == 200
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 403
    with station.database.write() as session:
        people.add(session, "ana", "admin", PASSPHRASE)
    assert browser.get("/api/v1/cases").status_code == 401
    station.close()


def test_one_station_to_a_folder(settings):
    first = Station(settings)
    with pytest.raises(Exception, match="another station works"):
        Station(settings)
    first.close()
    Station(settings).close()
