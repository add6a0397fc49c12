"""Who may call what: a rule for every route. A route without one fails the first test."""

from __future__ import annotations

import uuid

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")

from lowcost.serve.models import DeviceProfile, Training
from lowcost.serve.security import sessions
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from tests.serve.people import slide as new_slide
from tests.serve.stations import PLACES, analysed, programs, routes
from tests.smears import crowd

ANYBODY = "anybody, signed in or not"
SIGNED_IN = "everybody who is signed in"
CASE = "who may see the case: its technician, reviewers, admins"
OWN = "nobody but the person whose it is"
OWN_OR_REVIEWER = "the person whose it is, reviewers, admins"
REVIEWER = "reviewers and admins"
ADMIN = "admins"

PROFILE = '{"um_per_px_x": 0.1, "width": 640, "height": 480, "recalibration": null}'
NAME = {"name": "new"}
PASSPHRASE = "four words for testing"
GESTURE = {"key": str(uuid.UUID(int=7)), "act": {"action": "undo"}}
UPLOAD = {"Upload-Offset": "0"}

RULES = {
    ANYBODY: [
        ("GET", "/api/v1/openapi.json"), ("HEAD", "/api/v1/openapi.json"), ("GET", "/sign-in"), ("POST", "/sign-in"),
        ("POST", "/language"), ("GET", "/words/{code}.json"), ("GET", "/palette.css"),
    ],
    SIGNED_IN: [
        ("GET", "/api/v1/station"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("GET", "/api/v1/cases"),
        ("POST", "/api/v1/cases"), ("GET", "/api/v1/devices"), ("GET", "/api/v1/trainings"),
        ("GET", "/api/v1/devices/{number}/profile.json"), ("GET", "/"), ("POST", "/cases"), ("GET", "/people"),
        ("POST", "/people/passphrase"), ("POST", "/tokens"), ("POST", "/sign-out"), ("GET", "/devices"),
        ("GET", "/audit"), ("GET", "/audit.csv"),
    ],
    CASE: [
        ("GET", "/api/v1/cases/{number}"), ("PATCH", "/api/v1/cases/{number}"),
        ("POST", "/api/v1/cases/{number}/slides"), ("GET", "/api/v1/slides/{number}"),
        ("PATCH", "/api/v1/slides/{number}"), ("GET", "/api/v1/slides/{number}/summary"),
        ("GET", "/api/v1/slides/{number}/result"), ("GET", "/api/v1/slides/{number}/cells"),
        ("GET", "/api/v1/fields/{number}"), ("POST", "/api/v1/fields/{number}/analyse"),
        ("GET", "/api/v1/fields/{number}/pictures/{name}.jpg"), ("GET", "/api/v1/cells/{number}/picture.jpg"),
        ("POST", "/api/v1/slides/{number}/uploads"), ("POST", "/api/v1/slides/{number}/corrections"),
        ("GET", "/api/v1/slides/{number}/changes"), ("GET", "/api/v1/cells/{number}"),
        ("GET", "/api/v1/slides/{number}/reviews"), ("POST", "/api/v1/slides/{number}/reviews/mine/calls"),
        *(("GET", f"/api/v1/slides/{{number}}/export/{form}")
          for form in ("json", "csv", "html", "pdf", "fhir", "geojson", "coco", "yolo")),
        ("POST", "/api/v1/devices"), ("GET", "/cases/{number}"), ("POST", "/cases/{number}"),
        ("POST", "/cases/{number}/slides"), ("GET", "/slides/{number}"), ("GET", "/slides/{number}/live"),
        ("POST", "/slides/{number}"), ("GET", "/slides/{number}/capture"), ("GET", "/slides/{number}/progress"),
        ("GET", "/slides/{number}/verify"), ("GET", "/fields/{number}"), ("GET", "/cells/{number}/look"),
        ("GET", "/slides/{number}/camera"), ("GET", "/slides/{number}/camera/view"),
        ("GET", "/slides/{number}/camera/view.jpg"), ("POST", "/api/v1/slides/{number}/camera"),
        ("GET", "/slides/{number}/report"), ("GET", "/slides/{number}/calibrate"),
        ("POST", "/slides/{number}/calibrate"),
    ],
    OWN: [
        ("DELETE", "/api/v1/tokens/{number}"), ("GET", "/api/v1/uploads/{upload_id}"),
        ("HEAD", "/api/v1/uploads/{upload_id}"), ("PATCH", "/api/v1/uploads/{upload_id}"),
        ("POST", "/api/v1/uploads/{upload_id}"), ("POST", "/tokens/{number}/revoke"),
    ],
    OWN_OR_REVIEWER: [("GET", "/api/v1/trainings/{number}")],
    REVIEWER: [
        ("POST", "/api/v1/slides/{number}/reviews"), ("POST", "/api/v1/slides/{number}/reviews/mine/done"),
        ("POST", "/api/v1/trainings"), ("GET", "/api/v1/training-set.zip"), ("GET", "/learn"), ("POST", "/learn"),
    ],
    ADMIN: [
        ("GET", "/api/v1/people"), ("GET", "/api/v1/people/changes"), ("POST", "/api/v1/people"),
        ("PATCH", "/api/v1/people/{number}"),
        ("POST", "/people"), ("POST", "/people/{number}"), ("POST", "/api/v1/trainings/{number}/decision"),
        ("POST", "/trainings/{number}/decision"),
    ],
}  # fmt: skip

BODIES = {
    "/sign-in": {"name": "x", "passphrase": "y"},
    "/language": {"code": "en"},
    "/api/v1/tokens": NAME,
    "/tokens": NAME,
    "/api/v1/cases": {"pseudonym": "P-2"},
    "/cases": {"pseudonym": "P-3"},
    "/api/v1/cases/{number}": {"note": ""},
    "/cases/{number}": {"note": ""},
    "/api/v1/cases/{number}/slides": NAME,
    "/cases/{number}/slides": {"name": "newer", "target": "100"},
    "/slides/{number}": {"target": "100"},
    "/people/passphrase": {"passphrase": PASSPHRASE},
    "/api/v1/slides/{number}/uploads": {"name": "a.jpg", "size": 9},
    "/api/v1/slides/{number}/corrections": GESTURE,
    "/api/v1/slides/{number}/reviews/mine/calls": {"cells": [1], "type": "blast"},
    "/api/v1/slides/{number}/reviews/mine/done": {"revision": 0},
    "/api/v1/devices": NAME | {"fields": [1]},
    "/slides/{number}/calibrate": NAME | {"fields": ["1"]},
    "/api/v1/people": NAME | {"role": "reviewer", "passphrase": PASSPHRASE},
    "/people": {"name": "newer", "role": "reviewer", "passphrase": PASSPHRASE},
    "/people/{number}": {"role": "reviewer", "active": "true"},
    "/api/v1/trainings/{number}/decision": {"accept": False},
    "/trainings/{number}/decision": {"accept": "false", "page": "/learn"},
}
CASES = [(rule, method, path) for rule, found in RULES.items() for method, path in found]


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    made = Station(Settings(tmp_path_factory.mktemp("routes") / "station", spare_bytes=0, lan=True))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(station):
    """Everything that an address may name is cy's: the case, the upload, the fifth token, the training."""
    found = programs(station, {"ana": "admin", "ben": "reviewer", "cy": "technician", "dee": "technician"})
    analysed(station.database, new_slide(station.database, 3), crowd(3, ["lymphocyte"]))
    with station.database.write() as session:
        sessions.new_token(session, 3, "fifth")
        session.add(DeviceProfile(name="scope", content=PROFILE, user_id=3))
        session.add(Training(kind="bundle", user_id=3, state="failed"))
    found.upload = str(station.uploads.create(1, 3, "a.jpg", 9).id)
    return found


def ask(client, person, method, path):
    number = "5" if "tokens" in path else "3" if "people" in path else "1"
    address = path.replace("{number}", number).replace("{upload_id}", client.upload)
    for name, values in PLACES.items():
        address = address.replace(f"{{{name}}}", values[0])
    body = {} if method in ("GET", "HEAD", "DELETE") or "uploads/" in path else {"json": BODIES.get(path, {})}
    if body and not path.startswith("/api/"):
        body = {"data": BODIES.get(path, {"csrf": "none"})}
    return client(person).request(method, address, headers=UPLOAD if "uploads/" in path else {}, **body)


def test_every_route_has_a_rule_and_every_rule_a_route(client):
    listed = [(method, path) for _, method, path in CASES]
    assert sorted(listed) == sorted(routes(client("ana").app))


@pytest.mark.parametrize(("rule", "method", "path"), CASES)
def test_the_rule_is_kept(client, rule, method, path):
    refused = {
        ANYBODY: {},
        SIGNED_IN: {},
        CASE: {"dee": 404},
        OWN: {"dee": 404, "ben": 404, "ana": 404},
        OWN_OR_REVIEWER: {"dee": 404},
        REVIEWER: {"cy": 403},
        ADMIN: {"ben": 403},
    }[rule]
    for person, status in refused.items():
        assert ask(client, person, method, path).status_code == status, person
    stranger = ask(client, None, method, path)
    if rule == ANYBODY:
        assert stranger.status_code in (200, 303) or path == "/sign-in"
    elif path.startswith("/api/"):
        assert stranger.status_code == 401
    else:
        assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in")
    allowed = {ADMIN: "ana", REVIEWER: "ben"}.get(rule, "cy")
    answer = ask(client, allowed, method, path)
    lacks_something = path.endswith((".jpg", "/calls")) or "camera" in path or rule == ANYBODY
    assert answer.status_code not in (() if lacks_something else (401, 403, 404, 422)), answer.text
    assert answer.status_code < 500


def test_nothing_but_http_is_answered(client):
    from starlette.websockets import WebSocketDisconnect

    for address in ("/", "/api/v1/slides/1", "/static/x"):
        with (
            pytest.raises((WebSocketDisconnect, AssertionError, RuntimeError)),
            client("ana").websocket_connect(address),
        ):
            pass
