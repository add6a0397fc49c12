"""``lowcost analyze`` around an analyzer that finds what the test says."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import signal
import sys
import types
from pathlib import Path

import cv2
import pytest

from lowcost import cli, export
from lowcost.bundle import Bundle
from lowcost.errors import InputError
from lowcost.export import files
from tests.smears import cell, field, picture, smear


class Analyzer:
    """Finds one lymphocyte on whatever can be read, and is interrupted by a file of that name."""

    loaded: str | None
    um_per_px: float | None
    bundle = Bundle.load()

    @classmethod
    def load(cls, bundle=None, device=None):
        cls.loaded, cls.device = bundle, device
        return cls()

    def field(self, image, um_per_px=None):
        Analyzer.um_per_px = um_per_px
        if image.name == "interrupt.png":
            raise KeyboardInterrupt
        if image.name == "fault.png":
            raise ZeroDivisionError("division by zero")
        verdict = "rejected" if "blurred" in image.name else "accepted"
        return field([cell(1)] if verdict == "accepted" else [], image.name, verdict)

    def result(self, fields, failures=()):
        return smear(fields, failures)


@pytest.fixture(autouse=True)
def analyzer(monkeypatch):
    module = types.ModuleType("lowcost.pipeline")
    module.Analyzer = Analyzer
    monkeypatch.setitem(sys.modules, "lowcost.pipeline", module)
    monkeypatch.delitem(sys.modules, "lowcost.cli.slide", raising=False)
    yield
    sys.modules.pop("lowcost.cli.slide", None)  # it holds this analyzer, other tests want the real one


@pytest.fixture
def image(tmp_path):
    """Make an image file and give its path as text."""

    def make(name="field.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = picture(field([cell(1)]))[..., ::-1].copy()
        pixels[0, :3].flat = list(hashlib.sha256(name.encode()).digest()[:9])  # no two are the same picture
        path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        return str(path)

    return make


def test_everything_is_written(image, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert cli.main(["analyze", image("a.png"), image("b.png"), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.rglob("*")) == [
        *(".lowcost-files", "a.png", "b.png", "cells.csv", "overlays", "report.html", "result.json")
    ]
    result = export.from_json(out / "result.json")
    assert [shown.name for shown in result.fields] == ["a.png", "b.png"]
    assert result.differential.counted == 2
    captured = capsys.readouterr()
    assert captured.err == ""
    for words in (
        "2 leukocytes were found and named on 2 of 2",
        "Lymphocyte",
        "report.html",
        "Research Use Only",
    ):
        assert words in captured.out


def test_without_out_nothing_is_written(image, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["analyze", image()]) == 0
    assert os.listdir(tmp_path) == ["field.png"]
    assert "written" not in capsys.readouterr().out


def test_json_on_standard_output_and_nothing_else(image, capsys):
    assert cli.main(["analyze", image(), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["fields"][0]["name"] == "field.png"
    assert captured.err == ""


def test_a_folder_means_its_images_sorted(image, tmp_path, capsys):
    for name in ("c.PNG", "a.png", "b.png", "notes.txt"):
        image(f"slide/{name}")
    assert cli.main(["analyze", str(tmp_path / "slide"), "--json"]) == 0
    assert [shown["name"] for shown in json.loads(capsys.readouterr().out)["fields"]] == ["a.png", "b.png", "c.PNG"]


def test_files_of_one_name_keep_their_own_overlay(image, tmp_path):
    names = [image("x/1.png"), image("y/1.png"), image("z/1.PNG")]
    assert cli.main(["analyze", *names, "--out", str(tmp_path / "out")]) == 0
    assert sorted(os.listdir(tmp_path / "out" / "overlays")) == ["1-2.png", "1-3.png", "1.png"]


def test_one_bad_file_is_named_and_the_others_finish(image, tmp_path, capsys):
    (tmp_path / "empty.jpg").write_bytes(b"")
    arguments = [image("a.png"), str(tmp_path / "empty.jpg"), str(tmp_path / "none.jpg"), image("b.png")]
    assert cli.main(["analyze", *arguments, "--out", str(tmp_path / "out")]) == 1
    result = export.from_json(tmp_path / "out" / "result.json")
    assert len(result.fields) == 2
    assert [failure.name for failure in result.failures] == arguments[1:3]
    complaints = capsys.readouterr().err.splitlines()
    assert complaints[0].startswith(f"lowcost: {tmp_path}/empty.jpg: empty.jpg is empty (0 bytes)")
    assert complaints[1].startswith(f"lowcost: {tmp_path}/none.jpg does not exist")
    assert "empty.jpg" in (tmp_path / "out" / "report.html").read_text()


def test_a_fault_of_our_own_costs_one_image(image, capsys):
    assert cli.main(["analyze", image("a.png"), image("fault.png"), image("b.png")]) == 1
    captured = capsys.readouterr()
    assert "2 leukocytes were found" in captured.out
    assert (
        "fault.png: lowcost met a fault of its own (ZeroDivisionError: division by zero): please report" in captured.err
    )


def test_nothing_but_bad_files(tmp_path, capsys):
    assert cli.main(["analyze", str(tmp_path / "none.jpg"), "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert "None of the inputs could be analysed." in captured.out
    assert "none.jpg does not exist" in captured.err
    assert (tmp_path / "out" / "report.html").exists()


def test_a_folder_without_images(tmp_path, capsys):
    assert cli.main(["analyze", str(tmp_path)]) == 2
    assert f"the folder {tmp_path} holds no image: expected files such as field.jpg" in capsys.readouterr().err


def test_a_bad_folder_does_not_stop_the_others(image, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert cli.main(["analyze", image(), str(tmp_path / "empty")]) == 1
    captured = capsys.readouterr()
    assert "1 leukocyte was found and named" in captured.out
    assert captured.err.startswith(f"lowcost: the folder {tmp_path}/empty holds no image")


def test_a_pattern_that_the_shell_left_alone(image, tmp_path, capsys):
    for name in ("b.png", "a.png", "[1].png"):
        image(name)
    assert cli.main(["analyze", str(tmp_path / "?.png"), str(tmp_path / "[1].png"), "--json"]) == 0
    assert [shown["name"] for shown in json.loads(capsys.readouterr().out)["fields"]] == ["a.png", "b.png", "[1].png"]
    assert cli.main(["analyze", str(tmp_path / "*.jpg")]) == 2
    assert f"{tmp_path}/*.jpg does not exist" in capsys.readouterr().err


def test_a_file_behind_a_closed_folder(image, capsys, monkeypatch):
    def stat(path, *, follow_symlinks=True):
        raise PermissionError(13, "Permission denied", str(path))

    path = image()
    monkeypatch.setattr(Path, "stat", stat)
    assert cli.main(["analyze", path]) == 2
    assert f"{path} may not be read" in capsys.readouterr().err


def test_a_picture_given_twice_counts_once(image, tmp_path, capsys):
    first = image("x/1.png")
    copy = tmp_path / "copy.png"
    copy.write_bytes(Path(first).read_bytes())
    assert cli.main(["analyze", first, image("y/1.png"), str(copy)]) == 1
    captured = capsys.readouterr()
    assert captured.err == f"lowcost: {copy} is the same picture as {first}: it is counted once\n"
    assert "2 leukocytes were found" in captured.out
    assert cli.main(["analyze", first, first]) == 1
    assert capsys.readouterr().err == f"lowcost: {first} was named twice: it is counted once\n"


def test_an_earlier_run_leaves_nothing_behind(image, tmp_path):
    out = tmp_path / "out"
    assert cli.main(["analyze", image("a.png"), image("b.png"), image("c.png"), "--out", str(out)]) == 0
    (out / "overlays" / "mine.png").write_bytes(b"mine")
    (out / "overlays" / "c.png").write_bytes(b"drawn on by hand")
    assert cli.main(["analyze", image("b.png"), "--out", str(out), "--no-report"]) == 0
    assert sorted(os.listdir(out / "overlays")) == ["b.png", "c.png", "mine.png"]
    assert sorted(os.listdir(out)) == [".lowcost-files", "cells.csv", "overlays", "result.json"]


def test_pictures_that_were_not_read_are_remarked(tmp_path, capsys):
    path = tmp_path / "stack.tif"
    assert cv2.imwritemulti(str(path), [picture(field())] * 2)
    assert cli.main(["analyze", str(path)]) == 0
    assert capsys.readouterr().err == (
        f"lowcost: {path}: the file holds several pictures, of which the first was read\n"
    )


def test_a_folder_that_cannot_be_read(tmp_path, capsys, monkeypatch):
    def fail(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fail)
    assert cli.main(["analyze", str(tmp_path)]) == 2
    assert f"the folder {tmp_path} cannot be read: Permission denied" in capsys.readouterr().err


def test_an_unusable_out_is_known_before_the_work(image, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Analyzer, "field", None)
    (tmp_path / "file").write_bytes(b"")
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "file")]) == 2
    assert f"cannot write to {tmp_path}/file: it is a file: name a folder" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["out", "deep/out"])
def test_a_bad_profile_leaves_no_folder_behind(image, tmp_path, capsys, monkeypatch, out):
    def refuse(bundle=None, device=None):
        raise InputError("the device profile cannot be read")

    monkeypatch.setattr(Analyzer, "load", refuse)
    path = image()
    assert cli.main(["analyze", path, "--device", "none.json", "--out", str(tmp_path / out)]) == 2
    assert os.listdir(tmp_path) == [Path(path).name]


@pytest.mark.parametrize("name", ["report.html", "cells.csv", "overlays/field.png"])
def test_one_file_that_cannot_be_written_takes_no_other_with_it(image, tmp_path, capsys, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "out")]) == 1
    assert "it is a folder: name a file in it" in capsys.readouterr().err
    assert export.from_json(tmp_path / "out" / "result.json").differential.counted == 1
    for other in {"report.html", "cells.csv"} - {name}:
        assert (tmp_path / "out" / other).is_file()


def test_a_disk_that_fills_up(image, tmp_path, capsys, monkeypatch):
    def full(path, content):
        raise InputError(f"cannot write {path}: the disk is full")

    monkeypatch.setattr(files, "write", full)
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("the disk is full") == 5
    assert "1 leukocyte was found" in captured.out


def test_an_interrupt_keeps_what_is_done(image, tmp_path, capsys):
    arguments = [image("a.png"), image("interrupt.png"), image("b.png")]
    assert cli.main(["analyze", *arguments, "--out", str(tmp_path / "out")]) == 130
    assert [shown.name for shown in export.from_json(tmp_path / "out" / "result.json").fields] == ["a.png"]
    assert (tmp_path / "out" / "report.html").is_file()
    captured = capsys.readouterr()
    assert "interrupted after 1 of 3 images; not analysed: " in captured.err
    assert "2 inputs were not analysed." in captured.out
    failures = export.from_json(tmp_path / "out" / "result.json").failures
    assert [(failed.name, failed.message) for failed in failures] == [
        (name, "not analysed: interrupted") for name in arguments[1:]
    ]


def test_names_do_not_steer_the_terminal(tmp_path, capsys):
    assert cli.main(["analyze", str(tmp_path / "a\x1b[2J\n.png")]) == 2
    err = capsys.readouterr().err
    assert "\\x1b[2J\\n.png does not exist" in err
    assert "\x1b" not in err


def test_an_empty_name(capsys):
    with pytest.raises(SystemExit):
        cli.main(["analyze", ""])
    assert "the name is empty" in capsys.readouterr().err


def test_a_folder_inside_a_file(image, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "file" / "sub")]) == 2
    assert f"{tmp_path / 'file'} is no folder" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_being_told_to_end_keeps_what_is_done(image, tmp_path, monkeypatch, name):
    number = getattr(signal, name)

    def told(self, image, um_per_px=None):
        if image.name == "b.png":
            signal.raise_signal(number)
        return field([cell(1)], image.name)

    monkeypatch.setattr(Analyzer, "field", told)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert cli.main(["analyze", image("a.png"), image("b.png"), "--out", str(tmp_path / "out")]) == 130
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert [shown.name for shown in export.from_json(tmp_path / "out" / "result.json").fields] == ["a.png"]


def test_a_second_interrupt_does_not_lose_what_the_first_kept(image, tmp_path, monkeypatch):
    def impatient(self, fields, failures=()):
        signal.raise_signal(signal.SIGINT)
        return smear(fields, failures)

    monkeypatch.setattr(Analyzer, "result", impatient)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert cli.main(["analyze", image("a.png"), image("interrupt.png"), "--out", str(tmp_path / "out")]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "out" / "report.html").is_file()


def test_an_empty_name_of_a_folder(image, capsys):
    with pytest.raises(SystemExit):
        cli.main(["analyze", image(), "--out", ""])
    assert "the name is empty" in capsys.readouterr().err


def test_rejected_fields_are_named_with_their_reason(image, capsys):
    assert cli.main(["analyze", *(image(f"blurred{i}.png") for i in range(7)), image()]) == 0
    said = "7 fields rejected: out of focus: 1.9 um, expected at most 1.0: blurred0.png, blurred1.png, "
    assert said in capsys.readouterr().out


def test_a_run_of_rejected_fields_only_is_unusable(image, tmp_path, capsys):
    images = [image(f"blurred{i}.png") for i in range(2)]
    assert cli.main(["analyze", *images, "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "lowcost: all fields were rejected, so no cell was searched for: photograph again as the reasons say\n"
    )
    assert (tmp_path / "out" / "report.html").is_file()


def test_overlays_of_an_earlier_run_are_no_photographs(image, tmp_path, capsys):
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    assert cli.main(["analyze", str(tmp_path / "out" / "overlays")]) == 2
    assert capsys.readouterr().err == (
        f"lowcost: {tmp_path}/out/overlays/field.png: field.png is an overlay that lowcost drew: "
        "give the photograph itself\n"
    )


def test_arguments_reach_the_analyzer(image):
    assert cli.main(["analyze", image(), "--um-per-px", "0.1", "--bundle", "mine"]) == 0
    assert (Analyzer.loaded, Analyzer.um_per_px) == ("mine", 0.1)


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "ten", "100"])
def test_an_impossible_scale(image, capsys, scale):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["analyze", image(), f"--um-per-px={scale}"])
    assert stopped.value.code == 2
    assert f"'{scale}' is no scale: expected um per px between 0.01 and 2, such as 0.1" in capsys.readouterr().err


def test_less_can_be_written(image, tmp_path):
    out = tmp_path / "out"
    assert cli.main(["analyze", image(), "--out", str(out), "--no-report", "--no-overlays"]) == 0
    assert sorted(os.listdir(out)) == [".lowcost-files", "cells.csv", "result.json"]


def test_a_bar_only_where_someone_watches(image, capsys, monkeypatch):
    images = [image("a.png"), image("b.png")]
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    assert cli.main(["analyze", *images]) == 0
    assert "0/2" in terminal.getvalue()


def test_names_that_the_terminal_cannot_show(image, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli.main(["analyze", image("blurred_ä_血.png"), image()]) == 0
    assert "expected at most 1.0: blurred_\\xe4_\\u8840.png" in terminal.buffer.getvalue().decode()


def test_links_to_overlays_survive_odd_names(image, tmp_path):
    assert cli.main(["analyze", image("50% #1 ä.png"), "--out", str(tmp_path / "out")]) == 0
    assert 'href="overlays/50%25%20%231%20%C3%A4.png"' in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_result_reads_back_equal(image, tmp_path):
    assert cli.main(["analyze", image(), "--out", str(tmp_path / "out")]) == 0
    expected = smear([dataclasses.replace(field([cell(1)]))])
    assert export.from_json(tmp_path / "out" / "result.json") == expected


def test_a_cell_of_overlapping_photographs_counts_once(image, tmp_path, capsys):
    images, out = [image("a.png"), image("b.png")], tmp_path / "out"
    assert cli.main(["analyze", *images, "--out", str(out)]) == 0
    assert len(export.from_json(out / "result.json").cells) == 2
    assert cli.main(["analyze", *images, "--out", str(out), "--mosaic"]) == 0
    result = export.from_json(out / "result.json")
    assert [len(field.cells) for field in result.fields] == [1, 0]
    assert result.provenance["mosaic"] == "2 fields on 1 plane; 1 further copy of a cell left out"
    assert sorted(path.name for path in (out / "overlays").iterdir()) == ["a.png", "b.png"]
    assert capsys.readouterr().err == ""


def test_a_photograph_that_overlaps_no_other_is_named(image, tmp_path, capsys):
    lone = tmp_path / "lone.png"
    cv2.imwrite(str(lone), cv2.imread(image("b.png"))[::2, ::2])
    assert cli.main(["analyze", image("a.png"), image("b.png"), str(lone), "--mosaic", "--json"]) == 0
    printed = capsys.readouterr()
    assert "overlapping no other field" in printed.err
    assert "lone.png" in printed.err
    assert len(json.loads(printed.out)["fields"]) == 3


def test_a_mosaic_of_what_does_not_overlap_is_told(image, tmp_path, capsys):
    lone = tmp_path / "lone.png"
    cv2.imwrite(str(lone), cv2.imread(image("b.png"))[::2, ::2])
    assert cli.main(["analyze", image("a.png"), str(lone), "--mosaic", "--json"]) == 0
    assert "no two of these photographs overlap, so all cells count: leave --mosaic out" in capsys.readouterr().err


def test_a_whole_slide_is_sent_to_batch(tmp_path, capsys):
    slide = tmp_path / "smear.svs"
    slide.write_bytes(b"II*\0" + bytes(100))
    assert cli.main(["analyze", str(slide)]) == 2
    assert f"{slide} is a whole-slide image: give it to lowcost batch" in capsys.readouterr().err
