from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.errors import InputError
from lowcost.training import heads
from lowcost.training.measured import Measured

KINDS = ("lymphocyte", "monocyte", "eosinophil")


@pytest.fixture(scope="module")
def classifier() -> Parameters:
    return Bundle.load().section("classifier", Parameters)


def cells(classifier: Parameters, signal: float, number: int = 120, seed: int = 0) -> heads.Cells:
    """Cells on which the network guesses, and ten features that tell the types apart by `signal` deviations."""
    generator = np.random.default_rng(seed)
    codes = np.arange(number) % len(KINDS)
    logits = generator.integers(-80, -50, (number, len(classifier.classes)))
    present = [list(classifier.classes).index(kind) for kind in KINDS]
    logits[:, present] = generator.integers(-20, 20, (number, 3))
    rows = generator.normal(size=(number, len(features.NAMES)))
    rows[:, 5:15] = 100 + 10 * (signal * codes[:, None] + rows[:, 5:15])
    rows[::7, 9] = np.nan
    labels = tuple(KINDS[code] for code in codes)
    allowed = np.array([[name == label for name in classifier.classes] for label in labels])
    units = tuple(f"slide {number % 15}" for number in range(number))
    return heads.Cells(logits, rows, allowed, units, labels, units)


def test_what_the_features_know_is_learnt(classifier: Parameters) -> None:
    outcome = heads.learn(cells(classifier, 4.0), classifier)
    assert outcome.helps
    assert outcome.loss_after < 0.5 * outcome.loss_before
    assert outcome.correction.classes == tuple(name for name in classifier.classes if name in KINDS)
    # Nothing is taken from or given to types that nobody labelled.
    assert np.abs(np.array(outcome.correction.weights).sum(axis=0)).max() < 0.05
    fresh = cells(classifier, 4.0, seed=1)
    present = [list(classifier.classes).index(kind) for kind in KINDS]
    told = heads._applied(outcome.correction, fresh)[:, present].argmax(axis=1)
    assert (told == np.arange(120) % 3).mean() > 0.8


def test_what_nobody_knows_is_refused(classifier: Parameters) -> None:
    generator = np.random.default_rng(3)
    some = cells(classifier, 0.0, number=60)
    # A network that is right and as sure of it as it may be in nine of ten cells, and features without a signal.
    logits = generator.integers(-80, -50, some.logits.shape)
    mistaken = generator.random(60) < 0.1
    logits[some.allowed] = -20
    logits[~mistaken, :] += 30 * some.allowed[~mistaken]
    logits[mistaken, :] = logits[mistaken][:, generator.permutation(logits.shape[1])]
    outcome = heads.learn(replace(some, logits=logits), classifier)
    assert not outcome.helps


def test_the_same_cells_give_the_same_correction(classifier: Parameters) -> None:
    some = cells(classifier, 2.0, number=60)
    assert heads._correction(some, 30.0, classifier) == heads._correction(some, 30.0, classifier)


def test_folds_split_no_slide_and_spread_every_class() -> None:
    units = [f"s{number % 11}" for number in range(110)]
    labels = [KINDS[number % 3] for number in range(110)]
    fold = heads.folds(units, labels, 4)
    assert len(set(zip(units, fold.tolist(), strict=True))) == 11
    assert all(np.bincount(fold[np.array(labels) == kind], minlength=4).min() > 0 for kind in KINDS)


def test_cells_that_say_nothing_are_left_out(classifier: Parameters) -> None:
    from pathlib import Path

    from lowcost.datasets.types import LEUKOCYTES, LabelledCell

    def measured(*counts: int) -> Measured:
        types = [frozenset({"lymphocyte"}), frozenset({"monocyte"}), LEUKOCYTES, frozenset({"basophil"})]
        kinds = [kind for kind, count in zip(types, counts, strict=True) for _ in range(count)]
        pictures = [LabelledCell("s", Path(f"{i}.png"), "x", kind) for i, kind in enumerate(kinds)]
        number = len(pictures)
        rows, logits = np.zeros((number, len(features.NAMES))), np.zeros((number, len(classifier.classes)), np.int8)
        nothing = np.zeros((number, 4, 0), np.int8)
        return Measured(pictures, rows, logits, nothing, np.arange(number), np.zeros(number, np.int64))

    found = heads.usable(measured(30, 30, 9, 4), classifier.classes)
    assert set(found.label) == {"lymphocyte", "monocyte"}
    with pytest.raises(InputError, match="at least 50 are needed, got 40"):
        heads.usable(measured(20, 20, 9, 0), classifier.classes)
    with pytest.raises(InputError, match="All cells are lymphocyte"):
        heads.usable(measured(60, 2, 0, 0), classifier.classes)
    whole = measured(30, 30, 0, 0)
    of_two = [replace(picture, group=f"slide {number % 2}") for number, picture in enumerate(whole.pictures)]
    with pytest.raises(InputError, match="at least 3 are needed, got 2"):
        heads.usable(replace(whole, pictures=of_two), classifier.classes)
