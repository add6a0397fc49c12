"""Migrations give the models' tables; transactions keep their word on both databases."""

from __future__ import annotations

import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from lowcost.errors import InputError
from lowcost.serve import clock, database
from lowcost.serve.database import Database
from lowcost.serve.errors import Full
from lowcost.serve.models import Base, Case, Cell, Field, Slide, User
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station


@pytest.fixture
def either(tmp_path, database_url):
    settings = Settings(tmp_path, database_url)
    opened = Database(settings.database_url)
    opened.migrate()
    yield opened
    opened.close()


def slide_with_cell(database):
    with database.write() as session:
        user = User(name="Ana", role="admin")
        session.add(user)
        session.flush()
        slide = Slide(case=Case(pseudonym="P-1", owner_id=user.id), name="1")
        field = Field(slide=slide, sha256="0" * 64, name="a.jpg", user_id=user.id)
        field.cells.append(Cell(number=1, type="blast", machine_type="blast", machine={}))
        session.add(field)
        session.flush()
        return field.cells[0].id


def test_migrations_make_what_the_models_say(either):
    with either.read() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []


def test_migrating_again_changes_nothing(either):
    slide_with_cell(either)
    either.migrate()
    with either.read() as session:
        assert session.scalar(select(Cell.type)) == "blast"


def test_a_station_of_the_first_form_keeps_what_it_has(tmp_path, database_url):
    opened = Database(Settings(tmp_path, database_url).database_url)
    configuration = database._configuration()
    rows = (
        "INSERT INTO \"user\" (id, name, role, active, created_at) VALUES (1, 'Ana', 'admin', :true, :now)",
        "INSERT INTO \"case\" (id, pseudonym, note, owner_id, created_at) VALUES (1, 'P-1', '', 1, :now)",
        "INSERT INTO slide (id, case_id, name, stain, note, target, revision, created_at)"
        " VALUES (1, 1, '1', '', '', 100, 0, :now)",
        "INSERT INTO field (id, slide_id, sha256, name, user_id, created_at, state, reason, left_out)"
        " VALUES (1, 1, 'x', 'a.jpg', 1, :now, 'done', '', :false)",
        "INSERT INTO cell (id, field_id, number, version, type, deleted, probability, touches_edge, attributes,"
        " machine, features) VALUES (1, 1, 1, 3, 'blast', :false, 0.5, :false, '{}', '{}', '{}')",
    )
    with opened._writer.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
        for row in rows:
            values = {"true": True, "false": False, "now": clock.now()}
            connection.execute(text(row), {name: value for name, value in values.items() if f":{name}" in row})
    opened.migrate()
    with opened.write() as session:
        cell = session.scalars(select(Cell)).one()
        assert (cell.type, cell.version, cell.confirmed) == ("blast", 3, False)
        cell.confirmed = True
    opened.close()


def test_a_newer_database_is_refused(either):
    with either.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="9999 of a newer lowcost"):
        either.migrate()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "station.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(InputError, match="holds no database"):
        Database(Settings(tmp_path).database_url).migrate()


@pytest.mark.parametrize("url", ["nonsense", "mysql://somewhere/x", "postgresql://"])
def test_other_urls_are_refused(url):
    with pytest.raises(InputError):
        Database(Settings.database_url.fget(Settings(None, url))).migrate()


def test_a_failed_transaction_leaves_nothing(either):
    with pytest.raises(ZeroDivisionError), either.write() as session:
        session.add(User(name="Ana", role="admin"))
        session.flush()
        raise ZeroDivisionError
    with either.read() as session:
        assert session.scalar(select(User)) is None


def test_unknown_roles_are_refused(either):
    with pytest.raises(IntegrityError), either.write() as session:
        session.add(User(name="Ana", role="king"))


def test_rows_need_what_they_belong_to(either):
    with pytest.raises(IntegrityError), either.write() as session:
        session.add(Case(pseudonym="P-1", owner_id=99))


def test_the_slower_of_two_changes_is_told(either):
    number = slide_with_cell(either)
    with either.read() as session:
        seen = session.get(Cell, number)
        session.expunge(seen)
    with either.write() as session:
        session.get(Cell, number).type = "lymphocyte"
    with pytest.raises(StaleDataError), either.write() as session:
        seen.type = "monocyte"
        session.add(seen)
    with either.read() as session:
        assert session.get(Cell, number).type == "lymphocyte"


def test_a_reader_sees_one_state(either):
    number = slide_with_cell(either)
    with either.read() as reader:
        assert reader.scalar(select(Cell.type)) == "blast"
        with either.write() as session:
            session.get(Cell, number).type = "lymphocyte"
        assert reader.scalar(select(Cell.type)) == "blast"


def test_times_come_back_in_utc(either):
    slide_with_cell(either)
    with either.read() as session:
        assert session.scalar(select(User.created_at)).utcoffset().total_seconds() == 0


def test_many_writers_lose_nothing(either):
    number = slide_with_cell(either)

    def count():
        for _ in range(10):
            with either.write() as session:
                cell = session.get(Cell, number, with_for_update=True)
                cell.attributes = {"n": cell.attributes.get("n", 0) + 1}

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with either.read() as session:
        assert session.get(Cell, number).attributes == {"n": 50}


def test_sqlite_is_durable(database):
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_full_disk_is_told(database):
    with pytest.raises(Full, match="free some space"), database.write():
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))


def test_a_database_is_one_station_s_alone_as_long_as_it_works(tmp_path, database_url):
    """Photographs lie in a station's folder: another would take jobs whose photographs it does not have."""
    if database_url is None:
        pytest.skip("a file belongs to its folder, which is held")
    first = Station(Settings(tmp_path / "one", database_url, spare_bytes=0))
    with pytest.raises(InputError, match="another station works with this database: stop it, or"):
        Station(Settings(tmp_path / "other", database_url, spare_bytes=0))
    first.close()
    Station(Settings(tmp_path / "other", database_url, spare_bytes=0)).close()
