"""Limits that hold sampling and the classifier's errors: they cover as stated, and widen where little is known."""

from __future__ import annotations

import numpy as np
import pytest

from lowcost import differential
from lowcost.misclassification import Slide
from tests.smears import CONFUSED, CONFUSION, CONVENTIONS, crowd

TYPES = ("lymphocyte", "monocyte", "blast")
RATES = np.array(
    [  # named lymphocyte, monocyte, blast, erythroblast, unidentified
        [0.94, 0.02, 0.01, 0.01, 0.02],
        [0.03, 0.90, 0.04, 0.00, 0.03],
        [0.08, 0.06, 0.72, 0.00, 0.14],
        [0.10, 0.00, 0.00, 0.88, 0.02],
    ]
)
NAMES = (*TYPES, "erythroblast", "unidentified")


def confusion(cells, rng=None):
    """Held-out cells, `cells` of each type: as expected, or drawn."""
    rows = [np.rint(row * cells) if rng is None else rng.multinomial(cells, row) for row in RATES]
    return {name: dict(zip(NAMES, map(int, row), strict=True)) for name, row in zip(NAMES, rows, strict=False)}


def counts(*numbers):
    return dict(zip(NAMES, numbers, strict=False))


def limits(found, known, *types):
    return Slide(found, known, TYPES, 60).limits(types or ("blast",))


@pytest.mark.parametrize("composition", [(0.6, 0.1, 0.3), (0.9, 0.08, 0.02), (0.2, 0.75, 0.05)])
@pytest.mark.parametrize("cells", [40, 400])
def test_they_cover_the_true_share(composition, cells):
    rng = np.random.default_rng(5)
    held = {kind: [] for kind in TYPES}
    for _ in range(400):
        known = confusion(150, rng)
        seen = sum(rng.multinomial(n, row) for n, row in zip(rng.multinomial(cells, composition), RATES, strict=False))
        seen = seen + rng.multinomial(rng.poisson(0.03 * cells), RATES[3])
        slide = Slide(counts(*seen.tolist()), known, TYPES, 60)
        for kind, share in zip(TYPES, composition, strict=True):
            found = slide.limits((kind,))
            held[kind].append(found.low <= 100 * share <= found.high)
    assert np.mean(list(held.values())) == pytest.approx(0.96, abs=0.03)
    assert min(np.mean(row) for row in held.values()) > 0.9


def test_sampling_alone_does_not_cover_it():
    """What the wider limits are for: a fifth of the blasts is named otherwise."""
    seen = counts(*map(int, 400 * np.array([0.5, 0.1, 0.4]) @ RATES[:3, :4]))
    blasts = differential.share(seen["blast"], sum(seen[kind] for kind in TYPES))
    assert blasts.high < 40
    found = limits(seen, confusion(150))
    assert found.low < 40 < found.high
    assert found.percent == pytest.approx(40, abs=1)


def test_a_classifier_without_errors_leaves_sampling_alone():
    known = {name: {name: 10**9} for name in (*TYPES, "erythroblast")}
    found, sampling = limits(counts(60, 20, 20), known), differential.share(20, 100)
    assert found.percent == 20.0
    assert (found.low, found.high) == pytest.approx((sampling.low, sampling.high), abs=1.0)


def test_few_held_out_cells_make_them_wide():
    seen = counts(150, 30, 20)
    widths = [found.high - found.low for found in (limits(seen, confusion(n)) for n in (10_000, 200, 20))]
    assert widths == sorted(widths)
    assert widths[2] > 1.5 * widths[0]
    none = confusion(200) | {"blast": {}}
    assert limits(seen, none).high > limits(seen, confusion(200)).high


def test_a_name_that_says_nothing_says_so():
    known = confusion(100) | {"blast": counts(50, 50, 0)}
    assert (limits(counts(50, 40, 10), known).low, limits(counts(50, 40, 10), known).high) == (0.0, 100.0)


def test_erythroblasts_taken_for_lymphocytes_are_subtracted():
    many = limits(counts(70, 30, 0, 88), confusion(10_000), "lymphocyte")
    none = limits(counts(70, 30, 0, 0), confusion(10_000), "lymphocyte")
    assert many.percent < none.percent - 2


def test_types_together():
    slide = Slide(counts(50, 30, 20), confusion(100), TYPES, 60)
    alone, both = slide.limits(("blast",)), slide.limits(("blast", "monocyte"))
    assert both.percent == pytest.approx(alone.percent + slide.limits(("monocyte",)).percent, abs=1e-3)
    everything = slide.limits(TYPES)
    assert everything.percent == everything.high == 100.0


def test_a_type_that_no_held_out_cell_was_taken_for():
    slide = Slide({"a": 1, "b": 3}, {"a": {"b": 30}, "b": {"b": 30}}, ["a", "b"], 60)
    for types in (["a"], ["b"], ["a", "b"]):
        limits = slide.limits(types)
        assert 0 <= limits.low <= limits.percent <= limits.high <= 100
    assert slide.limits(["b"]).high == 100


def test_no_cells():
    found = limits(counts(0, 0, 0), confusion(100))
    assert (found.percent, found.low, found.high) == (0.0, 0.0, 100.0)


def test_the_bytes_that_every_machine_must_give():
    found = [limits(counts(*seen), confusion(150)) for seen in [(1, 0, 0), (61, 7, 19, 3), (399, 1, 0), (20, 20, 160)]]
    assert [(each.percent, each.low, each.high) for each in found] == [
        (0.0, 0.0, 100.0),
        (27.0092, 16.4803, 39.8445),
        (0.0, 0.0, 1.0552),
        (96.0122, 87.0461, 100.0),
    ]


def test_the_differential_holds_both_intervals():
    found = crowd(200, ["lymphocyte", "monocyte", "blast", "unidentified"]).differential
    share = found.shares["blast"]
    assert (share.low, share.high) == (differential.share(50, 150).low, differential.share(50, 150).high)
    assert share.with_errors.high - share.with_errors.low > share.high - share.low
    assert found.neutrophils.count == 0
    assert found.unidentified.with_errors is None
    assert CONFUSED.confusion == CONFUSION


def test_thresholds_heed_the_wider_interval():
    cells = ["lymphocyte"] * 17 + ["blast"] * 3
    fields = crowd(400, cells).fields
    alone, wide = (differential.measure(fields, conventions) for conventions in (CONVENTIONS, CONFUSED))
    assert alone.blast_equivalents.with_errors is None
    assert alone.blast_thresholds == {"10": "above", "20": "below"}
    assert set(wide.blast_thresholds.values()) <= {"above", "below", "crosses"}
    limits = wide.blast_equivalents.with_errors
    assert wide.blast_thresholds["10"] == ("above" if limits.low >= 10 else "crosses")
