"""The int8 evaluator in Java against LiteRT's C library in the same language, by JNA."""

from __future__ import annotations

import platform
from importlib import metadata, util
from pathlib import Path

import numpy as np
import pytest

from tests.android_bridge.bridge import Java, compile_java
from tests.android_bridge.test_tflite import drawn, evaluated

JNA = Path("/usr/share/java/jna.jar")
VERSION = "2.1.6"


@pytest.fixture(scope="module")
def litert(classes, tmp_path_factory):
    """A process with LiteRT's library, and where that is."""
    if not JNA.exists():
        pytest.skip(f"needs {JNA}: install libjna-java, as .ci/run does")
    package = util.find_spec("ai_edge_litert")
    found = None if package is None else metadata.version("ai-edge-litert")
    if package is None or found != VERSION or platform.system() != "Linux":
        pytest.skip(f"the functions of LiteRT's C library are those of ai-edge-litert {VERSION} on Linux, got {found}")
    own = compile_java("desktop_litert", tmp_path_factory.mktemp("litert"), *classes, JNA)
    process = Java([*classes, own, JNA], main="org.lowcost.desktop.LiteRtStage")
    yield process, str(Path(package.origin).parent / "libLiteRt.so")
    process.close()


def test_both_give_the_same(java, litert, repository):
    model = (repository / "models" / "lowcost-1" / "cell_type.tflite").read_bytes()
    crops = drawn(np.random.default_rng(5), 300)
    process, library = litert
    answer = process("model.litert", library=library, model=np.frombuffer(model, np.uint8), crops=crops)
    outputs = [value.view(np.int8) for name, value in answer.items() if name.startswith("output")]
    found = evaluated(java, model, crops)
    assert len(found) == len(outputs) == 2
    for own, other in zip(found, sorted(outputs, key=lambda output: output.shape[1]), strict=True):
        differing = np.argwhere(own != other)
        assert not len(differing), f"{len(differing)} of {own.size} differ, first crop and channel {differing[0]}"
    assert len(np.unique(found[0], axis=0)) > 250  # the crops are told apart
