"""Of photographs that overlap, each cell counts once."""

from __future__ import annotations

import json
import shutil

import cv2
import pytest

import lowcost
from lowcost import cli, synth
from lowcost.batch.store import Store
from tests.cli.batch.here import Here


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
