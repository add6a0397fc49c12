"""How well cells are named: figures with intervals, and tables by class and by slide.

A label may allow several types (``neutrophil``): such a class is one class here, and every name that it allows is
right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.classifier import Parameters, Prediction, decide
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.tables import Cell, Table
from lowcost.taxonomy import UNIDENTIFIED

BINS = 15
"""Bins of equal width in which confidence is compared with accuracy."""

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
"""Shares of cells, the most confident ones, of which the accuracy is stated."""

Row = dict[str, Cell]


@dataclass(frozen=True)
class Named:
    """Labelled cells and what they were called.

    Attributes
    ----------
    allowed : tuple of frozenset of str
        The types that each label allows.
    best : tuple of str
        The most probable type of each.
    decided : tuple of str
        The type after abstention, which may be ``unidentified``.
    confidence : (n,) float64 array
        Probability of the best type, stages that the label does not tell apart counted together.
    group : tuple of str
        Patient or slide; empty where unknown.
    """

    allowed: tuple[frozenset[str], ...]
    best: tuple[str, ...]
    decided: tuple[str, ...]
    confidence: NDArray[np.float64]
    group: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.allowed)

    @property
    def labels(self) -> tuple[str, ...]:
        """The class of each cell, as the types that it allows: ``neutrophil_band/neutrophil_segmented``."""
        return tuple("/".join(sorted(types)) for types in self.allowed)

    @property
    def called(self) -> tuple[str, ...]:
        """The best type of each cell as one of the classes where one of them allows it."""
        return self._classes(self.best)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the label allows the best type, as an (n,) array."""
        return np.array([name in types for name, types in zip(self.best, self.allowed, strict=True)], dtype=np.bool_)

    def where(self, chosen: NDArray[np.bool_]) -> Named:
        """Return those at which `chosen`, an (n,) bool array, is True."""
        index = np.flatnonzero(chosen).tolist()
        return Named(
            tuple(self.allowed[i] for i in index),
            tuple(self.best[i] for i in index),
            tuple(self.decided[i] for i in index),
            self.confidence[index],
            tuple(self.group[i] for i in index),
        )

    def _classes(self, names: Sequence[str]) -> tuple[str, ...]:
        """Each name's class: that of its own label where right, else the first that allows it, else itself."""
        by_name: dict[str, str] = {}
        for types in _by_breadth(self.allowed):
            for name in types:
                by_name.setdefault(name, "/".join(sorted(types)))
        own = zip(names, self.allowed, self.labels, strict=True)
        return tuple(label if name in types else by_name.get(name, name) for name, types, label in own)


def together(parts: Sequence[Named]) -> Named:
    """Return the cells of several parts, which no cell is in two of."""
    return Named(
        tuple(own for part in parts for own in part.allowed),
        tuple(own for part in parts for own in part.best),
        tuple(own for part in parts for own in part.decided),
        np.concatenate([part.confidence for part in parts]),
        tuple(own for part in parts for own in part.group),
    )


def from_logits(
    logits: NDArray[np.integer[Any]], allowed: Sequence[frozenset[str]], group: Sequence[str], parameters: Parameters
) -> Named:
    """Return what a bundle's classifier makes of int8 logits.

    Parameters
    ----------
    logits : (n, k) integer array
        Of labelled cells.
    allowed : sequence of frozenset of str
        The types that each label allows.
    group : sequence of str
        Patient or slide of each cell.
    parameters : Parameters
        The classifier's.
    """
    return from_predictions([decide(row, parameters) for row in logits.tolist()], allowed, group)


def from_predictions(
    predictions: Sequence[Prediction], allowed: Sequence[frozenset[str]], group: Sequence[str]
) -> Named:
    """Return labelled cells with what a classifier said of each; see `from_logits`."""
    probabilities = [prediction.probabilities for prediction in predictions]
    best = [max(row, key=row.__getitem__) for row in probabilities]
    return collect(allowed, best, [prediction.type for prediction in predictions], probabilities, group)


