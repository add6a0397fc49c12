"""How far two reviewers agree beyond chance: J. Cohen (1960), doi:10.1177/001316446002000104."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """The agreement of two reviewers on the same cells.

    Attributes
    ----------
    cells : int
        Cells that both have called.
    same : int
        Cells that both called the same.
    kappa : float or None
        Cohen's kappa, 1 for full agreement and 0 for that of chance; None without cells, or where both called
        everything by one name, so that there is no chance to be better than.
    pairs : dict of (str, str) to int
        Number of cells by what either called them.
    """

    cells: int
    same: int
    kappa: float | None
    pairs: dict[tuple[str, str], int]


def of(calls: Sequence[tuple[str, str]]) -> Agreement:
    """Return the agreement of what two reviewers called each cell."""
    total = len(calls)
    same = sum(first == second for first, second in calls)
    firsts, seconds = Counter(first for first, _ in calls), Counter(second for _, second in calls)
    chance = sum(firsts[name] * seconds[name] for name in firsts)  # of total squared
    kappa = None if chance == total * total else (same * total - chance) / (total * total - chance)
    return Agreement(total, same, kappa, dict(Counter(calls)))
