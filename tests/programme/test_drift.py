"""Drift is seen where there is one, and not where patients differ."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from lowcost.programme import drift
from lowcost.programme.tally import Slide
from tests.programme.stores import LAST, TRAINING

WIDTH = len(TRAINING.features)


def slides(ago, deviations, device="phone"):
    return [
        Slide(f"{device} {ago} {number}", device=device, day=LAST - timedelta(days=ago), deviation=np.array(row))
        for number, row in enumerate(deviations)
    ]


def test_limits_are_those_of_students_and_welchs_tests():
    random = np.random.default_rng(3)
    now, before = random.normal(0.4, 0.3, (6, WIDTH)), random.normal(0.0, 0.2, (9, WIDTH))
    (found,) = drift.measure([*slides(0, now), *slides(12, before)], TRAINING)
    level = 1 - 0.05 / WIDTH
    for name, own, difference in found.features:
        column = TRAINING.features.index(name)
        expected = stats.ttest_1samp(now[:, column], 0).confidence_interval(level)
        assert (own.low, own.high) == pytest.approx(tuple(expected))
        expected = stats.ttest_ind(now[:, column], before[:, column], equal_var=False).confidence_interval(level)
        assert (difference.low, difference.high) == pytest.approx(tuple(expected))
        assert difference.mean == pytest.approx(now[:, column].mean() - before[:, column].mean())


def test_no_change_is_rarely_called_one():
    random = np.random.default_rng(5)
    called = 0
    for _ in range(200):
        patients = random.normal(0, 0.3, (20, 1)) + random.normal(0, 0.2, (20, WIDTH))
        (found,) = drift.measure([*slides(0, patients[:8]), *slides(10, patients[8:])], TRAINING)
        called += bool(found.changed)
    assert called <= 20  # 5 % of 200, and three standard deviations


def test_a_change_of_one_feature_is_named():
    random = np.random.default_rng(7)
    now, before = random.normal(0, 0.2, (8, WIDTH)), random.normal(0, 0.2, (8, WIDTH))
    now[:, 3] += 1
    (found,) = drift.measure([*slides(2, now), *slides(30, before)], TRAINING)
    assert found.changed == [TRAINING.features[3]]
    assert found.features[0][0] == TRAINING.features[3]


def test_periods_end_with_the_last_day_of_the_store():
    rows = np.zeros((1, WIDTH))
    of = {ago: slides(ago, rows)[0] for ago in (0, 6, 7, 34, 35)}
    (found,) = drift.measure(list(of.values()), TRAINING)
    assert [slide.name for slide in found.week.slides] == [of[0].name, of[6].name]
    assert [slide.name for slide in found.month.slides] == [of[7].name, of[34].name]
    assert (found.week.last - found.week.first, found.month.last - found.month.first) == (
        timedelta(days=6),
        timedelta(days=27),
    )


def test_too_few_slides_have_no_limits():
    (found,) = drift.measure(slides(0, np.ones((2, WIDTH))), TRAINING)
    _, own, difference = found.features[0]
    assert (own.mean, own.low, own.high) == (1, -math.inf, math.inf)
    assert difference is None
    assert found.changed == []


def test_slides_without_day_cells_or_device():
    assert drift.measure([Slide("a"), Slide("b", device="phone")], TRAINING) == []
    assert drift.measure(slides(0, np.zeros((3, WIDTH))), None) == []
    mixed = [*slides(0, np.zeros((3, WIDTH)), ""), Slide("no cells", device="phone", day=LAST)]
    assert [found.device for found in drift.measure(mixed, TRAINING)] == [""]
