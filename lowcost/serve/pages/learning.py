"""What the station learns from verified cells, and the devices that it knows."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from lowcost.serve import access, verified
from lowcost.serve.api import learning as api
from lowcost.serve.api.slides import shown_field
from lowcost.serve.asking import FormWho, Here, Number, Who
from lowcost.serve.learning import LEAST_CELLS, MOST_FIELDS
from lowcost.serve.models import Case, DeviceProfile, Field, Slide, Training
from lowcost.serve.pages.rendering import render
from lowcost.serve.settings import ROLES

router = APIRouter()

SHOWN = 20
"""Trainings on a page."""


class LearnForm(BaseModel):
    """What to learn from; empty for slides without a device profile."""

    device_id: api.Id | None = None


class DecisionForm(BaseModel):
    """A decision, and the page on which it was taken."""

    accept: bool
    page: Literal["/learn", "/devices"]


@router.get("/learn")
def learn_page(request: Request, here: Here, who: Who) -> Response:
    """Verified cells, what was learnt from them, and what is in use."""
    who.demand("reviewer")
    with here.database.read() as session:
        query = select(Training).where(Training.kind != "device").order_by(Training.id.desc()).limit(SHOWN)
        made = [api.shown(row) for row in session.scalars(query)]
        found = verified.collected(session, who.id)
    used = here.bundle
    return render(
        request,
        "learn.html",
        who,
        collected=[each for each in found if each.cells or each.device_id is None],
        least=LEAST_CELLS,
        trainings=made,
        running=_running(made),
        used=used.name if used is not None and used != here.settings.bundle else "",
        may_decide=who.role == ROLES[-1],
    )


@router.post("/learn")
def learn(here: Here, who: FormWho, body: Annotated[LearnForm, Form()]) -> Response:
    """Begin to learn."""
    api.learn(here, who, api.NewTraining(device_id=body.device_id))
    return RedirectResponse("/learn", 303)


@router.post("/trainings/{number}/decision")
def decide(here: Here, who: FormWho, number: Number, body: Annotated[DecisionForm, Form()]) -> Response:
    """Accept, discard or take back."""
    api.decide(here, who, number, api.Decision(accept=body.accept))
    return RedirectResponse(body.page, 303)


@router.get("/devices")
def devices_page(request: Request, here: Here, who: Who) -> Response:
    """The device profiles, calibrations that wait for a word, and slides to calibrate from."""
    with here.database.read() as session:
        of_devices = (Training.kind == "device", Training.state.in_(("running", "offered", "failed")), api.seen(who))
        made = [
            api.shown(row)
            for row in session.scalars(select(Training).where(*of_devices).order_by(Training.id.desc()).limit(SHOWN))
        ]
        rows = session.execute(
            select(DeviceProfile, func.count(Slide.id))
            .outerjoin(Slide, Slide.device_id == DeviceProfile.id)
            .group_by(DeviceProfile.id)
            .order_by(DeviceProfile.name)
        )
        devices = [(row[0], json.loads(row[0].content), row[1]) for row in rows]
        candidates = session.execute(
            select(Slide.id, Slide.name, Case.pseudonym, func.count(Field.id))
            .join(Case, Slide.case_id == Case.id)
            .join(Field, Field.slide_id == Slide.id)
            .where(who.cases, Field.state == "done")
            .group_by(Slide.id, Slide.name, Case.pseudonym)
            .order_by(Slide.id.desc())
            .limit(SHOWN)
        ).all()
    return render(
        request,
        "devices.html",
        who,
        devices=devices,
        trainings=made,
        running=_running(made),
        candidates=candidates,
    )


@router.get("/slides/{number}/calibrate")
def calibrate_page(request: Request, here: Here, who: Who, number: Number) -> Response:
    """Choose photographs of a case and call the device that took them something."""
    with here.database.read() as session:
        found = access.slide(session, who, number)
        query = select(Field).join(Slide).where(Slide.case_id == found.case_id, Field.state == "done")
        fields = session.scalars(query.order_by(Field.slide_id != number, Field.id.desc()).limit(MOST_FIELDS)).all()
        return render(
            request,
            "calibrate.html",
            who,
            slide=found,
            case=found.case,
            fields=[shown_field(field) for field in fields],
        )


@router.post("/slides/{number}/calibrate")
def calibrate(here: Here, who: FormWho, number: Number, body: Annotated[api.NewDevice, Form()]) -> Response:
    """Begin to measure the device."""
    api.calibrate(here, who, body)
    return RedirectResponse("/devices", 303)


def _running(made: list[dict[str, Any]]) -> int | None:
    return next((each["id"] for each in made if each["state"] == "running"), None)
