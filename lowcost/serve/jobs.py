"""The queue of photographs to analyse, in the database: claimed under a lease, finished once, never lost.

A claim has a name of its own: whoever comes with the name of an older claim, because its lease ran out and another
took over, changes nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from lowcost.serve import clock
from lowcost.serve.fields import touch
from lowcost.serve.models import Cell, Field, Job


@dataclass(frozen=True)
class Work:
    """One photograph to analyse.

    Attributes
    ----------
    job_id, field_id, slide_id : int
        Which.
    claim : uuid.UUID
        The claim under which it is analysed.
    attempt : int
        How often it was tried, this time among it.
    sha256, name : str
        The photograph.
    um_per_px : float or None
        Its scale, where the slide's is known.
    device : str or None
        The device profile, as `lowcost calibrate` writes it.
    """

    job_id: int
    field_id: int
    slide_id: int
    claim: uuid.UUID
    attempt: int
    sha256: str
    name: str
    um_per_px: float | None
    device: str | None


def claim(session: Session, lease_s: float) -> Work | None:
    """Take the next photograph that nobody analyses, those that were tried least first; None where there is none.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    lease_s : float
        Seconds after which others may take it.
    """
    now = clock.now()
    free = or_(Job.state == "queued", and_(Job.state == "running", Job.lease_until < now))
    query = select(Job).where(free).order_by(Job.attempts, Job.id).limit(1).with_for_update(skip_locked=True)
    job = session.scalar(query)
    if job is None:
        return None
    job.state, job.claim, job.lease_until = "running", uuid.uuid4(), now + timedelta(seconds=lease_s)
    job.attempts += 1
    field, slide = job.field, job.field.slide
    return Work(
        job.id,
        field.id,
        slide.id,
        job.claim,
        job.attempts,
        field.sha256,
        field.name,
        slide.um_per_px,
        slide.device.content if slide.device is not None else None,
    )


def give_back(session: Session, work: Work) -> None:
    """Offer a photograph again that was not tried to the end through no fault of its own."""
    job = _held(session, work)
    if job is not None:
        job.state, job.claim, job.lease_until = "queued", None, None
        job.attempts -= 1


def offer_again(session: Session) -> None:
    """Offer everything again that was being analysed when the only station of this database ended."""
    for job in session.scalars(select(Job).where(Job.state == "running")):
        job.state, job.claim, job.lease_until = "queued", None, None
        job.attempts -= 1


def stumble(session: Session, work: Work, sentence: str, attempts: int) -> None:
    """Offer a photograph again whose analysis ended the worker; after so many attempts give it up."""
    job = _held(session, work)
    if job is None:
        return
    if job.attempts < attempts:
        job.state, job.claim, job.lease_until = "queued", None, None
    else:
        _fail(session, job, sentence)


def fail(session: Session, work: Work, sentence: str) -> None:
    """Note that a photograph cannot be used, and why."""
    job = _held(session, work)
    if job is not None:
        _fail(session, job, sentence)


def finish(
    session: Session, work: Work, result: dict[str, Any], picture_sha256: str, provenance: dict[str, str]
) -> None:
    """Keep what was found on a photograph; nothing where another took over meanwhile.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    work : Work
        As claimed.
    result : dict
        The field in the form of ``result.json``.
    picture_sha256 : str
        Digest of its pixels: a picture that was there before in another file is not counted twice.
    provenance : dict of str to str
        What analysed it.
    """
    touch(session, work.slide_id)
    job = _held(session, work)
    if job is None:
        return
    field = job.field
    others = select(Field.name).where(
        Field.slide_id == work.slide_id,
        Field.picture_sha256 == picture_sha256,
        Field.id != field.id,
        Field.state == "done",
    )
    first = session.scalar(others.limit(1))
    if first is not None:
        _fail(session, job, f"It is the same picture as {first}: it is counted once.")
        return
    session.execute(delete(Cell).where(Cell.field_id == field.id))
    session.add_all(_row(field.id, cell) for cell in result["cells"])
    field.result = {name: value for name, value in result.items() if name != "cells"}
    field.picture_sha256, field.provenance, field.verdict = picture_sha256, dict(provenance), result["verdict"]
    field.state, field.reason, field.analysed_at = "done", "", clock.now()
    job.state, job.claim, job.lease_until = "done", None, None


def _held(session: Session, work: Work) -> Job | None:
    return session.scalar(select(Job).where(Job.id == work.job_id, Job.claim == work.claim).with_for_update())


def _fail(session: Session, job: Job, sentence: str) -> None:
    touch(session, job.field.slide_id)
    job.state, job.claim, job.lease_until = "failed", None, None
    job.field.state, job.field.reason = "failed", sentence


def _row(field_id: int, cell: dict[str, Any]) -> Cell:
    return Cell(
        field_id=field_id,
        number=cell["id"],
        type=cell["type"],
        machine_type=cell["type"],
        probability=cell["probability"],
        touches_edge=cell["touches_edge"],
        machine={name: value for name, value in cell.items() if name != "features"},
        features=cell["features"],
    )
