"""A station in one file: every row and every photograph with their checksums, read back into an empty folder.

The rows are taken in one transaction and photographs are never changed, so a station may work on while it is backed up.
Uploads on their way and signed-in browsers are left out.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, func, insert, select, text

from lowcost.errors import InputError
from lowcost.export import files
from lowcost.serve import storage
from lowcost.serve.database import Database
from lowcost.serve.models import Base, Utc
from lowcost.serve.settings import Settings

_SUMS = "SHA256SUMS"
_KEPT = ("photographs", "pictures", "devices", "bundles")
_MEMBER = re.compile(rf"tables/[a-z_]+\.jsonl|({'|'.join(_KEPT)})/[A-Za-z0-9_./-]+")
_LEFT_OUT = ("sign_in", "upload")
"""Tables that mean nothing elsewhere: browsers that are signed in, photographs on their way."""

_ROWS = 200


def backup(settings: Settings, archive: Path) -> int:
    """Write everything that a station keeps into one file, and return the number of files in it.

    Parameters
    ----------
    settings : Settings
        Of the station; it may be working.
    archive : Path
        A tar file; replaced only once the new one is whole.

    Raises
    ------
    InputError
        There is no station, or the file cannot be written.
    """
    if not (settings.folder / "photographs").is_dir():
        raise InputError(f"{settings.folder} holds no station: name the folder that lowcost serve was given")
    database = Database(settings.database_url)
    database.migrate()
    sums: list[str] = []
    try:
        with files.draft(archive) as draft:
            with tarfile.open(draft, "w") as tar:
                for name, content in _tables(database):
                    _add(tar, sums, name, io.BytesIO(content), len(content))
                for file in _files(settings.folder):
                    with file.open("rb") as stream:
                        _add(tar, sums, file.relative_to(settings.folder).as_posix(), stream, file.stat().st_size)
                listing = "".join(sums).encode()
                _add(tar, [], _SUMS, io.BytesIO(listing), len(listing))
            storage.sync(draft)
        storage.sync_folder(archive.parent)
    finally:
        database.close()
    return len(sums)


def restore(archive: Path, settings: Settings) -> int:
    """Make a station from a backup, once every checksum was found right, and return the number of files.

    Parameters
    ----------
    archive : Path
        As `backup` wrote it.
    settings : Settings
        Of the new station, whose folder and database are empty.

    Raises
    ------
    InputError
        The backup is damaged or none, or the folder or database is not empty.
    """
    if settings.folder.exists() and any(settings.folder.iterdir()):
        raise InputError(f"{settings.folder} is not empty: restore into a new folder")
    try:
        with tarfile.open(archive, "r:") as tar:
            members = _checked(tar, archive)
            with storage.full_disk_told(), _whole_or_empty(settings.folder):
                for member in members:
                    if not member.name.startswith("tables/"):
                        _extract(tar, member, settings.folder)
                database = Database(settings.database_url)
                try:
                    database.migrate()
                    _fill(database, tar, {member.name for member in members})
                finally:
                    database.close()
    except (OSError, ValueError, tarfile.TarError) as error:
        raise InputError(f"{archive} cannot be read: {error}") from error
    return len(members)


@contextmanager
def _whole_or_empty(folder: Path) -> Iterator[None]:
    """Make a folder and fill it meanwhile; what ends that early leaves it empty, so that it can be tried again."""
    files.make_folder(folder)
    folder.chmod(0o700)
    try:
        yield
    except BaseException:
        for made in folder.iterdir():
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        raise


def _tables(database: Database) -> Iterator[tuple[str, bytes]]:
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            rows = session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            lines = (json.dumps({name: _plain(value) for name, value in row.items()}) + "\n" for row in rows)
            yield f"tables/{table.name}.jsonl", "".join(lines).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _files(folder: Path) -> Iterator[Path]:
    for kept in _KEPT:
        yield from (file for file in sorted((folder / kept).rglob("*")) if file.is_file() and not file.is_symlink())


def _add(tar: tarfile.TarFile, sums: list[str], name: str, stream: IO[bytes], size: int) -> None:
    """Add a file, and its checksum from the same reading."""
    digest = hashlib.sha256()

    class Watched(io.RawIOBase):
        def read(self, count: int = -1) -> bytes:
            data = stream.read(count)
            digest.update(data)
            return data

    entry = tarfile.TarInfo(name)
    entry.size = size
    tar.addfile(entry, Watched())
    sums.append(f"{digest.hexdigest()}  {name}\n")


def _checked(tar: tarfile.TarFile, archive: Path) -> list[tarfile.TarInfo]:
    members = tar.getmembers()
    if not members or members[-1].name != _SUMS:
        raise InputError(f"{archive} is no whole backup of a station: copy it again, or take an older one")
    stated: dict[str, str] = {}
    for line in _opened(tar, members.pop()).read().decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        stated[name] = digest
    if [member.name for member in members] != list(stated):
        raise InputError(f"{archive} does not hold what its list says: copy it again, or take an older one")
    for member in members:
        if not member.isreg() or not _MEMBER.fullmatch(member.name) or ".." in member.name.split("/"):
            raise InputError(f"{archive} holds {member.name!r}, which no backup of a station does: take another one")
        if storage.digest_of(_opened(tar, member)) != stated[member.name]:
            raise InputError(f"{archive} is damaged: {member.name} was changed; copy it again, or take an older one")
    return members


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    stream = tar.extractfile(member)
    if stream is None:
        raise InputError(f"{member.name} is no file: the backup is damaged")
    return stream


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    stream = _opened(tar, member)
    with storage.full_disk_told(), target.open("wb") as file:
        while chunk := stream.read(2**20):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    storage.sync_folder(target.parent)


def _fill(database: Database, tar: tarfile.TarFile, names: set[str]) -> None:
    with database.write() as session:
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)):
                raise InputError("the database is not empty: restore into a new one")
            name = f"tables/{table.name}.jsonl"
            if name not in names:
                continue
            rows = [_row(table, json.loads(line)) for line in _opened(tar, tar.getmember(name))]
            for start in range(0, len(rows), _ROWS):
                session.execute(insert(table), rows[start : start + _ROWS])
            if rows and not database.is_sqlite and "id" in table.c and table.c.id.autoincrement and _counts(table):
                session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence(:name, 'id'), (SELECT max(id) FROM \"{table.name}\"))"),
                    {"name": f'"{table.name}"'},
                )


def _counts(table: Table) -> bool:
    return table.c.id.type.python_type is int


def _row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    typed = {}
    for name, value in row.items():
        kind = table.c[name].type
        if value is not None and isinstance(kind, Utc):
            value = datetime.fromisoformat(value)
        elif value is not None and kind.python_type is uuid.UUID:
            value = uuid.UUID(value)
        typed[name] = value
    return typed
