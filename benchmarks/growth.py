"""How time and memory grow with pixels and with cells: ``python -m benchmarks.growth``.

Rendered photographs of one scale, each analysed in a process of its own on one core.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from lowcost.cli import bench
from lowcost.evaluation.tables import Table

MEGAPIXELS = {0.3: (640, 480), 2.0: (1640, 1220), 12.0: (4000, 3000), 50.0: (8160, 6128)}
CELLS = (0, 1, 20, 200)
AT, WITH = 12.0, 1
"""Megapixels while cells grow, cells while megapixels grow."""

STAGES = ("decoding", "light, scale, quality", "finding and outlining", "features, types, attributes", "whole")


def main() -> None:
    """Analyse all pictures, fit how the stages grow, write ``growth.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--runs", type=int, default=7, help="repetitions of each picture")
    options = parser.parse_args()
    runs = 2 if options.quick else options.runs
    by_pixels = [size for size in MEGAPIXELS if not options.quick or size <= AT]
    by_cells = [number for number in CELLS if not options.quick or number <= 20]
    wanted = dict.fromkeys([*((size, WITH) for size in by_pixels), *((AT, number) for number in by_cells)])
    measured = {key: bench.in_own_process(picture(*key), runs) for key in wanted}
    rows = tuple({"megapixels": size, "cells": number} | own for (size, number), own in measured.items())
    decoded = {size: MEGAPIXELS[size][0] * MEGAPIXELS[size][1] * 3 / 1e6 for size in by_pixels}
    fits = [
        fit(stage, "megapixels", by_pixels, [measured[size, WITH][stage] for size in by_pixels]) for stage in STAGES
    ] + [fit(stage, "cells", by_cells, [measured[AT, number][stage] for number in by_cells]) for stage in STAGES]
    memory = tuple(
        {"megapixels": size, "peak memory, MB": measured[size, WITH]["peak memory, MB"], "decoded, MB": decoded[size]}
        | {"peak / decoded": measured[size, WITH]["peak memory, MB"] / decoded[size]}
        for size in by_pixels
    )
    notes = (f"Pixels grow with {WITH} cell, cells at {AT:g} megapixels. Least of {runs} runs, processor time.",)
    tables = [
        Table("growth", "Time of photographs of growing size and content, ms", rows, notes),
        Table(
            "fits", "How the stages grow: a straight line, and the power of the growth beyond its start", tuple(fits)
        ),
        Table("memory", "Peak memory of the whole process", memory),
    ]
    record.write(options.out, "growth", tables, {"runs": runs})


def picture(megapixels: float, cells: int) -> bytes:
    """Return a rendered photograph, kept in the temporary folder: large ones take a minute to draw."""
    path = Path(tempfile.gettempdir()) / f"lowcost-growth-{megapixels:g}-{cells}.jpg"
    if not path.exists():
        path.write_bytes(bench.picture(*MEGAPIXELS[megapixels], cells))
    return path.read_bytes()


def fit(stage: str, of: str, sizes: list[float] | list[int], times: list[float]) -> dict[str, Any]:
    """Return the straight line through some times, with the share of their variance that it explains.

    The power is that by which times less those of the smallest size grow over the larger half of the sizes: 1 is
    linear, more is faster.
    """
    x, y = np.array(sizes, np.float64), np.array(times)
    slope, start = np.polyfit(x, y, 1)
    return {
        "stage": stage,
        "with": of,
        "start, ms": float(start),
        "ms per unit": float(slope),
        "R2": explained(y, start + slope * x),
        "power": _power(x, y),
    }


def explained(values: NDArray[np.float64], told: NDArray[np.float64]) -> float:
    """Return R2: 1 where `told` is right everywhere, 0 where it is no better than the mean."""
    return float(1.0 - np.sum((values - told) ** 2) / max(float(np.sum((values - values.mean()) ** 2)), 1e-12))


def _power(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    gained, larger = y[-2:] - y[0], x[-2:] - x[0]
    if len(x) < 3 or min(gained) <= 0:
        return None
    return math.log(gained[1] / gained[0]) / math.log(larger[1] / larger[0])


if __name__ == "__main__":
    main()
