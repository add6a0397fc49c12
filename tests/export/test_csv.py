"""The table of cells."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from lowcost import export
from lowcost.export import csv as cells
from lowcost.result import Scale
from lowcost.taxonomy import ATTRIBUTES
from tests.smears import cell, field, smear


def rows(result):
    return list(csv.DictReader(io.StringIO(cells.dumps(result), newline="")))


def test_every_object_has_a_row_with_everything_known_of_it():
    first, second, platelet = rows(smear())
    assert (first["field_number"], first["field"], first["id"], first["type"]) == ("1", "field.png", "1", "lymphocyte")
    assert [first[name] for name in ("x0", "y0", "x1", "y1")] == ["60", "60", "140", "140"]
    assert (first["touches_edge"], first["is_leukocyte"], platelet["is_leukocyte"]) == ("false", "true", "false")
    assert float(first["area_um2"]) == pytest.approx(50.0, rel=0.02)  # a circle of 4 um radius
    assert float(first["nucleus_area_um2"]) == pytest.approx(0.49 * 50.0, rel=0.02)
    assert (first["probability.lymphocyte"], first["probability.neutrophil_segmented"]) == ("0.97", "")
    assert float(second["feature.nucleus_area"]) == 63.5
    assert (first["possible_types"], first["novelty"], first["field_novelty"]) == ("lymphocyte", "0.4", "0.4")
    assert (platelet["possible_types"], platelet["novelty"]) == ("", "")
    for name in ATTRIBUTES:
        found = cell(1).attributes[name]
        assert first[f"attribute.{name}"] == found.value
        assert first[f"attribute.{name}.evidence"] == found.evidence
        assert first[f"attribute.{name}.probability"] == ("" if found.probability is None else str(found.probability))
        assert platelet[f"attribute.{name}"] == ""


def test_a_cell_that_may_be_one_or_another():
    assert rows(smear([field([cell(1, "unidentified")])]))[0]["possible_types"] == "lymphocyte or blast"


def test_a_slide_without_cells_has_its_header():
    assert cells.dumps(smear([field()])).startswith("field_number,field,field_verdict,id,type,probability,")
    assert rows(smear([])) == []


def test_no_area_without_a_scale():
    unknown = dataclasses.replace(field([cell(1)]), scale=Scale(0.0, 0.0, "unknown", 0.0))
    assert rows(smear([unknown]))[0]["area_um2"] == ""


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1.jpg", "-x.jpg", "@sum.jpg", "\tx.jpg", "\rx.jpg"])
def test_names_are_no_formulas(name):
    assert rows(smear([field([cell(1)], name=name)]))[0]["field"] == f"'{name}"


def test_names_that_break_tables_stay_in_their_place(tmp_path):
    names = ['a,b".jpg', "two\nlines.jpg", "ä血.jpg"]
    found = rows(smear([field([cell(1)], name=name) for name in names]))
    assert [row["field"] for row in found] == names
    export.to_csv(smear([field([cell(1)], name="bad\udcff.jpg")]), tmp_path / "cells.csv")
    assert "bad\\udcff.jpg" in (tmp_path / "cells.csv").read_text("utf-8")
