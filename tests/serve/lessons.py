"""Signed slides on rendered smears: their photographs lie in the station, their cells are what was drawn."""

from __future__ import annotations

import hashlib
import uuid

from lowcost.report.pictures import jpeg
from lowcost.serve import clock, pictures, slides
from lowcost.serve.models import Case, Cell, Field, Review, Slide
from lowcost.synth import Optics, Settings, Smear, render

UM_PER_PX = 0.2


def keep(station, pixels):
    """Put a photograph where the station has its photographs and return its digest."""
    content = jpeg(pixels, 95)
    digest = hashlib.sha256(content).hexdigest()
    draft = station.storage.uploads / str(uuid.uuid4())
    draft.write_bytes(content)
    station.storage.keep(draft, digest)
    return digest


def photographed(station, drawn, slide, called=str, state="done"):
    """Add a rendered field to a slide, its cells named by `called` of what they are; returns its number."""
    digest = keep(station, drawn.pixels)
    height, width = drawn.pixels.shape[:2]
    scale = {"um_per_px_x": UM_PER_PX, "um_per_px_y": UM_PER_PX, "source": "given", "confidence": 1.0, "red_cells": 0}
    result = {
        "name": "x",
        "sha256": digest,
        "width": width,
        "height": height,
        "verdict": "accepted",
        "reasons": [],
        "quality": {},
        "scale": scale,
        "white_point": [240, 240, 240],
        "stain_vectors": {},
    }
    with station.database.write() as session:
        number = session.query(Field).count() + 1
        field = Field(slide_id=slide, sha256=digest, name=f"IMG_{number:04}.jpg", user_id=1)
        field.state, field.verdict, field.result, field.analysed_at = state, "accepted", result, clock.now()
        session.add(field)
        session.flush()
        for item in drawn.leukocytes:
            x0, y0, x1, y1 = item.box
            machine = {
                "id": item.id,
                "box": list(item.box),
                "polygon": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
                "nucleus_polygons": [],
                "type": item.type,
                "probability": 0.9,
                "probabilities": {},
                "touches_edge": False,
                "attributes": {},
            }
            kind = called(item.type)
            session.add(Cell(field_id=field.id, number=item.id, type=kind, machine_type=item.type, machine=machine))
        shown = slides.field(field)
        number = field.id
    pictures.write(station.storage.picture_file(number), drawn.pixels, shown)
    return number


def plain(shots):
    """Render fields by which a device is calibrated."""
    settings = Settings(smear=Smear(red_cell_cover=0.3), optics=Optics(vignette=0.0, unevenness=0.0))
    kinds = {"lymphocyte": 1, "neutrophil_segmented": 1}
    return [
        render(seed, width=640, height=480, um_per_px=UM_PER_PX, cells=kinds, settings=settings)
        for seed in range(1, shots + 1)
    ]


def slide(station, name, **columns):
    """Add a slide of a case of its own and return its number."""
    with station.database.write() as session:
        made = Slide(case=Case(pseudonym=name, owner_id=1), name="1", um_per_px=UM_PER_PX, **columns)
        session.add(made)
        session.flush()
        return made.id


def sign(station, number):
    """Put a name under a slide."""
    with station.database.write() as session:
        revision = session.get(Slide, number).revision
        session.add(Review(slide_id=number, user_id=1, revision=revision, done_at=clock.now()))


def taught(station, called=str, number_of_slides=5, cells_each=6, **columns):
    """Add signed slides with one photograph each; returns their numbers."""
    numbers = []
    for number in range(number_of_slides):
        kinds = {"lymphocyte": cells_each, "neutrophil_segmented": cells_each}
        drawn = render(100 + number, width=640, height=480, um_per_px=UM_PER_PX, cells=kinds)
        made = slide(station, f"L-{number}", **columns)
        photographed(station, drawn, made, called)
        sign(station, made)
        numbers.append(made)
    return numbers
