"""A backup brings everything back, byte for byte, and a damaged one brings nothing."""

from __future__ import annotations

import io
import tarfile

import pytest
from sqlalchemy import func, select

from lowcost.errors import InputError
from lowcost.serve import slides, storage
from lowcost.serve.backup import backup, restore
from lowcost.serve.database import Database
from lowcost.serve.models import Base, Case, Slide
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage
from tests.serve.stations import analysed


@pytest.fixture
def station(database, settings):
    kept = Storage(settings)
    analysed(database)
    file = kept.uploads / "arrived"
    file.write_bytes(b"a photograph" * 1000)
    kept.keep(file, storage.digest(file))
    kept.picture_file(1).write_bytes(b"pictures")
    return settings


@pytest.fixture
def archive(station, tmp_path):
    file = tmp_path / "station.tar"
    assert backup(station, file) > 10
    return file


def result(settings):
    opened = Database(settings.database_url)
    with opened.read() as session:
        found = slides.result(session, session.get(Slide, 1), None)
        counts = [session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables]
    opened.close()
    return found, counts


def test_everything_comes_back_in_either_database(station, archive, tmp_path, database_url):
    again = Settings(tmp_path / "again", database_url)
    restore(archive, again)
    assert result(again) == result(station)
    for kept in ("photographs", "pictures"):
        before = {file.name: file.read_bytes() for file in (station.folder / kept).rglob("*") if file.is_file()}
        after = {file.name: file.read_bytes() for file in (again.folder / kept).rglob("*") if file.is_file()}
        assert before == after
        assert before
    opened = Database(again.database_url)
    with opened.write() as session:  # numbers go on where they stopped
        session.add(Case(pseudonym="P-new", owner_id=1))
    opened.close()


def test_a_folder_that_is_not_empty_stays_as_it_is(station, archive):
    with pytest.raises(InputError, match="not empty"):
        restore(archive, station)


def test_a_restore_that_is_ended_early_can_be_given_again(archive, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    again = Settings(tmp_path / "again")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("lowcost.serve.backup._fill", interrupted)
        restore(archive, again)
    assert list((tmp_path / "again").iterdir()) == []
    assert restore(archive, again) > 10


def test_no_station_no_backup(tmp_path):
    with pytest.raises(InputError, match="holds no station"):
        backup(Settings(tmp_path), tmp_path / "x.tar")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_what_was_cut_short_brings_nothing(archive, tmp_path, part):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(InputError):
        restore(archive, Settings(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_what_was_changed_brings_nothing(archive, tmp_path):
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"a photograph", b"A photograph", 1))
    with pytest.raises(InputError, match="is damaged"):
        restore(archive, Settings(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "photographs/../../evil", "station.sqlite3"])
def test_names_lead_nowhere_else(tmp_path, name):
    archive = tmp_path / "evil.tar"
    content = b"evil"
    listing = f"{storage.digest_of(io.BytesIO(content))}  {name}\n".encode()
    with tarfile.open(archive, "w") as tar:
        for member, data in ((name, content), ("SHA256SUMS", listing)):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    with pytest.raises(InputError, match="which no backup"):
        restore(archive, Settings(tmp_path / "again"))
    assert not (tmp_path / "evil").exists()
