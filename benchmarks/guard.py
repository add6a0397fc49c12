"""Compares new results with the committed ones, ratios and shares, never seconds: ``python -m benchmarks.guard``.

A ratio of two times measured in turns holds on another machine nearly as well as on the first; a time does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import record


@dataclass(frozen=True)
class Watch:
    """A column that must not get worse.

    Attributes
    ----------
    benchmark, table, column : str
        Where it stands; every row that both results hold is compared.
    tolerance : float
        How much worse it may be: of its size for ratios, in itself for shares.
    larger_is_better : bool
        Which way is worse.
    share : bool
        Whether it is a share of a sample, comparable only where the same sample was measured.
    """

    benchmark: str
    table: str
    column: str
    tolerance: float
    larger_is_better: bool = True
    share: bool = False


WATCHED = (
    Watch("cost", "fields", "lowcost / decoding", 0.2, larger_is_better=False),
    Watch("cost", "fields", "rival / lowcost", 0.2),
    Watch("cost", "networks", "times lowcost", 0.25),
    Watch("growth", "memory", "peak / decoded", 0.15, larger_is_better=False),
    Watch("growth", "growth", "whole / decoding", 0.25, larger_is_better=False),
    *(Watch("accuracy", f"types_{name}", "accuracy (95 % interval)", 0.015, share=True)
      for name in ("pbc", "bone_marrow", "raabin_dev", "bccd")),
    *(Watch("detection", f"detection_{name}", "F1, centre (95 % interval)", 0.01, share=True)
      for name in ("bccd", "raabin_dev", "deepbionet_dev", "lld_dev")),
    *(Watch("segmentation", f"segmentation_{name}", f"{part}, Dice{interval}", 0.005, share=True)
      for name in ("bccd", "zheng1") for part, interval in (("nucleus", " (95 % interval)"), ("whole cell", ""))),
)  # fmt: skip
OURS = "lowcost"
KEYS = ("method", "network", "field", "megapixels", "cells", "set")


def main() -> int:
    """Print what got worse; the exit code is 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("new", type=Path, help="folder of the new results")
    parser.add_argument("--committed", type=Path, default=record.RESULTS)
    options = parser.parse_args()
    worse = list(regressions(options.new, options.committed))
    sys.stdout.write("\n".join(worse or ["Nothing got worse."]) + "\n")
    return 1 if worse else 0


def regressions(new: Path, committed: Path) -> Iterator[str]:
    """Yield a sentence for each watched figure that is worse in the folder `new` than it was.

    Results that only one folder holds, and shares of different samples, are not compared.
    """
    for watch in WATCHED:
        was, now = record.read(committed, watch.benchmark), record.read(new, watch.benchmark)
        if was is None or now is None or (watch.share and was["settings"] != now["settings"]):
            continue
        before, after = (_rows(content, watch) for content in (was, now))
        for key in before.keys() & after.keys():
            change = after[key] - before[key] if watch.larger_is_better else before[key] - after[key]
            if change < -watch.tolerance * (1.0 if watch.share else before[key]):
                yield (
                    f"{watch.benchmark}, {watch.table}, {' '.join(key)}: {watch.column} is {after[key]:.3f}, "
                    f"was {before[key]:.3f}"
                )


def _rows(content: Mapping[str, Any], watch: Watch) -> dict[tuple[str, ...], float]:
    """The watched figure by what identifies its row; of a share, ours alone."""
    found = {}
    for table in content["tables"]:
        for row in table["rows"] if table["name"] == watch.table else ():
            value = row.get(watch.column)
            number = value["value"] if isinstance(value, dict) else value
            # The number of cells is how a sweep names its rows, and elsewhere follows from the sample.
            key = tuple(str(row[name]) for name in KEYS if name in row)
            if number is not None and (not watch.share or str(row.get("method", "")).startswith(OURS)):
                found[key] = float(number)
    return found


if __name__ == "__main__":
    sys.exit(main())
