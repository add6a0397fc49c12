"""What is taken for a photograph, and of which slide it is: folders, archives, addresses."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from lowcost import cli
from lowcost.batch.store import Store
from tests.cli.batch.here import Here


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
    assert "bucket/no does not exist: check the spelling" in complaints


def test_a_folder_that_is_left_out_for_a_store_in_it_is_named(batch, march, tmp_path):
    (march / "2" / "store.sqlite").touch()
    code, words, complaints = batch(march)
    assert (code, "holds 3 fields of 1 slide" in words) == (0, True)
    assert (
        complaints
        == f"lowcost: the folder {march / '2'} is left out, as it holds store.sqlite and so results of lowcost\n"
    )
