"""``lowcost batch`` on small rendered fields: what is finished is kept, and nothing is done or counted twice."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import types
import zipfile
from pathlib import Path

import cv2
import pytest

import lowcost
from lowcost import cli, synth
from lowcost.batch.store import Store
from lowcost.batch.work import Workshop
from lowcost.cli.screening import _progress


@pytest.fixture(scope="module")
def smears(tmp_path_factory):
    """Two slides of three small fields each."""
    folder = tmp_path_factory.mktemp("smears") / "march"
    for slide in (1, 2):
        (folder / str(slide)).mkdir(parents=True)
        for number in range(3):
            drawn = synth.render(10 * slide + number, width=320, height=320, um_per_px=0.15, cells=("lymphocyte",))
            cv2.imwrite(str(folder / str(slide) / f"{number}.png"), drawn.pixels[:, :, ::-1])
    return folder


@pytest.fixture
def march(smears, tmp_path):
    return shutil.copytree(smears, tmp_path / "march")


class Here:
    """An engine without processes; after `most` items the run is interrupted."""

    most: int | None = None
    done: list[str]

    def __init__(self, recipe, workers):
        self.workshop = Workshop(recipe)
        Here.done = []

    def outcomes(self, tasks):
        for task in tasks:
            if len(Here.done) == self.most:
                raise KeyboardInterrupt
            outcome = self.workshop.do(task)
            if outcome.field is not None or outcome.failure is not None:
                Here.done.append(f"{task.item.slide}/{task.item.name}")
            yield [outcome]


@pytest.fixture
def batch(monkeypatch, tmp_path, capsys):
    """Run it in this process; gives exit code, words and complaints."""
    monkeypatch.setattr("lowcost.batch.engine.processes.Processes", Here)
    Here.done, Here.most = [], None

    def run(*arguments, most=None, out=tmp_path / "out"):
        Here.done, Here.most = [], most
        code = cli.main(["batch", *map(str, arguments), "--out", str(out)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def tables(folder):
    """The tables of a store that hold its results."""
    with sqlite3.connect(folder / "store.sqlite") as connection:
        items = connection.execute("SELECT * FROM item ORDER BY slide, name").fetchall()
        return items, connection.execute("SELECT * FROM result ORDER BY key").fetchall()


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


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory):
    """A smear of four cells photographed twice, with a third of the width on both."""
    folder = tmp_path_factory.mktemp("overlapping") / "slide"
    folder.mkdir()
    drawn = synth.render(3, width=960, height=480, um_per_px=0.12, cells={"lymphocyte": 4}).pixels
    for name, left in (("a.png", 0), ("b.png", 384)):
        cv2.imwrite(str(folder / name), drawn[:, left : left + 576, ::-1])
    return folder


def test_a_cell_on_overlapping_photographs_counts_once(batch, overlapping, tmp_path):
    code, words, _ = batch(overlapping, "--mosaic", most=1)
    assert (code, Here.done) == (cli.EXIT_INTERRUPTED, ["slide/a.png"])
    code, words, _ = batch()  # goes on as it began
    assert (code, Here.done) == (0, ["slide/b.png"])
    apart = lowcost.analyze(sorted(overlapping.iterdir()))
    written = lowcost.export.from_json(tmp_path / "out" / "slides" / "slide" / "result.json")
    copies = len(apart.cells) - len(written.cells)
    assert copies > 0
    assert f"; {copies} further cop" in words
    together = tmp_path / "together"
    assert cli.main(["analyze", *map(str, sorted(overlapping.iterdir())), "--out", str(together), "--mosaic"]) == 0
    expected = json.loads((together / "result.json").read_bytes())
    assert json.loads((tmp_path / "out" / "slides" / "slide" / "result.json").read_bytes()) == expected
    with Store.open(tmp_path / "out") as store:
        assert sum(len(field.cells) for _, field in store.fields()) == len(written.cells)


def test_photographs_that_overlap_no_other_are_named(batch, overlapping, tmp_path):
    slide = shutil.copytree(overlapping, tmp_path / "slide")
    drawn = synth.render(9, width=576, height=480, um_per_px=0.12, cells={"lymphocyte": 2}).pixels
    cv2.imwrite(str(slide / "far.png"), drawn[:, :, ::-1])
    batch(slide, "--mosaic")
    note = json.loads((tmp_path / "out" / "slides" / "slide" / "result.json").read_bytes())["provenance"]["mosaic"]
    assert note.startswith("3 fields on 2 planes; ")
    assert note.endswith(" left out; overlapping no other: far.png")


def test_files_of_a_mosaic_that_were_removed_are_written_again_alike(batch, overlapping, tmp_path):
    batch(overlapping, "--mosaic")
    out = tmp_path / "out"
    before = (out / "slides" / "slide" / "result.json").read_bytes()
    shutil.rmtree(out / "slides")
    (overlapping / "b.png").touch()
    batch(overlapping, "--mosaic", "--forget", "slide")
    assert (out / "slides" / "slide" / "result.json").read_bytes() == before


def test_a_mosaic_of_which_a_photograph_was_taken_out_is_counted_anew(batch, overlapping, tmp_path):
    batch(overlapping, "--mosaic")
    code, words, _ = batch("--forget", overlapping / "a.png")
    assert code == 0
    assert "further" not in words
    with Store.open(tmp_path / "out") as store:
        left = sum(len(field.cells) for _, field in store.fields())
    assert left == len(lowcost.analyze(overlapping / "b.png").cells)


@pytest.mark.parametrize(("first", "second"), [(["--mosaic"], []), ([], ["--mosaic"])])
def test_a_store_counts_overlapping_photographs_in_one_way(batch, overlapping, first, second):
    batch(overlapping, *first)
    code, _, complaints = batch(overlapping, *second)
    assert code == cli.EXIT_UNUSABLE
    assert "was begun with" in complaints
    assert "or choose another --out" in complaints


def test_the_table_of_cells_has_types_in_parquet(batch, march, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    batch(march)
    table = parquet.read_table(tmp_path / "out" / "cells.parquet")
    kinds = {name: str(table.schema.field(name).type) for name in ("slide", "id", "is_leukocyte", "novelty", "patient")}
    assert kinds == {"slide": "string", "id": "int64", "is_leukocyte": "bool", "novelty": "double", "patient": "string"}


def test_a_second_run_does_nothing_and_says_so(batch, march, tmp_path):
    batch(march)
    before = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "out").rglob("*.*")
        if path.suffix in (".json", ".csv", ".parquet")
    }
    for arguments in ([march], [march / "1", march], []):
        code, words, _ = batch(*arguments)
        assert (code, Here.done) == (0, [])
        assert words.startswith("nothing to do: ")
        assert words.endswith("holds 6 fields of 2 slides\n")
    after = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "out").rglob("*.*")
        if path.suffix in (".json", ".csv", ".parquet")
    }
    assert after == before


def test_an_interrupted_run_goes_on_where_it_was(batch, march, tmp_path):
    code, words, complaints = batch(march, most=2)
    assert code == cli.EXIT_INTERRUPTED
    assert "2 of 6 images done" in words
    assert complaints.endswith("interrupted: give the command again to go on\n")
    first = Here.done
    code, *_ = batch(march)
    assert code == 0
    assert sorted(first + Here.done) == [f"march/{slide}/{number}.png" for slide in (1, 2) for number in range(3)]


def test_only_what_is_new_or_changed_is_analysed(batch, march):
    batch(march)
    shutil.copy(march / "1" / "0.png", march / "3.png")  # the same bytes as another slide's
    os.utime(march / "1" / "1.png", (1, 1))  # only touched
    drawn = synth.render(99, width=320, height=320, um_per_px=0.15, cells=("monocyte",))
    cv2.imwrite(str(march / "2" / "2.png"), drawn.pixels[:, :, ::-1])
    code, words, _ = batch(march)
    assert (code, Here.done) == (0, ["march/3.png", "march/2/2.png"])
    assert "holds 7 fields of 3 slides" in words


def test_moved_images_keep_their_results(batch, march, tmp_path):
    batch(march)
    (tmp_path / "archive").mkdir()
    march.rename(tmp_path / "archive" / "march")
    code, words, _ = batch(tmp_path / "archive" / "march")
    assert (code, Here.done) == (0, [])
    assert "holds 6 fields of 2 slides" in words


def test_what_cannot_be_used_is_named_and_tried_again_when_asked(batch, march, tmp_path):
    broken = march / "1" / "9.png"
    broken.write_bytes(b"no image")
    shutil.copy(march / "1" / "0.png", march / "1" / "twin.png")
    code, words, complaints = batch(march, tmp_path / "missing")
    assert code == cli.EXIT_SOME_FAILED
    assert "holds 6 fields of 2 slides, and 1 that could not be used; 1 further copy of a picture left out" in words
    assert "missing does not exist" in complaints
    assert "lowcost: march/1: 9.png" in complaints
    assert "march/1: twin.png is the same picture as 0.png: it is counted once" in complaints
    with (tmp_path / "out" / "failures.csv").open() as text:
        assert [row["name"] for row in csv.DictReader(text)] == ["9.png", "twin.png"]
    code, words, _ = batch(march)
    assert (code, Here.done) == (cli.EXIT_SOME_FAILED, [])
    assert words.endswith("--retry-failed tries again what failed\n")
    batch("--retry-failed")
    assert Here.done == ["march/1/9.png"]
    shutil.copy(march / "2" / "0.png", broken)
    batch(march)
    assert Here.done == ["march/1/9.png"]


def test_nothing_that_can_be_used_is_unusable(batch, tmp_path):
    assert batch(tmp_path / "missing")[0] == cli.EXIT_UNUSABLE
    (tmp_path / "text.png").write_bytes(b"text")
    assert batch(tmp_path / "text.png")[0] == cli.EXIT_UNUSABLE


def test_folders_of_one_name_are_refused_one_after_the_other_and_told_apart_together(batch, march, tmp_path):
    other = shutil.copytree(march / "2", tmp_path / "april" / "1")
    batch(march / "1")
    code, _, complaints = batch(other)
    assert code == cli.EXIT_UNUSABLE
    assert "both are the slide 1: give both in one command, which tells them apart" in complaints
    code, words, _ = batch(march / "1", other)
    assert (code, "holds 6 fields of 2 slides" in words) == (0, True)
    assert sorted(path.parent.name for path in (tmp_path / "out").rglob("result.json")) == ["1", "1"]
    assert not (tmp_path / "out" / "slides" / "1").exists()


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


def test_archives_and_their_folders_are_slides(batch, march, tmp_path):
    with zipfile.ZipFile(tmp_path / "march.zip", "w") as archive:
        for path in march.rglob("*.png"):
            archive.write(path, path.relative_to(march))
    code, *_ = batch(tmp_path / "march.zip")
    assert code == 0
    with Store.open(tmp_path / "out") as store:
        assert [(row.slide, row.fields) for row in store.slides()] == [("march.zip/1", 3), ("march.zip/2", 3)]
    (tmp_path / "march.zip").write_bytes(b"damaged")
    code, _, complaints = batch(tmp_path / "march.zip")
    assert (code, Here.done) == (cli.EXIT_SOME_FAILED, [])
    assert "march.zip cannot be read: it is damaged or cut short: copy it again" in complaints


def test_images_of_an_object_store(batch, march):
    fsspec = pytest.importorskip("fsspec", reason="needs the extra fsspec")
    fsspec.filesystem("memory").put(str(march), "/bucket/march", recursive=True)
    code, words, _ = batch("memory://bucket/march")
    assert (code, "holds 6 fields of 2 slides" in words) == (0, True)
    code, _, complaints = batch("memory://bucket/march/*/0.png", "memory://bucket/no")
    assert (code, Here.done) == (cli.EXIT_SOME_FAILED, [])
    assert "bucket/no holds no image" in complaints


def test_a_store_where_photographs_lie_is_refused_and_nothing_is_written(batch, march, tmp_path):
    (tmp_path / "m.csv").write_text("path\nmarch/1\n")
    before = sorted(tmp_path.rglob("*"))
    for arguments, out in (
        *(([march], march), ([march / "1"], march), ([march / "1" / "0.png"], march / "1")),
        (["--manifest", tmp_path / "m.csv"], march),
    ):
        code, _, complaints = batch(*arguments, out=out)
        assert code == cli.EXIT_UNUSABLE
        assert "--out is a folder that is analysed" in complaints
    for arguments in ([march], ["--manifest", tmp_path / "m.csv", march]):
        code, _, complaints = batch(*arguments, out=march / "2")
        assert (code, complaints.count("\n")) == (cli.EXIT_UNUSABLE, 1)
        assert f"--out {march / '2'} lies in {march} and holds photographs of its own, such as " in complaints
    assert sorted(tmp_path.rglob("*")) == before
    assert batch(march, out=march / "store")[0] == 0
    (march / "store" / "report").mkdir()
    for name in (".lowcost-files", "overlay.png"):  # a report's pictures are no photographs
        (march / "store" / "report" / name).touch()
    code, words, _ = batch(march, out=march / "store")
    assert (code, "nothing to do" in words) == (0, True)


def test_a_folder_that_is_left_out_for_a_store_in_it_is_named(batch, march, tmp_path):
    (march / "2" / "store.sqlite").touch()
    code, words, complaints = batch(march)
    assert (code, "holds 3 fields of 1 slide" in words) == (0, True)
    assert (
        complaints
        == f"lowcost: the folder {march / '2'} is left out, as it holds store.sqlite and so results of lowcost\n"
    )


def test_what_is_refused_leaves_no_store(batch, march, tmp_path):
    (tmp_path / "m.csv").write_text("path,slide\n")
    for arguments, message in (
        ([], "there is no store at"),
        (["--manifest", tmp_path / "m.csv"], "m.csv has no rows"),
        ([march, "--device", tmp_path / "missing.json"], "missing.json cannot be read"),
        ([tmp_path / "nowhere", tmp_path / "*.tif"], "nothing is there of what is to be analysed, such as "),
    ):
        code, _, complaints = batch(*arguments)
        assert (code, message in complaints) == (cli.EXIT_UNUSABLE, True)
        assert not (tmp_path / "out").exists()


def test_photographs_under_two_slides_are_said_and_one_slide_can_be_forgotten(batch, march, tmp_path):
    batch(march)
    april = march.rename(tmp_path / "april")
    code, words, complaints = batch(april)
    assert (code, "holds 12 fields of 4 slides" in words) == (0, True)
    assert complaints == (
        "lowcost: 6 photographs are in the store under two slides: april/1 and march/1, april/2 and march/2: "
        "they count in both; --forget SLIDE takes one out\n"
    )
    code, words, complaints = batch("--forget", "march/1", "--forget", march / "2")
    assert (code, words.endswith("holds 6 fields of 2 slides\n")) == (0, True)
    assert complaints == (
        f"lowcost: 3 images of march/1 taken out of the store\n"
        f"lowcost: 3 images of {march / '2'} taken out of the store\n"
    )
    assert {path.parent.parent.name for path in (tmp_path / "out").rglob("result.json")} == {"april"}
    assert "march" not in {line.split("/")[0] for line in (tmp_path / "out" / "cells.csv").read_text().splitlines()}
    code, _, complaints = batch("--forget", "march/1")
    assert (code, "has no slide and no photograph march/1" in complaints) == (cli.EXIT_UNUSABLE, True)


def test_failures_of_files_that_are_no_more_are_dropped_when_their_folder_is_given(batch, march, tmp_path):
    for name in ("8.png", "9.png"):
        (march / "1" / name).write_bytes(b"no image")
    batch(march / "1")
    (march / "1" / "9.png").unlink()
    code, words, complaints = batch(march / "1")
    assert (code, "1 that could not be used" in words) == (cli.EXIT_SOME_FAILED, True)
    assert "1 entry dropped, as its file is no more" in complaints
    assert "9.png" not in (tmp_path / "out" / "failures.csv").read_text()
    code, words, _ = batch("--forget", march / "1" / "8.png")
    assert (code, words.endswith("holds 3 fields of 1 slide\n")) == (0, True)


def test_a_picture_that_is_there_twice_is_said_and_no_failure(batch, march, tmp_path):
    twin = shutil.copy(march / "1" / "0.png", march / "1" / "twin.png")
    code, words, complaints = batch(march)
    assert (code, "holds 6 fields of 2 slides; 1 further copy of a picture left out" in words) == (0, True)
    assert complaints == "lowcost: march/1: twin.png is the same picture as 0.png: it is counted once\n"
    assert "twin.png" in (tmp_path / "out" / "failures.csv").read_text()
    code, words, complaints = batch(march)
    assert (code, complaints, "nothing to do" in words) == (0, "", True)
    twin.unlink()
    code, words, complaints = batch(march)
    assert (code, words.endswith("holds 6 fields of 2 slides\n")) == (0, True)
    assert "1 entry dropped, as its file is no more" in complaints
    assert "twin.png" not in (tmp_path / "out" / "failures.csv").read_text()


def test_of_a_file_that_is_no_more_only_failures_are_dropped(batch, march, tmp_path):
    with zipfile.ZipFile(march / "more.zip", "w") as archive:
        archive.write(march / "2" / "0.png", "0.png")
        archive.writestr("1.png", b"no image")
    batch(march)
    (march / "more.zip").unlink()
    _, words, _ = batch(march)
    assert "holds 7 fields of 3 slides\n" in words


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


def test_a_photograph_that_is_named_by_itself_is_of_the_slide_that_its_folder_is(batch, march, tmp_path):
    batch(march)
    (march / "1" / "notes.txt").write_text("no image")
    (march / "1" / "deep").mkdir()
    shutil.copy(march / "1" / "0.png", march / "1" / "deep")
    code, words, complaints = batch(march / "1" / "notes.txt", march / "1" / "deep" / "0.png")
    assert (code, "holds 7 fields of 3 slides, and 1 that" in words) == (cli.EXIT_SOME_FAILED, True)
    assert "lowcost: march/1: notes.txt" in complaints
    with Store.open(tmp_path / "out") as store:
        assert [row.slide for row in store.slides()] == ["deep", "march/1", "march/2"]


def test_a_log_is_told_how_far_the_run_is(batch, march, monkeypatch):
    clock = iter(range(0, 10_000, 25))  # an image takes 25 s
    monkeypatch.setattr("lowcost.cli.screening.time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    _, _, complaints = batch(march)
    assert complaints.splitlines() == [
        "lowcost: 3 of 6 images done, 0.04 a second, 1 min left",
        "lowcost: 6 of 6 images done, 0.04 a second, 0 min left",
    ]
    assert _progress(100, 40_000, 50.0) == "100 of 40000 images done, 2.00 a second, 5 h 32 min left"


def test_a_known_scale_is_another_result(batch, march, tmp_path):
    batch(march / "1")
    before = tables(tmp_path / "out")[1]
    batch(march / "1", "--um-per-px", "0.15")
    assert len(Here.done) == 3
    after = tables(tmp_path / "out")[1]
    assert (len(before), len(after)) == (3, 3)
    with Store.open(tmp_path / "out") as store:
        assert {field.scale.source for _, field in store.fields()} == {"given"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "'0' is no number of workers: expected one from 1 to 1024"),
        (["--um-per-px", "0"], "'0' is no scale"),
        (["--cluster", "far"], "invalid choice: 'far'"),
        (["--cluster", "local", "--scheduler", "tcp://x:1"], "not allowed with argument --cluster"),
        ([""], "the name is empty"),
    ],
)
def test_bad_arguments_are_said(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["batch", *arguments, "--out", "x"])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bundle", "missing"], "there is no bundle at missing"),
        (["--manifest", "missing.csv"], "the manifest missing.csv cannot be read: No such file or directory"),
        (["--device", "missing.json"], "missing.json"),
    ],
)
def test_files_that_are_not_there_are_said(arguments, message, batch, march):
    code, _, complaints = batch(march, *arguments)
    assert code == cli.EXIT_UNUSABLE
    assert message in complaints
    assert complaints.startswith("lowcost: error: ")


def test_every_engine_gives_the_same_store_also_after_kills(march, tmp_path):
    pytest.importorskip("distributed", reason="needs the extra dask")
    (march / "1" / "broken.png").write_bytes(b"no image")
    stores = []
    for name, arguments in (("one", ["--workers", "1"]), ("two", ["--workers", "2"]), ("dask", ["--cluster", "local"])):
        command = [sys.executable, "-m", "lowcost", "batch", str(march), *arguments, "--out", str(tmp_path / name)]
        if name == "two":  # killed as soon as something is done, and given again
            run = subprocess.Popen(command)
            while run.poll() is None and _settled(tmp_path / name) == 0:
                time.sleep(0.01)
            run.send_signal(signal.SIGKILL)
            run.wait()
        assert subprocess.run(command, check=False, capture_output=True).returncode == cli.EXIT_SOME_FAILED
        stores.append(tables(tmp_path / name))
    assert stores[0] == stores[1] == stores[2]
    assert len(stores[0][0]) == 7


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="looks for the processes as Linux shows them")
def test_ctrl_c_while_a_cluster_starts_is_one_sentence(march, tmp_path):
    pytest.importorskip("distributed", reason="needs the extra dask")
    command = [sys.executable, "-m", "lowcost", "batch", march, "--cluster", "local", "--workers", "2", "--out"]
    run = subprocess.Popen(
        [*command, tmp_path / "out"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while run.poll() is None and _children(run.pid) < 2:  # the first of the workers begins
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it
    _, complaints = run.communicate()
    assert complaints == "lowcost: interrupted: give the command again to go on\n"
    assert run.returncode == cli.EXIT_INTERRUPTED


def _children(process):
    with contextlib.suppress(OSError):
        return sum(len(each.read_text().split()) for each in Path(f"/proc/{process}/task").glob("*/children"))
    return 0


def _settled(folder):
    try:
        with Store.open(folder) as store:
            return sum(store.counts()[1:])
    except lowcost.LowcostError:
        return 0
