"""Every form of the report says the same, to those who may read it, under a name that is nothing but a name."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
import zipfile
from collections import Counter
from html import unescape

import pytest

pytest.importorskip("httpx", reason="needs httpx: pip install lowcost[dev]")

from sqlalchemy import select

from lowcost.report import morphology, words
from lowcost.result import SmearResult
from lowcost.serve import pictures
from lowcost.serve.api.exports import FORMS
from lowcost.serve.models import Field
from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE
from tests.serve.people import slide as new_slide
from tests.serve.stations import analysed, programs
from tests.smears import crowd, picture

KINDS = ["lymphocyte", "blast", "neutrophil_segmented", "unidentified", "platelet"]
BLOOD = crowd(40, KINDS, per_field=12)


@pytest.fixture
def client(station):
    """A program's client for each person; the analysis does not run."""
    return programs(station, {"ana": "reviewer", "cy": "technician", "dee": "technician", "bea": "reviewer"})


@pytest.fixture
def slide(station, client):
    """A slide of cy's with pictures, of which a person corrected a cell and drew another."""
    number = analysed(station.database, new_slide(station.database, 2, "P-1", stain="MGG"), BLOOD)
    with station.database.read() as session:
        rows = list(session.scalars(select(Field.id).where(Field.slide_id == number).order_by(Field.id)))
    for row, field in zip(rows, BLOOD.fields, strict=True):
        pictures.write(station.storage.picture_file(row), picture(field), field)
    cell = client("cy").get(f"/api/v1/slides/{number}/cells").json()[0]
    retype = {"action": "retype", "cells": [{"id": cell["id"], "version": cell["version"]}], "type": "monocyte"}
    add = {"action": "add", "field_id": rows[0], "x": 600, "y": 440, "type": "eosinophil"}
    for act in (retype, add):
        correct(client("cy"), number, act)
    return number


def correct(client, slide, act):
    done = client.post(f"/api/v1/slides/{slide}/corrections", json={"key": str(uuid.uuid4()), "act": act})
    assert done.status_code == 200, done.text


def verify(client, slide, blind=False):
    at = f"/api/v1/slides/{slide}"
    assert client.post(f"{at}/reviews", json={"blind": blind}).status_code in (200, 201)
    revision = client.get(at).json()["revision"]
    assert client.post(f"{at}/reviews/mine/done", json={"revision": revision}).status_code == 200


def export(client, slide, form):
    return client.get(f"/api/v1/slides/{slide}/export/{form}")


