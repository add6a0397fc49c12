from __future__ import annotations

import numpy as np
import pytest

from benchmarks import paired


def test_mcnemar_is_the_binomial_test_of_the_items_that_one_alone_got_right():
    from scipy.stats import binomtest

    random = np.random.default_rng(3)
    ours, theirs = random.random(400) < 0.8, random.random(400) < 0.7
    only = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    assert paired.mcnemar(ours, theirs) == pytest.approx(binomtest(only[0], sum(only)).pvalue)


def test_the_same_opinions_do_not_differ():
    right = np.array([True, False, True])
    assert paired.mcnemar(right, right) == 1.0
    assert paired.difference(right, right).value == 0.0


def test_thousands_of_discordant_items_do_not_overflow():
    right = np.ones(5000, np.bool_)
    assert paired.mcnemar(right, ~right) == 0.0


def test_slides_are_drawn_as_a_whole():
    ours, theirs = np.array([1.0] * 50 + [0.0] * 50), np.zeros(100)
    by_item = paired.difference(ours, theirs)
    by_slide = paired.difference(ours, theirs, ["a"] * 50 + ["b"] * 50)
    assert by_item.high - by_item.low < 0.25
    assert (by_slide.low, by_slide.high) == (0.0, 1.0)
