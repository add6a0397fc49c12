"""Photographs on their way: created, appended to at an offset as often as the connection breaks, finished once.

What has arrived is the size of the file, which no crash can set apart from the file. When `finish` returns, the
photograph is on the disk and its field and job are committed; called again it returns the same field.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anyio import to_thread
from sqlalchemy import select

from lowcost.serve import clock, fields, storage
from lowcost.serve.database import Database
from lowcost.serve.errors import Conflict, NotFound, StationError, TooLarge
from lowcost.serve.models import Field, Upload
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage

_BUFFER = 2**20
_STRIPES = 16
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Progress:
    """How far an upload is.

    Attributes
    ----------
    id : uuid.UUID
        Its name.
    slide_id, user_id : int
        Where it belongs, and whose it is.
    name : str
        Of the photograph.
    size, received : int
        Bytes in all, and bytes that are there.
    field_id : int or None
        The field that it became.
    """

    id: uuid.UUID
    slide_id: int
    user_id: int
    name: str
    size: int
    received: int
    field_id: int | None


class Uploads:
    """The uploads of a station.

    Parameters
    ----------
    database : Database
        Where they are noted.
    storage : Storage
        Where their bytes go.
    settings : Settings
        The limits.
    """

    def __init__(self, database: Database, storage: Storage, settings: Settings) -> None:
        self._database, self._storage, self._settings = database, storage, settings
        self._writers: dict[uuid.UUID, object] = {}
        self._finishing = [threading.Lock() for _ in range(_STRIPES)]

    def create(self, slide_id: int, user_id: int, name: str, size: int, sha256: str | None = None) -> Progress:
        """Begin an upload; of a photograph that the slide has already, nothing needs to be sent.

        Parameters
        ----------
        slide_id, user_id : int
            Where it belongs, and whose it is.
        name : str
            Of the photograph.
        size : int
            Bytes.
        sha256 : str, optional
            Digest that the client claims; what arrives is held against it.

        Raises
        ------
        TooLarge
            More bytes than a photograph may have.
        Full
            They would not fit.
        StationError
            The file is empty, or the digest none.
        """
        if size <= 0:
            raise StationError(f"{fields.shown_name(name)} is empty (0 bytes): take or copy the photograph again.")
        if size > self._settings.max_bytes:
            raise TooLarge(
                f"{fields.shown_name(name)} is {size / 2**20:.0f} MiB, more than the limit of "
                f"{self._settings.max_bytes / 2**20:.0f} MiB: crop it or save it as JPEG."
            )
        if sha256 is not None and not _DIGEST.fullmatch(sha256):
            raise StationError("The claimed SHA-256 is none: expected 64 hexadecimal digits in lower case.")
        self._storage.make_room(size)
        with self._database.write() as session:
            upload = Upload(
                id=uuid.uuid4(),
                slide_id=slide_id,
                user_id=user_id,
                name=fields.shown_name(name),
                size=size,
                claimed_sha256=sha256,
            )
            if sha256 is not None:
                there = select(Field.id).where(Field.slide_id == slide_id, Field.sha256 == sha256)
                upload.field_id = session.scalar(there)
            session.add(upload)
        return self._progress(upload)

    def progress(self, upload_id: uuid.UUID) -> Progress:
        """Return how far an upload is.

        Raises
        ------
        NotFound
            There is none of this name.
        """
        return self._progress(self._find(upload_id))

    async def append(self, upload_id: uuid.UUID, offset: int, chunks: AsyncIterator[bytes]) -> Progress:
        """Write what arrives; what has arrived stays, whatever becomes of the connection.

        A connection that comes later takes over: the phone that lost the first one knows better than a socket that
        has not noticed.

        Parameters
        ----------
        upload_id : uuid.UUID
            Which.
        offset : int
            Where the first chunk belongs: as many bytes as are there.
        chunks : asynchronous iterator of bytes
            What arrives.

        Raises
        ------
        Conflict
            The offset is another, or a later connection took over.
        TooLarge
            More arrived than was announced.
        Full
            The disk is full; what was written stays.
        """
        me = self._writers[upload_id] = object()
        try:
            progress = await to_thread.run_sync(self.progress, upload_id)
            if progress.field_id is not None:
                return progress
            if offset != progress.received:
                raise Conflict(f"{progress.received} bytes of the photograph are there: go on from that offset.")
            left = progress.size - offset
            buffer = bytearray()

            def flush() -> None:
                if self._writers.get(upload_id) is not me:
                    raise Conflict("The upload goes on over another connection.")
                with storage.full_disk_told(), self._file(upload_id).open("ab") as stream:
                    stream.write(buffer)
                buffer.clear()

            try:
                async for chunk in chunks:
                    left -= len(chunk)
                    if left < 0:
                        raise TooLarge(f"More than the announced {progress.size} bytes arrived: begin a new upload.")
                    buffer += chunk
                    if len(buffer) >= _BUFFER:
                        await to_thread.run_sync(flush)
            finally:
                if buffer and left >= 0 and self._writers.get(upload_id) is me:
                    flush()
            return await to_thread.run_sync(self.progress, upload_id)
        finally:
            if self._writers.get(upload_id) is me:
                del self._writers[upload_id]

    def finish(self, upload_id: uuid.UUID) -> int:
        """Make a field of an upload whose bytes are all there, durably, and return its number.

        Raises
        ------
        Conflict
            Bytes are missing, or what arrived is not what the client claimed: then it begins anew.
        """
        with self._finishing[upload_id.int % _STRIPES]:  # a client that asks twice at once is served one by one
            return self._finish(self._find(upload_id))

    def purge(self) -> None:
        """Forget uploads that stopped long ago, and files that no upload knows."""
        oldest = clock.now() - timedelta(days=self._settings.upload_days)
        with self._database.write() as session:
            for upload in session.scalars(select(Upload).where(Upload.created_at < oldest)):
                session.delete(upload)
        with self._database.read() as session:
            known = {str(upload_id) for upload_id in session.scalars(select(Upload.id))}
        for file in self._storage.uploads.iterdir():
            if file.name not in known:
                file.unlink(missing_ok=True)

    def _finish(self, upload: Upload) -> int:
        if upload.field_id is not None:
            return upload.field_id
        upload_id = upload.id
        file = self._file(upload_id)
        sha256 = upload.sha256
        if sha256 is None:
            received = self._received(upload)
            if received != upload.size:
                raise Conflict(f"{received} of {upload.size} bytes of the photograph are there: send the others first.")
            storage.sync(file)  # before the digest is noted: once it is, these bytes are trusted
            sha256 = storage.digest(file)
            if upload.claimed_sha256 not in (None, sha256):
                file.unlink()
                raise Conflict("The photograph arrived damaged: send it again from the beginning.")
            with self._database.write() as session:
                session.get_one(Upload, upload_id).sha256 = sha256
        self._storage.keep(file, sha256)
        with self._database.write() as session:
            field = fields.add(session, upload.slide_id, sha256, upload.name, upload.user_id)
            session.get_one(Upload, upload_id).field_id = field.id
        return field.id

    def _find(self, upload_id: uuid.UUID) -> Upload:
        with self._database.read() as session:
            upload = session.get(Upload, upload_id)
            if upload is None:
                raise NotFound("There is no such upload: begin a new one.")
            session.expunge(upload)
            return upload

    def _progress(self, upload: Upload) -> Progress:
        received = upload.size if upload.field_id is not None else self._received(upload)
        return Progress(upload.id, upload.slide_id, upload.user_id, upload.name, upload.size, received, upload.field_id)

    def _received(self, upload: Upload) -> int:
        if upload.sha256 is not None:  # whole, and perhaps already at its place
            return upload.size
        file = self._file(upload.id)
        return file.stat().st_size if file.exists() else 0

    def _file(self, upload_id: uuid.UUID) -> Path:
        return self._storage.uploads / str(upload_id)
