"""A manifest says of which slide and patient a photograph is."""

from __future__ import annotations

import csv
import shutil
import zipfile

from lowcost import cli
from lowcost.batch.store import Store
from tests.cli.batch.here import Here


def test_a_manifest_names_slides_and_patients(batch, march, tmp_path):
    batch(march)
    (march / "m.csv").write_text("path,slide,patient,day\n1,S1,P1,2026-03-01\n2,S2,P1,2026-03-02\n")
    code, *_ = batch("--manifest", march / "m.csv")
    assert (code, Here.done) == (0, [])  # slides have other names, images are the same
    with Store.open(tmp_path / "out") as store:
        rows = [(row.slide, row.patient, row.day, row.fields) for row in store.slides()]
    assert rows == [("S1", "P1", "2026-03-01", 3), ("S2", "P1", "2026-03-02", 3)]
    assert sorted(path.parent.name for path in (tmp_path / "out").rglob("result.json")) == ["S1", "S2"]


def test_a_plain_folder_leaves_what_a_manifest_said(batch, march, tmp_path):
    with zipfile.ZipFile(march / "more.zip", "w") as archive:
        archive.write(march / "2" / "0.png", "a/0.png")
    manifest = march / "m.csv"
    manifest.write_text("path,slide,patient,device,day\n1,S1,P1,mine,2026-03-01\nmore.zip,S2,P2,,\n")
    batch("--manifest", manifest)
    with Store.open(tmp_path / "out") as store:
        said = [item for item, _ in store.fields()]
    code, _, complaints = batch(march)
    assert (code, Here.done) == (0, [f"march/2/{number}.png" for number in range(3)])
    assert "4 files keep what a manifest said, such as the slide S1: to change that, give a manifest" in complaints
    with Store.open(tmp_path / "out") as store:
        assert [item for item, _ in store.fields() if item.slide[0] == "S"] == said
        assert [row.slide for row in store.slides()] == ["S1", "S2", "march/2"]
    manifest.write_text("path,slide\n1,T1\nmore.zip,T2\n")  # the last manifest holds
    batch("--manifest", manifest)
    batch(march, "--um-per-px", "0.15")  # which it does not say
    with Store.open(tmp_path / "out") as store:
        assert [(row.slide, row.patient) for row in store.slides()] == [
            (slide, None) for slide in ("T1", "T2", "march/2")
        ]
        assert {item.um_per_px for item, _ in store.fields()} == {0.15}
    _, _, complaints = batch(march, "--forget", "T1", "--forget", "T2")
    assert "keep" not in complaints
    with Store.open(tmp_path / "out") as store:
        assert [row.slide for row in store.slides()] == ["march/1", "march/2", "march/more.zip/a"]


def test_a_path_of_a_manifest_that_is_not_there_is_a_failure_until_it_is(batch, march, tmp_path):
    (march / "m.csv").write_text("path,slide\n1,S1\n2/7.png,S2\n3,S3\n")
    code, words, complaints = batch("--manifest", march / "m.csv")
    assert (code, "holds 3 fields of 3 slides, and 2 that" in words) == (cli.EXIT_SOME_FAILED, True)
    assert "m.csv, line 3: " in complaints
    with (tmp_path / "out" / "failures.csv").open() as text:
        rows = [(row["slide"], row["name"], "does not exist" in row["message"]) for row in csv.DictReader(text)]
    assert rows == [("S2", "2/7.png", True), ("S3", "3", True)]
    shutil.copy(march / "2" / "0.png", march / "2" / "7.png")
    (march / "2").joinpath("0.png").unlink()
    shutil.copytree(march / "2", march / "3")
    code, words, _ = batch("--manifest", march / "m.csv")
    assert (code, "holds 7 fields of 3 slides" in words) == (0, True)
