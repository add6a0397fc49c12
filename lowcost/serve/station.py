"""Everything that a running station consists of, put together once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from lowcost.errors import InputError
from lowcost.serve import jobs
from lowcost.serve.analysis import Analysis, station_bundle
from lowcost.serve.camera import Camera
from lowcost.serve.database import Database
from lowcost.serve.learning import Learning
from lowcost.serve.security.limits import Failures
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage
from lowcost.serve.uploads import Uploads


class Station:
    """A station, its database migrated and its folders made.

    Parameters
    ----------
    settings : Settings
        What it is started with.

    Attributes
    ----------
    settings : Settings
        As given.
    database, storage, uploads, analysis, learning, camera, failures
        Its rooms.

    Raises
    ------
    InputError
        The folder or database cannot be used, or another station works with one of them.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.storage = Storage(settings)
        self._lock = _only_one(settings.folder / "station.lock")
        self.database = Database(settings.database_url)
        try:
            self.database.migrate()
            self.database.hold()
        except InputError:
            self.database.close()
            self._lock.close()
            raise
        self.uploads = Uploads(self.database, self.storage, settings)
        self.analysis = Analysis(self.database, self.storage, settings)
        self.learning = Learning(self.database, self.storage, settings)
        self.camera = Camera(settings)
        self.failures = Failures()

    def start(self) -> None:
        """Clear away what the last run left, offer again what it was analysing, and begin to work."""
        self.uploads.purge()
        with self.database.write() as session:
            jobs.offer_again(session)
        self.learning.clear()
        self.analysis.start()

    def close(self) -> None:
        """End the work; nothing that was acknowledged is lost."""
        self.analysis.stop()
        self.learning.stop()
        self.camera.stop()
        self.database.close()
        self._lock.close()

    @property
    def bundle(self) -> Path | None:
        """Folder of the model bundle in use; None for the one that comes with the package."""
        return station_bundle(self.database, self.storage, self.settings)


def _only_one(file: Path) -> IO[bytes]:
    """Hold a folder against a second station: two would clear away each other's uploads."""
    stream = file.open("ab")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise InputError(f"another station works in {file.parent}: stop it, or name another folder") from error
    return stream
