"""The sample app's client of the review station, in a desktop JVM, beside a station that listens."""

from __future__ import annotations

import hashlib
import subprocess

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra serve: pip install lowcost[serve]")

from sqlalchemy import select

from lowcost.serve.models import Field, Slide
from lowcost.serve.security import sessions
from tests.serve import people
from tests.serve.served import Served


@pytest.fixture
def served(tmp_path):
    station = Served(tmp_path / "station")
    yield station
    station.stop()


@pytest.fixture
def send(served, app, sample):
    """Runs the client; returns what it prints."""
    owner = people.user(served.station.database)
    with served.station.database.write() as session:
        token = sessions.new_token(session, owner, "phone")[0]

    def run(*files, most=2**40, token=token, address=served.address):
        path = ":".join(map(str, (app.stubs, app.jar, sample)))
        words = [
            "java",
            "-cp",
            path,
            "org.lowcost.sample.StationDriver",
            address,
            token,
            "P-7",
            "A 1",
            str(most),
            *files,
        ]
        return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout.splitlines()

    return run


def photograph(folder, name, size):
    file = folder / name
    file.write_bytes(np.random.default_rng(size).bytes(size))
    return file


def kept(served):
    """What the station has on its disk, by name."""
    with served.station.database.read() as session:
        slides = session.scalars(select(Slide.name)).all()
        fields = session.scalars(select(Field)).all()
        return slides, {field.name: field.sha256 for field in fields}


def test_photographs_arrive_whole_and_once(served, send, tmp_path):
    files = [photograph(tmp_path, "one.jpg", 700_000), photograph(tmp_path, "two.jpg", 5)]
    assert send(*files) == ["1 true 700000", "1 true 5"]
    assert send(*files) == ["1 true 700000", "1 true 5"]
    slides, fields = kept(served)
    assert slides == ["A 1"]
    assert fields == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_sending_can_be_stopped(served, send, tmp_path):
    file = photograph(tmp_path, "one.jpg", 700_000)
    assert send(file, most=300_000) == ["1 false 524288"]
    assert kept(served)[1] == {}
    assert send(file) == ["1 true 700000"]


def test_what_the_station_refuses_is_said_in_its_words(served, send, tmp_path):
    file = photograph(tmp_path, "one.jpg", 10)
    assert send(file, token="wrong") == ["refused: Nobody is signed in: sign in, or send a token."]
