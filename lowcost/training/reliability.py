"""Measure on held-out cells how far the types can be trusted, and write it into a bundle.

``python -m lowcost.training.reliability --data ../shared/data --out models/lowcost-1`` counts what ``dev`` cells are
taken for (section ``differential``) and from which probability on a cell may be of each type (section ``conformal``).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lowcost import bundle, conformal, reliability
from lowcost.pipeline import Analyzer
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training import held_out
from lowcost.training.held_out import Seen

COVERAGE_PERCENT = 95
ROUNDS = 60


def confusion(cells: Iterable[Seen]) -> dict[str, dict[str, int]]:
    """Count held-out cells by true type and by the type that they were given.

    Leukocytes and erythroblasts, which are taken for leukocytes; how many platelets and specks are depends on what else
    lies on a slide, which single-cell views cannot say.
    """
    counts = Counter((seen.types[0], seen.cell.type) for seen in cells if len(seen.types) == 1)
    true = [name for name, kind in CELL_TYPES.items() if kind.is_leukocyte or name == "erythroblast"]
    known = [name for name in true if any(labelled == name for labelled, _ in counts)]
    return {name: {given: counts[name, given] for given in CELL_TYPES if counts[name, given]} for name in known}


def sets(cells: Sequence[Seen], coverage_percent: int = COVERAGE_PERCENT) -> conformal.Parameters:
    """Return the limits of the conformal sets from held-out cells."""
    own: dict[str, list[float]] = {}
    for seen in cells:
        if seen.cell.probabilities and len(seen.types) == 1:
            own.setdefault(seen.types[0], []).append(seen.cell.probabilities[seen.types[0]])
    order = [name for name in CELL_TYPES if name in own and name != UNIDENTIFIED]
    least = {name: conformal.least_probability(own[name], coverage_percent) for name in order}
    return conformal.Parameters(coverage_percent, least)


def write(folder: Path, sections: dict[str, dict[str, Any]]) -> None:
    """Write entries of sections into a bundle and seal it; other entries of these sections stay."""
    path = folder / "bundle.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for name, entries in sections.items():
        index["parameters"].setdefault(name, {}).update(entries)
    path.write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    bundle.seal(folder)


def main(arguments: list[str] | None = None) -> None:
    """Measure a bundle's reliability and write it into the bundle."""
    parser = argparse.ArgumentParser(prog="python -m lowcost.training.reliability", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the image sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    chosen = parser.parse_args(arguments)
    analyzer = Analyzer.load(chosen.out)
    cells = list(held_out.analysed(analyzer, held_out.samples(chosen.data, "dev")))
    write(
        chosen.out,
        {
            "differential": {"confusion": confusion(cells), "confusion_rounds": ROUNDS},
            conformal.SECTION: asdict(sets(cells)),
            reliability.SECTION: asdict(reliability.naming(analyzer.bundle)),
        },
    )


if __name__ == "__main__":
    main()
