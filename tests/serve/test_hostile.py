"""What a hostile stranger of the same network tries: pictures that bomb, names that are markup, slow connections."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
import uuid
import zlib
from dataclasses import replace

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")
pytest.importorskip("uvicorn", reason="needs the extra serve: pip install lowcost[serve]")

from PIL import Image

from lowcost.serve import people
from lowcost.serve.security import sessions
from tests.serve.people import slide as new_slide
from tests.serve.served import Served
from tests.serve.stations import addresses, analysed, programs
from tests.smears import crowd

EVIL = """"><script>alert(1)</script><img src=x onerror=alert(1)>'"{{7*7}}"""
PASSPHRASE = "four words for testing"


@pytest.fixture
def client(station):
    return programs(station, {"ana": "admin", "cy": "technician"})


def bomb(width=60_000, height=60_000):
    """A PNG of a few kilobytes that would be ten gigabytes of pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width=320, height=240):
    stream = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


def pictures():
    good = jpeg()
    claims = bytearray(good)  # the frame says 65500 x 65500
    at = good.index(b"\xff\xc0") + 5
    claims[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    return {
        "bomb.png": bomb(),
        "strip.png": bomb(2_000_000, 30),
        "claims.jpg": bytes(claims),
        "cut.jpg": good[: len(good) // 2],
        "noise.jpg": good[:20] + bytes(range(256)) * 40,
        "text.jpg": b"<?php system($_GET['x']); ?>",
        "page.html": b"<script>alert(1)</script>",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "archive.zip": b"PK\x03\x04" + bytes(100),
    }


def send(client, slide, name, content):
    upload = client.post(f"/api/v1/slides/{slide}/uploads", json={"name": name, "size": len(content)}).json()
    answer = client.patch(f"/api/v1/uploads/{upload['id']}", content=content, headers={"Upload-Offset": "0"})
    assert answer.status_code == 201
    return answer.json()["field_id"]


def test_hostile_pictures_end_their_own_job_in_a_sentence_and_a_good_one_after_them_is_analysed(station, client):
    cy, slide = client("cy"), new_slide(station.database, 2)
    sent = {send(cy, slide, name, content): name for name, content in pictures().items()}
    good = send(cy, slide, "good.jpg", jpeg())
    while station.analysis.step():
        pass
    for number, name in sent.items():
        told = cy.get(f"/api/v1/fields/{number}").json()
        assert (told["state"], bool(told["reason"])) == ("failed", True), name
        assert str(station.settings.folder) not in told["reason"]
        assert "Traceback" not in told["reason"]
        assert told["sha256"] not in told["reason"]
    assert cy.get(f"/api/v1/fields/{good}").json()["state"] == "done"
    station.analysis.stop()


def test_what_was_sent_is_never_served(station, client):
    cy, slide = client("cy"), new_slide(station.database, 2)
    number = send(cy, slide, "page.html", b"<script>alert(1)</script>")
    while station.analysis.step():
        pass
    station.analysis.stop()
    for name in ("full", "overview", "thumbnail"):
        assert cy.get(f"/api/v1/fields/{number}/pictures/{name}.jpg").status_code == 404
    for kept in station.storage.photographs.rglob("*"):
        assert cy.get(f"/static/../photographs/{kept.name}").status_code == 404


def test_markup_in_names_and_notes_stays_text_on_every_page(station, client):
    ana = client("ana")
    case = ana.post("/api/v1/cases", json={"pseudonym": EVIL[:80], "note": EVIL}).json()
    body = {"name": EVIL[:80], "note": EVIL, "stain": EVIL[:80]}
    slide = ana.post(f"/api/v1/cases/{case['id']}/slides", json=body).json()["id"]
    assert ana.post("/api/v1/people", json={"name": EVIL[:80], "role": "reviewer", "passphrase": PASSPHRASE}).is_success
    assert ana.post("/api/v1/tokens", json={"name": EVIL[:80]}).is_success
    found = crowd(3, ["lymphocyte"])
    analysed(station.database, slide, replace(found, fields=tuple(replace(f, name=EVIL) for f in found.fields)))
    act = {"action": "retype", "cells": [{"id": 1, "version": 1}], "type": "blast"}
    ana.post(f"/api/v1/slides/{slide}/corrections", json={"key": str(uuid.uuid4()), "act": act})
    pages = 0
    for address in addresses(ana.app, {}):
        answer = ana.get(address)
        if answer.headers.get("content-type", "").startswith("text/html"):
            pages += 1
            assert "<script>alert" not in answer.text, address
            assert "<img src=x" not in answer.text, address
            assert ("alert(1)" in answer.text) == ("{{7*7}}" in answer.text), address
    assert pages > 12


def test_a_secret_that_a_stranger_planted_signs_nobody_in(station, client):
    with station.database.write() as session:
        people.add(session, "eve", "admin", PASSPHRASE)
    browser = client(None)
    browser.cookies.set(sessions.COOKIE, "planted")
    answer = browser.post("/sign-in", data={"name": "eve", "passphrase": PASSPHRASE})
    given = answer.cookies[sessions.COOKIE]
    assert given != "planted"
    assert len(given) >= 43
    stranger = client(None)
    stranger.cookies.set(sessions.COOKIE, "planted")
    assert stranger.get("/").status_code == 303
    again = browser.post("/sign-in", data={"name": "eve", "passphrase": PASSPHRASE})
    assert again.cookies[sessions.COOKIE] != given


def test_the_language_form_leads_to_no_other_site(client):
    for referer in ("http://evil.example//evil.example/x", "//evil.example", "http://evil.example\\@evil"):
        answer = client(None).post("/language", data={"code": "ur"}, headers={"Referer": referer})
        target = answer.headers["location"]
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))


