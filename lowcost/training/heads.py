"""A correction of the network's opinion from the 50 to 500 cells that a user labelled on their own device.

The network stays as it is. A multinomial logistic regression on its logits and on the features, held towards "no
change" by its penalty, learns what to add to the logits of the types that were labelled. How strong the penalty is, and
whether there is anything to gain, is decided on cells whose slide or picture the regression did not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters as ClassifierParameters
from lowcost.correction import SECTION, Correction, Parameters
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.naming import Named
from lowcost.training import record, sources
from lowcost.training.measured import Measured, measure
from lowcost.training.record import Finished
from lowcost.training.sources import Source, described
from lowcost.training.target import Target

STRENGTHS = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Penalties that are tried: of the squared weights, beside the summed log-loss. Weaker ones gain on cells of the slides
that were labelled (raabin_dev), not on other slides."""

BIAS_STRENGTH = 1.0

LIMIT = 4.0
"""Spreads within which inputs are held."""

FOLDS, INNER_FOLDS = 5, 4

LEAST_CELLS, LEAST_PER_CLASS = 50, 5


@dataclass(frozen=True)
class Cells:
    """Labelled cells as the regression sees them.

    Attributes
    ----------
    logits : (n, k) int64 array
        The network's.
    rows : (n, f) float64 array
        Features.
    allowed : (n, k) bool array
        The network's classes that each label allows.
    unit, label, group : tuple of str
        Slide or picture, class, and slide where it is known.
    """

    logits: NDArray[np.int64]
    rows: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    unit: tuple[str, ...]
    label: tuple[str, ...]
    group: tuple[str, ...]

    def where(self, chosen: NDArray[np.bool_]) -> Cells:
        """Return the cells at which `chosen`, an (n,) bool array, is True."""
        index = np.flatnonzero(chosen)
        unit, label, group = (tuple(values[i] for i in index) for values in (self.unit, self.label, self.group))
        return Cells(self.logits[index], self.rows[index], self.allowed[index], unit, label, group)


@dataclass(frozen=True)
class Outcome:
    """What a correction would change, on cells that it did not learn from.

    Attributes
    ----------
    correction : Parameters
        Learnt from all cells.
    strength : float
        Its penalty.
    before, after : Named
        The same cells named without a correction, and by corrections that saw neither them nor their slide.
    loss_before, loss_after : float
        Mean negative log-probability of what the labels allow.
    gain : Estimate
        By how much it falls, with its interval over slides or pictures.
    """

    correction: Parameters
    strength: float
    before: Named
    after: Named
    loss_before: float
    loss_after: float
    gain: Estimate

    @property
    def helps(self) -> bool:
        """Whether the probabilities become better by more than chance and an average class has no fewer right cells."""
        return self.gain.low > 0.0 and recall(self.after) >= recall(self.before)


