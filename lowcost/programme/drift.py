"""Whether cells change: those of the last week beside those of the month before, and beside the training set.

The slide is the unit: cells of one slide resemble each other, so that a thousand cells of three slides say no more of
a device than three. Each slide gives one mean per feature, taken from cells compared with training cells of their own
type, so that other patients do not look like another stain. Limits are Student's, and Welch's of a difference
(B. L. Welch 1947, doi:10.2307/2332510), widened so that they hold for all features together (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from lowcost.differential import share
from lowcost.novelty import Parameters
from lowcost.programme.tally import Slide
from lowcost.result import Share

WEEK, MONTH = timedelta(days=7), timedelta(days=28)
LEAST_SLIDES = 3
"""Slides of a period from which on limits are given."""

_OUTSIDE = 0.05
_EDGE = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A mean with its limits, in spreads of training cells.

    Attributes
    ----------
    mean, low, high : float
        The limits are infinite where the slides are too few to tell.
    """

    mean: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether the limits leave out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Period:
    """The slides of some days.

    Attributes
    ----------
    first, last : date
        The days, both included.
    slides : tuple of Slide
        Those with leukocytes.
    unlike : Share
        Leukocytes that look unlike the training set.
    """

    first: date
    last: date
    slides: tuple[Slide, ...]
    unlike: Share


@dataclass(frozen=True)
class Drift:
    """One device, or all of them.

    Attributes
    ----------
    device : str
        Which; empty of slides whose device is not known.
    week, month : Period
        The last seven days with slides in the store, and the 28 days before.
    features : tuple of (str, Estimate, Estimate or None)
        Each feature with how far the week's cells lie from training cells, and from the month's (None where that has
        no slides); the farthest first.
    """

    device: str
    week: Period
    month: Period
    features: tuple[tuple[str, Estimate, Estimate | None], ...]

    @property
    def changed(self) -> list[str]:
        """Features whose difference from the month before is no chance."""
        return [name for name, _, difference in self.features if difference and difference.tells]


def measure(slides: Sequence[Slide], training: Parameters | None) -> list[Drift]:
    """Return the drift of each device, none where no day is known.

    Parameters
    ----------
    slides : sequence of Slide
        Of a store.
    training : Parameters or None
        The bundle's section ``novelty``.
    """
    days = [slide.day for slide in slides if slide.day is not None]
    if not days or training is None:
        return []
    last = max(days)
    found = []
    for device in sorted({slide.device for slide in slides if slide.day is not None}):
        own = [slide for slide in slides if slide.device == device and slide.deviation is not None]
        week = _period(own, last - WEEK + timedelta(days=1), last)
        month = _period(own, week.first - MONTH, week.first - timedelta(days=1))
        if week.slides:
            features = _features(week.slides, month.slides, training.features)
            found.append(Drift(device, week, month, features))
    return found


def _period(slides: Sequence[Slide], first: date, last: date) -> Period:
    own = tuple(slide for slide in slides if slide.day is not None and first <= slide.day <= last)
    return Period(first, last, own, share(sum(s.unlike for s in own), sum(s.measured for s in own)))


def _features(
    week: Sequence[Slide], month: Sequence[Slide], names: Sequence[str]
) -> tuple[tuple[str, Estimate, Estimate | None], ...]:
    now, before = _rows(week, len(names)), _rows(month, len(names))
    found = []
    for column, name in enumerate(names):
        own = _estimate([now[:, column]], len(names))
        difference = _estimate([now[:, column], before[:, column]], len(names)) if month else None
        found.append((name, own, difference))
    return tuple(sorted(found, key=lambda each: (-abs((each[2] or each[1]).mean), each[0])))


def _rows(slides: Sequence[Slide], width: int) -> NDArray[np.float64]:
    return np.array([slide.deviation for slide in slides]).reshape(-1, width)


def _estimate(parts: Sequence[NDArray[np.float64]], tests: int) -> Estimate:
    """Mean of a sample, less that of a second if there is one, with limits that hold for so many tests."""
    from scipy.special import stdtrit

    mean = float(parts[0].mean() - sum(part.mean() for part in parts[1:]))
    if any(len(part) < LEAST_SLIDES for part in parts):
        return Estimate(mean, -np.inf, np.inf)
    squares = [max(float(part.var(ddof=1)), _EDGE) / len(part) for part in parts]
    freedom = sum(squares) ** 2 / sum(s * s / (len(part) - 1) for s, part in zip(squares, parts, strict=True))
    reach = float(stdtrit(freedom, 1 - _OUTSIDE / 2 / tests)) * sum(squares) ** 0.5
    return Estimate(mean, mean - reach, mean + reach)
