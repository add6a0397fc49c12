"""A slide as it is after analysis, without analysing anything."""

from __future__ import annotations

from lowcost import result_json
from lowcost.result import Field as ResultField
from lowcost.serve import fields, jobs
from tests.serve import people
from tests.smears import smear


def analysed(database, slide=None, found=None):
    """Fill a slide with the fields of a result made by hand; returns the slide's number."""
    if slide is None:
        slide = people.slide(database, people.user(database))
    found = found or smear()
    for number, field in enumerate(found.fields):
        with database.write() as session:
            fields.add(session, slide, f"{number:064x}", field.name, 1)
        with database.write() as session:
            work = jobs.claim(session, 60)
            jobs.finish(session, work, result_json.encoded(field, ResultField), f"p{number}", {"bundle": "b"})
    return slide
