"""Train the attribute heads: ``python -m lowcost.training.attributes --data ../shared/data --out models/lowcost-1``.

Every head learns from WBCAtt's training cells alone. Settings were chosen on the validation cells; ``--score`` prints
what the bundle reaches on the test cells and trains nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import features
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle, seal
from lowcost.cells import CellFinder, View
from lowcost.datasets import pbc
from lowcost.datasets.types import LabelledCell
from lowcost.evaluation.attributes import estimate
from lowcost.result import Scale
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training.boosting import fit


@dataclass(frozen=True)
class Table:
    """Measured cells with their labels.

    Attributes
    ----------
    rows : (n, f) float64 array
        Features.
    cells : list of LabelledCell
        What they are.
    """

    rows: NDArray[np.float64]
    cells: list[LabelledCell]

    def part(self, split: str) -> Table:
        """Return the cells of one published split."""
        chosen = [i for i, cell in enumerate(self.cells) if cell.split == split]
        return Table(self.rows[chosen], [self.cells[i] for i in chosen])

    def values(self, name: str) -> list[str]:
        """Return one attribute of every cell."""
        return [cell.attributes[name] for cell in self.cells]


def central_view(finder: CellFinder, cell: LabelledCell) -> View | None:
    """Return the cell in the middle of a single-cell picture as the product sees it; None where it sees none."""
    scale = None if cell.um_per_px is None else Scale(cell.um_per_px, cell.um_per_px, "given", 1.0)
    pixels = cell.pixels()
    y, x = pixels.shape[0] / 2, pixels.shape[1] / 2
    views = finder.find(finder.optics(pixels, scale)).views
    holding = [view for view in views if view.box[0] <= x < view.box[2] and view.box[1] <= y < view.box[3]]
    return max(holding, key=lambda view: int(view.cell.sum()), default=None)


def measure(cells: Sequence[LabelledCell], bundle: Path, jobs: int) -> Table:
    """Measure cells the way the product does; cells that it does not find are left out."""
    work = partial(_row, bundle=bundle)
    with ProcessPoolExecutor(jobs) as pool:
        found = list(tqdm(pool.map(work, cells, chunksize=64), total=len(cells), desc="cells", unit="cell"))
    kept = [i for i, row in enumerate(found) if row is not None]
    return Table(np.array([found[i] for i in kept]), [cells[i] for i in kept])


@cache
def _finder(bundle: Path) -> CellFinder:
    return CellFinder(Bundle.load(bundle))


def _row(cell: LabelledCell, bundle: Path) -> NDArray[np.float64] | None:
    view = central_view(_finder(bundle), cell)
    return None if view is None else features.compute(view.pixels, view.nucleus, view.cell)


def train(table: Table, out: Path, threads: int) -> None:
    """Fit every head on the training cells and write models and offsets into the bundle's folder, sealed."""
    fitted = {}
    for name in tqdm(pbc.ATTRIBUTE_NAMES, desc="heads", unit="head"):
        values = ATTRIBUTES[name].values
        codes = np.array([values.index(value) for value in table.values(name)])
        fitted[name] = fit(table.rows, codes, len(values), features.NAMES, threads)
    # Written together at the end: an interrupted training leaves the bundle as it was.
    (out / "attributes").mkdir(exist_ok=True)
    for name, head in fitted.items():
        (out / "attributes" / f"{name}.txt").write_text(head.text)
    index = json.loads((out / "bundle.json").read_text())
    index["parameters"]["attributes"]["offsets"] = {name: head.offsets for name, head in fitted.items()}
    (out / "bundle.json").write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n")
    seal(out)


def score(heads: AttributeHeads, table: Table) -> str:
    """Return accuracy and macro-F1 of every head, with its 95 % interval over cells, as lines of text."""
    told = heads.predict(table.rows)
    lines, figures = [f"{'attribute':27s}{'accuracy':>9s}  macro-F1 (95 %)"], []
    for name in pbc.ATTRIBUTE_NAMES:
        truth, predicted = table.values(name), [values[name].value for values in told]
        figure = estimate(truth, predicted)
        accuracy = float(np.mean([t == p for t, p in zip(truth, predicted, strict=True)]))
        lines.append(f"{name:27s}{accuracy:9.3f}  {figure}")
        figures.append(figure.value)
    return "\n".join([*lines, f"{'mean':27s}{'':9s}  {np.mean(figures):.3f}"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle, whose other parts are used")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--score", action="store_true", help="only print what the bundle reaches on the test cells")
    options = parser.parse_args(arguments)
    cells = [cell for cell in pbc.cells(options.data) if cell.attributes]
    if not options.score:
        table = measure([cell for cell in cells if cell.split != "test"], options.out, options.jobs)
        train(table.part("train"), options.out, options.jobs)
        split, chosen = "validation", table.part("val")
    else:
        split, chosen = "test", measure([cell for cell in cells if cell.split == "test"], options.out, options.jobs)
    text = score(AttributeHeads.load(Bundle.load(options.out)), chosen)
    sys.stdout.write(f"WBCAtt, {split} cells: {len(chosen.cells)}\n{text}\n")


if __name__ == "__main__":
    main()
