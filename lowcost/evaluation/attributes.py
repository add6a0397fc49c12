"""Macro-F1 of the WBCAtt attributes, beside what the cell type alone gives and what a second expert reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets import pbc
from lowcost.datasets.types import LabelledCell
from lowcost.evaluation.analysis import Analyzer
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.result import Cell, Field

NOT_FOUND = "not found"
"""The value where no cell was found or the attribute was not assessable; it counts as wrong."""


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Return the mean F1 over the values that occur in `truth`; a value that is never true has no F1.

    Examples
    --------
    >>> macro_f1(["a", "a", "b"], ["a", "b", "b"])
    0.6666666666666666
    """
    values = sorted(set(truth))
    right, labelled = Counter(t for t, p in zip(truth, predicted, strict=True) if t == p), Counter(truth)
    named = Counter(predicted)
    return float(np.mean([2 * right[value] / (labelled[value] + named[value]) for value in values]))


def estimate(truth: Sequence[str], predicted: Sequence[str]) -> Estimate:
    """Return macro-F1 with its interval over cells."""
    values = sorted({*truth, *predicted})
    codes = {value: code for code, value in enumerate(values)}
    pairs = [(codes[t], codes[p]) for t, p in zip(truth, predicted, strict=True)]

    def statistic(rows: NDArray[np.float64]) -> float:
        # Counts by (true, predicted) value give every F1 at once.
        size = len(values)
        flat = (rows[:, 0] * size + rows[:, 1]).astype(np.int64)
        table = np.bincount(flat, minlength=size * size).reshape(size, size)
        labelled, named = table.sum(axis=1), table.sum(axis=0)
        present = labelled > 0
        return float(np.mean(2 * table.diagonal()[present] / (labelled + named)[present]))

    return interval(statistic, pairs)


def predict(analyzer: Analyzer, cells: Sequence[LabelledCell]) -> list[Mapping[str, str]]:
    """Return the attributes of the cell at the centre of every view; empty where none is found there."""
    return [_attributes(analyzer, cell) for cell in cells]


def by_type(train: Sequence[LabelledCell], cells: Sequence[LabelledCell]) -> list[Mapping[str, str]]:
    """Return what the true cell type alone says: the commonest value among the training cells of that type."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for cell in train:
        for name, value in cell.attributes.items():
            counts.setdefault((_coarse(cell), name), Counter())[value] += 1
    return [{name: counts[_coarse(cell), name].most_common(1)[0][0] for name in pbc.ATTRIBUTE_NAMES} for cell in cells]


def second_expert(root: Path, cells: Sequence[LabelledCell]) -> tuple[list[LabelledCell], list[Mapping[str, str]]]:
    """Return the cells that a second expert labelled too, and that expert's values."""
    values = pbc.second_annotator(root)
    chosen = [cell for cell in cells if cell.attributes and _key(cell) in values]
    return chosen, [values[_key(cell)] for cell in chosen]


def truth(cells: Sequence[LabelledCell], name: str) -> list[str]:
    """Return one attribute of every cell as published."""
    return [cell.attributes[name] for cell in cells]


def values(predicted: Sequence[Mapping[str, str]], name: str) -> list[str]:
    """Return one predicted attribute of every cell; `NOT_FOUND` where there is none."""
    return [row.get(name, NOT_FOUND) for row in predicted]


def central(field: Field, width: int, height: int) -> Cell | None:
    """Return the leukocyte whose box holds the centre of the view, the largest where several do."""
    holding = [
        cell
        for cell in field.cells
        if cell.is_leukocyte and cell.box[0] <= width / 2 < cell.box[2] and cell.box[1] <= height / 2 < cell.box[3]
    ]
    return max(holding, key=_area, default=None)


def _attributes(analyzer: Analyzer, view: LabelledCell) -> Mapping[str, str]:
    result = analyzer.analyze([view.path], um_per_px=view.um_per_px)
    field = result.fields[0] if result.fields else None
    cell = None if field is None else central(field, field.width, field.height)
    return {} if cell is None else {name: attribute.value for name, attribute in cell.attributes.items()}


def _area(cell: Cell) -> int:
    x0, y0, x1, y1 = cell.box
    return (x1 - x0) * (y1 - y0)


def _coarse(cell: LabelledCell) -> str:
    """The five types of WBCAtt: the folder of the Barcelona set."""
    return cell.path.parent.name


def _key(cell: LabelledCell) -> str:
    return f"{cell.path.parent.name}/{cell.path.name}"