def test_headers_that_split_are_refused(client, station):
    cy, slide = client("cy"), new_slide(station.database, 2, "a\u2028b")
    for name in ("a\r\nSet-Cookie: x=y.jpg", "a\x00.jpg", "../../../etc/cron.d/x", "C:\\x\\..\\y.jpg", "\ud7ff" * 300):
        field = send(cy, slide, name, name.encode() * 3)
        shown = cy.get(f"/api/v1/fields/{field}").json()["name"]
        assert not set(shown) & set("/\\\r\n\x00")
    assert "set-cookie" not in cy.get(f"/api/v1/slides/{slide}/export/csv").headers


def test_slow_uploads_do_not_keep_others_out(tmp_path):
    """Sixty connections that send a byte now and then; pages and another photograph come through."""
    served = Served(tmp_path / "station", lan=True)
    client = programs(served.station, {"cy": "technician"})
    cy, slide = client("cy"), new_slide(served.station.database, 1)
    uploads = [
        cy.post(f"/api/v1/slides/{slide}/uploads", json={"name": "a", "size": 1000}).json()["id"] for _ in range(60)
    ]
    port = int(served.address.rsplit(":", 1)[1])
    slow = []
    for upload in uploads:
        connection = socket.create_connection(("127.0.0.1", port))
        token = cy.headers["Authorization"]
        head = f"PATCH /api/v1/uploads/{upload} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        connection.sendall(f"{head}Upload-Offset: 0\r\nContent-Length: 1000\r\n\r\nx".encode())
        slow.append(connection)
    import httpx

    with httpx.Client(base_url=served.address, headers=cy.headers, timeout=20) as quick:
        for _ in range(5):
            for connection in slow:
                connection.sendall(b"x")
            assert quick.get("/").status_code == 200
        assert send(quick, slide, "b.jpg", jpeg()) > 0
    for connection in slow:
        connection.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and served.station.uploads.progress(uuid.UUID(uploads[0])).received < 6:
        time.sleep(0.1)
    assert served.station.uploads.progress(uuid.UUID(uploads[0])).received == 6  # what came is kept
    assert threading.active_count() < 200
    served.stop()


def test_signing_in_is_slow_for_a_crowd_and_quick_for_nobody_else(station, client):
    browser = client(None)
    statuses = [browser.post("/sign-in", data={"name": f"n{i}", "passphrase": "x"}).status_code for i in range(32)]
    assert statuses.count(401) == 30
    assert statuses[-1] == 429
    assert client("cy").get("/").status_code == 200  # who is signed in already works on
