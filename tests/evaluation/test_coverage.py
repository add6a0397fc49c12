"""Drawn slides say whether limits hold: those of an honest confusion do, those of another do not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lowcost import differential
from lowcost.evaluation import coverage
from lowcost.evaluation.coverage import COMPOSITIONS, LEUKOCYTES, checks, pool
from lowcost.training.held_out import Seen
from tests.smears import CONVENTIONS, cell

KINDS = (*LEUKOCYTES, "erythroblast")
RIGHT, NEXT = 0.85, 0.15

FIVE_TYPES = (60, 0, 0, 0, 0, 4, 1, 28, 7, 0)
"""A slide whose labels tell five types apart."""


def drawn(cells, seed):
    """Held-out cells of each type, of which some are taken for the next one."""
    random = np.random.default_rng(seed)
    return {
        (name,): [KINDS[(i + int(random.random() < NEXT)) % len(KINDS)] for _ in range(cells)]
        for i, name in enumerate(KINDS)
    }


def conventions(found):
    confusion = {name: dict(Counter(row)) for (name,), row in found.items()}
    return differential.Parameters(**{**vars(CONVENTIONS), "confusion": confusion, "confusion_rounds": 60})


def held(found, parameters, name, composition="left shift"):
    return np.mean([getattr(check, name) for check in checks(found, parameters, [COMPOSITIONS[composition]], 25)])


def test_limits_of_an_honest_confusion_hold():
    test_cells, parameters = drawn(500, 1), conventions(drawn(200, 2))
    assert held(test_cells, parameters, "with_errors") == pytest.approx(0.96, abs=0.03)
    assert held(test_cells, parameters, "sampling") < 0.85


def test_limits_of_another_classifier_do_not():
    perfect = conventions({(name,): [name] * 10**5 for name in KINDS})
    assert held(drawn(500, 1), perfect, "with_errors") < 0.85


def test_halves_of_the_same_cells_tell_the_coverage_of_the_method():
    seen = [Seen("a", types, cell(1, given)) for types, row in drawn(200, 1).items() for given in row]
    found = coverage.halved(seen, conventions({}), halves=5, slides=1)
    assert np.mean([check.with_errors for check in found]) == pytest.approx(0.95, abs=0.03)


def test_every_share_that_is_there_is_asked_for():
    found = checks(drawn(50, 1), conventions(drawn(50, 2)), [COMPOSITIONS["healthy"]], 1)
    asked = {check.type for check in found}
    assert asked == {"neutrophils", *(n for n, p in zip(LEUKOCYTES, COMPOSITIONS["healthy"], strict=True) if p)}
    assert len(found) == len(asked) * len(coverage.CELLS)


def test_coarse_labels_answer_what_they_can():
    coarse = drawn(50, 1)
    both = [*coarse.pop(("neutrophil_segmented",)), *coarse.pop(("neutrophil_band",))]
    found = checks(
        {**coarse, ("neutrophil_segmented", "neutrophil_band"): both}, conventions(drawn(50, 2)), [FIVE_TYPES]
    )
    assert {check.type for check in found} == {"neutrophils", "eosinophil", "basophil", "lymphocyte", "monocyte"}


def test_a_coarse_label_does_not_stand_in_for_a_fine_one():
    fine = drawn(300, 1)
    coarse = {("neutrophil_segmented", "neutrophil_band"): ["monocyte"] * 16}
    parameters = conventions(drawn(200, 2))
    assert checks({**coarse, **fine}, parameters, [FIVE_TYPES], 1) == checks(fine, parameters, [FIVE_TYPES], 1)


def test_compositions_are_whole():
    assert {sum(each) for each in COMPOSITIONS.values()} == {100}


def test_sets_are_counted_by_label():
    seen = [
        Seen("a", ("lymphocyte",), cell(1, "unidentified")),
        Seen("a", ("lymphocyte",), cell(1, "monocyte")),
        Seen("a", ("neutrophil_segmented", "neutrophil_band"), cell(1, "neutrophil_band")),
        Seen("a", ("platelet",), cell(1, "platelet")),
    ]
    rows = {row["label"]: row for row in coverage.sets("sets", "Sets", seen).rows}
    assert rows["lymphocyte"]["true type listed"] == 0.5
    assert rows["lymphocyte"]["types listed"] == 1.5
    assert rows["neutrophil_segmented/neutrophil_band"]["true type listed"] == 1.0
    assert rows["all"]["cells"] == 3, "a platelet that no network saw has no set"
    assert pool(seen)["lymphocyte",] == ["unidentified", "monocyte"]
