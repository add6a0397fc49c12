"""What verified cells of a device are worth, and what makes them useless."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.device import Profile
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.bootstrap import Estimate
from lowcost.training import heads, recalibration, sources
from tests import fields, profiles

KINDS = ("lymphocyte", "monocyte", "eosinophil")
SIZE = (300, 300)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load()


@pytest.fixture(scope="module")
def classifier(bundle: Bundle) -> Parameters:
    return bundle.section("classifier", Parameters)


def cells(classifier: Parameters, preferred: float, sureness: float, number: int = 300, seed: int = 0) -> heads.Cells:
    """Cells whose log-odds are known, and logits that prefer lymphocytes and are too sure by a factor.

    Each cell has a type drawn by its probabilities, so that a perfect recalibration takes both away.
    """
    random = np.random.default_rng(seed)
    present = [classifier.classes.index(kind) for kind in KINDS]
    odds = random.normal(0.0, 1.0, (number, len(KINDS)))
    share = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    codes = np.array([random.choice(len(KINDS), p=own) for own in share])
    said = sureness * (odds + preferred * (np.array(KINDS) == "lymphocyte"))
    unit = classifier.logit_scale / classifier.temperature
    said = np.rint(said / unit).astype(int)
    logits = np.repeat(said.max(axis=1, keepdims=True) - 255, len(classifier.classes), axis=1)
    logits[:, present] = np.maximum(said, said.max(axis=1, keepdims=True) - 255)
    labels = tuple(KINDS[code] for code in codes)
    allowed = np.array([[name == label for name in classifier.classes] for label in labels])
    units = tuple(f"slide {i % 12}" for i in range(number))
    return heads.Cells(logits, np.zeros((number, 1)), allowed, units, labels, units)


def test_a_preference_and_too_much_sureness_are_taken_away(classifier: Parameters) -> None:
    some = cells(classifier, preferred=1.0, sureness=2.0)
    found = recalibration.fit(some, classifier)
    # Less than 2: types that nobody verified cannot be less likely than an int8 logit says.
    assert 1.5 < found.temperature / classifier.temperature < 2.0
    unit = classifier.logit_scale / found.temperature
    added = np.array([found.added[classifier.classes.index(kind)] for kind in KINDS]) * unit
    assert added == pytest.approx([-0.67, 0.33, 0.33], abs=0.2), "against the preference, and in sum nothing"
    assert abs(sum(found.added)) <= 2
    assert all(more == 0 for name, more in zip(classifier.classes, found.added, strict=True) if name not in KINDS), (
        "types that nobody verified are left alone"
    )
    assert found.softmax_table[0] == 1.0
    assert found.softmax_table[7] == pytest.approx(np.exp(-7 * unit))
    assert found.cells == 300


def test_it_is_judged_on_other_slides(classifier: Parameters) -> None:
    outcome = recalibration.learn(cells(classifier, 1.0, 2.0), classifier)
    assert outcome.helps
    assert naming.calibration_error(outcome.after).value < 0.5 * naming.calibration_error(outcome.before).value
    assert naming.accuracy(outcome.after).value > naming.accuracy(outcome.before).value + 0.02
    assert len(outcome.after) == len(outcome.before) == 300
    few = recalibration.learn(cells(classifier, 1.0, 2.0), classifier, most=60)
    assert few.recalibration == outcome.recalibration, "only those that judge learn from fewer"
    assert few.gain != outcome.gain


def test_what_needs_no_change_gets_next_to_none(classifier: Parameters) -> None:
    outcome = recalibration.learn(cells(classifier, 0.0, 1.0), classifier)
    assert np.abs(outcome.recalibration.added).max() <= 5
    assert outcome.recalibration.temperature / classifier.temperature == pytest.approx(1.0, rel=0.15)
    assert abs(outcome.gain.value) < 0.01
    assert not replace(outcome, gain=Estimate(-0.001, -0.1, 0.1)).helps


def test_right_cells_are_not_given_for_probabilities(classifier: Parameters) -> None:
    outcome = recalibration.learn(cells(classifier, 1.0, 2.0), classifier)
    assert not replace(outcome, before=outcome.after, after=outcome.before).helps


def test_the_same_cells_give_the_same_table(classifier: Parameters) -> None:
    some = cells(classifier, 0.5, 1.5, number=60)
    assert recalibration.fit(some, classifier) == recalibration.fit(some, classifier)


# ---------------------------------------------------------------- verified cells


@pytest.fixture(scope="module")
def profile(bundle: Bundle) -> Profile:
    made = profiles.profile(bundle)
    ruler = {"um_per_px_x": 0.12, "um_per_px_y": 0.12, "width": SIZE[0], "height": SIZE[1]}
    return replace(made, flat_field=None, shift=None, recalibration=None, **ruler)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures of one rendered cell each."""
    folder = tmp_path_factory.mktemp("verified") / "mine"
    return fields.single_cells(folder, 6, 300)


