"""Remarks on morphology: counted by type, a person's word before the machine's."""

from __future__ import annotations

from lowcost import report
from lowcost.report import morphology
from lowcost.report.morphology import REMARKABLE, Remark, remarks
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES
from tests.smears import cell, field, smear


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
    assert all(CELL_TYPES[kind].is_leukocyte for usual in REMARKABLE.values() for kind in usual)


def test_what_is_usual_in_a_type_is_no_remark():
    lobed = {"nuclear_shape": {"value": "irregular", "evidence": "mapped"}}
    assert remarks([("neutrophil_segmented", lobed, {}), ("monocyte", lobed, {})]) == {}
    assert remarks([("lymphocyte", lobed, {})]) == {"lymphocyte": [Remark("nuclear_shape", "irregular", 1, 1)]}


def test_of_a_result_fields_count_as_in_the_differential():
    good, bad = field([cell(1), cell(2, "platelet", 300, 200, 12)]), field([cell(1)], verdict="rejected")
    attributes = cell(1).attributes
    shown = [
        pair for pair, usual in REMARKABLE.items() if attributes[pair[0]].value == pair[1] and "lymphocyte" not in usual
    ]
    expected = [Remark(name, value, 1, 1) for name, value in shown if name != "nucleolus"]
    assert morphology.of(smear([good, bad])) == ({"lymphocyte": expected} if expected else {})
    assert expected


def test_the_sections_of_the_report_have_them():
    from lowcost import report

    assert "Morphology" in report.render(smear(), {})
    assert "Morphology" not in report.render(smear([]), {})


def test_the_contents_name_it_where_it_is():
    link = '<a href="#morphology">Morphology</a>'
    assert link in report.render(smear(), {})
    assert link not in report.render(smear([]), {})
