"""The attribute heads: gradient-boosted trees on WBCAtt's cells, ``lowcost train attributes``.

Each head reads the features of a cell and what the bundle's network sees in it. The network learnt from the same
training cells and may see them better than others, so how long a head learns is decided on the validation cells, which
neither knows. A head learns from each cell and its mirror images, lest it follow what of an embedding is chance. The
same heads on the features alone are made beside them, as a bundle in the work folder: what the network adds is the
difference. The test cells are scored by ``lowcost evaluate attributes``.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import attributes
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
from lowcost.training.boosting import Cells, Fitted, fit
from lowcost.training.record import Finished
from lowcost.training.sources import Source, described
from lowcost.training.target import Target

SET = "pbc"
"""Name of the published set that has the labels of WBCAtt."""

ALONE = "features-alone"
"""Name of the bundle, in the work folder, whose heads read no embedding."""


@dataclass(frozen=True)
class Table:
    """Measured cells with their labels.

    Attributes
    ----------
    rows : (n, f) float64 array
        Features.
    embedding : (n, c, e) int8 array
        What the network saw in the cell as it is, then in its mirror images; where heads are to read the features
        alone, no columns and no mirror images.
    cells : list of LabelledCell
        What they are.
    """

    rows: NDArray[np.float64]
    embedding: NDArray[np.int8]
    cells: list[LabelledCell]

    def part(self, split: str) -> Table:
        """Return the cells of one published split."""
        chosen = [i for i, cell in enumerate(self.cells) if cell.split == split]
        return Table(self.rows[chosen], self.embedding[chosen], [self.cells[i] for i in chosen])

    def features_alone(self) -> Table:
        """Return the same cells as a head sees them that reads no embedding."""
        return Table(self.rows, self.embedding[:, :1, :0], self.cells)

    @property
    def inputs(self) -> NDArray[np.float64]:
        """What the heads read of each cell and then of its mirror images, (n, c, f + e)."""
        copies = self.embedding.shape[1]
        return np.concatenate([np.repeat(self.rows[:, None], copies, axis=1), self.embedding], axis=2)

    def values(self, name: str) -> list[str]:
        """Return one attribute of every cell."""
        return [cell.attributes[name] for cell in self.cells]


def measure(cells: Sequence[LabelledCell], bundle: Path, folder: Path, jobs: int = 1) -> Table:
    """Measure cells the way the product does; those that it does not find are left out, portions stay in `folder`."""
    found = measured.measure(cells, bundle, folder, jobs=jobs)
    return Table(found.rows, found.embedding, [cells[picture] for picture in found.picture])


def train(learning: Table, held_out: Table, threads: int) -> dict[str, Fitted]:
    """Fit every head on some cells; others, which the network did not learn from either, say how far."""
    fitted = {}
    names = attributes.inputs(learning.embedding.shape[2])
    for name in tqdm(pbc.ATTRIBUTE_NAMES, desc="heads", unit="head", disable=None):
        values = ATTRIBUTES[name].values
        shown, hidden = (
            Cells(inputs, np.array([values.index(value) for value in table.values(name)]))
            for table, inputs in ((learning, learning.inputs), (held_out, held_out.inputs[:, :1]))
        )
        fitted[name] = fit(shown, hidden, len(values), names, threads)
    return fitted


def write(fitted: dict[str, Fitted], target: Target, network: str, card: str) -> None:
    """Write models, offsets and card together, at the end: an interrupted training leaves the bundle as it was.

    Parameters
    ----------
    fitted : dict of str to Fitted
        The heads by attribute.
    target : Target
        Where they are written.
    network : str
        SHA-256 of the network whose embedding they read, empty for none.
    card : str
        What is said of them.
    """
    section = dict(Bundle.load(target.base).parameters["attributes"])
    section["offsets"] = {name: list(head.offsets) for name, head in fitted.items()}
    section["network"] = network
    files = {f"attributes/{name}.txt": head.text.encode() for name, head in fitted.items()}
    target.write({"attributes": section}, files, "attribute figures", card)


def told(heads: AttributeHeads, table: Table) -> dict[str, naming.Named]:
    """Return what the heads say about labelled cells, by attribute."""
    predicted = heads.predict(table.rows, table.embedding[:, 0])
    result = {}
    for name in pbc.ATTRIBUTE_NAMES:
        values = [row[name].value for row in predicted]
        chances = [{row[name].value: row[name].probability or 0.0} for row in predicted]
        labels = [frozenset({value}) for value in table.values(name)]
        result[name] = naming.collect(labels, values, values, chances, [""] * len(values))
    return result


def score(found: dict[str, naming.Named], name: str, title: str) -> Figures:
    """Return accuracy and macro-F1 of every head, with its 95 % interval over cells."""
    rows: list[naming.Row] = []
    for attribute, cells in found.items():
        rows.append(
            {
                "attribute": attribute,
                "accuracy (95 % interval)": naming.accuracy(cells),
                "macro-F1": estimate(cells.labels, cells.best),
                "calibration error": naming.calibration_error(cells),
            }
        )
    mean = float(np.mean([estimate(cells.labels, cells.best).value for cells in found.values()]))
    return Figures(name, title, tuple(rows), (f"Mean macro-F1: {mean:.3f}.",))


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
        No cell has the attributes, or none is for validation.
    """
    cells = [
        cell
        for source in found
        for cell in source.pictures
        if isinstance(cell, LabelledCell) and cell.attributes and cell.split in ("train", "val")
    ]
    if {cell.split for cell in cells} != {"train", "val"}:
        raise InputError(
            "No picture has attributes; expected the Barcelona set with the tables of WBCAtt, attributes/train.csv and "
            "val.csv."
        )
    table = measure(cells, target.base, work / "cells", jobs)
    learning, held_out = table.part("train"), table.part("val")
    used = [source for source in found if any(picture in cells[:1] for picture in source.pictures)]
    shutil.rmtree(work / ALONE, ignore_errors=True)
    network = attributes.network(Bundle.load(target.base))
    kinds = {
        "features and network": (learning, held_out, target, network),
        "features alone": (learning.features_alone(), held_out.features_alone(), Target(work / ALONE, target.base), ""),
    }
    figures: list[Figures] = []
    says: dict[str, naming.Named] = {}
    for name, (shown, hidden, place, read) in kinds.items():
        card = f"Heads on {name}, trained on {len(shown.cells)} cells ({described(used)})."
        write(train(shown, hidden, jobs), place, read, card)
        told_now = told(AttributeHeads.load(Bundle.load(place.folder)), hidden)
        title = f"WBCAtt, {len(hidden.cells)} validation cells, {name}"
        figures.append(score(told_now, f"attributes {name}", title))
        says |= {f"{attribute} {name}": cells for attribute, cells in told_now.items()}
    text = record.write(work, figures, {"model": "attributes", "sets": described(used)})
    record.draw(work, says)
    means = "; ".join(f"{name}: {table.notes[0]}" for name, table in zip(kinds, figures, strict=True))
    return Finished(text, True, f"{means} Written: {target.folder}")
