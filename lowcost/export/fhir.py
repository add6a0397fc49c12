"""HL7 FHIR R4 (http://hl7.org/fhir/R4): the differential as a laboratory's information system takes it.

A ``Bundle`` of type ``collection``: one ``DiagnosticReport`` with an ``Observation`` for each line of the differential,
the ``Patient`` (a pseudonym and nothing else), the ``Specimen``, the ``Device`` that counted, and the ``Provenance``.
Photographs are named by their digest: a file's name may hold a patient's. Codes carry LOINC's numbers and this
program's words; where LOINC has no code for a line, the line has words only.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from lowcost.differential import share as share_of
from lowcost.export import files
from lowcost.report import words
from lowcost.report.differential import REFERENCE
from lowcost.report.heading import Heading
from lowcost.result import Limits, Share, SmearResult
from lowcost.taxonomy import CELL_TYPES, DIFFERENTIAL_PANEL_LOINC, NEUTROPHILS_LOINC

_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_NAMES = uuid.UUID("5a0f4c86-6c1d-4a5e-9a4e-2b3f2f0c7d11")
"""Under which the resources get their identifiers: the same result has the same ones."""

Resource = dict[str, Any]


def to_fhir(result: SmearResult, heading: Heading, path: str | os.PathLike[str]) -> None:
    """Write a result as a FHIR bundle.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, f"{dumps(result, heading)}\n".encode("ascii"))


def dumps(result: SmearResult, heading: Heading) -> str:
    """Return a result as a FHIR bundle, one line of JSON."""
    return json.dumps(to_dict(result, heading), allow_nan=False)


def to_dict(result: SmearResult, heading: Heading) -> Resource:
    """Return the FHIR form of a result.

    Parameters
    ----------
    result : SmearResult
        What a slide says.
    heading : Heading
        Pseudonym, slide and stain, and who verified: the report is ``preliminary`` until somebody did, then ``final``.

    Returns
    -------
    dict
        A ``Bundle``. Each observation's value is the percentage as counted (UCUM ``%``), absent where no leukocyte was
        named; its components are the count, the total and the exact 95 % limits of sampling, and, where the
        classifier's errors are known, the share corrected for them with limits of its own.
    """
    digests = [field.sha256 for field in result.fields]
    seed = json.dumps([heading.case, heading.slide, digests])
    addresses = {name: f"urn:uuid:{uuid.uuid5(_NAMES, f'{seed} {name}')}" for name in _resources(result, heading)}
    about: Resource = {"status": heading.status, "category": [_concept(f"{_TERMS}/observation-category", "laboratory")]}
    about |= {role: {"reference": addresses[name]} for role, name in _ROLES.items() if name in addresses}
    content = {
        "report": _report(result, heading, addresses),
        "patient": {"resourceType": "Patient", "identifier": [{"value": heading.case}]},
        "specimen": _specimen(heading, addresses),
        "device": _device(result),
        "provenance": _provenance(digests, heading, addresses),
        **{name: _observation(name, label, share, about) for name, label, share in _lines(result)},
    }
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": heading.made.isoformat(),
        "entry": [{"fullUrl": address, "resource": content[name]} for name, address in addresses.items()],
    }


_ROLES = {"subject": "patient", "specimen": "specimen", "device": "device"}


def _resources(result: SmearResult, heading: Heading) -> Iterator[str]:
    """Names of the resources that a bundle has, in its order."""
    yield "report"
    if heading.case:
        yield "patient"
    yield from ("specimen", "device", "provenance")
    yield from (name for name, _, _ in _lines(result))


def _lines(result: SmearResult) -> Iterator[tuple[str, str, Share]]:
    """Name, label and share of each line of the differential."""
    found = result.differential
    segmented, band = found.shares["neutrophil_segmented"], found.shares["neutrophil_band"]
    total = found.neutrophils or share_of(segmented.count + band.count, found.counted)
    yield "neutrophils", "Neutrophils (total)", total
    for name, share in found.shares.items():
        yield name, CELL_TYPES[name].label, share
    yield "blast_equivalents", "Blast equivalents", found.blast_equivalents
    yield "unidentified", "Unidentified leukocytes, of all leukocytes", found.unidentified


