"""The choice of the TensorFlow Lite runtime."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lowcost import runtime
from lowcost.bundle import Bundle
from lowcost.errors import BundleError, DependencyError


def test_one_is_found_with_its_version():
    found = runtime.find()
    assert found.name in ("ai-edge-litert", "tflite-runtime")
    assert found.version[0].isdigit()


def test_the_network_of_the_package_runs_and_says_nothing(capfd):
    network = Bundle.load().file("cell_type.tflite")
    interpreter = runtime.find().load(network)
    entry, outcome = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(entry["index"], np.full(entry["shape"], 240, np.uint8))
    interpreter.invoke()
    assert interpreter.get_tensor(outcome["index"]).dtype == np.int8
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_standard_error_is_given_back(capfd):
    with pytest.raises(BundleError, match="cannot use the bundle's network"):
        runtime.find().load(b"no network")
    print("still here", file=sys.stderr)
    assert "still here" in capfd.readouterr().err


def test_none_gives_one_sentence_that_names_the_command(monkeypatch):
    for name in ("ai_edge_litert", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
    with pytest.raises(DependencyError, match="pip install ai-edge-litert") as caught:
        runtime.find()
    assert "\n" not in str(caught.value)
