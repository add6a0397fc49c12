"""`import lowcost` is light and leaves the process as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("cv2", "PIL", "lightgbm", "skimage", "scipy", "tensorflow", "keras", "ai_edge_litert", "tqdm", "matplotlib")

PROBE = """
import json, logging, os, sys, threading, time, warnings
import numpy  # the one library that the contracts need; its own effects are not ours
before = list(warnings.filters), list(logging.root.handlers), dict(os.environ), threading.active_count()
start = time.perf_counter()
import lowcost
elapsed = time.perf_counter() - start
after = list(warnings.filters), list(logging.root.handlers), dict(os.environ), threading.active_count()
print(json.dumps({"modules": sorted(sys.modules), "same": before == after, "elapsed": elapsed}))
"""


def python(*arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, env=environment)


@pytest.fixture(scope="module")
def probe():
    return json.loads(python("-c", PROBE).stdout)


@pytest.mark.parametrize("module", HEAVY)
def test_heavy_libraries_wait(probe, module):
    assert module not in probe["modules"]


def test_nothing_global_is_touched(probe):
    assert probe["same"]


def test_nothing_is_printed():
    done = python("-W", "error", "-c", "import lowcost")
    assert done.stdout == ""
    assert done.stderr == ""


def test_it_takes_no_time(probe):
    # The promise is 0.15 s with numpy; the machine that runs the tests may be busy.
    assert probe["elapsed"] < 0.15


def test_help_loads_nothing_heavy():
    code = "import sys\nfrom lowcost.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    done = python("-c", code + f"assert not set({HEAVY!r}) & set(sys.modules)")
    assert "lowcost analyze" in done.stdout
