"""Instructions of one analysis, counted by Callgrind, and what they would take on a Raspberry Pi.

``python -m benchmarks.instructions``; needs valgrind. The times are estimates: a count says nothing of caches, and an
x86-64 core with AVX2 does more per instruction than an ARM core with NEON. ``lowcost bench`` on the board itself is the
measurement.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import record
from lowcost.cli import bench
from lowcost.errors import DependencyError
from lowcost.evaluation.tables import Table

BOARDS = {"Raspberry Pi 4 (Cortex-A72, 1.8 GHz)": (1.8, 4.5), "Raspberry Pi 5 (Cortex-A76, 2.4 GHz)": (2.4, 7.0)}
"""Clock in GHz, and watts of the whole board with one busy core."""

PER_CYCLE = (0.8, 2.0)
"""Instructions of ours that an ARM core is assumed to do per cycle, from pessimistic to optimistic."""


def main() -> None:
    """Count, estimate, write ``instructions.json``."""
    parser = record.parser(__doc__)
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        raise DependencyError("Counting instructions needs valgrind: apt-get install valgrind")
    pictures = dict(list(bench.PICTURES.items())[: 1 if options.quick else None])
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, size in pictures.items():
            path = Path(folder) / "picture.jpg"
            path.write_bytes(bench.picture(*size))
            # Two analyses less one: what starting and loading cost falls out.
            million = (counted(path, 2) - counted(path, 1)) / 1e6
            rows.append({"picture": name, "instructions, million": million} | estimates(million))
    note = f"Estimates, not measurements: {PER_CYCLE[0]} to {PER_CYCLE[1]} of these instructions per cycle on ARM."
    table = Table("instructions", "Instructions of one analysis, decode to result, one core", tuple(rows), (note,))
    record.write(options.out, "instructions", [table], {"valgrind": _version()})


def counted(path: Path, times: int) -> int:
    """Return the instructions of a process that analyses a picture so many times."""
    code = (
        "import sys, cv2; cv2.setNumThreads(1)\n"
        "from lowcost.pipeline import Analyzer\n"
        "analyzer = Analyzer.load()\n"
        f"for _ in range({times}): analyzer.analyze(sys.argv[1])"
    )
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", code, str(path)]
    # Neither hash seeds nor threads may change the count.
    environment = os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    found = re.search(r"Collected : (\d+)", told)
    if found is None:
        raise DependencyError(f"valgrind printed no count of instructions, but {told[-200:]!r}")
    return int(found.group(1))


def estimates(million: float) -> dict[str, str]:
    """Return the range of milliseconds, and of joules, that so many instructions would take on each board."""
    told = {}
    for board, (clock, watts) in BOARDS.items():
        slow, fast = (million / clock / rate for rate in PER_CYCLE)
        told[f"{board}, estimated ms"] = f"{fast:.0f}-{slow:.0f}"
        told[f"{board}, estimated J"] = f"{fast * watts / 1e3:.2f}-{slow * watts / 1e3:.2f}"
    return told


def _version() -> str:
    return subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
