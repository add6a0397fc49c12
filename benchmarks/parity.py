"""Java against Python on every photograph at hand: ``python -m benchmarks.parity`` or ``make parity``.

One Java process and one Python process analyse the same pixels, and every stage is compared in the order in which they
run. Whatever disagrees is printed with its first stage and its first pixel, and makes the command fail. JPEG files are
then decoded by either language's own decoder, too, and the cells compared that are found on either's pixels.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2

from benchmarks import record
from lowcost.bundle import Bundle
from lowcost.evaluation.tables import Table
from tests.android_bridge.bridge import Java, compile_java
from tests.android_bridge.decoders import Decoded, compare
from tests.android_bridge.parity import FEATURES, PROBABILITIES, Parity, Tally
from tests.android_bridge.pictures import SETS, Picture, photographs, rendered

PBC_CELLS = 1000
"""How many of the 12,334 single-cell views are compared."""


def main() -> int:
    """Compare, print the tables and write them to ``benchmarks/results``; return 1 where anything disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=record.DATA)
    parser.add_argument("--out", type=Path, default=record.RESULTS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    bundle = Bundle.load()
    pictures = {"rendered": rendered()}
    pictures |= {name: photographs(options.data, name, PBC_CELLS if name == "pbc" else None) for name in SETS}
    disagreements: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        core = compile_java("core", Path(folder) / "core")
        java = Java([core, compile_java("desktop", Path(folder) / "desktop", core)])
        parity = Parity(java, bundle)
        stages = [_compared(parity, name, found, disagreements) for name, found in pictures.items() if found]
        files = {name: [one for one in found if _is_jpeg(one)] for name, found in pictures.items()}
        decoders = [_decoded(parity, name, found) for name, found in files.items() if found]
        java.close()
    tables = (_stages(stages), _decoders(decoders))
    record.report(options.out, "parity", tables, "make parity", disagreements=disagreements)
    return 1 if disagreements else 0


def _is_jpeg(picture: Picture) -> bool:
    return picture.path is not None and picture.path.suffix.lower() in (".jpg", ".jpeg")


def _compared(parity: Parity, name: str, pictures: Iterable[Picture], disagreements: list[str]) -> dict[str, object]:
    parity.tally = tally = Tally()
    before = len(disagreements)
    for picture in pictures:
        try:
            parity(picture.pixels(), picture.name, picture.um_per_px)
        except AssertionError as error:
            disagreements.append(str(error).splitlines()[0])
            print(f"DISAGREEMENT {disagreements[-1]}", flush=True)  # noqa: T201
    print(f"{name}: {tally.photographs} photographs agree, {tally.cells} cells", file=sys.stderr, flush=True)  # noqa: T201
    return {
        "set": name,
        "photographs": tally.photographs + len(disagreements) - before,
        "disagree": len(disagreements) - before,
        "cells": tally.cells,
        "values equal": tally.values,
        "features": tally.features,
        "not bit-equal": tally.unequal_features,
        "largest deviation": f"{tally.feature_deviation:.1e}",
        "of attributes": f"{tally.probability_deviation:.1e}",
    }


def _decoded(parity: Parity, name: str, pictures: Iterable[Picture]) -> dict[str, object]:
    total = Decoded()
    for picture in pictures:
        assert picture.path is not None
        total += compare(parity, picture.path.read_bytes())
    return {
        "set": name,
        "files": total.files,
        "not equal": total.unequal,
        "levels that differ, %": 100.0 * total.differing / total.levels,
        "largest difference": total.largest,
        "cells": total.cells,
        "found by both": total.found,
        "same type": total.same_type,
        "only in Java": total.spurious,
        "one level off: found": total.shaken_found,
        "same type ": total.shaken_same_type,
        "only there": total.shaken_spurious,
    }


def _stages(rows: list[dict[str, object]]) -> Table:
    notes = (
        "Equal, every byte: white point, light, scale, quality; densities, masks, components and boxes of nuclei; "
        "views, masks, outlines and boxes of cells; crops, logits, embedding; types, probabilities, differential, and "
        "the whole result.",
        f"Before the result rounds them to seven digits, features may differ by {FEATURES:g} as a share, probabilities "
        f"of attributes and weights by {PROBABILITIES:g} given equal features.",
        f"Of pbc {PBC_CELLS} views, evenly spread. Rendered: every look of the presets at five scales, in three lights "
        "and with three levels of noise.",
        "Java and Python were given the same pixels, on the same x86-64 machine; no phone was measured.",
    )
    return Table("parity", "Java against Python, stage by stage", tuple(rows), notes)


def _decoders(rows: list[dict[str, object]]) -> Table:
    notes = (
        "Java's decoder is the desktop's javax.imageio, Python's is OpenCV's libjpeg-turbo; a phone has its own.",
        "Found by both: cells whose boxes overlap by half or more (intersection over union).",
        "One level off: what is found when a tenth of the levels, drawn at random, is raised or lowered by one, as a "
        "decoder that rounds otherwise does, against what is found on the pixels as OpenCV decodes them.",
    )
    return Table("decoders", "JPEG files, each language with its own decoder", tuple(rows), notes)


if __name__ == "__main__":
    raise SystemExit(main())
