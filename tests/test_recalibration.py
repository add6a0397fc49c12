"""What verified cells change about logits, probabilities and what is stated of errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lowcost import features, reliability
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier, Parameters, Seen, decide
from lowcost.pipeline import Analyzer
from lowcost.recalibration import Recalibration
from lowcost.training import temperature
from tests import fields
from tests.profiles import profile


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load()


def test_what_is_added_is_added_and_no_logit_lies_too_far_below() -> None:
    some = Recalibration((5, 0, -7, -250), 1.0, (1.0,) * 256, 100)
    assert some.apply([10, 20, 30, -128]) == [15, 20, 23, -232]
    assert some.apply([127, 0, 0, 0]) == [132, 0, -7, -123], "at most 255 below the greatest"


def test_nothing_added_at_the_bundle_s_temperature_changes_nothing(bundle: Bundle) -> None:
    own = bundle.section("classifier", Parameters)
    nothing = Recalibration((0,) * len(own.classes), own.temperature, own.softmax_table, 100)
    random = np.random.default_rng(4)
    seen = Seen(random.integers(-128, 128, (20, len(own.classes))).astype(np.int8), np.zeros((20, 1), np.int8))
    rows = random.normal(size=(20, len(features.NAMES)))
    assert Classifier.load(bundle, None, nothing).predict(seen, rows) == Classifier.load(bundle).predict(seen, rows)


def test_probabilities_are_those_of_the_device_s_temperature(bundle: Bundle) -> None:
    own = bundle.section("classifier", Parameters)
    softer = temperature.softmax_table(own.logit_scale, 3.0)
    some = Recalibration((9, *(0,) * (len(own.classes) - 1)), 3.0, softer, 100)
    seen = Seen(np.arange(len(own.classes), dtype=np.int8)[None], np.zeros((1, 1), np.int8))
    rows = np.zeros((1, len(features.NAMES)))
    logits = Classifier.load(bundle).predict(seen, rows)[0].logits
    raised = np.array(logits) + (np.arange(len(logits)) == 0) * 9
    found = Classifier.load(bundle, None, some).predict(seen, rows)[0]
    assert found.logits == tuple(raised)
    expected = np.exp(raised * own.logit_scale / 3.0)
    assert list(found.probabilities.values()) == pytest.approx(expected / expected.sum())
    assert found == decide(list(found.logits), replace(own, softmax_table=softer, temperature=3.0))


def test_errors_that_were_counted_without_it_are_not_stated_with_it(bundle: Bundle, monkeypatch) -> None:
    monkeypatch.setattr(
        reliability, "holds", lambda _: True
    )  # whether or not they were counted since the last training
    made = profile(bundle)
    for own, stated in ((replace(made, recalibration=None), True), (made, False)):
        analyzer = Analyzer(bundle, own)
        assert (analyzer._conformal is not None) == stated
        assert bool(analyzer._differential.confusion) == stated
    found = analyzer.analyze(fields.row().pixels, um_per_px=0.12)
    assert len(found.cells) == 4
    assert not any(cell.possible_types for cell in found.cells)
