"""How time and memory grow with pixels and with cells: ``python -m benchmarks.growth``.

Rendered photographs of one scale, each analysed in a process of its own on one core.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from lowcost.cli import bench
from lowcost.evaluation.tables import Table

SIZES = {0.3: (640, 480), 2.0: (1640, 1220), 12.0: (4000, 3000), 50.0: (8165, 6124)}
"""Width and height by megapixels."""

PICTURES = ((0.3, 1), (2.0, 1), (12.0, 0), (12.0, 1), (12.0, 20), (12.0, 200), (50.0, 200))
"""Megapixels and leukocytes of each picture."""

STAGES = ("decoding", "light, scale, quality", "finding and outlining", "features, types, attributes", "whole")


def main() -> None:
    """Analyse all pictures, fit how the stages grow, write ``growth.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--runs", type=int, default=7, help="repetitions of each picture")
    options = parser.parse_args()
    runs = 2 if options.quick else options.runs
    pictures = [own for own in PICTURES if not options.quick or (own[0] <= 12.0 and own[1] <= 20)]
    measured = [bench.in_own_process(picture(*own), runs) for own in pictures]
    rows, memory = [], []
    for (size, cells), own in zip(pictures, measured, strict=True):
        decoded = SIZES[size][0] * SIZES[size][1] * 3 / 1e6
        key = {"megapixels": size, "cells": cells}
        rows.append(key | own)
        memory.append(key | {"peak, MB": own["peak memory, MB"], "decoded, MB": decoded}
                      | {"peak / decoded": own["peak memory, MB"] / decoded})  # fmt: skip
    fits = [fit(stage, pictures, [own[stage] for own in measured]) for stage in STAGES]
    note = f"Least of {runs} runs, processor time, each picture in a process of its own."
    tables = [
        Table("growth", "Time of photographs of growing size and content, ms", tuple(rows), (note,)),
        Table("fits", "One plane through all of these pictures: start, and ms per megapixel and cell", tuple(fits)),
        Table("memory", "Peak memory of the whole process", tuple(memory)),
    ]
    record.write(options.out, "growth", tables, {"runs": runs})


def picture(megapixels: float, cells: int) -> bytes:
    """Return a rendered photograph, kept in the temporary folder: large ones take a minute to draw."""
    path = Path(tempfile.gettempdir()) / f"lowcost-growth-{megapixels:g}-{cells}.jpg"
    if not path.exists():
        path.write_bytes(bench.picture(*SIZES[megapixels], cells))
    return path.read_bytes()


def fit(stage: str, pictures: Sequence[tuple[float, int]], times: Sequence[float]) -> dict[str, Any]:
    """Return the plane through some times over megapixels and cells, and how far it explains them.

    A term that grew faster than linearly would leave the largest pictures above the plane: R2 would fall.
    """
    terms = np.array([(1.0, size, cells) for size, cells in pictures])
    values = np.array(times)
    found = np.linalg.lstsq(terms, values, rcond=None)[0]
    start, per_megapixel, per_cell = found.tolist()
    return {
        "stage": stage,
        "start, ms": start,
        "ms per megapixel": per_megapixel,
        "ms per cell": per_cell,
        "R2": explained(values, terms @ found),
    }


def explained(values: NDArray[np.float64], told: NDArray[np.float64]) -> float:
    """Return R2: 1 where `told` is right everywhere, 0 where it is no better than the mean."""
    return float(1.0 - np.sum((values - told) ** 2) / max(float(np.sum((values - values.mean()) ** 2)), 1e-12))


if __name__ == "__main__":
    main()
