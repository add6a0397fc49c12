"""`lowcost doctor`."""

from __future__ import annotations

import json
import sys

from lowcost.cli import main


def test_everything_works_here(capsys):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    for word in ("python", "numpy", "runtime", "bundle", "network", "analysis", "everything works"):
        assert word in text
    assert "FAIL" not in text


def test_json(capsys):
    assert main(["doctor", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    names = [check["name"] for check in answer["checks"]]
    assert len(names) == len(set(names))


def test_a_missing_bundle_is_a_failure(tmp_path, capsys):
    assert main(["doctor", "--bundle", str(tmp_path / "absent")]) == 1
    text = capsys.readouterr().out
    assert "FAIL  bundle" in text
    assert "there is no bundle at" in text


def test_a_missing_library_is_a_failure(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    assert main(["doctor", "--json"]) == 1
    failed = [check["name"] for check in json.loads(capsys.readouterr().out)["checks"] if not check["ok"]]
    assert "lightgbm" in failed


def test_a_missing_runtime_is_a_failure(monkeypatch, capsys):
    for name in ("ai_edge_litert", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
    assert main(["doctor"]) == 1
    assert "pip install ai-edge-litert" in capsys.readouterr().out
