"""What the station is, and which names it knows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select

from lowcost import __version__
from lowcost.bundle import Bundle
from lowcost.serve.asking import Here, Who
from lowcost.serve.models import Job
from lowcost.serve.settings import ROLES, TARGETS
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, RESEARCH_USE_NOTICE

router = APIRouter(tags=["station"])


@router.get("/station")
def station(here: Here, who: Who) -> dict[str, Any]:
    """Version, models, names of types and attributes, and how much waits to be analysed."""
    with here.database.read() as session:
        waiting = session.scalar(select(func.count()).where(Job.state.in_(("queued", "running"))))
    bundle = Bundle.load(here.bundle)
    return {
        "lowcost": __version__,
        "bundle": {"name": bundle.name, "version": bundle.version, "digest": bundle.digest},
        "notice": RESEARCH_USE_NOTICE,
        "person": {"id": who.id, "name": who.name, "role": who.role},
        "roles": ROLES,
        "targets": TARGETS,
        "max_bytes": here.settings.max_bytes,
        "waiting": waiting,
        "trouble": here.analysis.trouble,
        "types": [
            {"name": kind.name, "label": kind.label, "is_leukocyte": kind.is_leukocyte} for kind in CELL_TYPES.values()
        ],
        "attributes": [
            {"name": each.name, "label": each.label, "scheme": each.scheme, "values": each.values}
            for each in ATTRIBUTES.values()
        ],
    }
