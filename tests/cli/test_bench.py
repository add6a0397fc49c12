"""`lowcost bench`."""

from __future__ import annotations

import json

import pytest

from lowcost.cli import bench, main
from lowcost.pipeline import Analyzer


def test_a_table_to_paste(capsys):
    assert main(["bench", "--small", "--runs", "1"]) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert all(line.startswith(("|", "* ")) for line in lines)
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|") == 3
    assert "* bundle sha256: " in text


def test_json(capsys):
    assert main(["bench", "--small", "--runs", "1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    figures = answer["pictures"]["640x480 px, 1 cell"]
    assert figures["leukocytes"] == 1
    assert figures["whole / decoding"] == pytest.approx(figures["whole"] / figures["decoding"])


def test_stages_are_parts_of_the_whole(tmp_path):
    path = tmp_path / "smear.jpg"
    path.write_bytes(bench.picture(640, 480, 2))
    found = bench.stages(Analyzer.load(), path)
    assert set(found) == {"decoding", "light, scale, quality", "finding and outlining", "features, types, attributes"}
    assert min(found.values()) > 0


def test_no_run_at_all_is_refused(capsys):
    assert main(["bench", "--runs", "0"]) == 2
    assert "--runs is 0" in capsys.readouterr().err


def test_pictures_of_ones_own(tmp_path, capsys):
    path = tmp_path / "smear.jpg"
    path.write_bytes(bench.picture(320, 240, 1))
    assert main(["bench", str(path), "--runs", "1"]) == 0
    assert "smear.jpg" in capsys.readouterr().out.splitlines()[0]
    assert main(["bench", str(tmp_path / "absent.jpg")]) == 2
    assert "absent.jpg" in capsys.readouterr().err