def test_cells_are_measured_at_the_device_s_scale(pictures, profile, bundle, monkeypatch) -> None:
    monkeypatch.setattr(recalibration, "LEAST_CELLS", 4)
    monkeypatch.setattr(heads, "LEAST_PER_CLASS", 2)
    found = recalibration.verified([sources.read(pictures)], profile, bundle)
    assert sorted(found.label) == ["eosinophil"] * 3 + ["lymphocyte"] * 3
    assert found.rows.shape == (6, len(features.NAMES))
    raised = replace(profile, shift=profiles.profile(bundle).shift)
    other = recalibration.verified([sources.read(pictures)], raised, bundle)
    assert not np.array_equal(found.logits, other.logits), "the device's shift is taken away first"
    own = recalibration.recalibrated(profile, found, recalibration.fit(found, bundle.section("classifier", Parameters)))
    assert own.provenance["verified cells"] == "3 eosinophil, 3 lymphocyte"
    assert own.recalibration.cells == 6


def test_too_few_cells(pictures, profile, bundle) -> None:
    with pytest.raises(InputError, match=r"every class needs at least 5, got eosinophil \(3\), lymphocyte \(3\)"):
        recalibration.verified([sources.read(pictures)], profile, bundle)


def test_a_hundred_are_needed(pictures, profile, bundle, monkeypatch) -> None:
    monkeypatch.setattr(heads, "LEAST_PER_CLASS", 2)
    with pytest.raises(InputError, match="Too few cells to learn a recalibration: at least 100 are needed, got 6"):
        recalibration.verified([sources.read(pictures)], profile, bundle)


def test_one_class_only(pictures, profile, bundle, tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lymphocyte").symlink_to(pictures / "lymphocyte")
    with pytest.raises(InputError, match="All cells are lymphocyte; a recalibration needs at least two classes"):
        recalibration.verified([sources.read(tmp_path / "mine")], profile, bundle)


def test_cells_that_are_not_found(profile, bundle, tmp_path) -> None:
    for kind in ("lymphocyte", "eosinophil"):
        (tmp_path / kind).mkdir()
        cv2.imwrite(str(tmp_path / kind / "1.png"), np.full((200, 200, 3), 230, np.uint8))
    with pytest.raises(
        InputError, match=r"of 2 verified cells 0 were found: expected each in the middle .*--um-per-px"
    ):
        recalibration.verified([sources.read(tmp_path)], profile, bundle)


def test_pictures_of_another_scale(pictures, profile, bundle) -> None:
    with pytest.raises(InputError, match=r"has 0.3 um per px, the photographs of micröscope 1 have 0.12: give cells"):
        recalibration.verified([sources.read(pictures)], profile, bundle, 0.3)


def test_photographs_of_another_size(profile, bundle, tmp_path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "1.png"), np.full((480, 640, 3), 230, np.uint8))
    (tmp_path / "labels" / "1.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "classes.txt").write_text("lymphocyte\n")
    with pytest.raises(InputError, match=r"1.png is 640 x 480 px, the photographs of micröscope 1 are 300 x 300: give"):
        recalibration.verified([sources.read(tmp_path)], profile, bundle)


def test_a_profile_of_another_bundle(pictures, profile, bundle) -> None:
    with pytest.raises(InputError, match="made with the bundle other 1"):
        recalibration.verified([sources.read(pictures)], replace(profile, bundle="other 1"), bundle)
