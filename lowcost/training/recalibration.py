"""From the cells that a person verified on a device to probabilities that mean there what they say.

One temperature and one amount of log-odds for each type that was verified: so little that about 200 cells decide it.
A correction (`lowcost.training.heads`) changes more, and makes a bundle of its own; this stays in the device's profile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import device
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.classifier import Classifier, Prediction, decide
from lowcost.classifier import Parameters as ClassifierParameters
from lowcost.datasets.types import LabelledCell, LabelledField, image_size
from lowcost.device import Device, Profile
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.naming import Named
from lowcost.morphology import LOGIT_RANGE
from lowcost.recalibration import Recalibration
from lowcost.training import heads, temperature
from lowcost.training.heads import Cells
from lowcost.training.measured import Measured, Picture, described, picture_views
from lowcost.training.sources import Source

PENALTY = 0.3
"""Of the squared log-odds that are added, beside the summed log-loss: on cameras that were left out, .1 to 1 are alike
in calibration, and less gains more right cells."""

SOFTNESS = 4.0
"""The same of the squared logarithm of the temperature's change."""

BALANCE = 0.5
"""A class of n verified cells counts in proportion to ``n ** BALANCE``: halfway between the slide's composition, which
the next slide has not, and a slide with as many of each."""

LEAST_CELLS = 100
"""On two cameras that were left out 50 cells of other slides gained nothing, 100 did."""

FOLDS = 5

LEAST_FOUND = 0.5
"""Verified cells of which fewer than this share are found say that something is wrong with their scale or labels."""

_SEED = 3


@dataclass(frozen=True)
class Outcome:
    """What a recalibration would change, on cells that it did not learn from.

    Attributes
    ----------
    recalibration : Recalibration
        Learnt from all cells.
    before, after : Named
        The same cells named without one, and by recalibrations that saw neither them nor their slide.
    gain : Estimate
        By how much the mean negative log-probability of the labels falls, with its interval over slides or pictures.
    """

    recalibration: Recalibration
    before: Named
    after: Named
    gain: Estimate

    @property
    def helps(self) -> bool:
        """Whether the probabilities become better and an average class has no fewer right cells.

        The gain need not be more than chance, as that of a correction: a few slides can never show that, and so few
        numbers do little harm where they are not needed.
        """
        return self.gain.value > 0.0 and heads.recall(self.after) >= heads.recall(self.before)


def fit(cells: Cells, classifier: ClassifierParameters) -> Recalibration:
    """Return the recalibration of least penalised log-loss, by L-BFGS.

    What is added sums to zero over the verified types: those that nobody verified, blasts mostly, are neither more nor
    less likely beside them than before.

    Parameters
    ----------
    cells : Cells
        From `lowcost.training.heads.usable`.
    classifier : ClassifierParameters
        The bundle's.
    """
    from scipy.optimize import minimize

    present = np.flatnonzero(cells.allowed.any(axis=0))
    scores = cells.logits * (classifier.logit_scale / classifier.temperature)
    counts = Counter(cells.label)
    weight = np.array([counts[label] ** (BALANCE - 1.0) for label in cells.label])
    weight /= weight.mean()

    def cost(flat: NDArray[np.float64]) -> float:
        added = flat[1:] - flat[1:].mean()
        raised = scores / np.exp(flat[0])
        raised[:, present] += added
        exponentials = np.exp(raised - raised.max(axis=1, keepdims=True))
        right = (exponentials * cells.allowed).sum(axis=1) / exponentials.sum(axis=1)
        penalty = SOFTNESS * flat[0] ** 2 + PENALTY * (added**2).sum()
        return float(-(weight * np.log(np.maximum(right, 1e-9))).sum() + 0.5 * penalty)

    found = minimize(cost, np.zeros(1 + len(present)), method="L-BFGS-B").x
    own = float(f"{classifier.temperature * np.exp(found[0]):.6g}")
    added = np.zeros(len(classifier.classes))
    added[present] = (found[1:] - found[1:].mean()) * own / classifier.logit_scale
    units = np.clip(np.floor(added + 0.5), -LOGIT_RANGE, LOGIT_RANGE).astype(int)
    table = temperature.softmax_table(classifier.logit_scale, own)
    return Recalibration(tuple(units.tolist()), own, table, len(cells.label))


