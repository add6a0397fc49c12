"""FHIR out: it follows the published structures, says what the result says, and names nobody."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from lowcost.export import fhir
from lowcost.report.heading import Heading, Verification
from lowcost.taxonomy import CELL_TYPES
from tests.smears import cell, crowd, field, smear

MADE = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
PLAIN = Heading(MADE)
VERIFIED = Heading(MADE, "P-1", "2", "MGG", verified=(Verification("Ana", MADE),))
KINDS = ["neutrophil_segmented", "lymphocyte", "blast", "unidentified", "platelet"]
RESULTS = [crowd(24, KINDS), smear([]), smear([field([cell(1, "platelet")], verdict="doubtful")])]


def of_type(bundle, kind):
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("heading", [PLAIN, VERIFIED])
def test_it_follows_the_published_structures(result, heading):
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="needs fhir.resources: pip install lowcost[dev]")
    bundle = fhir.to_dict(result, heading)
    models.Bundle.model_validate(bundle)
    bundle["entry"][0]["resource"]["state"] = "final"
    with pytest.raises(ValueError, match="state"):
        models.Bundle.model_validate(bundle)


@pytest.mark.parametrize("heading", [PLAIN, VERIFIED])
def test_every_reference_leads_to_a_resource(heading):
    bundle = fhir.to_dict(RESULTS[0], heading)
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(addresses) == len(set(addresses))
    said = json.dumps(bundle)
    assert {part.split('"')[0] for part in said.split('"reference": "')[1:]} <= set(addresses)
    (report,) = of_type(bundle, "DiagnosticReport")
    assert len(report["result"]) == len(of_type(bundle, "Observation"))
    assert fhir.to_dict(RESULTS[0], heading) == bundle


def test_numbers_are_those_of_the_result():
    found = RESULTS[0].differential
    lines = {line["code"]["text"]: line for line in of_type(fhir.to_dict(RESULTS[0], VERIFIED), "Observation")}
    for name, share in found.shares.items():
        line = lines[CELL_TYPES[name].label]
        count, total, limits, corrected, wide = (part for part in line["component"])
        assert line["code"]["coding"] == [{"system": "http://loinc.org", "code": CELL_TYPES[name].loinc}]
        assert line["valueQuantity"]["value"] == share.percent
        assert (count["valueInteger"], total["valueInteger"]) == (share.count, share.total)
        assert limits["valueRange"]["low"]["value"] == share.low
        assert limits["valueRange"]["high"]["value"] == share.high
        assert corrected["valueQuantity"]["value"] == share.with_errors.percent
        assert wide["valueRange"]["high"]["value"] == share.with_errors.high
    neutrophils = lines["Neutrophils (total)"]
    assert neutrophils["code"]["coding"][0]["code"] == "26511-6"
    assert [neutrophils["referenceRange"][0][end]["value"] for end in ("low", "high")] == [45, 79]
    assert lines["Unidentified leukocytes, of all leukocytes"]["component"][0]["valueInteger"] == 5
    assert lines["Blast equivalents"]["valueQuantity"]["value"] == found.blast_equivalents.percent


def test_preliminary_until_a_person_has_verified():
    for heading, status in ((PLAIN, "preliminary"), (VERIFIED, "final")):
        bundle = fhir.to_dict(RESULTS[0], heading)
        lines = of_type(bundle, "DiagnosticReport") + of_type(bundle, "Observation")
        assert {line["status"] for line in lines} == {status}
    (report,) = of_type(bundle, "DiagnosticReport")
    (provenance,) = of_type(bundle, "Provenance")
    assert report["resultsInterpreter"] == [{"display": "Ana"}]
    assert [agent["type"]["coding"][0]["code"] for agent in provenance["agent"]] == ["assembler", "verifier"]
    assert "Research Use Only" in report["conclusion"]


def test_no_names_of_patients_or_files():
    named = smear([field([cell(1)], name="Jane Doe.jpg")])
    bundle = fhir.to_dict(named, VERIFIED)
    assert "Doe" not in json.dumps(bundle)
    assert of_type(bundle, "Patient") == [{"resourceType": "Patient", "identifier": [{"value": "P-1"}]}]
    assert of_type(fhir.to_dict(named, PLAIN), "Patient") == []


def test_a_share_of_nothing_has_no_value():
    for line in of_type(fhir.to_dict(smear([]), PLAIN), "Observation"):
        assert "valueQuantity" not in line
        assert line["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_a_file_of_ascii(tmp_path):
    fhir.to_fhir(RESULTS[0], VERIFIED, tmp_path / "fhir.json")
    assert json.loads((tmp_path / "fhir.json").read_bytes().decode("ascii")) == fhir.to_dict(RESULTS[0], VERIFIED)
