"""What is taken out of a store, and what stays in it though its files are no more."""

from __future__ import annotations

import shutil
import zipfile

from lowcost import cli


def test_photographs_under_two_slides_are_said_and_one_slide_can_be_forgotten(batch, march, tmp_path):
    batch(march)
    april = march.rename(tmp_path / "april")
    code, words, complaints = batch(april)
    assert (code, "holds 12 fields of 4 slides" in words) == (0, True)
    assert complaints == (
        "lowcost: 6 photographs are in the store under several slides: april/1 and march/1; april/2 and march/2: "
        "they count in each; --forget SLIDE takes one out\n"
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


def test_every_slide_of_a_photograph_is_said(batch, march, tmp_path):
    for number in range(6):
        (tmp_path / "copies" / str(number)).mkdir(parents=True)
        shutil.copy(march / "1" / "0.png", tmp_path / "copies" / str(number))
    folders = sorted((tmp_path / "copies").iterdir())
    _, _, complaints = batch(*folders[:3])
    assert "1 photograph is in the store under several slides: 0, 1 and 2: they count in each" in complaints
    _, _, complaints = batch(*folders)
    assert "1 photograph is in the store under several slides: 0, 1, 2, 3, 4 and 1 more: they" in complaints


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


def test_of_a_file_that_is_no_more_only_failures_are_dropped(batch, march, tmp_path):
    with zipfile.ZipFile(march / "more.zip", "w") as archive:
        archive.write(march / "2" / "0.png", "0.png")
        archive.writestr("1.png", b"no image")
    batch(march)
    (march / "more.zip").unlink()
    _, words, _ = batch(march)
    assert "holds 7 fields of 3 slides\n" in words