def learn(cells: Cells, classifier: ClassifierParameters, most: int | None = None) -> Outcome:
    """Learn a recalibration, and what it is worth by cross-validation over slides or pictures.

    Parameters
    ----------
    cells : Cells
        From `lowcost.training.heads.usable`.
    classifier : ClassifierParameters
        The bundle's.
    most : int, optional
        So many cells at most, drawn at random, teach the recalibrations that are judged.
    """
    fold, random = heads.folds(cells.unit, cells.label, FOLDS), np.random.default_rng(_SEED)
    before = heads.losses(cells.allowed, cells.logits, classifier)
    after, predictions = before.copy(), [decide(row, classifier) for row in cells.logits.tolist()]
    named_before = _named(cells, predictions)
    for held in range(FOLDS):
        mine, others = fold == held, np.flatnonzero(fold != held)
        if not mine.any():
            continue
        drawn = np.isin(np.arange(len(fold)), random.permutation(others)[:most])
        found, own = fit(cells.where(drawn), classifier), cells.where(mine)
        raised = np.array([found.apply(row) for row in own.logits.tolist()])
        settings = found.deciding(classifier)
        after[mine] = heads.losses(own.allowed, raised, settings)
        for index, row in zip(np.flatnonzero(mine), raised.tolist(), strict=True):
            predictions[index] = decide(row, settings)
    return Outcome(
        fit(cells, classifier),
        named_before,
        _named(cells, predictions),
        interval(lambda rows: float(rows.mean()), (before - after)[:, None], cells.unit),
    )


def _named(cells: Cells, predictions: Sequence[Prediction]) -> Named:
    allowed = [frozenset(label.split("/")) for label in cells.label]
    return naming.from_predictions(predictions, allowed, cells.group)


def verified(found: Sequence[Source], profile: Profile, bundle: Bundle, um_per_px: float | None = None) -> Cells:
    """Measure verified cells as the device's own analyses do.

    Parameters
    ----------
    found : sequence of Source
        Pictures of single cells cut from the device's photographs, or whole photographs with labels.
    profile : Profile
        What was measured of the device.
    bundle : Bundle
        The models that it was measured with.
    um_per_px : float, optional
        Scale of pictures of single cells that state none, by default the device's.

    Raises
    ------
    InputError
        The pictures are another device's, most of their cells are not found, or there are too few cells or types.
    """
    pictures = [picture for source in found for picture in source.pictures]
    ruler = profile.um_per_px
    tolerance = bundle.section("device", device.Parameters).scale_tolerance
    scaled = [_scaled(picture, um_per_px or ruler) for picture in pictures]
    for picture in scaled:
        _check(picture, profile, ruler, tolerance)
    measured = _measured(scaled, profile, bundle)
    labelled, seen = sum(map(_cells, pictures)), int((measured.label >= 0).sum())
    if seen < LEAST_FOUND * labelled:
        raise InputError(
            f"of {labelled} verified cells {seen} were found: expected each in the middle of its picture, or in a box "
            "on a photograph of this device, and um per px that fit (--um-per-px)"
        )
    classes = bundle.section("classifier", ClassifierParameters).classes
    return heads.usable(measured, classes, "a recalibration", LEAST_CELLS)


def _scaled(picture: Picture, um_per_px: float) -> Picture:
    if isinstance(picture, LabelledField):
        return picture
    return replace(picture, um_per_px=picture.um_per_px or um_per_px)


def _cells(picture: Picture) -> int:
    return 1 if isinstance(picture, LabelledCell) else sum(bool(box.types) for box in picture.boxes)


def _check(picture: Picture, profile: Profile, ruler: float, tolerance: float) -> None:
    """Refuse a picture that the device cannot have taken."""
    advice = "give cells that were verified on photographs of this device"
    size, largest = image_size(picture.path), (profile.width, profile.height)
    if isinstance(picture, LabelledField) and size != largest:
        raise InputError(
            f"{picture.path.name} is {size[0]} x {size[1]} px, the photographs of {profile.name} are {largest[0]} x "
            f"{largest[1]}: {advice}"
        )
    stated = picture.um_per_px or ruler
    if max(stated / ruler, ruler / stated) > 1.0 + tolerance:
        raise InputError(
            f"{picture.path.name} has {stated:.3g} um per px, the photographs of {profile.name} have {ruler:.3g}: "
            f"{advice}"
        )


def _measured(pictures: Sequence[Picture], profile: Profile, bundle: Bundle) -> Measured:
    known, finder, classifier = Device(profile, bundle), CellFinder(bundle), Classifier.load(bundle, profile.shift)
    rows, logits, owner, labels = [], [], [], list[int]()
    for number, picture in enumerate(tqdm(pictures, desc="verified cells", disable=None)):
        views, label = picture_views(finder, picture, device=known)
        table, crops = described(views)
        seen = classifier.network(crops)
        rows.append(table)
        logits += [prediction.logits for prediction in classifier.predict(seen, table)]
        owner += [number] * len(label)
        labels += label
    table = np.concatenate(rows) if rows else np.zeros((0, 0))
    nothing = np.zeros((len(labels), 1, 0), np.int8)
    return Measured(
        pictures,
        table,
        np.array(logits, np.int64).reshape(-1, len(classifier.parameters.classes)),
        nothing,
        np.array(owner, np.int64),
        np.array(labels, np.int64),
    )


def recalibrated(profile: Profile, cells: Cells, recalibration: Recalibration) -> Profile:
    """Return a device's profile with its recalibration and what that rests on."""
    counts = ", ".join(f"{count} {label}" for label, count in sorted(Counter(cells.label).items()))
    return replace(profile, recalibration=recalibration, provenance={**profile.provenance, "verified cells": counts})
