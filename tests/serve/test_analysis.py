"""Photographs are analysed in a process of their own, and whatever that meets stays there."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from lowcost.report.pictures import jpeg
from lowcost.serve import fields, pictures, storage
from lowcost.serve.analysis import Analysis
from lowcost.serve.models import Cell, Field, Job
from lowcost.serve.storage import Storage
from lowcost.synth import render
from tests.serve import people

FIELD = {"width": 480, "height": 360, "um_per_px": 0.125}


class Station:
    def __init__(self, database, settings):
        self.database, self.storage = database, Storage(settings)
        self.slide = people.slide(database, people.user(database), um_per_px=0.125)
        self.settings = settings
        self.analysis = Analysis(database, self.storage, settings)

    def add(self, content, name="a.jpg"):
        file = self.storage.uploads / "arrived"
        file.write_bytes(content)
        sha256 = storage.digest(file)
        self.storage.keep(file, sha256)
        with self.database.write() as session:
            return fields.add(session, self.slide, sha256, name, 1).id

    def field(self, number):
        with self.database.read() as session:
            found = session.get(Field, number)
            session.expunge(found)
            return found


@pytest.fixture
def station(database, settings):
    made = Station(database, settings)
    yield made
    made.analysis.stop()


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    """A JPEG file that says where it was taken."""
    drawn = render(3, **FIELD, cells={"lymphocyte": 2})
    image = Image.fromarray(drawn.pixels)
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "somebody's phone"
    file = tmp_path_factory.mktemp("photograph") / "a.jpg"
    image.save(file, quality=95, exif=exif)
    return file.read_bytes()


def test_a_photograph_and_what_is_no_photograph(station, photograph):
    good = station.add(photograph)
    bad = station.add(b"<html>", "page.jpg")
    while station.analysis.step():
        pass
    done = station.field(good)
    assert (done.state, done.verdict is not None, done.result["name"]) == ("done", True, "a.jpg")
    assert "bundle_sha256" in done.provenance
    failed = station.field(bad)
    assert failed.state == "failed"
    assert failed.reason.startswith("page.jpg is not an image")
    with station.database.read() as session:
        cells = session.scalars(select(Cell)).all()
        assert {cell.machine_type for cell in cells if cell.machine_type == "lymphocyte"}
    file = station.storage.picture_file(good)
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"full.jpg", "overview.jpg", "thumbnail.jpg"} | {
            f"{cell.number}.jpg" for cell in cells
        }
        for name in archive.namelist():
            content = archive.read(name)
            assert b"Exif" not in content
            assert b"phone" not in content
    assert pictures.pixels(file, 0).shape == (360, 480, 3)


def test_a_killed_worker_is_replaced(station, photograph):
    station.add(photograph)
    worker = station.analysis

    def kill():
        while worker._worker is None:
            time.sleep(0.01)
        worker._worker._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    assert worker.step()
    killer.join()
    with station.database.read() as session:
        assert (session.scalar(select(Job.state)), session.scalar(select(Job.attempts))) == ("queued", 1)
    assert worker.step()
    with station.database.read() as session:
        assert session.scalar(select(Job.state)) == "done"


def test_what_takes_too_long_is_given_up(database, settings, photograph):
    station = Station(database, replace(settings, worker_seconds=0.01, attempts=2))
    number = station.add(photograph)
    while station.analysis.step():
        pass
    assert "within 0 s" in station.field(number).reason


def test_what_takes_too_much_memory_is_given_up(database, settings):
    station = Station(database, replace(settings, worker_bytes=500 * 2**20, attempts=2))
    number = station.add(jpeg(np.zeros((8000, 9000, 3), np.uint8)), "bomb.jpg")
    while station.analysis.step():
        pass
    assert "bomb.jpg" in station.field(number).reason
    assert station.field(number).state == "failed"


def test_too_many_pixels_are_refused_before_they_are_decoded(database, settings, photograph):
    station = Station(database, replace(settings, max_pixels=1000))
    number = station.add(photograph)
    assert station.analysis.step()
    station.analysis.stop()
    assert "480 x 360 px, more than the limit" in station.field(number).reason


def test_a_damaged_bundle_is_the_stations_trouble_and_not_the_photographs(database, settings, photograph, tmp_path):
    station = Station(database, replace(settings, bundle=tmp_path / "nothing"))
    number = station.add(photograph)
    station.analysis.step()
    station.analysis.stop()
    assert str(tmp_path / "nothing") in station.analysis.trouble
    assert station.field(number).state == "queued"


def test_the_worker_ends_with_its_server():
    process = subprocess.Popen(
        [sys.executable, "-m", "lowcost.serve.worker", str(2**32)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    process.stdin.write((json.dumps({"bundle": None}) + "\n").encode())
    process.stdin.close()
    assert process.wait(30) is not None


def test_the_thread_works_and_stops(station, photograph):
    number = station.add(photograph)
    station.analysis.start()
    station.analysis.wake()
    end = time.monotonic() + 60
    while station.field(number).state == "queued" and time.monotonic() < end:
        time.sleep(0.05)
    station.analysis.stop()
    assert station.field(number).state == "done"
    assert not station.analysis.is_alive()
