"""Learning from verified cells, and device profiles."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from lowcost.serve import access, verified
from lowcost.serve.access import Person
from lowcost.serve.asking import Here, Name, Number, Who
from lowcost.serve.errors import NotFound
from lowcost.serve.models import DeviceProfile, Training

router = APIRouter(tags=["learning"])

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewTraining(BaseModel):
    """What to learn from: verified cells of a device's slides, or of those without a profile."""

    device_id: Id | None = None


class NewDevice(BaseModel):
    """A device to calibrate, and photographs that it took."""

    name: Name
    fields: list[Id] = Field(min_length=1, max_length=1000)


class Decision(BaseModel):
    """Whether what was made is used."""

    accept: bool


@router.get("/trainings")
def trainings(here: Here, who: Who) -> list[dict[str, Any]]:
    """What was learnt and calibrated, the latest first; technicians see their own."""
    with here.database.read() as session:
        query = select(Training).where(seen(who)).order_by(Training.id.desc()).limit(100)
        return [shown(training) for training in session.scalars(query)]


@router.post("/trainings", status_code=202)
def learn(here: Here, who: Who, body: NewTraining) -> dict[str, Any]:
    """Learn from verified cells; what comes of it waits for an admin."""
    who.demand("reviewer")
    return training(here, who, here.learning.learn(who.id, body.device_id))


@router.get("/trainings/{number}")
def training(here: Here, who: Who, number: Number) -> dict[str, Any]:
    """How far a training is, and what came of it."""
    with here.database.read() as session:
        found = shown(find(session, who, number))
    done, total = here.learning.progress
    return found | ({"done": done, "total": total} if found["state"] == "running" else {})


@router.post("/trainings/{number}/decision")
def decide(here: Here, who: Who, number: Number, body: Decision) -> dict[str, Any]:
    """Accept what was made, discard it, or take back what was accepted."""
    with here.database.read() as session:
        found = find(session, who, number)
        if found.kind != "device" or found.user_id != who.id:
            who.demand("admin")
    here.learning.decide(number, who.id, body.accept)
    return training(here, who, number)


@router.get("/training-set.zip", response_class=FileResponse)
def training_set(here: Here, who: Who) -> Response:
    """Every verified cell with its photograph: COCO, for `lowcost train` and other programs."""
    who.demand("reviewer")
    with tempfile.NamedTemporaryFile(dir=here.storage.uploads, delete=False) as stream:
        file = Path(stream.name)
    try:
        with here.database.read() as session:
            verified.write_set(session, here.storage, file, who.id)
    except BaseException:
        file.unlink()
        raise
    return FileResponse(
        file,
        media_type="application/zip",
        filename="verified-cells.zip",
        background=BackgroundTask(file.unlink, missing_ok=True),
    )


@router.post("/devices", status_code=202)
def calibrate(here: Here, who: Who, body: NewDevice) -> dict[str, Any]:
    """Measure a device on photographs that it took; the profile waits for a word of the same person, or of an admin."""
    with here.database.read() as session:
        fields = [access.field(session, who, number) for number in dict.fromkeys(body.fields)]
        number = here.learning.calibrate(who.id, body.name, fields)
    return training(here, who, number)


@router.get("/devices/{number}/profile.json")
def profile(here: Here, who: Who, number: Number) -> Response:
    """A device profile, for `lowcost analyze --device`."""
    with here.database.read() as session:
        found = session.get(DeviceProfile, number)
        if found is None:
            raise NotFound("There is no such device profile.")
        headers = {"Content-Disposition": f'attachment; filename="device-{found.id}.json"'}
        return Response(found.content, media_type="application/json", headers=headers)


def seen(who: Person) -> ColumnElement[bool]:
    """Which trainings a person may see, as a condition on `Training`."""
    return Training.user_id == who.id if who.role == "technician" else true()


def find(session: Session, who: Person, number: int) -> Training:
    """Return a training that a person may see; raises `NotFound`."""
    found = session.scalar(select(Training).where(Training.id == number, seen(who)))
    if found is None:
        raise NotFound("There is no such training.")
    return found


def shown(row: Training) -> dict[str, Any]:
    """What the API says of a training."""
    columns = ("id", "kind", "name", "device_id", "state", "reason", "report")
    return {name: getattr(row, name) for name in columns} | {
        "by": row.user.name,
        "created_at": row.created_at.isoformat(),
        "decided_by": None if row.decided_by is None else row.decided_by.name,
        "decided_at": None if row.decided_at is None else row.decided_at.isoformat(),
    }
