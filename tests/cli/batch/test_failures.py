"""What cannot be used is named and ends no run."""

from __future__ import annotations

import csv
import os
import shutil
import zipfile

import pytest

from lowcost import cli
from lowcost.batch.store import Store
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


NOT_OPENED = ["white.svs", "broken.zip", "a.tar.gz", "no.mp4"]


@pytest.fixture
def mixed(march, tmp_path):
    """A photograph among a slide, archives and a video that cannot be opened, and the manifest of them."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    shutil.copy(march / "1" / "0.png", folder / "smear.png")
    for name in NOT_OPENED:
        (folder / name).write_bytes(b"damaged")
    rows = [f"{name},S{number},P{number}" for number, name in enumerate(["smear.png", *NOT_OPENED])]
    (folder / "m.csv").write_text("\n".join(["path,slide,patient", *rows]) + "\n")
    return folder


def failed(folder):
    with (folder / "failures.csv").open() as text:
        return {(row["slide"], row["name"]): row["message"] for row in csv.DictReader(text)}


def test_what_cannot_be_opened_is_kept_as_a_failure_of_its_slide_and_named_at_every_run(batch, mixed, tmp_path):
    for arguments in (["--manifest", mixed / "m.csv"], [], [mixed], ["--retry-failed"], []):
        code, words, complaints = batch(*arguments)
        assert (code, "holds 1 field of 5 slides, and 4 that could not be used" in words) == (1, True), arguments
        assert [sum(name in line for line in complaints.splitlines()) for name in NOT_OPENED] == [1, 1, 1, 1]
        messages = failed(tmp_path / "out")
        assert sorted(messages) == [(f"S{number}", name) for number, name in enumerate(NOT_OPENED, 1)]
        assert "it is damaged or cut short: copy it again" in messages["S2", "broken.zip"]
        with Store.open(tmp_path / "out") as store:
            rows = [(row.slide, row.patient, row.fields, row.failures) for row in store.slides()]
        assert rows == [("S0", "P0", 1, 0)] + [(f"S{number}", f"P{number}", 0, 1) for number in range(1, 5)]


def test_what_cannot_be_opened_is_a_slide_of_its_own_where_no_manifest_says_its_slide(batch, mixed, tmp_path):
    (mixed / "m.csv").unlink()
    batch(mixed)
    assert sorted(failed(tmp_path / "out")) == sorted((f"mixed/{name}", name) for name in NOT_OPENED)
    shutil.copy(mixed / "smear.png", mixed / "later.png")
    batch(mixed / "later.png")  # by itself, of the slide that its folder is
    with Store.open(tmp_path / "out") as store:
        assert [row.slide for row in store.slides()] == sorted(["mixed", *(f"mixed/{name}" for name in NOT_OPENED)])


def test_what_can_be_opened_at_last_is_analysed_and_what_is_taken_out_is_gone(batch, mixed, march, tmp_path):
    manifest = ["--manifest", mixed / "m.csv"]
    (mixed / "broken.zip").unlink()
    batch(*manifest)
    assert "does not exist" in failed(tmp_path / "out")["S2", "broken.zip"]
    (mixed / "broken.zip").write_bytes(b"damaged")
    batch(*manifest)
    assert "it is damaged" in failed(tmp_path / "out")["S2", "broken.zip"]
    with zipfile.ZipFile(mixed / "broken.zip", "w") as archive:
        archive.write(march / "2" / "0.png", "0.png")
    _, _, complaints = batch("--retry-failed")
    assert "broken.zip can be opened now: give it, its folder or its manifest with the command" in complaints
    code, words, _ = batch(*manifest)
    assert (code, "holds 2 fields of 5 slides, and 3 that" in words) == (cli.EXIT_SOME_FAILED, True)
    for name in ("white.svs", "a.tar.gz"):
        (mixed / name).unlink()
    (mixed / "m.csv").write_text("path,slide,patient\nsmear.png,S0,P0\nbroken.zip,S2,P2\n")
    code, words, _ = batch(*manifest, "--forget", "S4")
    assert (code, words.endswith("holds 2 fields of 2 slides\n")) == (0, True)
    assert failed(tmp_path / "out") == {}


def test_an_archive_that_was_damaged_keeps_its_results_and_is_whole_again_without_work(batch, mixed, march, tmp_path):
    path = mixed / "broken.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(march / "2" / "0.png", "0.png")
    assert batch(path)[0] == 0
    whole, stamp = path.read_bytes(), path.stat()
    path.write_bytes(whole[:-30])
    for _ in range(2):
        code, words, _ = batch(path)
        assert (code, Here.done) == (cli.EXIT_SOME_FAILED, [])
        assert "holds 1 field of 1 slide, and 1 that could not be used" in words
    path.write_bytes(whole)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    code, words, _ = batch(path)
    assert (code, Here.done, words.endswith("holds 1 field of 1 slide\n")) == (0, [], True)
