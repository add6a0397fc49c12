"""A blind second reader learns nothing of what others made of the slide, whichever road they take."""

from __future__ import annotations

import re
import uuid

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")

from sqlalchemy import select

from lowcost.serve import pictures
from lowcost.serve.api.exports import FORMS
from lowcost.serve.models import Field
from tests.serve.people import slide as new_slide
from tests.serve.stations import addresses, analysed, programs
from tests.smears import crowd, picture

BLOOD = crowd(12, ["lymphocyte", "blast", "neutrophil_segmented"], per_field=6)
TELLING = ("result", "changes", *(f"export/{form}" for form in FORMS))


@pytest.fixture
def client(station):
    return programs(station, {"ana": "reviewer", "bea": "reviewer", "cy": "technician"})


@pytest.fixture
def slide(station, client):
    number = analysed(station.database, new_slide(station.database, 3), BLOOD)
    with station.database.read() as session:
        rows = list(session.scalars(select(Field.id).order_by(Field.id)))
    for row, field in zip(rows, BLOOD.fields, strict=True):
        pictures.write(station.storage.picture_file(row), picture(field), field)
    return number


def correct(client, slide, **act):
    return client.post(f"/api/v1/slides/{slide}/corrections", json={"key": str(uuid.uuid4()), "act": act})


def work_on(client, slide):
    """Correct a slide in every way, and verify it."""
    cells = client.get(f"/api/v1/slides/{slide}/cells").json()
    seen = [{"id": cell["id"], "version": cell["version"]} for cell in cells]
    acts = (
        {"action": "retype", "cells": seen[:2], "type": "monocyte"},
        {"action": "describe", "cells": seen[2:3], "attribute": "nucleolus", "value": "prominent"},
        {"action": "delete", "cells": seen[3:4]},
        {"action": "add", "field_id": cells[0]["field_id"], "x": 600, "y": 440, "type": "eosinophil"},
        {"action": "merge", "cells": seen[4:6], "type": "blast"},
    )
    for act in acts:
        assert correct(client, slide, **act).status_code == 200
    verify(client, slide, blind=False)


def verify(client, slide, blind):
    at = f"/api/v1/slides/{slide}"
    assert client.post(f"{at}/reviews", json={"blind": blind}).status_code == 200
    revision = client.get(at).json()["revision"]
    assert client.post(f"{at}/reviews/mine/done", json={"revision": revision}).status_code == 200


def everything(client, cells, fields):
    """What every address answers, without how often the slide changed and who reads it: that is no verdict."""
    found = {}
    for address in addresses(client.app, {"cells": cells, "fields": fields}):
        if not address.startswith("/api/v1/slides/1/reviews"):
            answer = client.get(address)
            found[address] = answer.status_code, re.sub(rb'"revision":\d+', b"", answer.content)
    return found


def test_what_others_made_of_a_slide_changes_nothing_that_a_blind_reader_gets(client, slide):
    ana, bea = client("ana"), client("bea")
    assert bea.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True}).status_code == 200
    before = everything(bea, range(1, 16), range(1, 3))
    assert sum(status == 200 for status, _ in before.values()) > 40
    open_before = everything(ana, range(1, 16), range(1, 3))
    work_on(ana, slide)
    assert everything(bea, range(1, 16), range(1, 3)) == before
    changed = [address for address, told in everything(ana, range(1, 16), range(1, 3)).items()
               if told != open_before[address]]  # fmt: skip
    assert len(changed) > 15, "the test would not notice anything"


@pytest.mark.parametrize("road", TELLING)
def test_every_form_of_the_result_is_closed_until_the_reading_is_done(client, slide, road):
    ana, bea, cy = client("ana"), client("bea"), client("cy")
    bea.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    work_on(ana, slide)
    refused = bea.get(f"/api/v1/slides/{slide}/{road}")
    assert (refused.status_code, "blind" in refused.json()["detail"]) == (409, True)
    assert cy.get(f"/api/v1/slides/{slide}/{road}").status_code == 200
    verify(bea, slide, blind=True)
    assert bea.get(f"/api/v1/slides/{slide}/{road}").status_code == 200


def test_pages_that_tell_are_closed_and_the_others_show_the_blind_reading(client, slide):
    ana, bea = client("ana"), client("bea")
    bea.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    work_on(ana, slide)
    for page in (f"/slides/{slide}/report", "/fields/1"):
        refused = bea.get(page)
        assert (refused.status_code, "blind" in refused.text) == (409, True)
    assert 'badge final">' not in bea.get(f"/slides/{slide}").text
    assert 'badge final">' in ana.get(f"/slides/{slide}").text
    call = {"cells": [1, 2, 3], "type": "basophil"}
    assert bea.post(f"/api/v1/slides/{slide}/reviews/mine/calls", json=call).status_code == 204
    counts = bea.get(f"/api/v1/slides/{slide}/summary").json()["counts"]
    assert (counts["basophil"], counts["monocyte"], sum(counts.values())) == (3, 0, 12)


def test_agreements_of_others_wait_too(client, slide, station):
    work_on(client("ana"), slide)
    dee = programs(station, {"dee": "reviewer"})("dee")
    verify(dee, slide, blind=True)
    bea = client("bea")
    bea.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    assert bea.get(f"/api/v1/slides/{slide}/reviews").json()["agreements"] == []
    verify(bea, slide, blind=True)
    assert len(bea.get(f"/api/v1/slides/{slide}/reviews").json()["agreements"]) == 3


def test_a_blind_reader_changes_nothing(client, slide):
    bea = client("bea")
    bea.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    before = client("ana").get(f"/api/v1/slides/{slide}").json()
    for act in ({"action": "undo"}, {"action": "leave_out", "field_id": 1, "left_out": True}):
        assert correct(bea, slide, **act).status_code == 409
    assert bea.post("/api/v1/fields/1/analyse").status_code == 409
    assert bea.patch(f"/api/v1/slides/{slide}", json={"um_per_px": 0.2}).status_code == 409
    assert client("ana").get(f"/api/v1/slides/{slide}").json() == before


def test_who_has_corrected_a_slide_cannot_read_it_blind(client, slide):
    ana = client("ana")
    correct(ana, slide, action="retype", cells=[{"id": 1, "version": 1}], type="monocyte")
    refused = ana.post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    assert (refused.status_code, "another person" in refused.json()["detail"]) == (409, True)


def test_a_blind_reading_is_offered_to_a_second_person_only(client, slide):
    def offered(name):
        return 'id="second"' in client(name).get(f"/slides/{slide}").text

    assert [offered(name) for name in ("ana", "bea", "cy")] == [True, True, False]  # the case is the technician's
    work_on(client("ana"), slide)
    assert [offered(name) for name in ("ana", "bea", "cy")] == [False, True, False]
    client("bea").post(f"/api/v1/slides/{slide}/reviews", json={"blind": True})
    assert not offered("bea")
    assert 'data-blind="true"' in client("bea").get(f"/slides/{slide}/verify").text
    verify(client("bea"), slide, blind=True)
    page = client("bea").get(f"/slides/{slide}/verify").text
    assert 'data-blind="false"' in page  # it is read: she may see and correct it as others do
    assert 'id="done"' not in page  # but her name stands for the blind reading


def test_who_opened_a_case_is_no_second_reader_of_it_until_another_reads(client, station):
    own = analysed(station.database, new_slide(station.database, 1), BLOOD)
    assert 'id="second"' not in client("ana").get(f"/slides/{own}").text
    verify(client("bea"), own, blind=False)
    assert 'id="second"' in client("ana").get(f"/slides/{own}").text
