"""Remarks on morphology: counted by type, a person's word before the machine's."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.serve.pages.morphology import REMARKABLE, Remark, remarks
from lowcost.taxonomy import ATTRIBUTES


def said(value, evidence="trained"):
    return {"nuclear_chromatin": {"value": value, "evidence": evidence}}


def test_cells_that_show_something_are_counted_of_those_assessed():
    cells = [
        ("blast", said("open"), {}),
        ("blast", said("coarse"), {}),
        ("blast", said("not assessable"), {}),
        ("blast", None, {}),
        ("lymphocyte", said("coarse"), {}),
        ("platelet", said("open"), {}),
    ]
    assert remarks(cells) == {"blast": [Remark("nuclear_chromatin", "open", 1, 2)]}


def test_what_a_person_set_holds():
    cells = [
        ("blast", said("coarse"), {"nuclear_chromatin": "open"}),
        ("blast", said("open"), {"nuclear_chromatin": "coarse"}),
    ]
    assert remarks(cells) == {"blast": [Remark("nuclear_chromatin", "open", 1, 2)]}
    assert remarks([("blast", said("open"), {"nuclear_chromatin": "not assessable"})]) == {}


def test_a_rule_that_nothing_has_validated_is_no_remark():
    assert remarks([("blast", said("open", "rule (not validated)"), {})]) == {}


def test_what_is_remarkable_is_known():
    assert all(value in ATTRIBUTES[name].values for name, value in REMARKABLE)
