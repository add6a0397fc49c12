"""Fitting one attribute head: gradient-boosted trees, their number and the offsets of their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.training.model_text import shrink

MOST_ROUNDS = 300
PATIENCE = 40
"""Rounds without a smaller loss after which there is none to come."""
TOLERANCE = 0.003
"""The fewest rounds are taken whose loss is this close to the least: the last trees cost as much as the first."""
SEED = 7

PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.08,
    "num_leaves": 7,
    "min_data_in_leaf": 20,
    "lambda_l2": 2.0,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "seed": SEED,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
"""Shallow trees, each on few of the features: a head must be small and quick, and must not learn by heart."""

OFFSETS = np.linspace(-1.2, 1.2, 25)
"""Offsets that are tried, in units of log-odds."""


@dataclass(frozen=True)
class Fitted:
    """A trained head.

    Attributes
    ----------
    text : str
        The shortened LightGBM model.
    offsets : tuple of float
        What is added to each value's score before the largest wins.
    rounds : int
        Boosting rounds.
    """

    text: str
    offsets: tuple[float, ...]
    rounds: int


@dataclass(frozen=True)
class Cells:
    """Cells that a head learns from or is judged on.

    Attributes
    ----------
    rows : (n, c, f) float64 array
        What the head reads of each cell, in one or more copies.
    codes : (n,) int64 array
        True value of each cell, from 0.
    """

    rows: NDArray[np.float64]
    codes: NDArray[np.int64]


def fit(learning: Cells, held_out: Cells, values: int, names: Sequence[str], threads: int) -> Fitted:
    """Fit one head.

    The number of rounds is the smallest that nearly has the least mean log-loss of the cells held out; the offsets are
    those with the best macro-F1 on their scores.

    Parameters
    ----------
    learning, held_out : Cells
        What the trees learn from, and what decides how far: cells that nothing of what the head reads learnt from.
    values : int
        Number of values.
    names : sequence of str
        Names of the columns.
    threads : int
        Threads for LightGBM.
    """
    import lightgbm

    parameters: dict[str, Any] = {**PARAMETERS, "num_threads": threads, "objective": "binary"}
    if values > 2:
        parameters |= {"objective": "multiclass", "num_class": values}
    history: dict[str, dict[str, list[float]]] = {}
    copies = learning.rows.shape[1]
    # Copies are no further cells: a leaf needs as many cells as without them, and is held back as much.
    parameters |= {name: copies * PARAMETERS[name] for name in ("min_data_in_leaf", "lambda_l2")}
    data = lightgbm.Dataset(*_flat(learning), feature_name=list(names), params=parameters)
    rows, codes = _flat(held_out)
    judge = data.create_valid(rows, codes)
    callbacks: list[Callable[..., Any]] = [
        lightgbm.record_evaluation(history),
        lightgbm.early_stopping(PATIENCE, verbose=False),
    ]
    model = lightgbm.train(parameters, data, MOST_ROUNDS, [judge], ["held out"], callbacks=callbacks)
    loss = np.array(next(iter(history["held out"].values())))
    rounds = int(np.flatnonzero(loss <= (1 + TOLERANCE) * loss.min())[0]) + 1
    scores = np.asarray(model.predict(rows, raw_score=True, num_iteration=rounds))
    if values == 2:
        scores = np.stack((np.zeros_like(scores), scores), axis=1)
    text = shrink(model.model_to_string(num_iteration=rounds))
    return Fitted(text, best_offsets(scores, codes), rounds)


def _flat(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Every copy as a row of its own, with its code."""
    return cells.rows.reshape(-1, cells.rows.shape[2]), np.repeat(cells.codes, cells.rows.shape[1])


def best_offsets(scores: NDArray[np.float64], codes: NDArray[np.int64]) -> tuple[float, ...]:
    """Return the offsets of the scores with the best macro-F1, found one value at a time.

    Each trial is smoothed with its neighbours: a peak one step wide is chance.
    """
    values = scores.shape[1]
    offsets = np.zeros(values)
    for value in [*range(values)] * 2:
        tried = []
        for offset in OFFSETS:
            offsets[value] = offset
            tried.append(macro_f1(codes, (scores + offsets).argmax(axis=1), values))
        smoothed = np.convolve(np.pad(tried, 2, mode="edge"), [1, 2, 3, 2, 1], "valid")
        offsets[value] = OFFSETS[smoothed.argmax()]
    # Only differences mean something.
    return tuple(float(round(offset, 3)) for offset in offsets - offsets[0])


def macro_f1(codes: NDArray[np.int64], predicted: NDArray[np.int64], values: int) -> float:
    """Return the mean F1 over values; one that neither occurs nor is predicted counts as 0."""
    table = np.bincount(codes * values + predicted, minlength=values * values).reshape(values, values)
    return float(np.mean(2 * table.diagonal() / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)))
