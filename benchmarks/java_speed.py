"""Speed of the Java twin beside Python's, stage by stage, on one core: ``python -m benchmarks.java_speed``.

Both analyse the pixels of the same rendered photograph in turns, each in a process bound to the same core. Times are
processor time of the whole process, in Java with compiling and collecting garbage. Java is warm: its first runs, while
it is still interpreted, are told apart.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.speed import LARGE, picture
from lowcost import crop, features
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.classifier import Classifier
from lowcost.evaluation.tables import Table
from lowcost.image.reading import read
from lowcost.pipeline import Analyzer
from tests.android_bridge.bridge import Java, JavaError, compile_java

STAGES = {
    "optics": "light, scale and quality",
    "nuclei": "finding the nuclei",
    "cells": "outlining the cells",
    "features": "features",
    "network": "crops and network",
    "attributes": "attributes",
    "whole": "pixels to result",
}

LARGEST_RATIO, LARGEST_NETWORK_MS = 1.5, 3.0
"""Goals of the whole, and of the network per cell."""

ROUNDS, RUNS, WARM_UP = 6, 5, 20


class Python:
    """What `org.lowcost.desktop.SpeedStages` does, in Python."""

    def __init__(self, bundle: Bundle) -> None:
        self.finder, self.analyzer = CellFinder(bundle), Analyzer(bundle)
        self.classifier, self.heads = Classifier.load(bundle), AttributeHeads.load(bundle)

    def __call__(self, pixels: NDArray[np.uint8], runs: int) -> dict[str, float]:
        """Return the seconds of all runs by stage."""
        spent = dict.fromkeys(STAGES, 0.0)
        for _ in range(runs):
            self._stages(pixels, spent)
            start = time.process_time()
            self.analyzer.analyze(pixels)
            spent["whole"] += time.process_time() - start
        return spent

    def _stages(self, pixels: NDArray[np.uint8], spent: dict[str, float]) -> None:
        times = [time.process_time()]
        optics = self.finder.optics(pixels)
        times.append(time.process_time())
        self.finder.detect(optics)
        times.append(time.process_time())
        views = self.finder.find(optics).views
        times.append(time.process_time())
        rows = np.stack([features.compute(view.pixels, view.nucleus, view.cell) for view in views])
        times.append(time.process_time())
        seen = self.classifier.network(np.stack([crop.network_input(view.pixels) for view in views]))
        times.append(time.process_time())
        self.heads.predict(rows, seen.embedding, [True] * len(views))
        times.append(time.process_time())
        for stage, start, end in zip(STAGES, times, times[1:], strict=False):
            spent[stage] += end - start


def main() -> None:
    """Measure, print the table and write it to ``benchmarks/results``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=record.RESULTS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    bundle = Bundle.load()
    pixels = read(picture(*LARGE)).pixels
    with tempfile.TemporaryDirectory() as folder:
        core = compile_java("core", Path(folder) / "core")
        classes = [core, compile_java("desktop", Path(folder) / "desktop", core)]
        table = _measured(classes, bundle, pixels)
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    facts = {"java": told.splitlines()[1]}
    record.report(options.out, "java_speed", [table], "python -m benchmarks.java_speed", facts)


def _measured(classes: list[Path], bundle: Bundle, pixels: NDArray[np.uint8]) -> Table:
    python, java = Python(bundle), Java(classes, "-Xmx256m")
    given = {"image": pixels, "bundle": str(bundle.folder)}
    first = java("speed", **given, runs=1)["seconds"]["whole"]
    warm = java("speed", **given, runs=WARM_UP)
    python(pixels, 2)
    found: dict[str, list[dict[str, float]]] = {"java": [], "python": []}
    for _ in range(ROUNDS):
        found["java"].append(java("speed", **given, runs=RUNS)["seconds"])
        found["python"].append(python(pixels, RUNS))
    java.close()
    ms = {
        name: {stage: min(one[stage] for one in rounds) / RUNS * 1e3 for stage in STAGES}
        for name, rounds in found.items()
    }
    for own in ms.values():
        own["cells"] -= own["nuclei"]  # which finding the cells begins with
    rows = tuple(
        {"what": what, "Java ms": ms["java"][stage], "Python ms": ms["python"][stage], "ratio": ratio}
        for stage, what in STAGES.items()
        for ratio in [ms["java"][stage] / ms["python"][stage]]
    )
    per_cell = ms["java"]["network"] / warm["cells"]
    notes = (
        f"Goals: Java at most {LARGEST_RATIO} times Python as a whole, the network at most {LARGEST_NETWORK_MS:g} ms.",
        f"Crop and network take {per_cell:.1f} ms per cell in Java.",
        f"{pixels.shape[1]} x {pixels.shape[0]} px, {warm['cells']} cells. Least of {ROUNDS} rounds of {RUNS} runs, "
        f"Java after {WARM_UP} more; its very first run takes {first:.1f} s.",
        f"The heap that the analysis needs, with the photograph's {pixels.nbytes / 1e6:.0f} MB: "
        f"{_least_heap(classes, given)} MB (-Xmx, in steps of 8).",
        "Desktop machine: no phone was measured.",
    )
    return Table("java_speed", "Java beside Python on a 12-megapixel photograph, one core", rows, notes)


def _least_heap(classes: list[Path], given: dict[str, object]) -> int:
    """The smallest heap with which two analyses in a row succeed, MB."""
    for megabytes in range(64, 512, 8):
        java = Java(classes, f"-Xmx{megabytes}m")
        try:
            java("speed", **given, runs=2)
            return megabytes
        except (JavaError, AssertionError):  # the process may end, too
            continue
        finally:
            java.close()
    raise MemoryError("no heap below 512 MB is enough")


if __name__ == "__main__":
    main()
