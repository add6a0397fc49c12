"""Photographs that lie on the station's own machine come in: copied first, then as durably as one that is sent."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from lowcost.serve import fields, people, storage
from lowcost.serve.errors import TooLarge
from lowcost.serve.models import Case, Slide, User
from lowcost.serve.station import Station

SUFFIXES = (".bmp", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""What counts as a photograph."""


def is_photograph(file: Path) -> bool:
    """Whether a file counts as a photograph; a link may lead anywhere, and does not."""
    return file.suffix.lower() in SUFFIXES and file.is_file() and not file.is_symlink()


def take(here: Station, file: Path, case: str, slide: str, um_per_px: float | None = None) -> int:
    """Take a photograph into a slide, which is opened with its case if it is not there, and return the slide's number.

    Copied first, so that what is kept is what was digested, whatever becomes of the file. One that is there already is
    taken once.

    Parameters
    ----------
    here : Station
        Where it goes.
    file : Path
        The photograph; it stays where it is.
    case, slide : str
        What the case is called, and its slide.
    um_per_px : float, optional
        Scale of a slide that is opened.

    Raises
    ------
    TooLarge
        It is larger than the station takes.
    Full
        There is no room on the disk.
    """
    size = file.stat().st_size
    if size > here.settings.max_bytes:
        raise TooLarge(f"{file} has {size} bytes, the station takes {here.settings.max_bytes}: make it smaller")
    here.storage.make_room(size)
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
        row = _slide(session, case, slide, owner, um_per_px)
        fields.add(session, row.id, sha256, file.name, owner)
        number = row.id
    here.analysis.wake()
    return number


def _slide(session: Session, case: str, name: str, owner: int, um_per_px: float | None) -> Slide:
    case, name = fields.shown_name(case)[:80], fields.shown_name(name)[:80]
    query = select(Slide).join(Case).where(Case.pseudonym == case, Slide.name == name)
    slide = session.scalar(query)
    if slide is None:
        row = session.scalar(select(Case).where(Case.pseudonym == case)) or Case(pseudonym=case, owner_id=owner)
        slide = Slide(case=row, name=name, um_per_px=um_per_px)
        session.add(slide)
        session.flush()
    return slide
