"""A station in a temporary folder, on SQLite and, where Debian's package is installed, on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.serve.database import Database
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station


@pytest.fixture(scope="session")
def postgres():
    """URL of a PostgreSQL server of this run's own."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    programs = versions[-1] if versions else Path(shutil.which("initdb") or "/nowhere").parent
    if not (programs / "initdb").exists():
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    # Not in pytest's own folder, which no other user may enter and whose name may be too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="lowcost-postgres-"))
    as_user: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    run = {"check": True, "capture_output": True, "cwd": folder}
    data = folder / "data"
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-A", "trust", "-U", "lowcost", "-E", "UTF8", "--no-locale"], **run
    )
    options = f"-c listen_addresses='' -k {folder} -c fsync=off"
    start = [*as_user, programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    yield f"postgresql://lowcost@/postgres?host={folder}"
    subprocess.run([*as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run | {"check": False})
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request, tmp_path):
    """URL of an empty database of either kind; None for the file in the station's folder."""
    if request.param == "sqlite":
        return None
    import psycopg

    server = request.getfixturevalue("postgres")
    name = f"station_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def settings(tmp_path):
    """Settings of a station on SQLite."""
    return Settings(tmp_path / "station", spare_bytes=0)


@pytest.fixture
def database(settings):
    """An empty database, migrated."""
    settings.folder.mkdir()
    opened = Database(settings.database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def station(settings):
    """A station that phones may reach: everybody signs in."""
    made = Station(replace(settings, lan=True))
    yield made
    made.close()
