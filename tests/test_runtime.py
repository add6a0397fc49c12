"""The choice of the TensorFlow Lite runtime."""

from __future__ import annotations

import sys

import pytest

from lowcost import runtime
from lowcost.errors import DependencyError


def test_one_is_found_with_its_version():
    found = runtime.find()
    assert found.name in ("ai-edge-litert", "tflite-runtime")
    assert found.version[0].isdigit()


def test_none_gives_one_sentence_that_names_the_command(monkeypatch):
    for name in ("ai_edge_litert", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
    with pytest.raises(DependencyError, match="pip install ai-edge-litert") as caught:
        runtime.find()
    assert "\n" not in str(caught.value)
