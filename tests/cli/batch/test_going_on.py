"""What is finished is kept, nothing is done twice, and a run tells how far it is."""

from __future__ import annotations

import os
import shutil
import types

import cv2

from lowcost import cli, synth
from lowcost.cli.screening import _progress
from tests.cli.batch.here import Here


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


def test_a_log_is_told_how_far_the_run_is(batch, march, monkeypatch):
    clock = iter(range(0, 10_000, 25))  # an image takes 25 s
    monkeypatch.setattr("lowcost.cli.screening.time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr("lowcost.batch.run.KEEP_S", 0.0)  # so that none waits for the next
    _, _, complaints = batch(march)
    assert complaints.splitlines() == [
        "lowcost: 3 of 6 images done, 0.04 a second, 1 min left",
        "lowcost: 6 of 6 images done, 0.04 a second, 0 min left",
    ]
    assert _progress(100, 40_000, 50.0) == "100 of 40000 images done, 2.00 a second, 5 h 32 min left"