def collect(
    allowed: Sequence[frozenset[str]],
    best: Sequence[str],
    decided: Sequence[str],
    probabilities: Sequence[Mapping[str, float]],
    group: Sequence[str],
) -> Named:
    """Return labelled cells with what they were called; of types that no label tells apart the probabilities add up."""
    told_apart = _by_breadth(allowed)
    confidence = []
    for name, row in zip(best, probabilities, strict=True):
        together = next((types for types in told_apart if name in types), frozenset({name}))
        confidence.append(sum(row.get(kind, 0.0) for kind in sorted(together)))
    return Named(tuple(allowed), tuple(best), tuple(decided), np.array(confidence, np.float64), tuple(group))


def accuracy(named: Named) -> Estimate:
    """Share of cells whose label allows the best type."""
    return interval(_mean, named.right[:, None], named.group)


def balanced_accuracy(named: Named) -> Estimate:
    """Mean over classes of the share of their cells that are right."""
    return interval(_mean_recall, np.column_stack([_codes(named.labels)[0], named.right]), named.group)


def macro_f1(named: Named) -> Estimate:
    """Mean over classes of the harmonic mean of precision and recall."""
    truth, names = _codes(named.labels)
    index = {name: i for i, name in enumerate(names)}
    called = [index.get(name, -1) for name in named.called]

    def macro(rows: NDArray[np.float64]) -> float:
        scores = []
        for i in np.unique(rows[:, 0]):
            true, found = rows[:, 0] == i, rows[:, 1] == i
            scores.append(2.0 * (true & found).sum() / (true.sum() + found.sum()))
        return float(np.mean(scores))

    return interval(macro, np.column_stack([truth, called]), named.group)


def calibration_error(named: Named) -> Estimate:
    """Expected calibration error of the best type over equal bins (Naeini et al. 2015, AAAI 29)."""

    def error(rows: NDArray[np.float64]) -> float:
        cell = np.minimum((rows[:, 0] * BINS).astype(int), BINS - 1)
        gaps = np.bincount(cell, rows[:, 1] - rows[:, 0], minlength=BINS)
        return float(np.abs(gaps).sum() / len(rows))

    return interval(error, np.column_stack([named.confidence, named.right]), named.group)


def most_confident(named: Named, coverage: float) -> Named:
    """Return the cells that are left when a share of 1 - `coverage`, those named with least confidence, abstains."""
    kept = np.zeros(len(named), np.bool_)
    order = np.argsort(-named.confidence, kind="stable")
    kept[order[: math.ceil(round(coverage * len(named), 6))]] = True
    return named.where(kept)


def reliability(named: Named) -> list[tuple[float, float, int]]:
    """Return mean confidence, accuracy and number of cells of every bin that holds any."""
    cell = np.minimum((named.confidence * BINS).astype(int), BINS - 1)
    return [
        (float(named.confidence[cell == i].mean()), float(named.right[cell == i].mean()), int((cell == i).sum()))
        for i in np.unique(cell)
    ]


def confusion(named: Named) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """Count labels against what the cells were called.

    Returns
    -------
    labels, called : list of str
        Names of rows and columns; every label is also a column, other names follow.
    counts : (labels, called) int64 array
        Cells.
    """
    labels = sorted(set(named.labels))
    called = labels + sorted(set(named.called) - set(labels))
    counts = np.zeros((len(labels), len(called)), np.int64)
    for truth, name in zip(named.labels, named.called, strict=True):
        counts[labels.index(truth), called.index(name)] += 1
    return labels, called, counts


def tables(name: str, title: str, named: Named, notes: Sequence[str] = ()) -> list[Table]:
    """Return the tables of one set: all cells, by class, by slide where slides are known, and by abstention.

    Parameters
    ----------
    name, title : str
        Of the tables.
    named : Named
        At least one cell.
    notes : sequence of str
        What must be known to read the figures.
    """
    found = [Table(name, title, (_overall(named),), tuple(notes)), _by_class(f"{name}_by_class", title, named)]
    if any(named.group):
        found.append(_by_slide(f"{name}_by_slide", title, named))
    return [*found, _by_coverage(f"{name}_by_coverage", title, named)]


