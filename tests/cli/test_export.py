"""``lowcost export``: every form, and one sentence where it cannot."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from argparse import ArgumentParser

import pytest

from lowcost import cli, export
from lowcost.cli import export as command
from tests.smears import crowd

CELLS = 24


@pytest.fixture
def result(tmp_path):
    export.to_json(crowd(CELLS, ["lymphocyte", "blast"]), tmp_path / "result.json")
    return str(tmp_path / "result.json")


def _zipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


COUNTS = {
    "fhir": lambda content: json.loads(content)["entry"][-1]["resource"]["component"][1]["valueInteger"],
    "geojson": lambda content: sum(len(json.loads(text)["features"]) for text in _zipped(content).values()),
    "coco": lambda content: len(json.loads(content)["annotations"]),
    "yolo": lambda content: sum(len(t.splitlines()) for n, t in _zipped(content).items() if n.endswith(".txt")),
    "csv": lambda content: len(list(csv.DictReader(io.StringIO(content.decode())))),
}


@pytest.mark.parametrize("form", command.FORMS)
def test_every_form_has_every_cell(form, result, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["export", result, "--to", form, "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out} written\n"
    assert COUNTS[form](out.read_bytes()) == CELLS


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        ("nothing.json", "x", "cannot read"),
        ("result.json", "no/folder/x", "there is no folder"),
        ("bad.json", "x", "is no JSON, or damaged"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(source, out, said, result, tmp_path, capsys):
    (tmp_path / "bad.json").write_bytes(b"\xff{")
    assert cli.main(["export", str(tmp_path / source), "--to", "coco", "--out", str(tmp_path / out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_unknown_form_is_refused(result):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["export", result, "--to", "xml", "--out", "x"])
    assert stopped.value.code == 2


def test_the_help_explains_every_form():
    subparsers = ArgumentParser().add_subparsers()
    command.add_parser(subparsers)
    assert all(f"\n  {form} " in subparsers.choices["export"].format_help() for form in command.FORMS)
