"""The measured part of ``CARD.md``: figures of the shipped int8 network, written by the command that trained it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle, seal
from lowcost.classifier import Classifier, decide
from lowcost.evaluation.bootstrap import interval
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training.views import CLASSES, Views

if TYPE_CHECKING:
    from lowcost.training.cell_type import Settings

BEGIN, END = "<!-- cell type figures: begin -->", "<!-- cell type figures: end -->"
BINS = 15

_EIGHT = {
    "metamyelocyte": "ig",
    "myelocyte": "ig",
    "promyelocyte": "ig",
    "neutrophil_segmented": "neutrophil",
    "neutrophil_band": "neutrophil",
}
"""The two published classes of the Barcelona set that are coarser than ours."""

FIVE = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")


@dataclass(frozen=True)
class Scored:
    """What the shipped classifier says about labelled views.

    Attributes
    ----------
    views : Views
        The views.
    probabilities : (n, 13) float64 array
        Calibrated probabilities.
    decided : (n,) str array
        Types after abstention.
    """

    views: Views
    probabilities: NDArray[np.float64]
    decided: NDArray[np.str_]

    @property
    def best(self) -> NDArray[np.int64]:
        """Most probable class of each view."""
        return np.array(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Whether the label allows the most probable class."""
        return self.views.allowed[np.arange(len(self.best)), self.best]

    def where(self, chosen: NDArray[np.bool_]) -> Scored:
        """Return those at which `chosen`, an (n,) bool array, is True."""
        return Scored(self.views.where(chosen), self.probabilities[chosen], self.decided[chosen])


def score(classifier: Classifier, crops: NDArray[np.uint8], views: Views) -> Scored:
    """Run the classifier on the crops of some views."""
    predictions = [decide([int(v) for v in row], classifier.parameters) for row in classifier.logits(crops)]
    return Scored(
        views,
        np.array([list(prediction.probabilities.values()) for prediction in predictions]),
        np.array([prediction.type for prediction in predictions]),
    )


def write(folder: Path, model: keras.Model, data: Views, settings: Settings) -> None:
    """Measure the bundle's network on every ``test`` part and put the figures between the marks of ``CARD.md``.

    Parameters
    ----------
    folder : Path
        The bundle, already holding the network.
    model : keras.Model
        The network before quantisation.
    data : Views
        All views.
    settings : Settings
        How it was trained.
    """
    from lowcost.training.cell_type import middle, normalised

    test = data.where(data.part == "test")
    crops = middle(test.images)
    scored = score(Classifier.load(Bundle.load(folder)), crops, test)
    floating = model.predict(normalised(crops), batch_size=256, verbose=0).argmax(axis=1)
    rows = [*figures(scored), ("Same best class before and after quantisation", _share(floating == scored.best))]
    block = ["| figure | value (95 % interval) |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    made = ", ".join(
        f"{name} {version(name)}" for name in ("keras", "tensorflow-cpu", "numpy", "opencv-python-headless")
    )
    chosen = ", ".join(f"{name} {value}" for name, value in asdict(settings).items())
    block += ["", f"Settings: {chosen}. Made with {made}."]
    path = folder / "CARD.md"
    text = path.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(before + "\n".join([BEGIN, *block, END]) + after)
    seal(folder)