def _observation(name: str, label: str, share: Share, about: Resource) -> Resource:
    loinc = NEUTROPHILS_LOINC if name == "neutrophils" else CELL_TYPES[name].loinc if name in CELL_TYPES else None
    code = _concept(_LOINC, loinc, label) if loinc else {"text": label}
    value: Resource = {"valueQuantity": _percent(share.percent)}
    if share.total == 0:
        value = {"dataAbsentReason": _concept(f"{_TERMS}/data-absent-reason", "unknown", "no leukocyte was named")}
    observation = {"resourceType": "Observation", **about, "code": code, **value}
    if name in REFERENCE:
        low, high = map(_percent, REFERENCE[name])
        observation["referenceRange"] = [{"low": low, "high": high, "text": "adults, for orientation"}]
    return observation | {"component": list(_components(share))}


def _components(share: Share) -> Iterator[Resource]:
    yield {"code": {"text": "cells counted"}, "valueInteger": share.count}
    yield {"code": {"text": "of cells"}, "valueInteger": share.total}
    yield {"code": {"text": "95 % limits, sampling only (Clopper-Pearson)"}, "valueRange": _range(share)}
    if share.with_errors:
        corrected = share.with_errors
        said = "share corrected for the classifier's errors"
        yield {"code": {"text": said}, "valueQuantity": _percent(corrected.percent)}
        yield {"code": {"text": f"95 % limits of the {said}"}, "valueRange": _range(corrected)}


def _report(result: SmearResult, heading: Heading, addresses: dict[str, str]) -> Resource:
    said = (result.notice, words.summary(result), result.differential.supports, words.blasts(result))
    report: Resource = {
        "resourceType": "DiagnosticReport",
        "status": heading.status,
        "category": [_concept(f"{_TERMS}/v2-0074", "LAB")],
        "code": _concept(_LOINC, DIFFERENTIAL_PANEL_LOINC, "Leukocyte differential"),
        "issued": heading.made.isoformat(),
        "specimen": [{"reference": addresses["specimen"]}],
        "result": [{"reference": addresses[name]} for name, _, _ in _lines(result)],
        "conclusion": " ".join(said),
    }
    if heading.case:
        report["subject"] = {"reference": addresses["patient"]}
    if heading.verified:
        report["resultsInterpreter"] = [{"display": each.by} for each in heading.verified]
    return report


def _specimen(heading: Heading, addresses: dict[str, str]) -> Resource:
    specimen: Resource = {"resourceType": "Specimen", "type": {"text": "Blood smear"}}
    if heading.slide:
        specimen["identifier"] = [{"value": heading.slide}]
    if heading.case:
        specimen["subject"] = {"reference": addresses["patient"]}
    if heading.stain:
        specimen["processing"] = [{"description": f"Stain: {heading.stain}"}]
    return specimen


def _device(result: SmearResult) -> Resource:
    known = {name: value for name, value in result.provenance.items() if value.strip()}
    device: Resource = {
        "resourceType": "Device",
        "deviceName": [{"name": "lowcost", "type": "model-name"}],
        "note": [{"text": result.notice}],
    }
    versions = [{"type": {"text": name}, "value": value} for name, value in known.items()]
    return device | ({"version": versions} if versions else {})


def _provenance(digests: Iterable[str], heading: Heading, addresses: dict[str, str]) -> Resource:
    kinds = f"{_TERMS}/provenance-participant-type"
    verifiers = ({"type": _concept(kinds, "verifier"), "who": {"display": each.by}} for each in heading.verified)
    provenance: Resource = {
        "resourceType": "Provenance",
        "target": [{"reference": addresses["report"]}],
        "recorded": max([each.at for each in heading.verified], default=heading.made).isoformat(),
        "agent": [
            {"type": _concept(kinds, "assembler"), "who": {"reference": addresses["device"]}},
            *verifiers,
        ],
    }
    sources = [
        {"role": "source", "what": {"identifier": {"value": f"sha256:{digest}"}, "display": f"photograph {number}"}}
        for number, digest in enumerate(digests, 1)
    ]
    return provenance | ({"entity": sources} if sources else {})


def _concept(system: str, code: str, text: str | None = None) -> Resource:
    coding = {"coding": [{"system": system, "code": code}]}
    return coding | ({"text": text} if text else {})


def _percent(value: float) -> Resource:
    return {"value": value, "unit": "%", "system": _UCUM, "code": "%"}


def _range(limits: Share | Limits) -> Resource:
    return {"low": _percent(limits.low), "high": _percent(limits.high)}
