"""What a station is started with, and every limit that it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TARGETS = (100, 200, 400)
"""Numbers of leukocytes that a slide may be counted to."""

ROLES = ("technician", "reviewer", "admin")
"""What a person may be, each more than the one before."""


@dataclass(frozen=True)
class Settings:
    """A station's settings.

    Attributes
    ----------
    folder : Path
        Where everything lies: the database, photographs, pictures, device profiles, trained bundles.
    database : str or None
        SQLAlchemy's URL of another database than the file in `folder`. It belongs to this folder, where the photographs
        are, and to one station at a time.
    bundle : Path or None
        Folder of the model bundle to begin with; by default the one that comes with the package.
    host : str
        Address to listen on.
    port : int
        Port to listen on; 0 for any free one.
    lan : bool
        Whether other machines may connect, which demands that everybody signs in.
    camera : str or None
        The camera of this machine, see `lowcost.serve.viewfinder.opened`.
    max_bytes : int
        Largest photograph.
    max_pixels : int
        Largest width times height of a photograph, px.
    spare_bytes : int
        Room on the disk that uploads leave free: corrections must still fit when photographs no longer do.
    worker_bytes : int
        Address space of the process that decodes and analyses.
    worker_seconds : float
        Longest time for one photograph.
    learning_seconds : float
        Longest time for learning from verified cells, or for calibrating a device.
    attempts : int
        How often a photograph is tried before it is given up.
    session_days : int
        How long a person stays signed in.
    upload_days : int
        How long an upload that stopped may go on.
    """

    folder: Path
    database: str | None = None
    bundle: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    lan: bool = False
    camera: str | None = None
    max_bytes: int = 64 * 2**20
    max_pixels: int = 80_000_000
    spare_bytes: int = 200 * 2**20
    worker_bytes: int = 4 * 2**30
    worker_seconds: float = 180.0
    learning_seconds: float = 7200.0
    attempts: int = 3
    session_days: int = 14
    upload_days: int = 7

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database."""
        if self.database is None:
            return f"sqlite:///{self.folder / 'station.sqlite3'}"
        return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