def figures(scored: Scored) -> list[tuple[str, str]]:
    """Name and value of every figure of the card, from scored ``test`` views."""
    pbc, marrow, bccd, raabin = (
        scored.where((scored.views.source == name) & ~scored.views.allowed[:, CLASSES.index("artefact")])
        for name in ("pbc", "bone_marrow", "bccd", "raabin_dev")
    )
    eight_true, eight_best = _merged(_truth(pbc)), _merged(_best(pbc))
    fine = pbc.where(pbc.views.allowed.sum(axis=1) == 1)
    leukocytes = np.array([CELL_TYPES[name].is_leukocyte for name in _truth(fine)]) | (_truth(fine) == "erythroblast")
    fine = fine.where(leukocytes)
    blast = marrow.where(_truth(marrow) == "blast")
    others = marrow.where(_truth(marrow) != "blast")
    lymphocytes = marrow.where(_truth(marrow) == "lymphocyte")
    named = raabin.where(raabin.decided != UNIDENTIFIED)
    return [
        (f"PBC test, 8 published classes, accuracy (n = {len(eight_true)})", _share(eight_true == eight_best)),
        ("PBC test, 8 published classes, macro-F1", _macro_f1(eight_true, eight_best)),
        (f"PBC test, 11 fine classes, accuracy (n = {len(fine.best)})", _share(_truth(fine) == _best(fine))),
        ("PBC test, 11 fine classes, macro-F1", _macro_f1(_truth(fine), _best(fine))),
        ("PBC test, unidentified", _share(pbc.decided == UNIDENTIFIED)),
        (f"PBC test, cells called blast (none is; n = {len(pbc.best)})", _share(pbc.decided == "blast")),
        ("PBC test, calibration error", _calibration_error(pbc)),
        (f"Marrow test, blasts found (n = {len(blast.best)})", _share(blast.decided == "blast")),
        (f"Marrow test, other cells called blast (n = {len(others.best)})", _share(others.decided == "blast")),
        (
            f"Marrow test, lymphocytes called blast (n = {len(lymphocytes.best)})",
            _share(lymphocytes.decided == "blast"),
        ),
        ("Marrow test, 6 classes, accuracy", _share(marrow.hit)),
        ("Marrow test, calibration error", _calibration_error(marrow)),
        (f"BCCD test, leukocytes of 5 types and platelets, accuracy (n = {len(bccd.best)})", _share(bccd.hit)),
        (f"Raabin, camera never seen, balanced accuracy over 5 types (n = {len(raabin.best)})", _balanced(raabin)),
        ("Raabin, unidentified", _share(raabin.decided == UNIDENTIFIED)),
        ("Raabin, balanced accuracy of the cells that are named", _balanced(named)),
        ("Raabin, calibration error", _calibration_error(raabin)),
    ]


def _truth(scored: Scored) -> NDArray[np.str_]:
    """First class that each label allows."""
    return np.array([CLASSES[i] for i in scored.views.allowed.argmax(axis=1)])


def _best(scored: Scored) -> NDArray[np.str_]:
    return np.array([CLASSES[i] for i in scored.best])


def _merged(names: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.array([_EIGHT.get(name, name) for name in names])


def _share(hits: NDArray[np.bool_]) -> str:
    return _estimate(lambda rows: float(rows.mean()), hits[:, None])


def _macro_f1(truth: NDArray[np.str_], best: NDArray[np.str_]) -> str:
    names = sorted(set(truth.tolist()))
    index = {name: i for i, name in enumerate(names)}
    pairs = np.array([[index[t], index.get(b, -1)] for t, b in zip(truth, best, strict=True)], dtype=np.float64)

    def macro(rows: NDArray[np.float64]) -> float:
        scores = []
        for i in range(len(names)):
            true, called = rows[:, 0] == i, rows[:, 1] == i
            scores.append(2.0 * (true & called).sum() / max(1, true.sum() + called.sum()))
        return float(np.mean(scores))

    return _estimate(macro, pairs)


def _balanced(scored: Scored) -> str:
    """Mean recall over five types; segmented and band are one of them."""
    truth, best = _merged(_truth(scored)), _merged(_best(scored))
    rows = np.array([[FIVE.index(t), t == b] for t, b in zip(truth, best, strict=True)], dtype=np.float64)

    def mean_recall(rows: NDArray[np.float64]) -> float:
        return float(np.mean([rows[rows[:, 0] == i, 1].mean() for i in np.unique(rows[:, 0])]))

    return _estimate(mean_recall, rows)


def _calibration_error(scored: Scored) -> str:
    """Expected calibration error of the best class over 15 equal bins (Naeini et al. 2015)."""
    rows = np.column_stack([scored.probabilities.max(axis=1), scored.hit])

    def error(rows: NDArray[np.float64]) -> float:
        cell = np.minimum((rows[:, 0] * BINS).astype(int), BINS - 1)
        gaps = np.bincount(cell, rows[:, 1] - rows[:, 0], minlength=BINS)
        return float(np.abs(gaps).sum() / len(rows))

    return _estimate(error, rows)


def _estimate(statistic: Callable[[NDArray[np.float64]], float], rows: NDArray[np.generic]) -> str:
    return str(interval(statistic, rows)) if len(rows) else "no cell"
