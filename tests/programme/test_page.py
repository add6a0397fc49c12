"""The page says what was counted, escapes names, loads nothing and stays short."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser

import numpy as np
import pytest

from lowcost.programme import drift, page, rows
from lowcost.programme.tally import Shift, Slide
from lowcost.taxonomy import CELL_TYPES
from tests.programme.stores import LAST, TRAINING
from tests.smears import CONVENTIONS


def slide(number, device="phone", **counts):
    day = LAST - timedelta(days=number % 20)
    counts = Counter(counts or {"lymphocyte": 60, "blast": 40, "unidentified": 5})
    deviation = np.full(len(TRAINING.features), 0.1 * (number % 7))
    fields = Counter(accepted=3, rejected=1)
    return Slide(f"slide {number}", f"P{number // 2}", device, day, 1, fields, 1, 0, counts, 2, 7, 90, deviation)


def shift(number):
    fields, reasons = Counter(accepted=8, doubtful=1, rejected=1), Counter({"out of focus": 2})
    return Shift("phone", LAST - timedelta(days=number), fields, 2, reasons, [0.8, 0.9, 1.0], [0.1] * 3, 4, 100)


def rendered(count, **more):
    slides = [slide(number, **more) for number in range(count)]
    drifts = drift.measure(slides, TRAINING)
    shifts = [shift(number) for number in range(min(count, 30))]
    return page.render(slides, shifts, drifts, CONVENTIONS, {"bundle": "lowcost-1"})


class Balanced(HTMLParser):
    """Every element is closed by its own end."""

    def __init__(self):
        super().__init__()
        self.open, self.rows = [], Counter()

    def handle_starttag(self, tag, attributes):
        self.rows[tag] += 1
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("count", [0, 3, 200, 230])
def test_pages_of_any_number_of_slides_are_sound(count):
    text = rendered(count)
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert not re.search(r"<script|src=|url\(|https?:", text)
    for word in ("For Research Use Only", "Look at these first", "Drift", "Clopper", "Bonferroni"):
        assert word in text
    if count > rows.LONGEST:
        assert f"{count - rows.LONGEST} more in slides.csv" in text


def test_shares_stand_with_their_limits():
    text = rendered(1)
    assert "40.0\u00a0%<small>30.3\u201350.3</small>" in text
    assert "40 of 100 named leukocytes are blast equivalents, 2 more may be blasts, 5 unidentified" in text
    assert "3 of 5" in text  # usable fields: one was rejected, one image failed
    assert "out of focus (2)" in text


def test_the_summary_says_what_matters():
    slides = [slide(0), slide(1, lymphocyte=100)]
    said = page.summary(slides, [], [], CONVENTIONS)
    assert said.startswith("2 slides of 1 patient: 200 leukocytes named on 8 fields. On 1 slide even the lower limit")
    assert "no share rules them out" in said
    assert "2 images could not be analysed" in said
    slides[0].pending = 4
    assert "4 images still to be analysed: give lowcost batch again" in page.summary(slides, [], [], CONVENTIONS)
    assert page.summary([], [], [], CONVENTIONS) == "The store holds no slides yet."


def test_a_slide_with_few_cells_is_listed_twice_and_never_cleared():
    few = Slide("few", counts=Counter(lymphocyte=5))
    text = page.render([few, slide(0)], [], [], CONVENTIONS, {})
    assert "Too few cells: take more fields (1 slide)" in text
    assert "5 of 400" in text
    assert "0.0\u201352.2" in text
    assert "no blast equivalents among 5 named leukocytes" in text
    assert "Too few cells" not in page.render([slide(0)], [], [], CONVENTIONS, {})


def test_blast_equivalents_are_explained():
    kinds = [kind.label for kind in CELL_TYPES.values() if kind.is_blast_equivalent]
    meaning = page.render([slide(0)], [], [], CONVENTIONS, {}).partition("<dt>Blast equivalents</dt>")[2]
    assert kinds
    assert all(kind.lower() in meaning.partition("</dd>")[0] for kind in kinds)


def test_names_are_no_markup():
    odd = "<b>&\u202e.png"
    text = page.render([Slide(odd, odd, odd, LAST)], [Shift(odd, LAST)], [], CONVENTIONS, {})
    assert odd not in text
    assert "<bdi" in text


def test_nothing_is_called_a_diagnosis():
    assert not re.search(r"diagnos(?!tic procedures)|leuk(a)?emia", rendered(3), re.IGNORECASE)
