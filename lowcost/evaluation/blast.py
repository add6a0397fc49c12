"""Was "blast" learnt from the cell, or from the marrow around it? Controls on cells that were held out.

All blasts that the models have seen are from marrow, whose cells lie in a crowd, while nearly all other cells are from
blood. Surroundings are wiped, exchanged, and shown without the cell: a model that knows blasts by the cell says the
same without them, and nothing by them alone. Marrow's other types are the comparison throughout, because they share
slide, stain, camera and crowd with its blasts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, View
from lowcost.classifier import Classifier, decide
from lowcost.crop import network_input
from lowcost.datasets import phone
from lowcost.errors import InputError
from lowcost.evaluation.bootstrap import interval
from lowcost.evaluation.tables import Cell, Table
from lowcost.image.reading import read
from lowcost.pipeline import Analyzer
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES
from lowcost.training import held_out
from lowcost.training.measured import view_at
from lowcost.training.views import Sample

BLAST = "blast"

NEAREST = ("lymphocyte", "monocyte")
"""Types that blasts are mistaken for, in marrow as in blood."""

WHITE = 240
"""Empty background of a balanced view."""

UM_PER_PX = 0.125
"""Scale of a view."""

HOLE_UM = 9.0
"""Radius of what is wiped where only surroundings shall be left: the same for all cells, or its size would tell."""

EDGE_UM = 0.5
"""Width over which a cell goes over into other surroundings, and by which the hole is wider than a large cell."""

EVERY = 4
"""One in so many PBC cells is measured: they are many, and alike."""

DONORS = 40
"""Views whose surroundings are lent."""

SPECIFICITY = 0.95

_SEED = 5

Change = Callable[[View], NDArray[np.uint8]]


@dataclass(frozen=True)
class Opinions:
    """What is said of n cells.

    Attributes
    ----------
    odds : dict of str to (n,) float64 array
        Log-odds of blast against all other classes, by who says so.
    called : dict of str to (n,) bool array
        Whether blast is the type decided on.
    """

    odds: dict[str, NDArray[np.float64]]
    called: dict[str, NDArray[np.bool_]]


class Witness:
    """Asks network and morphology of one bundle, each alone and together.

    Raises
    ------
    InputError
        The bundle knows no blasts.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._classifier = Classifier.load(bundle)
        if BLAST not in self._classifier.parameters.classes:
            raise InputError(f"the bundle {bundle.name} has no class {BLAST}: evaluate one that has")

    def __call__(self, views: Sequence[View], pixels: Sequence[NDArray[np.uint8]], shapes: bool = True) -> Opinions:
        """Return what is said of views.

        Parameters
        ----------
        views : sequence of View
            Where nucleus and cell are.
        pixels : sequence of (256, 256, 3) uint8 array
            What is shown of each.
        shapes : bool
            Whether features are measured too; of a cell that is not shown they would tell its outline.
        """
        classifier = self._classifier
        settings, morphology = classifier.parameters, classifier.morphology
        unit, blast = settings.logit_scale / settings.temperature, settings.classes.index(BLAST)
        seen = classifier.network(np.stack([network_input(shown) for shown in pixels]))
        names = {"network": [decide(own, settings) for own in seen.logits.tolist()]}
        odds, called = {}, {}
        if shapes:
            measured = zip(views, pixels, strict=True)
            rows = np.stack([features.compute(shown, view.nucleus, view.cell) for view, shown in measured])
            names["network and morphology"] = list(classifier.predict(seen, rows))
            if morphology is not None:
                own = morphology.log_odds(morphology.normal_scores(rows))
                column = morphology.model.classes.index(BLAST)
                odds["morphology"], called["morphology"] = _log_odds(own, column), own.argmax(axis=1) == column
        for name, predictions in names.items():
            logits = np.array([prediction.logits for prediction in predictions], np.float64)
            odds[name] = _log_odds(logits * unit, blast)
            called[name] = np.array([prediction.type == BLAST for prediction in predictions])
        return Opinions(odds, called)


def _log_odds(scores: NDArray[np.float64], column: int) -> NDArray[np.float64]:
    """Of one column of (n, k) scores against the others."""
    others = np.delete(scores, column, axis=1)
    top = others.max(axis=1)
    odds: NDArray[np.float64] = scores[:, column] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
    return odds


def wiped(view: View) -> NDArray[np.uint8]:
    """Return a view (256, 256, 3) in which nothing is left around the cell."""
    return _mixed(view.pixels, np.full_like(view.pixels, WHITE), view.cell)


