"""``lowcost datasets``."""

from __future__ import annotations

import json

import pytest

from lowcost import cli
from lowcost.datasets.catalogue import CATALOGUE
from tests.datasets import published


def test_every_set_is_listed_with_licence_and_source(capsys):
    assert cli.main(["datasets"]) == 0
    out = capsys.readouterr().out
    for entry in CATALOGUE.values():
        for words in (f"{entry.card.name}: ", entry.card.licence, entry.card.get, entry.card.holds):
            assert words in out
    assert "Research Use Only" in out


def test_a_sound_set(tmp_path, capsys):
    published.mll23_set(tmp_path)
    assert cli.main(["datasets", "check", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    for words in ("mll23", "18 images", "hairy_cell", "no split", "nothing is wrong"):
        assert words in captured.out


def test_findings_are_counted_and_five_shown(tmp_path, capsys):
    published.mll23_set(tmp_path)
    for number in range(7):
        (tmp_path / "monocyte" / f"broken{number}.tif").write_bytes(bytes(number))
    assert cli.main(["datasets", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "unreadable file: 7" in out
    assert out.count("cannot be decoded") == 5
    assert "and 2 more" in out
    assert cli.main(["datasets", "check", str(tmp_path), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert len(report["findings"]) == 7
    assert report["set"]["name"] == "mll23"
    assert report["labels"]["myeloblast"] == {"": 1}


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_no_set_is_one_sentence(name, tmp_path, capsys):
    assert cli.main(["datasets", "check", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.startswith("lowcost: error: ")
