"""Speed and memory on one core, each figure beside what it is measured against: ``python -m benchmarks.speed``.

The pictures are rendered once and kept in the temporary folder. Every measurement runs in a process of its own that is
bound to one core. Times are processor time, which is what the clock shows on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SMALL, LARGE = (640, 480, 0.1, 1), (4000, 3000, 0.1, 20)
FEW, MANY, HUGE = (4000, 3000, 0.1, 1), (4000, 3000, 0.1, 200), (8165, 6124, 0.1, 200)
"""Width and height in px, um/px and number of cells of the pictures."""

GOALS = {
    "small_ms": 25.0,
    "large_ratio": 3.0,
    "import_s": 0.15,
    "cold_start_s": 1.2,
    "peak_mb": 256.0,
    "huge_ratio": 3.0,
}


def main() -> None:
    """Measure everything, print the table and write it to ``benchmarks/results``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--measure", choices=tuple(_MEASURES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_MEASURES[options.measure]()))  # noqa: T201
        return
    _report(options.out)


def _report(out: Path) -> None:
    from benchmarks import record
    from lowcost.evaluation.tables import Table

    small, large, *_ = (picture(*kind) for kind in (SMALL, LARGE, FEW, MANY, HUGE))
    field, photograph, growth, decoder, memory, huge = (_child(__file__, "--measure", name) for name in _MEASURES)
    bare, imported = (_process("-c", code) for code in ("pass", "import lowcost"))
    with tempfile.TemporaryDirectory() as folder:
        cold = _process("-m", "lowcost", "analyze", str(small), "--out", folder, runs=5)
    rows = (
        _row("640x480 field with one cell, decode to result", field["result"] * 1e3, "ms", GOALS["small_ms"]),
        _row("the same, cv2.imread alone", field["decode"] * 1e3, "ms"),
        _row("12-megapixel JPEG with 20 cells, decode to result", photograph["result"] * 1e3, "ms"),
        _row("the same, cv2.imread alone", photograph["decode"] * 1e3, "ms"),
        _row("12 megapixels, times cv2.imread", photograph["ratio"], "", GOALS["large_ratio"]),
        _row("each cell more, from 1 to 20 on 12 megapixels", growth["first"] * 1e3, "ms"),
        _row("each cell more, from 20 to 200", growth["further"] * 1e3, "ms"),
        _row("import lowcost, beyond a bare interpreter", imported - bare, "s", GOALS["import_s"]),
        _row("lowcost analyze from cold start to a written report", cold, "s", GOALS["cold_start_s"]),
        _row("peak memory at 12 megapixels", memory["peak"] / 1e6, "MB", GOALS["peak_mb"]),
        _row("peak memory of cv2.imread alone", decoder["peak"] / 1e6, "MB"),
        _row("peak memory at 50 megapixels with 200 cells", huge["peak"] / 1e6, "MB"),
        _row("50 megapixels, peak memory times the decoded image", huge["ratio"], "", GOALS["huge_ratio"]),
    )
    notes = (
        f"Leukocytes found: {field['cells']} on the small field, {photograph['cells']} on the photograph "
        f"({large.stat().st_size / 1e6:.1f} MB JPEG).",
        "Least of repeated runs on one core, processor time: what else runs takes cache and can only add to it.",
        "The decoder runs in turns with the analysis, which decodes into memory of another kind, and so in less time.",
        "Import and cold start are medians. Peaks are those of the whole process, interpreter and models included.",
    )
    table = Table("speed", "Speed and memory on one core", rows, notes)
    record.report(out, "speed", [table], "python -m benchmarks.speed")


def picture(width: int, height: int, um_per_px: float, cells: int) -> Path:
    """Return a JPEG of quality 95, rendered on first use with the stain, optics and noise of the preset ``phone``."""
    from lowcost.cli import bench

    path = Path(tempfile.gettempdir()) / f"lowcost-speed-{width}x{height}-{cells}.jpg"
    if not path.exists():
        path.write_bytes(bench.picture(width, height, cells, um_per_px))
    return path


def _small() -> dict[str, float]:
    return _timed(picture(*SMALL), runs=60)


def _large() -> dict[str, float]:
    return _timed(picture(*LARGE), runs=15)


def _timed(path: Path, runs: int) -> dict[str, float]:
    """Least seconds of decoding and of the whole analysis, in turns, so that a slow minute slows both."""
    import cv2

    from lowcost.pipeline import Analyzer

    cv2.setNumThreads(1)
    analyzer = Analyzer.load()
    result = analyzer.analyze([path])
    decode, whole = [], []
    for _ in range(runs):
        decode.append(_seconds(lambda: cv2.imread(str(path))))
        whole.append(_seconds(lambda: analyzer.analyze([path])))
    return {
        "decode": min(decode),
        "result": min(whole),
        "ratio": min(whole) / min(decode),
        "cells": sum(cell.is_leukocyte for cell in result.cells),
    }


def _growth() -> dict[str, float]:
    """Seconds that each cell adds."""
    least = [_timed(picture(*kind), runs=8)["result"] for kind in (FEW, LARGE, MANY)]
    return {
        "first": (least[1] - least[0]) / (LARGE[3] - FEW[3]),
        "further": (least[2] - least[1]) / (MANY[3] - LARGE[3]),
    }


def _decoder() -> dict[str, float]:
    import cv2

    cv2.setNumThreads(1)
    cv2.imread(str(picture(*LARGE)))
    return {"peak": _peak()}


def _memory() -> dict[str, float]:
    return _used(LARGE)


def _huge() -> dict[str, float]:
    return _used(HUGE)


def _used(kind: tuple[int, int, float, int]) -> dict[str, float]:
    """Peak of an analysis, and how often the decoded image would fit in it."""
    import cv2

    from lowcost.pipeline import Analyzer

    cv2.setNumThreads(1)
    Analyzer.load().analyze([picture(*kind)])
    return {"peak": _peak(), "ratio": _peak() / (kind[0] * kind[1] * 3)}


_MEASURES = {
    "small": _small,
    "large": _large,
    "growth": _growth,
    "decoder": _decoder,
    "memory": _memory,
    "huge": _huge,
}


def _peak() -> float:
    """Largest resident memory of this process so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _child(*arguments: str) -> dict[str, float]:
    result: dict[str, float] = json.loads(_run(*arguments).stdout)
    return result


def _process(*arguments: str, runs: int = 10) -> float:
    """Median processor seconds of running this interpreter from start to end."""

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    seconds = []
    for _ in range(runs):
        before = spent()
        _run(*arguments)
        seconds.append(spent() - before)
    return statistics.median(seconds)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter on one core."""
    return subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=_one_core if hasattr(os, "sched_setaffinity") else None,
    )


def _one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _row(what: str, value: float, unit: str, goal: float | None = None) -> dict[str, str | float | None]:
    return {"what": what, "value": value, "unit": unit, "goal": goal}


if __name__ == "__main__":
    main()
