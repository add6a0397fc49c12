"""The differential: its limits against an oracle and published values, its counts, its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost import differential
from lowcost.taxonomy import CELL_TYPES
from tests.smears import CONVENTIONS, cell, crowd, field, smear


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(5, 100, 1.6, 11.3), (10, 200, 2.4, 9.0), (20, 100, 12.7, 29.2), (40, 200, 14.7, 26.2), (0, 100, 0.0, 3.6)],
)
def test_limits_are_the_published_ones(count, total, low, high):
    share = differential.share(count, total)
    assert (round(share.low, 1), round(share.high, 1)) == (low, high)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_limits_agree_with_scipy_and_round_outwards(case):
    assert_as_scipy(*case)


@pytest.mark.parametrize("count", [0, 1, 17, 5_000, 50_000, 99_999, 100_000])
def test_limits_of_very_many_cells(count):
    assert_as_scipy(count, 100_000)


def assert_as_scipy(count, total):
    beta = pytest.importorskip("scipy.stats").beta
    share = differential.share(count, total)
    low = 100 * beta.ppf(0.025, count, total - count + 1) if count else 0.0
    high = 100 * beta.ppf(0.975, count + 1, total - count) if count < total else 100.0
    assert low - 1.01e-4 <= share.low <= low + 1e-8
    assert high - 1e-8 <= share.high <= high + 1.01e-4


def test_the_bytes_that_every_machine_must_give():
    shares = [differential.share(count, total) for count, total in [(0, 1), (1, 3), (7, 19), (61, 212), (399, 400)]]
    assert [(share.low, share.high) for share in shares] == [
        (0.0, 97.5),
        (0.8403, 90.5701),
        (16.2885, 61.6423),
        (22.7798, 35.3718),
        (98.615, 99.9937),
    ]


def test_nothing_of_nothing_can_be_anything():
    share = differential.share(0, 0)
    assert (share.percent, share.low, share.high) == (0.0, 0.0, 100.0)


def test_what_counts_and_what_does_not():
    kinds = ["blast", "lymphocyte", "unidentified", "platelet", "erythroblast", "smudge_cell"]
    good = field([cell(i + 1, kind) for i, kind in enumerate(kinds)])
    doubtful = field([cell(1, "lymphocyte", x=0)], verdict="doubtful")
    rejected = field([cell(1, "blast")], verdict="rejected")
    found = differential.measure([good, doubtful, rejected], CONVENTIONS)
    assert found.counted == 3
    assert (found.shares["lymphocyte"].count, found.shares["blast"].count) == (2, 1)
    assert (found.unidentified.count, found.unidentified.total) == (1, 4)
    assert (found.artefacts.count, found.artefacts.total) == (3, 7)
    assert found.blast_equivalents.percent == 100 / 3


def test_every_type_is_listed_also_those_not_found():
    shares = smear([]).differential.shares
    assert list(shares) == [name for name, kind in CELL_TYPES.items() if kind.is_leukocyte and name != "unidentified"]
    assert {share.total for share in shares.values()} == {0}


@pytest.mark.parametrize(
    ("blasts", "total", "ten", "twenty"),
    [
        (0, 200, "below", "below"),
        (20, 200, "crosses", "below"),
        (40, 200, "above", "crosses"),
        (90, 200, "above", "above"),
    ],
)
def test_thresholds_of_blasts(blasts, total, ten, twenty):
    cells = [cell(i + 1, "blast" if i < blasts else "lymphocyte") for i in range(total)]
    found = differential.measure([field(cells)], CONVENTIONS)
    assert found.blast_thresholds == {"10": ten, "20": twenty}


def test_no_cells_say_nothing_about_blasts():
    assert smear([]).differential.blast_thresholds == {"10": "crosses", "20": "crosses"}


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "No leukocyte was named: there is no differential."),
        (1, "1 leukocyte was named, fewer than the 100 of a routine differential"),
        (99, "99 leukocytes were named, fewer than the 100"),
        (100, "as many as a routine differential counts (100), fewer than a work-up of leukemia does (200)"),
        (200, "as many as a work-up of leukemia counts (200), fewer than the reference method does (400, CLSI H20-A2)"),
        (400, "400 leukocytes were named: as many as the reference method counts (400, CLSI H20-A2)"),
    ],
)
def test_what_the_number_supports(count, words):
    assert words in crowd(count, ["lymphocyte"]).differential.supports
