"""Fitting one attribute head: gradient-boosted trees, their number and the offsets of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.training.model_text import shrink

FOLDS = 5
MOST_ROUNDS = 300
TOLERANCE = 0.003
"""The fewest rounds are taken whose loss is this close to the least: the last trees cost as much as the first."""
SEED = 7

PARAMETERS = {
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


def fit(rows: NDArray[np.float64], codes: NDArray[np.int64], values: int, names: Sequence[str], threads: int) -> Fitted:
    """Fit one head.

    The number of rounds is the smallest that nearly has the least mean log-loss of held-out folds; the offsets are
    those with the best macro-F1 on the held-out scores.

    Parameters
    ----------
    rows : (n, f) float64 array
        Features.
    codes : (n,) int64 array
        True value of each cell, 0 to `values` - 1.
    values : int
        Number of values.
    names : sequence of str
        Names of the features.
    threads : int
        Threads for LightGBM.
    """
    import lightgbm

    parameters: dict[str, Any] = {**PARAMETERS, "num_threads": threads, "objective": "binary"}
    if values > 2:
        parameters |= {"objective": "multiclass", "num_class": values}
    fold = _folds(codes)
    losses = np.zeros((FOLDS, MOST_ROUNDS))
    boosters = []
    for held in range(FOLDS):
        history: dict[str, dict[str, list[float]]] = {}
        train = lightgbm.Dataset(rows[fold != held], codes[fold != held], params=parameters)
        test = train.create_valid(rows[fold == held], codes[fold == held])
        callbacks = [lightgbm.record_evaluation(history)]
        boosters.append(lightgbm.train(parameters, train, MOST_ROUNDS, [test], ["held"], callbacks=callbacks))
        losses[held] = next(iter(history["held"].values()))
    loss = losses.mean(axis=0)
    rounds = int(np.flatnonzero(loss <= (1 + TOLERANCE) * loss.min())[0]) + 1
    held_out = np.zeros((len(rows), values))
    for held, booster in enumerate(boosters):
        scores = np.asarray(booster.predict(rows[fold == held], raw_score=True, num_iteration=rounds))
        held_out[fold == held] = scores if values > 2 else np.stack((np.zeros_like(scores), scores), axis=1)
    whole = lightgbm.Dataset(rows, codes, feature_name=list(names), params=parameters)
    model = lightgbm.train(parameters, whole, rounds)
    return Fitted(shrink(model.model_to_string()), best_offsets(held_out, codes), rounds)


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


def _folds(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold of each cell: every value is spread evenly."""
    fold = np.empty(len(codes), np.int64)
    generator = np.random.default_rng(SEED)
    for value in np.unique(codes):
        where = generator.permutation(np.flatnonzero(codes == value))
        fold[where] = np.arange(len(where)) % FOLDS
    return fold
