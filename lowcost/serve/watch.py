"""A watched folder, for microscopes with a camera of their own: ``CASE/SLIDE/photograph.jpg`` comes in by itself.

Files are only read. One that grew or changed since the last look is still being written, and waits for the next.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.errors import InputError
from lowcost.serve import fields, people, storage
from lowcost.serve.models import Case, Slide, User
from lowcost.serve.station import Station

SUFFIXES = (".bmp", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""What counts as a photograph."""

_PAUSE_S = 2.0
_TROUBLE_S = 30.0


class Watch(threading.Thread):
    """Takes photographs from a folder into a station.

    Parameters
    ----------
    station : Station
        Where they go; cases and slides that it does not have are opened by their folders' names.
    folder : Path
        What is watched.

    Raises
    ------
    InputError
        There is no such folder.
    """

    def __init__(self, station: Station, folder: Path) -> None:
        super().__init__(name="watch", daemon=True)
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: name the one that the camera's program saves to")
        self._station, self._folder = station, folder
        self._stopping = threading.Event()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._taken: dict[Path, tuple[int, int]] = {}

    def run(self) -> None:
        """Look every other second, until `stop`."""
        pause_s = _PAUSE_S
        while not self._stopping.wait(pause_s):
            try:
                self.step()
                pause_s = _PAUSE_S
            except Exception as error:  # a full disk, a share that went away: what was not taken waits
                self._station.analysis.trouble = f"{self._folder} could not be read: {error}"
                pause_s = _TROUBLE_S

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def step(self) -> None:
        """Take what is there and has not changed since the last look."""
        found = {}
        for file in sorted(self._folder.glob("*/*/*")):
            if file.suffix.lower() in SUFFIXES and file.is_file() and not file.is_symlink():
                status = file.stat()
                found[file] = status.st_size, status.st_mtime_ns
        for file, stamp in found.items():
            whole = stamp == self._seen.get(file) and 0 < stamp[0] <= self._station.settings.max_bytes
            if whole and stamp != self._taken.get(file):
                self._take(file)
                self._taken[file] = stamp
        self._seen = found

    def _take(self, file: Path) -> None:
        """Copy first, so that what is kept is what was digested, whatever becomes of the file."""
        here = self._station
        here.storage.make_room(file.stat().st_size)
        copy = here.storage.uploads / str(uuid.uuid4())
        try:
            with storage.full_disk_told():
                shutil.copyfile(file, copy)
            sha256 = storage.digest(copy)
            here.storage.keep(copy, sha256)
        finally:
            copy.unlink(missing_ok=True)
        with here.database.read() as session:
            owner = session.scalar(select(User.id).where(User.role == "admin", User.active.is_(True)).order_by(User.id))
        if owner is None:
            owner = people.bench(here.database).id
        with here.database.write() as session:
            slide = _slide(session, file.parent.parent.name, file.parent.name, owner)
            fields.add(session, slide.id, sha256, file.name, owner)
        here.analysis.wake()


def _slide(session: Session, case: str, name: str, owner: int) -> Slide:
    case, name = fields.shown_name(case)[:80], fields.shown_name(name)[:80]
    query = select(Slide).join(Case).where(Case.pseudonym == case, Slide.name == name)
    slide = session.scalar(query)
    if slide is None:
        row = session.scalar(select(Case).where(Case.pseudonym == case)) or Case(pseudonym=case, owner_id=owner)
        slide = Slide(case=row, name=name)
        session.add(slide)
        session.flush()
    return slide