def _overall(named: Named) -> Row:
    kept = np.array([kind != UNIDENTIFIED for kind in named.decided])
    return {
        "cells": len(named),
        "slides": len({group for group in named.group if group}) or None,
        "accuracy (95 % interval)": accuracy(named),
        "balanced accuracy": balanced_accuracy(named),
        "macro-F1": macro_f1(named),
        "calibration error": calibration_error(named),
        "unidentified": interval(_mean, ~kept[:, None], named.group),
        "accuracy of the named": accuracy(named.where(kept)) if kept.any() else None,
    }


def share(hits: NDArray[np.bool_]) -> Estimate:
    """Share of an (n,) array that is True, with its interval over cells."""
    return interval(_mean, hits[:, None])


def _by_class(name: str, title: str, named: Named) -> Table:
    labels, called = np.array(named.labels), np.array(named.called)
    unidentified = np.array([kind == UNIDENTIFIED for kind in named.decided])
    rows: list[Row] = []
    for label in sorted(set(named.labels)):
        own, given = labels == label, called == label
        wrong = Counter(called[own & ~given].tolist()).most_common(1)
        rows.append(
            {
                "label allows": label,
                "cells": int(own.sum()),
                "right (95 % interval)": _share(named, given, own),
                "of those called so, right": _share(named, own, given) if given.any() else None,
                "unidentified": int((own & unidentified).sum()),
                "most often taken for": f"{wrong[0][0]} ({wrong[0][1]})" if wrong else "",
            }
        )
    return Table(name, f"{title}, by class", tuple(rows))


def _by_slide(name: str, title: str, named: Named) -> Table:
    groups, unidentified = np.array(named.group), np.array([kind == UNIDENTIFIED for kind in named.decided])
    rows: list[Row] = []
    for group in sorted(set(named.group)):
        own = groups == group
        counts = Counter(np.array(named.labels)[own].tolist())
        rows.append(
            {
                "slide": group or "unknown",
                "cells": int(own.sum()),
                "right (95 % interval)": interval(_mean, named.right[own][:, None]),
                "unidentified": int((own & unidentified).sum()),
                "holds": ", ".join(f"{count} {label}" for label, count in counts.most_common()),
            }
        )
    return Table(name, f"{title}, by slide", tuple(rows))


def _by_coverage(name: str, title: str, named: Named) -> Table:
    """Risk against coverage (El-Yaniv & Wiener 2010, JMLR 11): how right the cells are that are not abstained from."""
    rows: list[Row] = []
    for coverage in COVERAGES:
        kept = most_confident(named, coverage)
        rows.append(
            {
                "abstained": f"{1 - coverage:.0%}",
                "cells kept": len(kept),
                "right (95 % interval)": accuracy(kept),
                "least confidence": float(kept.confidence.min()),
            }
        )
    return Table(name, f"{title}, the least confident left out", tuple(rows))


def _share(named: Named, hit: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> Estimate:
    """Share of the chosen cells that are hit, with its interval over slides."""
    return interval(_mean, hit[chosen][:, None], [named.group[i] for i in np.flatnonzero(chosen)])


def _by_breadth(allowed: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """The different labels, those that say most first."""
    return sorted(set(allowed), key=lambda types: (len(types), sorted(types)))


def _codes(names: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    known = sorted(set(names))
    return np.array([known.index(name) for name in names], dtype=np.int64), known


def _mean(rows: NDArray[np.float64]) -> float:
    return float(rows.mean())


def _mean_recall(rows: NDArray[np.float64]) -> float:
    return float(np.mean([rows[rows[:, 0] == i, 1].mean() for i in np.unique(rows[:, 0])]))
