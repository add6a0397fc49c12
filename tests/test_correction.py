from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.correction import Correction, Parameters
from lowcost.errors import BundleError

CLASSES = ("lymphocyte", "monocyte", "blast")
NAMES = ("a", "b")
PLAIN = Parameters(
    inputs=(*CLASSES, "b"),
    centre=(0.0, 0.0, 0.0, 10.0),
    spread=(1.0, 1.0, 1.0, 2.0),
    limit=3.0,
    classes=("lymphocyte", "monocyte"),
    bias=(5.0, -5.0),
    weights=((0.0, 0.0, 0.0, 2.0), (0.0, 0.0, 0.0, -2.0)),
)


def test_known_case() -> None:
    correction = Correction(PLAIN, CLASSES, NAMES)
    # b = 13 lies 1.5 spreads above its centre: +-(5 + 2 * 1.5).
    assert correction.apply([10, 20, 30], [0.0, 13.0]) == [18, 12, 30]


def test_inputs_are_held_within_what_was_seen() -> None:
    correction = Correction(PLAIN, CLASSES, NAMES)
    assert correction.apply([0, 0, 0], [0.0, 1e6]) == correction.apply([0, 0, 0], [0.0, 16.0]) == [11, -11, 0]


def test_a_feature_that_is_missing_counts_as_average() -> None:
    correction = Correction(PLAIN, CLASSES, NAMES)
    assert correction.apply([0, 0, 0], [0.0, float("nan")]) == [5, -5, 0]


def test_logits_stay_within_the_table_of_the_softmax() -> None:
    strong = Correction(replace(PLAIN, bias=(500.0, -500.0)), CLASSES, NAMES)
    assert strong.apply([0, 0, 0], [0.0, 10.0]) == [500, 245, 245]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PLAIN, inputs=("monocyte", "lymphocyte", "blast", "b")),
        replace(PLAIN, inputs=(*CLASSES, "c")),
        replace(PLAIN, centre=(0.0,)),
        replace(PLAIN, classes=("lymphocyte", "basophil")),
        replace(PLAIN, bias=(1.0,)),
    ],
)
def test_what_does_not_belong_together_is_refused(wrong: Parameters) -> None:
    with pytest.raises(BundleError, match="train heads"):
        Correction(wrong, CLASSES, NAMES)


def test_a_bundle_may_have_none_and_its_section_reads_back() -> None:
    bundle = Bundle.load()
    classes = bundle.parameters["classifier"]["classes"]
    assert Correction.load(bundle, classes, features.NAMES) is None
    width = len(classes) + len(features.NAMES)
    wide = Parameters(
        (*classes, *features.NAMES), (0.0,) * width, (1.0,) * width, 4.0, ("blast",), (3.0,), ((0.0,) * width,)
    )
    bundle.parameters["correction"] = json.loads(json.dumps(asdict(wide)))
    loaded = Correction.load(bundle, classes, features.NAMES)
    assert loaded is not None
    assert loaded.parameters == wide
    logits = list(range(len(classes)))
    expected = [value + 3 * (name == "blast") for name, value in zip(classes, logits, strict=True)]
    assert loaded.apply(logits, np.full(len(features.NAMES), np.nan)) == expected
