"""``lowcost bench``: time, memory and size on this machine, as a table to paste into an issue."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lowcost.pipeline import Analyzer

PICTURES = {"640x480 px, 1 cell": (640, 480, 1), "12 megapixels, 20 cells": (4000, 3000, 20)}
"""Width, height and number of leukocytes of the pictures that are rendered to be analysed."""

TYPES = ("neutrophil_segmented", "lymphocyte", "monocyte", "eosinophil")

T = TypeVar("T")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "bench",
        description="Measure time and memory on this machine and print a table that can be pasted into an issue.",
        epilog="Close other programs first; on a Raspberry Pi mind its cooling. Takes about a minute.",
    )
    parser.add_argument("pictures", nargs="*", type=Path, metavar="FILE", help="measure these, not rendered smears")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="repetitions of each picture (default 5)")
    parser.add_argument("--small", action="store_true", help="leave out the 12 megapixels, whose drawing takes 1.2 GB")
    parser.add_argument("--json", action="store_true", help="print one JSON object for machines")


def run(args: argparse.Namespace) -> int:
    from lowcost.errors import InputError
    from lowcost.evaluation.suite import circumstances
    from lowcost.pipeline import Analyzer

    if args.runs < 1:
        raise InputError(f"--runs is {args.runs}; expected a whole number of 1 or more.")
    analyzer = Analyzer.load()
    if args.pictures:
        measured = {path.name: measure(analyzer, path, args.runs) for path in args.pictures}
    else:
        measured = {name: _rendered(name, args.runs) for name in list(PICTURES)[: 1 if args.small else None]}
    facts = circumstances(analyzer.bundle.name, analyzer.bundle.digest, "lowcost bench")
    facts |= {"board": _board(), "import lowcost, s": f"{_import_seconds():.3f}"}
    if args.json:
        print(json.dumps({"measured": facts, "pictures": measured}, indent=1))
    else:
        print(table(measured), *(f"* {name}: {value}" for name, value in facts.items()), sep="\n")
    return 0


def in_own_process(content: bytes, runs: int) -> dict[str, float]:
    """Return what `measure` finds of a picture in a process that has done nothing else, whose memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.jpg"
        path.write_bytes(content)
        command = [sys.executable, "-m", "lowcost", "bench", str(path), "--runs", str(runs), "--json"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, float] = json.loads(answer)["pictures"][path.name]
    return figures


def _rendered(name: str, runs: int) -> dict[str, float]:
    return in_own_process(picture(*PICTURES[name]), runs)


def picture(width: int, height: int, cells: int, um_per_px: float = 0.1) -> bytes:
    """Return a JPEG of quality 95 of a rendered smear with the stain, optics and noise of a phone."""
    import cv2

    from lowcost.synth import presets, render

    field = render(
        1,
        width=width,
        height=height,
        um_per_px=um_per_px,
        cells=[TYPES[i % len(TYPES)] for i in range(cells)],
        settings=presets.draw("phone", 1).settings,
    )
    _, stored = cv2.imencode(".jpg", field.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    return stored.tobytes()


def measure(analyzer: Analyzer, path: Path, runs: int) -> dict[str, float]:
    """Return the least milliseconds of each stage, the median and the largest of the whole, and peak memory.

    Parameters
    ----------
    analyzer : Analyzer
        That is measured; one run before the others warms it up.
    path : Path
        The picture's file.
    runs : int
        Repetitions.

    Raises
    ------
    InputError
        It cannot be read.
    """
    import cv2

    cv2.setNumThreads(1)
    found = analyzer.analyze(path)
    peak = peak_memory()
    each = [stages(analyzer, path) for _ in range(runs)]
    whole = sorted(seconds(lambda: analyzer.analyze(path))[0] * 1e3 for _ in range(runs))
    least = {name: min(own[name] for own in each) * 1e3 for name in each[0]}
    return least | {
        "whole": whole[0],
        "whole, median": whole[len(whole) // 2],
        "whole, largest": whole[-1],
        "whole / decoding": whole[0] / least["decoding"],
        "leukocytes": float(sum(cell.is_leukocyte for cell in found.cells)),
        "peak memory, MB": peak / 1e6,
    }


def stages(analyzer: Analyzer, path: Path) -> dict[str, float]:
    """Return the seconds of processor time that each stage of one analysis takes."""
    from lowcost.cells import CellFinder
    from lowcost.image.reading import read

    finder = CellFinder(analyzer.bundle)
    decoding, image = seconds(lambda: read(path))
    light, optics = seconds(lambda: finder.optics(image.pixels))
    finding, _ = seconds(lambda: finder.find(optics))
    field, _ = seconds(lambda: analyzer.field(image))
    return {
        "decoding": decoding,
        "light, scale, quality": light,
        "finding and outlining": finding,
        "features, types, attributes": max(0.0, field - light - finding),
    }


def seconds(action: Callable[[], T]) -> tuple[float, T]:
    """Return the processor time of an action, s, and what it returned."""
    start = time.process_time()
    outcome = action()
    return time.process_time() - start, outcome


def peak_memory() -> float:
    """Return the largest resident memory of this process so far, bytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux's getrusage counts what the parent held when this process was started
        lines = status.read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def table(measured: dict[str, dict[str, float]]) -> str:
    """Return the figures as a Markdown table, one column per picture."""
    names = list(next(iter(measured.values())))
    rows = [_line(["processor time, one core, ms", *measured]), "|" + "---|" * (len(measured) + 1)]
    return "\n".join([*rows, *(_line([name, *(f"{own[name]:.1f}" for own in measured.values())]) for name in names)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _board() -> str:
    """What a single-board computer calls itself."""
    path = Path("/proc/device-tree/model")
    return path.read_text(errors="replace").strip("\0 \n") if path.exists() else platform.machine()


def _import_seconds() -> float:
    """Median seconds that ``import lowcost`` adds to a bare interpreter."""

    def spent(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    return sorted(spent("import lowcost") - spent("pass") for _ in range(5))[2]
