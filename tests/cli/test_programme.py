"""``lowcost programme`` on stores made by hand."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import re
import sqlite3
import zipfile

import cv2
import pytest

from lowcost import cli, synth
from lowcost.batch.store import Store
from lowcost.differential import share
from tests.programme import stores
from tests.smears import cell, field


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return stores.programme(tmp_path_factory.mktemp("programme") / "store", 9, shift=0.5)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_written_and_agrees(store, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert cli.main(["programme", str(store), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "9 slides of 5 patients" in printed.out
    assert {"report.html", "slides.csv", "patients.csv", "quality.csv", "drift.csv"} <= set(os.listdir(out))
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "lowcost analyze --out &#x27;reports/march slide 005&#x27; &#x27;/march/slide 005/1.png&#x27;" in text
    slides = rows(out / "slides.csv")
    assert "file" not in rows(out / "patients.csv")[0]
    with Store.open(store) as opened:
        for row in slides:
            fields = [field for _, field in opened.fields(row["name"]) if field.verdict != "rejected"]
            cells = [cell for field in fields for cell in field.cells if cell.is_leukocyte]
            named = [cell for cell in cells if cell.type != "unidentified"]
            blasts = share(sum(cell.type == "blast" for cell in named), len(named))
            assert (int(row["named"]), int(row["blast_equivalents"])) == (len(named), blasts.count)
            assert float(row["blast_equivalents.high"]) == blasts.high
    assert sum(int(row["named"]) for row in slides) == sum(int(row["named"]) for row in rows(out / "patients.csv"))
    assert (
        sum(int(row["failed"]) for row in slides) == sum(int(row["failed"]) for row in rows(out / "quality.csv")) == 1
    )
    assert {row["feature"] for row in rows(out / "drift.csv")} == set(stores.TRAINING.features)


def test_cells_to_see_first_are_shown_as_far_as_their_photographs_are_there(tmp_path, capsys):
    photograph = tmp_path / "a.png"
    cv2.imwrite(str(photograph), synth.render(1, width=320, height=320, um_per_px=0.15).pixels)
    digest = hashlib.sha256(photograph.read_bytes()).hexdigest()
    found = [cell(1, "lymphocyte"), cell(2, "unidentified"), cell(3, "blast")]
    fields = [dataclasses.replace(field(found, "a.png"), sha256=digest), field([cell(1, "blast")], "gone.png")]
    store = stores.write(tmp_path / "store", [(stores.slide("s"), fields)])
    with sqlite3.connect(store / "store.sqlite") as connection:
        connection.execute("UPDATE item SET path = ? WHERE name = 'a.png'", (str(photograph),))
    assert cli.main(["programme", str(store), "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert re.findall('<img [^>]*alt="([^"]+)"', text) == ["Blast, a.png, cell 3", "Unidentified, a.png, cell 2"]
    photograph.write_bytes(photograph.read_bytes() + b"another by now")
    assert cli.main(["programme", str(store), "--out", str(tmp_path / "again")]) == 0
    assert "<img" not in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()


def test_parquet_holds_the_same(store, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet is an extra: pip install lowcost[parquet]")
    assert cli.main(["programme", str(store), "--out", str(tmp_path)]) == 0
    for name in ("slides", "patients", "quality", "drift"):
        table, text = parquet.read_table(tmp_path / f"{name}.parquet").to_pylist(), rows(tmp_path / f"{name}.csv")
        assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in table] == text


def test_outlines_of_every_slide(store, tmp_path):
    assert cli.main(["programme", str(store), "--out", str(tmp_path), "--geojson", "--coco"]) == 0
    assert len(os.listdir(tmp_path / "geojson")) == len(os.listdir(tmp_path / "coco")) == 9
    with Store.open(store) as opened:
        first = next(opened.slides()).slide
        cells = [cell for _, field in opened.fields(first) for cell in field.cells]
    assert first == "march/slide 001"
    coco = json.loads((tmp_path / "coco" / "march slide 001.json").read_text())
    assert len(coco["annotations"]) == len(cells)
    with zipfile.ZipFile(tmp_path / "geojson" / "march slide 001.zip") as archive:
        shapes = [json.loads(archive.read(name))["features"] for name in archive.namelist()]
    assert sum(map(len, shapes)) == len(cells)


def test_the_table_says_which_file_is_whose(tmp_path):
    names = ["../../evil", "a b", "a/b", "a:b", "a?b"]
    found = [(stores.slide(name), [field([cell(number)], "a.png")]) for number, name in enumerate(names, 1)]
    store = stores.write(tmp_path / "store", found)
    out = tmp_path / "out"
    assert cli.main(["programme", str(store), "--out", str(out), "--geojson"]) == 0
    files = {row["name"]: row["file"] for row in rows(out / "slides.csv")}
    assert sorted(files) == names
    for number, name in enumerate(names, 1):
        with zipfile.ZipFile(out / "geojson" / f"{files[name]}.zip") as archive:
            (feature,) = json.loads(archive.read("a.geojson"))["features"]
        assert feature["properties"]["name"] == str(number)


def test_an_empty_store_is_refused_and_leaves_an_earlier_report_alone(store, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["programme", str(store), "--out", str(out)]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    stores.write(tmp_path / "store", [])
    capsys.readouterr()
    for where in (out, tmp_path / "new"):
        assert cli.main(["programme", str(tmp_path / "store"), "--out", str(where)]) == 2
        said = capsys.readouterr()
        assert "holds no slides" in said.err
        assert said.err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_done_is_one_sentence(store, tmp_path, capsys):
    assert cli.main(["programme", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "there is no store at" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.main(["programme", str(store), "--out", str(tmp_path / "file")]) == 2
    assert "it is a file: name a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_another_bundle_is_told(store, tmp_path, capsys, monkeypatch):
    original = Store.__init__

    def another(self, *arguments):
        original(self, *arguments)
        self.about = self.about | {"bundle": "mine 2", "results_sha256": "ab" * 32}

    monkeypatch.setattr(Store, "__init__", another)
    assert cli.main(["programme", str(store), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert "holds results of the bundle mine 2" in printed.err
    assert "give it with --bundle" in printed.err
    assert "9 slides" in printed.out
    assert not (tmp_path / "out" / "drift.csv").exists()
