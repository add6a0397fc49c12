"""One temperature for all logits, so that probabilities mean what they say, and the table that puts it to use."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def fit(logits: NDArray[np.float64], allowed: NDArray[np.bool_]) -> float:
    """Temperature of least mean negative log-likelihood over a grid of 2 % steps (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    logits : (n, k) float64 array
        Of held-out cells.
    allowed : (n, k) bool array
        Classes that each label allows.
    """

    def cost(temperature: float) -> float:
        weight = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
        # What an int8 logit cannot say is not infinitely unlikely.
        return float(-np.log(np.maximum((weight * allowed).sum(axis=1) / weight.sum(axis=1), 1e-9)).mean())

    return min((float(value) for value in 0.3 * 1.02 ** np.arange(130)), key=cost)


def softmax_table(scale: float, temperature: float) -> tuple[float, ...]:
    """Exponentials by how far an int8 logit lies below the greatest one.

    Returns
    -------
    tuple of float
        ``exp(-k * scale / temperature)`` for k = 0 ... 255. The bundle carries them, because no library promises
        the same last bit of an exponential everywhere.
    """
    return tuple(math.exp(-k * scale / temperature) for k in range(256))
