"""What cannot be used is named and ends no run."""

from __future__ import annotations

import csv
import shutil

from lowcost import cli
from tests.cli.batch.here import Here


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
