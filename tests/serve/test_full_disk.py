"""A disk that is really full: a sentence each time, nothing lost, and everything goes on once there is room."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import uuid

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")

from lowcost.serve import storage
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from tests.serve.people import slide as new_slide
from tests.serve.stations import analysed, programs
from tests.smears import crowd

MIB = 2**20


@pytest.fixture
def disk(tmp_path):
    """A disk of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk, leave=0):
    """Leave so many bytes free."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    with filler.open("wb", buffering=0) as stream:
        try:
            while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize) > leave:
                stream.write(bytes(min(MIB, free - leave)))
        except OSError:
            pass
    return filler


def test_uploads_and_corrections_on_a_full_disk(disk):
    station = Station(Settings(disk / "station", spare_bytes=0, lan=True))
    cy = programs(station, {"cy": "technician"})("cy")
    slide = analysed(station.database, new_slide(station.database, 1), crowd(10, ["lymphocyte"]))
    at = f"/api/v1/slides/{slide}"

    def announce(content):
        return cy.post(f"{at}/uploads", json={"name": "a.jpg", "size": len(content)})

    def send(upload, content, offset):
        headers = {"Upload-Offset": str(offset)}
        return cy.patch(f"/api/v1/uploads/{upload}", content=content[offset:], headers=headers)

    first, second = os.urandom(MIB), os.urandom(3 * MIB)
    done = send(announce(first).json()["id"], first, 0)
    assert done.status_code == 201

    upload = announce(second).json()["id"]
    filler = fill(disk, leave=MIB + MIB // 2)
    refused = send(upload, second, 0)
    assert (refused.status_code, "full" in refused.json()["detail"]) == (507, True)
    assert announce(second).status_code == 507

    fill(disk)
    act = {"action": "retype", "cells": [{"id": 1, "version": 1}], "type": "blast"}
    body = {"key": str(uuid.uuid4()), "act": act}
    answers = [cy.post(f"{at}/corrections", json=body) for _ in range(3)]
    told = {answer.status_code for answer in answers}
    assert told == {507}, [answer.text for answer in answers]
    assert "nothing that was kept before is lost" in answers[0].json()["detail"]
    assert cy.get(f"{at}/cells").json()[0]["type"] == "lymphocyte"  # what was refused is not done
    assert cy.get(f"/slides/{slide}").status_code == 200

    filler.unlink()
    assert cy.post(f"{at}/corrections", json=body).status_code == 200
    assert cy.get(f"{at}/cells").json()[0]["type"] == "blast"
    offset = int(cy.head(f"/api/v1/uploads/{upload}").headers["Upload-Offset"])
    assert send(upload, second, offset).status_code == 201
    kept = [file for file in station.storage.photographs.rglob("*") if file.is_file()]
    assert sorted(storage.digest(file) for file in kept) == sorted(file.name for file in kept)
    assert len(kept) == 2
    station.close()
    with sqlite3.connect(disk / "station" / "station.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("SELECT count(*) FROM gesture").fetchone() == (1,)
