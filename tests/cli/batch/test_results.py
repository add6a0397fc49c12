"""``lowcost batch`` writes what ``lowcost analyze`` gives of each slide."""

from __future__ import annotations

import csv
import json

import pytest

import lowcost
from lowcost.batch.store import Store
from tests.cli.batch.here import Here, tables


def test_a_batch_gives_what_one_slide_at_a_time_gives(batch, march, tmp_path):
    code, words, _ = batch(march)
    assert code == 0
    assert "6 of 6 images done" in words
    for slide in ("1", "2"):
        written = json.loads((tmp_path / "out" / "slides" / "march" / slide / "result.json").read_bytes())
        assert written == lowcost.analyze(sorted((march / slide).iterdir())).to_dict()
    with (tmp_path / "out" / "cells.csv").open() as text:
        rows = list(csv.DictReader(text))
    assert {row["slide"] for row in rows} == {"march/1", "march/2"}
    with Store.open(tmp_path / "out") as store:
        assert len(rows) == sum(len(field.cells) for _, field in store.fields())


def test_the_table_of_cells_has_types_in_parquet(batch, march, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    batch(march)
    table = parquet.read_table(tmp_path / "out" / "cells.parquet")
    kinds = {name: str(table.schema.field(name).type) for name in ("slide", "id", "is_leukocyte", "novelty", "patient")}
    assert kinds == {"slide": "string", "id": "int64", "is_leukocyte": "bool", "novelty": "double", "patient": "string"}


def test_a_known_scale_is_another_result(batch, march, tmp_path):
    batch(march / "1")
    before = tables(tmp_path / "out")[1]
    batch(march / "1", "--um-per-px", "0.15")
    assert len(Here.done) == 3
    after = tables(tmp_path / "out")[1]
    assert (len(before), len(after)) == (3, 3)
    with Store.open(tmp_path / "out") as store:
        assert {field.scale.source for _, field in store.fields()} == {"given"}
