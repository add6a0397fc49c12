"""Memory of an analyser that runs for days: ``python -m benchmarks.soak --fields 20000``.

One `Analyzer` reads field after field, no two alike: cuts of rendered smears of every look, mirrored and of changing
brightness and size, as JPEG, PNG and TIFF; now and then a file that is damaged, and one that is no smear. The slope of
the resident memory over the fields, after the first fifth, says what each field leaves behind.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks import record
from lowcost.errors import LowcostError
from lowcost.evaluation.tables import Table
from lowcost.pipeline import Analyzer
from lowcost.synth import presets

_LOOKS = (("analyser", 3), ("clinic", 3), ("pale", 3), ("casts", 1), ("phone", 2), ("squeezed", 1))
_EVERY = 25
"""Fields between two readings of the memory."""
_LEAST_PX, _MOST_PX = 240, 640


def main() -> None:
    """Analyse fields, and write what they left in memory."""
    parser = record.parser(__doc__)
    parser.add_argument("--fields", type=int, default=20_000, metavar="N", help="how many (default 20000)")
    parser.add_argument("--minutes", type=float, default=60, metavar="M", help="but not for longer (default 60)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    analyzer = Analyzer.load()
    memory, cells, refused, start = [], 0, 0, time.monotonic()
    for number, data in enumerate(_photographs(np.random.default_rng(1))):
        if number % _EVERY == 0:
            gc.collect()
            memory.append((number, _resident()))
            if number >= args.fields or time.monotonic() - start > 60 * args.minutes:
                break
        try:
            cells += sum(cell.is_leukocyte for cell in analyzer.analyze(data).cells)
        except LowcostError:
            refused += 1
    settled = memory[len(memory) // 5 :]
    slope, error = _slope(settled)
    resident = [kb for _, kb in settled]
    rows = (
        {"what": "fields analysed", "value": number, "unit": ""},
        {"what": "of them refused, being damaged", "value": refused, "unit": ""},
        {"what": "leukocytes found", "value": cells, "unit": ""},
        {"what": "resident memory after the first fifth, least", "value": min(resident) / 1000, "unit": "MB"},
        {"what": "resident memory after the first fifth, most", "value": max(resident) / 1000, "unit": "MB"},
        {"what": "slope from there on", "value": slope, "unit": "kB a field"},
        {"what": "its standard error", "value": error, "unit": "kB a field"},
    )
    notes = (f"{(time.monotonic() - start) / 60:.0f} minutes; memory is read every {_EVERY} fields.",)
    record.write(args.out, "soak", [Table("soak", "Memory over many fields", rows, notes)], {"fields": args.fields})


def _photographs(random: np.random.Generator) -> Iterator[bytes]:
    """Fields without end, as files."""
    smears = [presets.draw(name, seed).render(seed).pixels for name, seed in _LOOKS]
    while True:
        pixels = smears[random.integers(len(smears))]
        height, width = (int(random.integers(_LEAST_PX, min(side, _MOST_PX) + 1)) for side in pixels.shape[:2])
        y, x = (int(random.integers(side - own + 1)) for side, own in zip(pixels.shape, (height, width), strict=False))
        cut = pixels[y : y + height, x : x + width, ::-1]
        cut = cut[:: random.choice((1, -1)), :: random.choice((1, -1))]
        light = np.clip(cut * random.uniform(0.85, 1.05), 0, 255).astype(np.uint8)
        kind = random.choice((".jpg", ".png", ".tif"), p=(0.8, 0.1, 0.1))
        data = cv2.imencode(kind, np.ascontiguousarray(light))[1].tobytes()
        chance = random.random()
        if chance < 0.02:
            data = data[: len(data) // 2]
        elif chance < 0.04:
            data = cv2.imencode(kind, random.integers(0, 256, light.shape, np.uint8))[1].tobytes()
        yield data


def _resident() -> float:
    """Resident memory of this process, kB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def _slope(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Slope of least squares and its standard error."""
    x, y = np.array(points, dtype=np.float64).T
    x = x - x.mean()
    slope = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    return slope, float(np.sqrt((rest * rest).sum() / max(len(x) - 2, 1) / (x * x).sum()))


if __name__ == "__main__":
    main()
