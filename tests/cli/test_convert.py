"""``lowcost convert``: what it says and how it ends."""

from __future__ import annotations

from argparse import ArgumentParser

import pytest

from lowcost import cli
from lowcost.cli import convert as command
from lowcost.convert.formats import FORMATS
from tests.convert import samples


def test_it_says_what_it_wrote_and_what_was_lost(tmp_path, capsys):
    source = samples.result(tmp_path)
    assert cli.main(["convert", str(source), "--to", "yolo", "--out", str(tmp_path / "yolo")]) == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'yolo'} written: 2 photographs, 3 objects\n"
    assert said.err.startswith("lowcost: yolo does not hold outlines, nuclei, probabilities, ")
    assert said.err.count("\n") == 1


def test_a_source_of_which_some_cannot_be_read_is_told(tmp_path, capsys):
    name = "4_35_1000_ALL"
    samples.photograph(tmp_path / "H_100X_C1" / "Images" / "train" / f"{name}.png", (640, 640))
    text = tmp_path / "H_100X_C1" / "txt_labels" / "WBC_Detection" / "train" / f"{name}.txt"
    text.parent.mkdir(parents=True)
    text.write_text("1 0.5 0.5 0.1 0.1\n")
    arguments = ["convert", str(tmp_path / "H_100X_C1"), "--to", "coco", "--out", str(tmp_path / "coco.json")]
    assert cli.main(arguments) == 1
    assert "has no labels of its test fields" in capsys.readouterr().err


def test_what_cannot_be_done_is_one_sentence(tmp_path, capsys):
    assert cli.main(["convert", str(tmp_path / "no"), "--to", "coco", "--out", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit) as stopped:
        cli.main(["convert", "x", "--to", "labelme", "--out", "y"])
    assert stopped.value.code == 2


@pytest.mark.parametrize("name", [".", "store.sqlite"])
def test_a_store_is_converted_slide_by_slide(name, tmp_path, capsys):
    (tmp_path / "store.sqlite").touch()
    (tmp_path / "cells.csv").touch()
    assert cli.main(["convert", str(tmp_path / name), "--to", "coco", "--out", str(tmp_path / "x")]) == 2
    said = capsys.readouterr().err
    assert "is a store of lowcost batch: convert it slide by slide, from slides/*/result.json" in said


def test_the_help_explains_every_format():
    assert tuple(FORMATS) == command.FORMATS
    subparsers = ArgumentParser().add_subparsers()
    command.add_parser(subparsers)
    assert all(f"\n  {form} " in subparsers.choices["convert"].format_help() for form in command.FORMATS)
