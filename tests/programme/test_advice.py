"""What is wrong with a device is said with what to do, and what is right is not complained of."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lowcost.programme import advice, drift, page
from lowcost.programme.tally import Shift, Slide
from tests.programme.stores import LAST, TRAINING
from tests.programme.test_drift import WIDTH, slides
from tests.smears import CONVENTIONS


def shift(unlike=2, rejected=1, scales=(0.1,) * 10, day=LAST, doubtful=0):
    fields = Counter(accepted=20 - rejected - doubtful, doubtful=doubtful, rejected=rejected)
    reasons = Counter({"out of focus": rejected, "red cells contradict the scale": doubtful})
    return Shift("phone", day, fields, 0, reasons, [0.8], list(scales), unlike, 100)


def test_a_good_day_asks_for_nothing():
    assert advice.of_shift(shift()) == []
    assert advice.of_scales([shift(), shift()]) is None
    assert advice.urgent([shift()], []) == {}


def test_types_on_an_unlike_device_are_called_unreliable():
    (said,) = advice.of_shift(shift(unlike=87))
    assert said.urgent
    assert said.text == (
        "unlike the training cells on 87.0\u00a0% of cells: types on this device are unreliable: calibrate it "
        "(lowcost calibrate --device phone FIELD...)"
    )
    (milder,) = advice.of_shift(shift(unlike=30))
    assert not milder.urgent


def test_a_day_of_useless_photographs():
    (said,) = advice.of_shift(shift(rejected=18))
    assert "only 10.0\u00a0% of photographs can be judged: out of focus" in said.text


def test_a_day_of_doubtful_photographs():
    (said,) = advice.of_shift(shift(doubtful=10))
    assert not said.urgent
    assert said.text == (
        "55.0\u00a0% of photographs are doubtful or rejected: red cells contradict the scale: look at them"
    )
    assert advice.of_shift(shift(doubtful=2)) == []
    assert len(advice.of_shift(shift(doubtful=2, rejected=18))) == 1  # most cannot be judged: said once


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([(0.1,) * 5, (0.131,) * 5], True),  # two days
        ([(0.1, 0.131)], True),  # one day
        ([(0.1,) * 5, (0.125,) * 5], False),
        ([(0.1,) * 11 + (0.3,)], False),  # a single odd field
        ([()], False),
    ],
)
def test_scales_of_one_device_that_differ_are_told(days, told):
    said = advice.of_scales([shift(scales=own) for own in days])
    assert (said is not None) is told
    if said:
        assert said.what == "um per px differ 1.3-fold"


def test_drift_says_what_to_do():
    random = np.random.default_rng(7)
    now, before = random.normal(0, 0.2, (8, WIDTH)), random.normal(0, 0.2, (8, WIDTH))
    (same,) = drift.measure([*slides(2, now), *slides(30, before)], TRAINING)
    assert advice.of_drift(same) is None
    (moved,) = drift.measure([*slides(2, now + 1), *slides(30, before)], TRAINING)
    assert "look at its newest fields" in advice.of_drift(moved).text
    (few,) = drift.measure(slides(2, now[:2]), TRAINING)
    assert "too few slides to tell a change (2 this week, 0 in the month before" in advice.of_drift(few).text


def test_the_page_opens_with_it_and_names_it_beside_the_row():
    one = Slide("s", counts=Counter(lymphocyte=5))
    text = page.render([one], [shift(unlike=87)], [], CONVENTIONS, {})
    assert "phone: types are unreliable (1 day)" in text
    assert "unlike the training cells on 87.0\u00a0% of cells" in text
    assert "1 slide has too few cells to tell whether 10\u00a0% or 20\u00a0%" in text.split("</header>")[0]
    assert ">fine<" not in page.render([one], [shift(unlike=87)], [], CONVENTIONS, {})
    assert ">fine<" in page.render([one], [shift()], [], CONVENTIONS, {})


def test_far_dots_are_arrows_with_their_number_and_few_slides_one_line():
    far = drift.measure([*slides(2, np.full((3, WIDTH), 3.4)), *slides(30, np.zeros((3, WIDTH)))], TRAINING)
    text = page.render([Slide("s")], [], far, CONVENTIONS, {})
    assert "+3.4\u00a0\u2192" in text
    few = drift.measure(slides(2, np.ones((2, WIDTH))), TRAINING)
    text = page.render([Slide("s")], [], few, CONVENTIONS, {})
    assert text.count("too few slides") == 1
