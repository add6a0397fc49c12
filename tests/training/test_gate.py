from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lowcost.bundle import Bundle
from lowcost.classifier import Parameters, decide
from lowcost.datasets.types import LEUKOCYTES
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training import gate


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return Bundle.load().section("classifier", Parameters)


def test_shares_are_what_the_classifier_decides_by(parameters: Parameters) -> None:
    logits = np.random.default_rng(0).integers(-128, 128, (300, len(parameters.classes)))
    logits //= 4
    found = gate.shares(logits, [frozenset({"lymphocyte"})] * 300, [""] * 300, parameters)
    for row, white, kind, right in zip(
        logits.tolist(), found.leukocyte_share, found.type_share, found.right, strict=True
    ):
        said = decide(row, parameters)
        if white < parameters.leukocyte_limit:
            assert not CELL_TYPES[said.type].is_leukocyte
        elif kind < parameters.type_limit:
            assert said.type == UNIDENTIFIED
        else:
            assert (said.type == "lymphocyte") == right


def test_labels_say_leukocyte_other_or_a_type(parameters: Parameters) -> None:
    labels = [LEUKOCYTES, frozenset({"platelet", "platelet_clump"}), frozenset({"blast"})]
    found = gate.shares(np.zeros((3, len(parameters.classes)), np.int64), labels, [""] * 3, parameters)
    assert found.leukocyte.tolist() == [True, False, True]
    assert found.other.tolist() == [False, True, False]
    assert found.typed.tolist() == [False, False, True]


def test_bound_is_exact() -> None:
    # Clopper-Pearson: 0 of n gives 1 - 0.05 ** (1 / n).
    assert gate.upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert gate.upper_bound(3, 3) == gate.upper_bound(0, 0) == 1.0


def drawn(seed: int, number: int = 4000) -> gate.Cells:
    """Cells whose type is right with a probability of their share, and whose leukocyte share is even from 0.2 to 1."""
    generator = np.random.default_rng(seed)
    kind = generator.uniform(0.3, 1.0, number)
    yes = np.ones(number, np.bool_)
    white = generator.uniform(0.2, 1.0, number)
    return gate.Cells(yes, ~yes, yes, white, kind, generator.random(number) < kind, ("",) * number)


def test_the_stated_risk_holds_on_other_cells() -> None:
    limit, _ = gate.type_limit([drawn(1)], 0.0, risk=0.15)
    assert limit is not None
    fresh = drawn(2, 100_000)
    named = fresh.type_share >= limit
    # Above a limit t the names are right in (1 + t) / 2 of the cells.
    assert 1 - (1 + limit) / 2 <= 0.15
    assert (~fresh.right[named]).mean() <= 0.15
    assert limit <= 0.85


def test_a_risk_that_cannot_be_promised_says_which_can() -> None:
    limit, least = gate.type_limit([drawn(1, 300)], 0.0, risk=0.001)
    assert limit is None
    assert 0.001 < least < 0.3


def test_every_set_must_keep_the_risk() -> None:
    good, bad = drawn(1), replace(drawn(2), right=np.zeros(4000, np.bool_))
    assert gate.type_limit([good, bad], 0.0, risk=0.15)[0] is None


def test_leukocytes_are_not_missed_more_than_stated() -> None:
    limit = gate.leukocyte_limit([drawn(1)], missed=0.1)
    assert limit == 0.25  # below 0.25 lie 6 % of them, below 0.3 12 %
    assert gate.leukocyte_limit([replace(drawn(1), leukocyte_share=np.zeros(4000))], 0.1) is None
