"""The database: SQLite in the station's folder, or PostgreSQL by URL; two kinds of transaction and nothing else.

SQLite runs with a write-ahead log, so that readers never wait for a writer, and with ``synchronous=FULL``: what was
committed is on the disk. Writers take the lock when they begin; one that first read and then wrote could otherwise be
refused in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from lowcost.errors import DependencyError, InputError
from lowcost.serve.errors import Full

_BUSY_MS = 30_000
_MIGRATION_LOCK = 0x6C6F77636F7374
"""Key of the PostgreSQL advisory lock under which one station at a time migrates."""
_STATION_LOCK = _MIGRATION_LOCK + 1
"""Key of the one that a station holds as long as it works."""


class Database:
    """A database with its transactions.

    Parameters
    ----------
    url : str
        SQLAlchemy's URL: SQLite or PostgreSQL.

    Raises
    ------
    InputError
        The URL is none of these.
    DependencyError
        PostgreSQL's driver is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = _engine(url)
        except ArgumentError as error:
            raise InputError(
                f"{url!r} is no URL of a database: expected one such as postgresql://user:passphrase@host/name"
            ) from error
        except ImportError as error:
            raise DependencyError(
                "PostgreSQL needs its driver: run `pip install lowcost[serve,serve-postgres]`"
            ) from error
        self._writer = self._engine.execution_options(lowcost_writes=True)
        self._holding: Connection | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one state of everything, whatever others write meanwhile."""
        with _sentences(), Session(self._engine) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed, durably, when its block ends, and leaves nothing when that raises.

        What it hands out stays readable afterwards.
        """
        with _sentences(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the tables to this version's form.

        Raises
        ------
        InputError
            The database cannot be reached, or a newer version of `lowcost` made its tables.
        """
        configuration = _configuration()
        try:
            with self._writer.begin() as connection:
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                _check_version(connection, configuration)
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")
        except OperationalError as error:
            raise InputError(f"the database cannot be opened: {str(error.orig).strip()}; check its URL") from error
        except DBAPIError as error:
            raise InputError(f"{self._engine.url.render_as_string()} holds no database of lowcost's") from error

    def hold(self) -> None:
        """Hold a shared database against a second station until `close`, or until this process ends in whatever way.

        Photographs lie in the station's folder: another one would take jobs whose photographs it does not have. A file
        in the folder is held with it.

        Raises
        ------
        InputError
            Another station has it.
        """
        if self.is_sqlite:
            return
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _STATION_LOCK}):
            connection.close()
            raise InputError("another station works with this database: stop it, or name a database for this one alone")
        self._holding = connection

    def close(self) -> None:
        """Let every connection go."""
        if self._holding is not None:
            self._holding.close()
        self._engine.dispose()


def _engine(url: str) -> Engine:
    kind = make_url(url).get_backend_name()
    if kind == "postgresql":
        return create_engine(url, pool_size=10, max_overflow=40, pool_pre_ping=True)
    if kind != "sqlite":
        raise ArgumentError(kind)
    # More connections than requests that run at a time: none waits for one.
    engine = create_engine(url, pool_size=10, max_overflow=60, connect_args={"timeout": _BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("lowcost_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _sentences() -> Iterator[None]:
    """A full disk gets its own error: whoever asked can do something about it."""
    try:
        yield
    except SQLAlchemyError as error:
        told = str(getattr(error, "orig", "")).lower()
        if "disk is full" in told or "no space left" in told:
            raise Full("The disk is full: free some space; nothing that was kept before is lost.") from error
        raise


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return configuration


def _check_version(connection: Connection, configuration: Config) -> None:
    from alembic.migration import MigrationContext

    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    if current is not None and current not in known:
        raise InputError(f"the database has the form {current} of a newer lowcost: run `pip install -U lowcost[serve]`")
