"""How unlike the training set a cell is: a distance on features, read against held-out cells of the same laboratories.

The distance is that of Mahalanobis with a diagonal covariance, shared by all kinds, to the nearest kind of training
cell (a type in one set). The features are ratios and densities in which size has no part, so neither an uncertain scale
nor a large cell looks new by itself. Each is held within a few spreads, so that no single one decides. Fixed order of
additions, multiplications and divisions of doubles.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle

SECTION = "novelty"


@dataclass(frozen=True)
class Parameters:
    """The bundle's section ``novelty``, as `lowcost.training.novelty` writes it.

    Attributes
    ----------
    features : tuple of str
        Names of the feature table.
    spread : tuple of float
        Standard deviation of each within a kind of training cell.
    limit : float
        A feature counts as at most this many spreads away.
    kinds : dict of str to tuple of float
        Mean of each feature over one kind of training cell, by name of set and type.
    steps : tuple of float
        Squared distances of held-out cells, evenly spaced in rank, ascending.
    """

    features: tuple[str, ...]
    spread: tuple[float, ...]
    limit: float
    kinds: dict[str, tuple[float, ...]]
    steps: tuple[float, ...]

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The means of all kinds, (kinds, features)."""
        return np.array(list(self.kinds.values())).reshape(-1, len(self.features))


def load(bundle: Bundle) -> Parameters | None:
    """Return the parameters of a bundle, None where it has none."""
    return bundle.section(SECTION, Parameters) if SECTION in bundle.parameters else None


def of_cell(features: Mapping[str, float], parameters: Parameters) -> float | None:
    """Return the novelty of a cell, 0-1: the share of held-out cells that lie nearer to the training set.

    Parameters
    ----------
    features : mapping of str to float
        Its features; one that is undefined says nothing.
    parameters : Parameters
        The bundle's.

    Returns
    -------
    float or None
        None for a cell without features.
    """
    if not features:
        return None
    return bisect_left(parameters.steps, squared_distance(features, parameters)) / len(parameters.steps)


def of_field(cells: Sequence[float]) -> float | None:
    """Return the lower median of the novelty of a field's leukocytes, None where there are none."""
    return sorted(cells)[(len(cells) - 1) // 2] if cells else None


def squared_distance(features: Mapping[str, float], parameters: Parameters) -> float:
    """Return the squared distance of a cell from the nearest kind of training cell, in spreads."""
    values = np.array([features.get(name, math.nan) for name in parameters.features])
    known = np.isfinite(values)
    away = np.abs(np.where(known, values, 0.0) - parameters.means) / parameters.spread
    away = np.where(known, np.minimum(away, parameters.limit), 0.0)
    # Sums from the first feature to the last: other functions add in an order that no other language repeats.
    return float((away * away).cumsum(axis=1)[:, -1].min(initial=math.inf))