def hollow(view: View) -> NDArray[np.uint8]:
    """Return a view (256, 256, 3) in which nothing is left but the cell's surroundings."""
    height, width = view.cell.shape
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) * UM_PER_PX <= HOLE_UM
    hidden = disc | (_wider(view.cell))
    return np.where(hidden[..., None], np.uint8(WHITE), view.pixels)


def moved(view: View, donors: Sequence[View]) -> NDArray[np.uint8]:
    """Return a view (256, 256, 3) with the surroundings of the donor whose own cell it hides best.

    What it does not hide of that cell becomes empty background.
    """
    uncovered = [_wider(donor.cell) & ~view.cell for donor in donors]
    best = int(np.argmin([np.count_nonzero(bare) for bare in uncovered]))
    around = np.where(uncovered[best][..., None], np.uint8(WHITE), donors[best].pixels)
    return _mixed(view.pixels, around, view.cell)


def _wider(cell: NDArray[np.bool_]) -> NDArray[np.bool_]:
    size = 2 * round(EDGE_UM / UM_PER_PX) + 1
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(cell.astype(np.uint8), ball) > 0


def _mixed(inside: NDArray[np.uint8], outside: NDArray[np.uint8], cell: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """One picture within a cell's outline and another outside it; a hard edge would be a sign of its own."""
    size = round(EDGE_UM / UM_PER_PX)
    share = cv2.blur(cell.astype(np.float32), (size, size))[..., None]
    mixed: NDArray[np.uint8] = (inside * share + outside * (1.0 - share) + 0.5).astype(np.uint8)
    return mixed


def area(blasts: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Area under the curve: how often a blast's score exceeds another cell's, ties counting half."""
    ranked = np.sort(others)
    below = np.searchsorted(ranked, blasts, "left") + np.searchsorted(ranked, blasts, "right")
    return float(below.mean() / 2 / len(ranked))


def sensitivity(blasts: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Share of blasts above the score that 5 % of the others exceed."""
    return float((blasts > np.quantile(others, SPECIFICITY, method="higher")).mean())


def tables(analyzer: Analyzer, data: Path) -> list[Table]:
    """Return the controls on marrow and blood, and what is found on fields of leukemia.

    Raises
    ------
    InputError
        The bundle knows no blasts, or a set is missing.
    """
    finder, witness = CellFinder(analyzer.bundle), Witness(analyzer.bundle)
    marrow = _found(finder, held_out.samples(data, "test", ("bone_marrow",)))
    blood = [item for item in held_out.samples(data, "test", ("pbc",)) if all(map(_is_leukocyte, item.types))]
    cells = _found(finder, blood[::EVERY])
    random = np.random.default_rng(_SEED)
    around_blood = _drawn([view for _, view in cells], random)
    around_blasts = _drawn([view for name, view in marrow if name == BLAST], random)
    rows: list[dict[str, Cell]] = []
    for said, change in {
        "as it is": _shown,
        "surroundings wiped": wiped,
        "surroundings of PBC": lambda view: moved(view, around_blood),
        "surroundings alone": hollow,
    }.items():
        rows += _against_marrow(said, marrow, witness, change)
    spread = [
        *_in_blood("as it is", cells, witness, _shown),
        *_in_blood("surroundings of marrow's blasts", cells, witness, lambda view: moved(view, around_blasts)),
    ]
    return [
        Table(
            "blast_marrow",
            "Blasts against the other types of marrow, held-out test cells",
            tuple(rows),
            (
                "Nothing was chosen on these cells. No patient or slide is published: intervals are over cells, and "
                "too narrow.",
                f"Sensitivity where {SPECIFICITY:.0%} of the others are told from blasts. Surroundings alone: all "
                f"within {HOLE_UM:g} um of the middle is wiped, so that neither the cell nor its size is seen; chance "
                "is 0.5 and 0.05.",
                "Surroundings of PBC: the cell within its outline lies in one of "
                f"{DONORS} views of blood, whose own cell is hidden.",
            ),
        ),
        _by_type(marrow, witness),
        Table(
            "blast_blood",
            f"Leukocytes of PBC called blast (none is), every {EVERY}th test cell",
            tuple(spread),
        ),
        _fields(analyzer, data),
    ]


def _shown(view: View) -> NDArray[np.uint8]:
    return view.pixels


def _is_leukocyte(name: str) -> bool:
    return CELL_TYPES[name].is_leukocyte


def _drawn(views: Sequence[View], random: np.random.Generator) -> list[View]:
    return [views[i] for i in random.permutation(len(views))[:DONORS]]


def _found(finder: CellFinder, samples: Sequence[Sample]) -> list[tuple[str, View]]:
    """Label and view of each cell in the middle of its picture; those that are not found are left out."""
    result = []
    for sample in tqdm(samples, desc="cells", unit="cell", disable=None):
        pixels, scale = read(sample.path).pixels, Scale(sample.um_per_px, sample.um_per_px, "given", 1.0)
        views = finder.find(finder.optics(pixels, scale)).views
        view = view_at(views, pixels.shape[1] / 2, pixels.shape[0] / 2)
        if view is not None:
            result.append((min(sample.types), view))
    return result


def _against_marrow(
    said: str, cells: Sequence[tuple[str, View]], witness: Witness, change: Change
) -> list[dict[str, Cell]]:
    views = [view for _, view in cells]
    opinions = witness(views, [change(view) for view in views], shapes=change is not hollow)
    label = np.array([name for name, _ in cells])
    blasts, near = label == BLAST, np.isin(label, NEAREST)
    rows: list[dict[str, Cell]] = []
    for name, odds in opinions.odds.items():
        scored, called = np.column_stack([odds, blasts]), opinions.called[name].astype(np.float64)[:, None]
        rows.append(
            {
                "picture": said,
                "judged by": name,
                "blasts": int(blasts.sum()),
                "others": int((~blasts).sum()),
                "AUC (95 % interval)": _interval(area, scored),
                "sensitivity at 95 % specificity": _interval(sensitivity, scored),
                "AUC, lymphocytes and monocytes alone": _interval(area, scored[blasts | near]),
                "their sensitivity": _interval(sensitivity, scored[blasts | near]),
                "blasts called blast": interval(_mean, called[blasts]),
                "others called blast": interval(_mean, called[~blasts]),
            }
        )
    return rows


def _by_type(cells: Sequence[tuple[str, View]], witness: Witness) -> Table:
    """Which of marrow's types are called blast."""
    views = [view for _, view in cells]
    opinions = witness(views, [view.pixels for view in views])
    label, rows = np.array([name for name, _ in cells]), list[dict[str, Cell]]()
    for name in sorted(set(label.tolist())):
        called = {who: interval(_mean, own[label == name][:, None]) for who, own in opinions.called.items()}
        rows.append({"type": name, "cells": int((label == name).sum()), **called})
    return Table("blast_types", "Cells of marrow called blast, by their type and by who judges", tuple(rows))


def _in_blood(said: str, cells: Sequence[tuple[str, View]], witness: Witness, change: Change) -> list[dict[str, Cell]]:
    views = [view for _, view in cells]
    opinions = witness(views, [change(view) for view in views])
    return [
        {
            "picture": said,
            "judged by": name,
            "cells": len(called),
            "called blast": interval(_mean, called.astype(np.float64)[:, None]),
        }
        for name, called in opinions.called.items()
    ]


def _fields(analyzer: Analyzer, data: Path) -> Table:
    """Fields of leukemia on which at least one blast equivalent is found; nobody has labelled them."""
    pictures = phone.fields(data, card=phone.LEUKEMIA)
    fields = [analyzer.field(read(each.path), um_per_px=each.um_per_px) for each in tqdm(pictures, disable=None)]
    counted = [
        (
            sum(cell.is_leukocyte for cell in field.cells),
            sum(CELL_TYPES[cell.type].is_blast_equivalent for cell in field.cells),
        )
        for field in fields
    ]
    rows: list[dict[str, Cell]] = []
    judged = np.array([field.verdict != "rejected" for field in fields])
    for said, chosen in (("all", np.ones(len(fields), np.bool_)), ("not rejected", judged)):
        index = np.flatnonzero(chosen).tolist()
        hits = np.array([counted[i][1] > 0 for i in index], np.float64)[:, None]
        rows.append(
            {
                "fields": said,
                "number": len(index),
                "at least one blast equivalent": interval(_mean, hits, [pictures[i].group for i in index]),
                "leukocytes": sum(counted[i][0] for i in index),
                "of these called blast": sum(counted[i][1] for i in index),
            }
        )
    return Table("blast_fields", f"Blast equivalents on {phone.LEUKEMIA.name} (no labels)", tuple(rows))


def _interval(measure: Callable[[NDArray[np.float64], NDArray[np.float64]], float], rows: NDArray[np.float64]) -> Cell:
    """Interval of what is measured on scores and whether each is a blast's, (n, 2)."""
    return interval(lambda drawn: measure(drawn[drawn[:, 1] > 0, 0], drawn[drawn[:, 1] == 0, 0]), rows)


def _mean(rows: NDArray[np.float64]) -> float:
    return float(rows.mean())
