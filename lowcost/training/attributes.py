"""The attribute heads: gradient-boosted trees on the features of WBCAtt's cells, ``lowcost train attributes``.

Every head learns from the training cells alone; the validation cells, whose figures are printed, choose settings. The
test cells are scored by ``lowcost evaluate attributes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import features
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.datasets import pbc
from lowcost.datasets.types import LabelledCell
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.attributes import estimate
from lowcost.evaluation.tables import Table as Figures
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training import measured, record
from lowcost.training.boosting import Fitted, fit
from lowcost.training.record import Finished
from lowcost.training.sources import Source, described
from lowcost.training.target import Target


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


def measure(cells: Sequence[LabelledCell], bundle: Path, folder: Path, jobs: int = 1) -> Table:
    """Measure cells the way the product does; those that it does not find are left out, portions stay in `folder`."""
    found = measured.measure(cells, bundle, folder, jobs=jobs)
    return Table(found.rows, [cells[picture] for picture in found.picture])


def train(table: Table, threads: int) -> dict[str, Fitted]:
    """Fit every head on some cells."""
    fitted = {}
    for name in tqdm(pbc.ATTRIBUTE_NAMES, desc="heads", unit="head", disable=None):
        values = ATTRIBUTES[name].values
        codes = np.array([values.index(value) for value in table.values(name)])
        fitted[name] = fit(table.rows, codes, len(values), features.NAMES, threads)
    return fitted


def write(fitted: dict[str, Fitted], target: Target, card: str) -> None:
    """Write models, offsets and card together, at the end: an interrupted training leaves the bundle as it was."""
    section = dict(Bundle.load(target.base).parameters["attributes"])
    section["offsets"] = {name: list(head.offsets) for name, head in fitted.items()}
    files = {f"attributes/{name}.txt": head.text.encode() for name, head in fitted.items()}
    target.write({"attributes": section}, files, "attribute figures", card)


def told(heads: AttributeHeads, table: Table) -> dict[str, naming.Named]:
    """Return what the heads say about labelled cells, by attribute."""
    predicted = heads.predict(table.rows)
    result = {}
    for name in pbc.ATTRIBUTE_NAMES:
        values = [row[name].value for row in predicted]
        chances = [{row[name].value: row[name].probability or 0.0} for row in predicted]
        labels = [frozenset({value}) for value in table.values(name)]
        result[name] = naming.collect(labels, values, values, chances, [""] * len(values))
    return result


def score(found: dict[str, naming.Named], title: str) -> Figures:
    """Return accuracy and macro-F1 of every head, with its 95 % interval over cells."""
    rows: list[naming.Row] = []
    for name, cells in found.items():
        rows.append(
            {
                "attribute": name,
                "accuracy (95 % interval)": naming.accuracy(cells),
                "macro-F1": estimate(cells.labels, cells.best),
                "calibration error": naming.calibration_error(cells),
            }
        )
    mean = float(np.mean([estimate(cells.labels, cells.best).value for cells in found.values()]))
    return Figures("attributes", title, tuple(rows), (f"Mean macro-F1: {mean:.3f}.",))


def run(found: Sequence[Source], target: Target, work: Path, jobs: int = 1) -> Finished:
    """Train the heads on labelled cells and write them into a bundle.

    Parameters
    ----------
    found : sequence of Source
        Sets, of which one has the attributes of WBCAtt.
    target : Target
        Where they are written, and whose finder measures the cells.
    work : Path
        Folder for measured cells, figures and plots.
    jobs : int
        Processes and threads.

    Raises
    ------
    InputError
        No cell has the attributes.
    """
    cells = [
        cell
        for source in found
        for cell in source.pictures
        if isinstance(cell, LabelledCell) and cell.attributes and cell.split in ("train", "val")
    ]
    if not any(cell.split == "train" for cell in cells):
        raise InputError(
            "No picture has attributes; expected the Barcelona set with the tables of WBCAtt, attributes/train.csv and "
            "val.csv."
        )
    table = measure(cells, target.base, work / "cells", jobs)
    fitted = train(table.part("train"), jobs)
    used = [source for source in found if any(picture in cells[:1] for picture in source.pictures)]
    write(fitted, target, f"Heads trained on {len(table.part('train').cells)} cells ({described(used)}).")
    says = told(AttributeHeads.load(Bundle.load(target.folder)), table.part("val"))
    figures = score(says, f"WBCAtt, {len(table.part('val').cells)} validation cells")
    text = record.write(work, [figures], {"model": "attributes", "sets": described(used)})
    record.draw(work, says)
    return Finished(text, True, f"{figures.notes[0]} Written: {target.folder}")
