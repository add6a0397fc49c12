"""Uploads go on where they stopped, end once, and lose or double nothing."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from lowcost.serve import clock, fields
from lowcost.serve import storage as storage_module
from lowcost.serve.errors import Conflict, Full, NotFound, StationError, TooLarge
from lowcost.serve.models import Field, Job
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage
from lowcost.serve.uploads import Uploads
from tests.serve import people

CONTENT = bytes(range(256)) * 20


class Station:
    def __init__(self, database, settings):
        self.database, self.storage = database, Storage(settings)
        self.uploads = Uploads(database, self.storage, settings)
        self.user = people.user(database)
        self.slide = people.slide(database, self.user)

    def create(self, content=CONTENT, name="a.jpg", **more):
        return self.uploads.create(self.slide, self.user, name, len(content), **more)

    def append(self, upload, offset, *chunks, breaks=False):
        async def stream():
            for chunk in chunks:
                yield chunk
            if breaks:
                raise ConnectionError

        return asyncio.run(self.uploads.append(upload.id, offset, stream()))

    def count(self, table):
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def station(database, settings):
    return Station(database, settings)


def test_a_photograph_becomes_a_field_with_a_job(station):
    upload = station.create()
    assert station.append(upload, 0, CONTENT).received == len(CONTENT)
    number = station.uploads.finish(upload.id)
    with station.database.read() as session:
        field = session.get(Field, number)
        assert (field.name, field.state, field.sha256) == ("a.jpg", "queued", hashlib.sha256(CONTENT).hexdigest())
        assert field.slide.revision == 1
        assert session.scalar(select(Job.state).where(Job.field_id == number)) == "queued"
    assert station.storage.photograph(field.sha256).read_bytes() == CONTENT
    assert not list(station.storage.uploads.iterdir())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, len(CONTENT)), max_size=5), st.binary(min_size=1, max_size=8))
def test_a_broken_connection_goes_on_where_it_stopped(station, breaks, salt):
    content = salt + CONTENT
    upload = station.create(content)
    for stop in sorted(breaks):
        offset = station.uploads.progress(upload.id).received
        with pytest.raises(ConnectionError):
            station.append(upload, offset, content[offset:stop], breaks=True)
    offset = station.uploads.progress(upload.id).received
    assert offset == max([0, *breaks])
    station.append(upload, offset, content[offset:])
    station.uploads.finish(upload.id)
    assert station.storage.photograph(hashlib.sha256(content).hexdigest()).read_bytes() == content


def test_another_offset_is_refused_with_the_right_one(station):
    upload = station.create()
    station.append(upload, 0, CONTENT[:100])
    with pytest.raises(Conflict, match="100 bytes"):
        station.append(upload, 99, CONTENT[99:])
    assert station.uploads.progress(upload.id).received == 100


def test_a_later_connection_takes_over(station):
    upload = station.create()

    async def both():
        late = asyncio.Event()

        async def slow():
            yield CONTENT[:10]
            await late.wait()
            yield CONTENT[10:20]

        async def quick():
            yield CONTENT

        first = asyncio.create_task(station.uploads.append(upload.id, 0, slow()))
        await asyncio.sleep(0.05)
        await station.uploads.append(upload.id, 0, quick())
        late.set()
        await first

    asyncio.run(both())
    station.uploads.finish(upload.id)
    assert station.storage.photograph(hashlib.sha256(CONTENT).hexdigest()).exists()


def test_finishing_again_gives_the_same_field(station):
    upload = station.create()
    station.append(upload, 0, CONTENT)
    assert station.uploads.finish(upload.id) == station.uploads.finish(upload.id)
    assert station.append(upload, 0, CONTENT).field_id is not None
    assert station.count(Job) == 1


def test_the_same_photograph_twice_is_one_field(station):
    numbers = set()
    for name in ("a.jpg", "b.jpg"):
        upload = station.create(name=name)
        station.append(upload, 0, CONTENT)
        numbers.add(station.uploads.finish(upload.id))
    assert len(numbers) == station.count(Field) == 1
    known = station.create(sha256=hashlib.sha256(CONTENT).hexdigest())
    assert {known.field_id} == numbers
    assert known.received == len(CONTENT)


def test_many_at_once_are_one_field(station):
    uploads = [station.create() for _ in range(8)]
    for upload in uploads:
        station.append(upload, 0, CONTENT)
    found = []
    threads = [threading.Thread(target=lambda u=u: found.append(station.uploads.finish(u.id))) for u in uploads * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == station.count(Field) == 1


def test_a_crash_at_any_step_of_finishing_is_made_good(station, monkeypatch):
    for step, (module, name) in enumerate(
        [(storage_module, "sync"), (storage_module, "digest"), (Storage, "keep"), (fields, "add")]
    ):
        content = CONTENT + bytes([step])
        upload = station.create(content)
        station.append(upload, 0, content)
        with monkeypatch.context() as patch:
            patch.setattr(module, name, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                station.uploads.finish(upload.id)
        station.uploads.finish(upload.id)
        assert station.count(Field) == station.count(Job) == step + 1


def test_what_arrives_damaged_begins_anew(station):
    upload = station.create(sha256=hashlib.sha256(CONTENT).hexdigest())
    station.append(upload, 0, b"x" * len(CONTENT))
    with pytest.raises(Conflict, match="damaged"):
        station.uploads.finish(upload.id)
    assert station.uploads.progress(upload.id).received == 0
    station.append(upload, 0, CONTENT)
    assert station.uploads.finish(upload.id)


def test_a_part_is_not_finished(station):
    upload = station.create()
    station.append(upload, 0, CONTENT[:7])
    with pytest.raises(Conflict, match=r"7 of \d+ bytes"):
        station.uploads.finish(upload.id)


def test_more_than_announced_is_refused(station):
    upload = station.create()
    with pytest.raises(TooLarge, match="announced"):
        station.append(upload, 0, CONTENT, b"x")


@pytest.mark.parametrize(
    ("size", "sha256", "error"), [(0, None, StationError), (2**40, None, TooLarge), (5, "../x", StationError)]
)
def test_impossible_announcements_are_refused(station, size, sha256, error):
    with pytest.raises(error):
        station.uploads.create(station.slide, station.user, "a.jpg", size, sha256)


def test_a_full_disk_is_told_before_anything_is_sent(database, tmp_path):
    station = Station(database, Settings(tmp_path / "station", spare_bytes=2**62))
    with pytest.raises(Full):
        station.create()


def test_unknown_uploads_are_told(station):
    with pytest.raises(NotFound):
        station.uploads.progress(uuid.uuid4())


def test_old_uploads_are_forgotten(station, monkeypatch):
    old = station.create()
    station.append(old, 0, CONTENT[:10])
    (station.storage.uploads / "stray").touch()
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    kept = station.create()
    station.append(kept, 0, CONTENT[:10])
    station.uploads.purge()
    assert [file.name for file in station.storage.uploads.iterdir()] == [str(kept.id)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\smear\\a.jpg", "a.jpg"),
        ("a\0\n\u202eb.jpg", "ab.jpg"),
        ("", "photograph"),
        ("x" * 999, "x" * 200),
    ],
)
def test_names_are_for_reading(name, shown):
    assert fields.shown_name(name) == shown