def pdf_text(content):
    reader = pytest.importorskip("pypdf", reason="needs pypdf: pip install lowcost[dev]").PdfReader(io.BytesIO(content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def flat(html):
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


@pytest.mark.parametrize("verified", [False, True])
def test_all_forms_say_the_same(client, slide, verified):
    if verified:
        verify(client("ana"), slide)
    forms = {form: export(client("cy"), slide, form) for form in FORMS}
    assert {answer.status_code for answer in forms.values()} == {200}
    result = SmearResult.from_dict(forms["json"].json())
    shares = result.differential.shares
    assert shares["monocyte"].count == shares["eosinophil"].count == 1
    counts = {name: share.count for name, share in shares.items()} | {
        "unidentified": result.differential.unidentified.count,
        "platelet": sum(kind == "platelet" for kind in (cell.type for cell in result.cells)),
    }
    expected = {name: count for name, count in counts.items() if count}

    for line in morphology.lines(result).values():
        assert line in flat(forms["html"].text)
        assert line in pdf_text(forms["pdf"].content)
    assert Counter(row["type"] for row in csv.DictReader(io.StringIO(forms["csv"].text))) == expected
    coco = forms["coco"].json()
    names = {entry["id"]: entry["name"] for entry in coco["categories"]}
    assert Counter(names[entry["category_id"]] for entry in coco["annotations"]) == expected
    with zipfile.ZipFile(io.BytesIO(forms["geojson"].content)) as archive:
        features = [each for name in archive.namelist() for each in json.loads(archive.read(name))["features"]]
    assert Counter(each["properties"]["metadata"]["type"] for each in features) == expected
    for each, cell in zip(features, result.cells, strict=True):
        assert each["properties"]["measurements"] == {"probability": cell.probability, **cell.features}
    assert any(cell.features for cell in result.cells)
    with zipfile.ZipFile(io.BytesIO(forms["yolo"].content)) as archive:
        labels = [line for name in archive.namelist()[1:] for line in archive.read(name).decode().splitlines()]
    assert Counter(list(CELL_TYPES)[int(line.split()[0])] for line in labels) == expected

    resources = [entry["resource"] for entry in forms["fhir"].json()["entry"]]
    lines = {each["code"]["text"]: each for each in resources if each["resourceType"] == "Observation"}
    html, paper = flat(forms["html"].text), pdf_text(forms["pdf"].content)
    for name, share in shares.items():
        label = CELL_TYPES[name].label
        count, total, limits = lines[label]["component"][:3]
        assert (count["valueInteger"], total["valueInteger"]) == (share.count, share.total)
        assert lines[label]["valueQuantity"]["value"] == share.percent
        assert [limits["valueRange"][end]["value"] for end in ("low", "high")] == [share.low, share.high]
        row = f"{label} {share.count} {words.percent(share.percent)} {words.limits(share)}".replace("\u00a0", " ")
        assert row in html
        assert row.replace("\u2013", "-") in paper

    status = "final" if verified else "preliminary"
    assert {each["status"] for each in lines.values()} == {status}
    for text in (html, paper):
        assert f"Status {status}" in text
        assert f"Verified by {'ana (' if verified else 'nobody'}" in text
        assert all(each in text for each in ("P-1", "MGG", RESEARCH_USE_NOTICE))
    assert client("cy").get(f"/api/v1/slides/{slide}/summary").json()["status"] == status


def test_a_change_after_the_verification_makes_it_preliminary_again(client, slide):
    verify(client("ana"), slide)
    correct(client("cy"), slide, {"action": "undo"})
    report = export(client("cy"), slide, "fhir").json()["entry"][0]["resource"]
    assert (report["status"], "resultsInterpreter" in report) == ("preliminary", False)


def test_two_readers_their_agreement_is_in_the_reports(client, slide):
    verify(client("ana"), slide)
    verify(client("bea"), slide, blind=True)
    agreement = "ana and bea: 39 of 40 cells the same, Cohen's kappa 0.97"
    assert agreement in flat(export(client("cy"), slide, "html").text)
    assert agreement in pdf_text(export(client("cy"), slide, "pdf").content)


def test_it_follows_the_published_structures(client, slide):
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="needs fhir.resources: pip install lowcost[dev]")
    models.Bundle.model_validate_json(export(client("cy"), slide, "fhir").content)


def test_pictures_of_all_cells_are_in_the_reports(client, slide):
    html = export(client("cy"), slide, "html").text
    assert html.count("<figure") == 41
    assert "no picture" not in html
    reader = pytest.importorskip("pypdf").PdfReader(io.BytesIO(export(client("cy"), slide, "pdf").content))
    assert sum(page.get_contents().get_data().count(b" Do") for page in reader.pages) == 41


def test_without_anything(client, station):
    empty = new_slide(station.database, 2, "P-2")
    for form in FORMS:
        assert export(client("cy"), empty, form).status_code == 200, form


@pytest.mark.parametrize("form", FORMS)
def test_other_peoples_slides_are_not_there(client, slide, form):
    assert export(client("dee"), slide, form).status_code == 404
    assert export(client(None), slide, form).status_code == 401
    assert export(client("ana"), slide, form).status_code == 200
    assert export(client("cy"), slide + 1, form).json() == {"detail": "There is no such slide."}


@pytest.mark.parametrize(
    ("case", "stem"),
    [
        ("P-1", "P-1_1"),
        ("../../etc/passwd", "etc-passwd_1"),
        ('a"; filename="b.exe', "a-filename-b-exe_1"),
        ("C:\\con\u202egpj.", "C-con-gpj_1"),
        ("مریض", "1"),
        ("x" * 80, "x" * 40 + "_1"),
    ],
)
def test_names_never_become_paths(client, station, case, stem):
    number = analysed(station.database, new_slide(station.database, 2, case), crowd(2, KINDS))
    for form in FORMS:
        answer = export(client("cy"), number, form)
        assert answer.headers["content-disposition"] == f'attachment; filename="{stem}.{FORMS[form].suffix}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_what_people_write_stays_text(client, station):
    evil = "<script>alert(1)</script>"
    number = new_slide(station.database, 2, evil, stain=evil)
    html = export(client("cy"), number, "html").text
    assert evil not in html
    assert "&lt;script&gt;" in html