def usable(measured: Measured, classes: Sequence[str], what: str = "a correction", least: int = LEAST_CELLS) -> Cells:
    """Return the cells from which a correction can be learnt: those whose label says which of several types it is.

    Classes with fewer than `LEAST_PER_CLASS` cells are left out.

    Parameters
    ----------
    measured : Measured
        Labelled cells.
    classes : sequence of str
        The network's.
    what : str
        What is learnt, for messages.
    least : int
        Cells that it needs.

    Raises
    ------
    InputError
        There are too few cells, classes, or slides or pictures.
    """
    allowed = measured.allowed
    table = np.array([[name in types for name in classes] for types in allowed]).reshape(-1, len(classes))
    # "WBC" says nothing about the type, and a type that the network has no class for cannot be learnt.
    chosen = table.any(axis=1) & (table.sum(axis=1) <= len(classes) // 2) & (measured.label >= 0)
    labels = np.array([sources.named(types) for types in allowed], np.str_)
    counts = Counter(labels[chosen].tolist())
    frequent = {label: count for label, count in counts.items() if count >= LEAST_PER_CLASS}
    sources.checked(frequent or counts, LEAST_PER_CLASS, what)
    chosen &= np.isin(labels, list(frequent))
    sources.enough(int(chosen.sum()), least, what)
    names = tuple(labels.tolist())
    cells = Cells(measured.logits.astype(np.int64), measured.rows, table, measured.unit, names, measured.group)
    cells = cells.where(chosen)
    units = len(set(cells.unit))
    if units < sources.LEAST_UNITS:
        raise InputError(
            f"Too few slides or pictures to judge {what} on those that it did not learn from: at least "
            f"{sources.LEAST_UNITS} are needed, got {units}; add some."
        )
    return cells


def learn(cells: Cells, classifier: ClassifierParameters) -> Outcome:
    """Learn a correction, and what it is worth by nested cross-validation over slides or pictures.

    Parameters
    ----------
    cells : Cells
        From `usable`.
    classifier : ClassifierParameters
        The bundle's, which say what a unit of the logits is worth.
    """
    fold = folds(cells.unit, cells.label, FOLDS)
    corrected = cells.logits.copy()
    for held in range(FOLDS):
        mine, others = fold == held, cells.where(fold != held)
        if mine.any():
            correction = _correction(others, _strength(others, classifier), classifier)
            corrected[mine] = _applied(correction, cells.where(mine))
    strength = _strength(cells, classifier)
    before, after = (losses(cells.allowed, logits, classifier) for logits in (cells.logits, corrected))
    return Outcome(
        _correction(cells, strength, classifier),
        strength,
        _named(cells, cells.logits, classifier),
        _named(cells, corrected, classifier),
        float(before.mean()),
        float(after.mean()),
        interval(lambda rows: float(rows.mean()), (before - after)[:, None], cells.unit),
    )


def folds(units: Sequence[str], labels: Sequence[str], number: int) -> NDArray[np.int64]:
    """Return the fold of each cell: no unit is split, and every class is spread as evenly as its units allow."""
    members: dict[str, Counter[str]] = {}
    for unit, label in zip(units, labels, strict=True):
        members.setdefault(unit, Counter())[label] += 1
    held: list[Counter[str]] = [Counter() for _ in range(number)]
    fold: dict[str, int] = {}
    for label, _ in sorted(Counter(labels).items(), key=lambda item: (item[1], item[0])):
        for unit in sorted((unit for unit, own in members.items() if label in own), key=sources.digest):
            if unit not in fold:
                fold[unit] = min(range(number), key=lambda i: (held[i][label], held[i].total(), i))
                held[fold[unit]].update(members[unit])
    return np.array([fold[unit] for unit in units], dtype=np.int64)


def _strength(cells: Cells, classifier: ClassifierParameters) -> float:
    """The penalty whose corrections name held-out cells best."""
    fold = folds(cells.unit, cells.label, INNER_FOLDS)
    costs = []
    for strength in STRENGTHS:
        corrected = cells.logits.copy()
        for held in range(INNER_FOLDS):
            mine = fold == held
            if mine.any():
                correction = _correction(cells.where(~mine), strength, classifier)
                corrected[mine] = _applied(correction, cells.where(mine))
        costs.append(losses(cells.allowed, corrected, classifier).mean())
    return STRENGTHS[int(np.argmin(costs))]


def _correction(cells: Cells, strength: float, classifier: ClassifierParameters) -> Parameters:
    """Fit the regression by L-BFGS among the labelled classes.

    The softmax runs over those classes alone: what they get then sums to zero, and nothing is learnt about, or taken
    from, types that nobody labelled.
    """
    from scipy.optimize import minimize

    present = np.flatnonzero(cells.allowed.any(axis=0))
    unit = classifier.logit_scale / classifier.temperature
    raw = np.column_stack([cells.logits, cells.rows]).astype(np.float64)
    raw[~np.isfinite(raw)] = np.nan
    seen = np.isfinite(raw).sum(axis=0) >= 2
    centre, spread = np.zeros(raw.shape[1]), np.ones(raw.shape[1])
    centre[seen], spread[seen] = np.nanmean(raw[:, seen], axis=0), np.nanstd(raw[:, seen], axis=0)
    spread[spread < 1e-9 * np.maximum(1.0, np.abs(centre))] = 1e30  # a constant says nothing
    inputs = np.clip(np.nan_to_num((raw - centre) / spread), -LIMIT, LIMIT)
    offset, allowed = cells.logits[:, present] * unit, cells.allowed[:, present]
    shape = (len(present), inputs.shape[1] + 1)
    penalty = np.full(shape, strength)
    penalty[:, -1] = BIAS_STRENGTH
    design = np.column_stack([inputs, np.ones(len(inputs))])

    def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        scores = offset + design @ weights.T
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        whole = exponentials / exponentials.sum(axis=1, keepdims=True)
        right = (whole * allowed).sum(axis=1, keepdims=True)
        gradient = (whole - whole * allowed / right).T @ design + penalty * weights
        return float(-np.log(right).sum() + 0.5 * (penalty * weights**2).sum()), gradient.ravel()

    found = minimize(cost, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights = found.x.reshape(shape) / unit
    rounded = [[float(f"{value:.6g}") for value in row] for row in weights]
    return Parameters(
        inputs=(*classifier.classes, *features.NAMES),
        centre=tuple(float(f"{value:.9g}") for value in centre),
        spread=tuple(float(f"{value:.9g}") for value in spread),
        limit=LIMIT,
        classes=tuple(classifier.classes[i] for i in present),
        bias=tuple(row[-1] for row in rounded),
        weights=tuple(tuple(row[:-1]) for row in rounded),
    )


def _applied(parameters: Parameters, cells: Cells) -> NDArray[np.int64]:
    """Corrected logits, by the code that the product runs."""
    correction = Correction(parameters, parameters.inputs[: cells.logits.shape[1]], features.NAMES)
    pairs = zip(cells.logits.tolist(), cells.rows.tolist(), strict=True)
    return np.array([correction.apply(logits, row) for logits, row in pairs]).reshape(cells.logits.shape)


def _named(cells: Cells, logits: NDArray[np.int64], classifier: ClassifierParameters) -> Named:
    return naming.from_logits(logits, [frozenset(label.split("/")) for label in cells.label], cells.group, classifier)


def recall(cells: Named) -> float:
    """Mean over classes of the share that is right."""
    labels = np.array(cells.labels)
    return float(np.mean([cells.right[labels == label].mean() for label in sorted(set(cells.labels))]))


def losses(
    allowed: NDArray[np.bool_], logits: NDArray[np.int64], classifier: ClassifierParameters
) -> NDArray[np.float64]:
    """Return the negative log-probability of the classes that each label allows, (n, k), by logits (n, k)."""
    table = np.array(classifier.softmax_table)
    weights = table[logits.max(axis=1, keepdims=True) - logits]
    found: NDArray[np.float64] = -np.log((weights * allowed).sum(axis=1) / weights.sum(axis=1))
    return found


def run(found: Sequence[Source], target: Target, work: Path, jobs: int = 1) -> Finished:
    """Learn a correction from labelled pictures and write it into a bundle, if it helps.

    Parameters
    ----------
    found : sequence of Source
        The labelled pictures, each with a scale or with red cells to measure it by.
    target : Target
        Where it is written, and which network it corrects.
    work : Path
        Folder for measured cells, figures and plots.
    jobs : int
        Processes.

    Raises
    ------
    InputError
        There are too few cells or classes.
    """
    classifier = Bundle.load(target.base).section("classifier", ClassifierParameters)
    pictures = [picture for source in found for picture in source.pictures if sources.classes(picture)]
    cells = usable(measure(pictures, target.base, work / "cells", jobs=jobs), classifier.classes)
    return finish(cells, learn(cells, classifier), found, target, work)


def finish(cells: Cells, outcome: Outcome, found: Sequence[Source], target: Target, work: Path) -> Finished:
    """Write a correction into a bundle, if it helps, and its figures in any case.

    Parameters
    ----------
    cells : Cells
        What it was learnt from.
    outcome : Outcome
        What `learn` made of them.
    found, target, work
        As of `run`.
    """
    counts = ", ".join(f"{count} {label}" for label, count in sorted(Counter(cells.label).items()))
    note = (
        f"Learnt from {counts} ({described(found)}). Each cell is named by a correction that saw neither it nor its "
        f"slide or picture. Mean negative log-probability of the labels: {outcome.loss_before:.3f} before, "
        f"{outcome.loss_after:.3f} after."
    )
    tables = [
        *naming.tables("before", "Before the correction", outcome.before),
        *naming.tables("after", "After the correction", outcome.after, (note,)),
    ]
    text = record.write(work, tables, {"model": "heads", "sets": described(found), "strength": outcome.strength})
    record.draw(work, {"before the correction": outcome.before, "after the correction": outcome.after})
    if not outcome.helps:
        refusal = (
            "On cells that it did not learn from the correction gains no more than chance would "
            f"({outcome.gain} in log-probability), so {target.folder} stays as it is."
        )
        return Finished(text, False, refusal)
    before, after = naming.balanced_accuracy(outcome.before), naming.balanced_accuracy(outcome.after)
    card = (
        f"## Correction\n\nWhat a user's own labelled cells change about the logits "
        f"(`lowcost train heads`).\n\n{note}\n\n"
        f"Balanced accuracy on these cells: {before} before, {after} after. Types that were not labelled "
        f"keep their logits."
    )
    target.write({SECTION: asdict(outcome.correction)}, {}, "correction", card)
    return Finished(text, True, f"Balanced accuracy {before} before, {after} after. Written: {target.folder}")
