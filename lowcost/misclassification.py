"""The share of a cell type when the classifier confuses types: limits that hold sampling and its errors together.

Of the cells that are named t some are something else, and some that are t are named otherwise. How often is known from
held-out cells, and only as exactly as there are held-out cells. The limits are those of Lang and Reiczigel (2014),
doi:10.1016/j.prevetmed.2013.09.015, for a prevalence found by a test of estimated sensitivity and specificity; the test
is "named t", and its specificity is that for the other types as this slide mixes them. Fixed order of additions,
multiplications, divisions and square roots of doubles: every machine gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lowcost.result import Limits

Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""

_SQUARE = Z * Z


@dataclass(frozen=True)
class _Group:
    """Some of the true types of a slide, mixed as they are on it.

    `share` is theirs of the cells named as a leukocyte; `named` is how often these are named as the type in question,
    as seen on `cells` held-out cells; `lost` is how many there are for each that is named as a leukocyte at all.
    """

    share: float
    named: float
    cells: float
    lost: float


class Slide:
    """The named cells of a slide beside what naming does to held-out cells.

    Parameters
    ----------
    counts : mapping of str to int
        Cells by the type that they were given.
    confusion : mapping of str to mapping of str to int
        Held-out cells by true type and by the type that they were given.
    leukocytes : collection of str
        The types of `confusion` that count; the others (erythroblasts) can be taken for one of these.
    rounds : int
        Steps of the estimate of what was there (expectation-maximisation; Dempster et al. 1977).
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        confusion: Mapping[str, Mapping[str, int]],
        leukocytes: Collection[str],
        rounds: int,
    ) -> None:
        self._counts = counts
        self._confusion = confusion
        self._types = list(confusion)
        self._leukocytes = [name for name in self._types if name in leukocytes]
        self._seen = {name: self._among(name, self._leukocytes) for name in self._types}
        self._shares = self._true_shares(rounds)

    def limits(self, types: Collection[str]) -> Limits:
        """Return the share of some leukocyte types, taken together, of all leukocytes, with its 95 % limits.

        Parameters
        ----------
        types : collection of str
            One or more of the leukocyte types.
        """
        total = sum(self._counts.get(name, 0) for name in self._leukocytes)
        if total == 0:
            return Limits(0.0, 0.0, 100.0)
        inside = self._group([name for name in self._leukocytes if name in types], types)
        others = self._group([name for name in self._leukocytes if name not in types], types)
        outside = self._group([name for name in self._types if name not in types], types)
        low, high = _lang_reiczigel(
            sum(self._counts.get(name, 0) for name in types), total, inside.named, inside.cells, outside
        )
        # From what is named as a leukocyte to all that are leukocytes, named or not.
        white = others.share / outside.share if outside.share else 1.0
        estimate = _of_all(inside.share, others.share, inside.lost, others.lost)
        low = _of_all(low, (1.0 - low) * white, inside.lost, others.lost)
        high = _of_all(high, (1.0 - high) * white, inside.lost, others.lost)
        return Limits(_percent(estimate), _percent(min(low, estimate)), _percent(max(high, estimate)))

    def _among(self, true: str, named: Collection[str]) -> int:
        """Held-out cells of a type that were given one of some types."""
        return sum(self._confusion[true].get(name, 0) for name in named)

    def _true_shares(self, rounds: int) -> dict[str, float]:
        """What the true types share of the cells that were named as leukocytes."""
        types = self._types
        rows = []
        for true in types:
            named = self._among(true, types)
            # Of a type without held-out cells nothing is known; it is taken as named.
            rows.append(
                [self._confusion[true].get(name, 0) / named if named else float(name == true) for name in types]
            )
        table, counts = np.array(rows), np.array([float(self._counts.get(name, 0)) for name in types])
        total = float(counts.sum())
        estimate = np.full(len(types), 1.0 / len(types))
        for _ in range(rounds if total else 0):
            # Running sums add in order.
            expected = (estimate[:, None] * table).cumsum(axis=0)[-1]
            # Where no held-out cell was named so, cells that were are explained by nothing that is known.
            weights = np.divide(counts, expected, out=np.zeros(len(types)), where=expected != 0.0)
            estimate = estimate * (table * weights).cumsum(axis=1)[:, -1] / total
        shares: list[float] = estimate.tolist()
        white = [name in self._leukocytes for name in types]
        seen = [
            share * _sum(value for value, counts_in in zip(row, white, strict=True) if counts_in)
            for share, row in zip(shares, rows, strict=True)
        ]
        whole = _sum(seen)
        return {name: share / whole if whole else 0.0 for name, share in zip(types, seen, strict=True)}

    def _group(self, members: Collection[str], types: Collection[str]) -> _Group:
        """Some true types together, and how often they are named as one of `types`."""
        share = _sum(self._shares[name] for name in members)
        named = spread = lost = 0.0
        known = True
        for name in members:
            weight = self._shares[name] / share if share else 1.0 / len(members)
            if weight == 0.0:
                continue
            seen = self._seen[name]
            known = known and seen > 0
            if seen:
                named += weight * self._among(name, types) / seen
                spread += weight * weight / seen
                lost += weight * sum(self._confusion[name].values()) / seen
            else:
                lost += weight
        return _Group(share, named, 1.0 / spread if known and spread else 0.0, lost)


def _lang_reiczigel(count: int, total: int, sensitivity: float, cells: float, others: _Group) -> tuple[float, float]:
    """Limits, 0-1, of the share of a type among cells of which `count` of `total` were named so."""
    rate = (count + _SQUARE / 2.0) / (total + _SQUARE)
    found = (cells * sensitivity + 1.0) / (cells + 2.0)
    passed = (others.cells * (1.0 - others.named) + 1.0) / (others.cells + 2.0)
    telling = found + passed - 1.0
    if telling <= 0.0:
        return 0.0, 1.0  # the name says nothing about the type
    found_variance = found * (1.0 - found) / (cells + 2.0)
    passed_variance = passed * (1.0 - passed) / (others.cells + 2.0)
    share = (rate + passed - 1.0) / telling
    shift = 2.0 * _SQUARE * (share * found_variance - (1.0 - share) * passed_variance)
    variance = rate * (1.0 - rate) / (total + _SQUARE)
    variance += share * share * found_variance + (1.0 - share) * (1.0 - share) * passed_variance
    half = Z * math.sqrt(variance) / telling
    return min(max(share + shift - half, 0.0), 1.0), min(max(share + shift + half, 0.0), 1.0)


def _of_all(inside: float, outside: float, inside_lost: float, outside_lost: float) -> float:
    """A share of what was named as a share of what there is."""
    there, rest = inside * inside_lost, outside * outside_lost
    return there / (there + rest) if there else 0.0


def _percent(share: float) -> float:
    """In steps of 0.0001 %, as the limits of sampling."""
    return math.floor(share * 1_000_000.0 + 0.5) / 10_000.0


def _sum(values: Iterable[float]) -> float:
    """Plain additions in order: Python's own sum rounds differently from version to version."""
    total = 0.0
    for value in values:
        total += value
    return total
