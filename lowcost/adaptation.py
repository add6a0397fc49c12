"""How far the cells of a device lie from the training cells of their types, measured without labels.

A stain or a camera moves the features and the network's logits of all cells alike. How far, the cells themselves tell:
each is expected where the types that it may be lie on average, weighted by how likely each of them is, and the mean of
what is left over is the device's shift (expectation and maximisation for a common displacement; Dempster,
Laird & Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x). Because every cell is compared with its own likely types,
the mixture of types on the slides counts for little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lowcost.morphology import Morphology, Shift

STEPS = 5
"""Times that the types are judged again with the shift found so far. On two cameras that were left out 5 are better
than 2, and 10 no better than 5; each takes more of what blasts have in common for the device's doing."""

KEPT = 0.8
"""Share of what is left over that is taken for the device's; the rest may be the few cells'."""

CERTAINTY = 0.5
"""Weight of the network's log-odds beside the morphology's while types are judged."""


def shift(morphology: Morphology, rows: NDArray[np.float64], logits: NDArray[np.int8], logit_scale: float) -> Shift:
    """Measure the shift of a device.

    Parameters
    ----------
    morphology : Morphology
        Knows where the training cells lie.
    rows : (n, f) float64 array
        Features of cells of several types, one or more.
    logits : (n, k) int8 array
        What the network alone said of them.
    logit_scale : float
        Log-odds per unit of a logit.
    """
    typical, typical_logits = np.array(morphology.model.typical), np.array(morphology.model.typical_logits)
    scores, seen = morphology.normal_scores(rows), logits.astype(np.float64)
    of_scores, of_logits = np.zeros(scores.shape[1]), np.zeros(seen.shape[1])
    for _ in range(STEPS):
        odds = morphology.log_odds(scores - of_scores)
        odds = odds + CERTAINTY * logit_scale * (seen - of_logits)[:, morphology.rows]
        likely = np.exp(odds - odds.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        of_scores = KEPT * (scores - likely @ typical).mean(axis=0)
        of_logits = KEPT * (seen - likely @ typical_logits).mean(axis=0)
    return Shift(tuple(of_scores.tolist()), tuple(np.rint(of_logits).astype(int).tolist()))
