"""The few parameters that decide where nuclei and outlines end, tuned on labels: ``lowcost train segmentation``.

One parameter after the other is moved by a step, up and down, and keeps what helps on the fields that choose; steps are
halved when nothing helps any more. Other fields judge, and what does not help them is not written. Every trial is
noted, so that a search that was stopped is walked again in a moment and goes on.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import crop
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, View
from lowcost.classifier import Classifier, decide
from lowcost.datasets.types import LabelledField, Masks
from lowcost.errors import InputError
from lowcost.evaluation.analysis import fill
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.matching import match
from lowcost.evaluation.segmentation import dice
from lowcost.evaluation.tables import Table
from lowcost.optics import Optics
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training import record, sources
from lowcost.training.fingerprint import fingerprint
from lowcost.training.record import Finished
from lowcost.training.sources import Source, described
from lowcost.training.target import Target

STEPS: dict[str, int | float] = {
    "nuclear_edge.level_percent": 4,
    "nuclei.threshold_percent": 4,
    "nuclei.nucleus_area_um2": 2.0,
    "nuclei.nucleus_radius_um": 0.1,
    "outline.bias": 4,
    "outline.edge_gain_percent": 10,
    "lobes.gap_um": 0.5,
}
"""What is tuned, as section and name, and the first step of each; whole numbers stay whole."""

PASSES = 3

LEAST_FIELDS = 10


@dataclass(frozen=True)
class Prepared:
    """A labelled field whose optics are measured once for all trials.

    Attributes
    ----------
    field : LabelledField
        The field.
    optics : Optics
        Light and scale, which the tuned parameters do not touch.
    masks : Masks or None
        Hand-drawn masks, where it has any.
    """

    field: LabelledField
    optics: Optics
    masks: Masks | None


Values = dict[str, int | float]


class Search:
    """Scores of parameter values on fields, each computed once.

    Parameters
    ----------
    bundle : Bundle
        Where all other parameters come from.
    classifier : Classifier
        Says which found objects are leukocytes.
    log : Path
        File to which every trial is added; the trials in it are not computed again.
    """

    def __init__(self, bundle: Bundle, classifier: Classifier, log: Path) -> None:
        self._bundle, self._classifier, self._log = bundle, classifier, log
        self._known: dict[str, list[list[float]]] = {}
        for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
            trial = json.loads(line)
            self._known[trial["key"]] = trial["rows"]

    def rows(self, fields: Sequence[Prepared], values: Values) -> NDArray[np.float64]:
        """Return what `score` gives for every field under some values, as an (n, k) array."""
        names = [str(item.field.path) for item in fields]
        key = fingerprint(values, names, self._bundle.parameters["classifier"], self._others(values))
        if key not in self._known:
            finder = CellFinder(replace(self._bundle, parameters=self._with(values)))
            rows = [score(item, leukocytes(item, finder, self._classifier)) for item in fields]
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "values": values, "rows": rows}) + "\n")
            self._known[key] = rows
        return np.array(self._known[key], dtype=np.float64)

    def _with(self, values: Values) -> dict[str, Any]:
        changed = copy.deepcopy(self._bundle.parameters)
        for name, value in values.items():
            section, key = name.split(".")
            changed[section][key] = value
        return changed

    def _others(self, values: Values) -> dict[str, Any]:
        """The sections that decide besides the tuned values."""
        unused = ("attributes", "classifier", "differential")
        return {name: section for name, section in self._with(values).items() if name not in unused}


def prepare(fields: Sequence[LabelledField], finder: CellFinder) -> list[Prepared]:
    """Measure the optics of labelled fields; those that are rejected have nothing to tune."""
    prepared = []
    for field in tqdm(fields, desc="optics", unit="field", disable=None):
        scale = None if field.um_per_px is None else Scale(field.um_per_px, field.um_per_px, "given", 1.0)
        optics = finder.optics(field.pixels(), scale)
        if optics.quality.verdict != "rejected":
            prepared.append(Prepared(field, optics, field.masks()))
    return prepared


def leukocytes(item: Prepared, finder: CellFinder, classifier: Classifier) -> list[View]:
    """Return the found cells that count as leukocytes."""
    views = finder.find(item.optics).views
    if not views:
        return []
    # Whether a cell counts is the network's say alone; which type it is does not matter here.
    seen = classifier.network(np.stack([crop.network_input(view.pixels) for view in views]))
    told = [decide(own, classifier.parameters) for own in seen.logits.tolist()]
    white = [said.type == UNIDENTIFIED or CELL_TYPES[said.type].is_leukocyte for said in told]
    return [view for view, yes in zip(views, white, strict=True) if yes]


def score(item: Prepared, views: Sequence[View]) -> list[float]:
    """Return Dice of nuclei and cells, and numbers of found, spurious and missed boxes; nan where unlabelled."""
    row = [float("nan")] * 5
    if item.masks is not None:
        height, width = item.masks.cell.shape
        nuclei = fill([polygon for view in views for polygon in view.nucleus_polygons], (height, width))
        cells = fill([view.polygon for view in views], (height, width))
        row[:2] = [dice(item.masks.nucleus, nuclei), dice(item.masks.cell, cells)]
    if item.field.boxes:
        boxes = np.array([view.box for view in views], dtype=np.float64).reshape(-1, 4)
        found = match(item.field.leukocytes(), boxes, "iou")
        spurious = int(item.field.known(boxes[list(found.spurious)]).sum())
        row[2:] = [float(len(found.pairs)), float(spurious), float(len(found.missed))]
    return row


def quality(rows: NDArray[np.float64]) -> float:
    """Return what is maximised: the mean of mean nucleus Dice, mean cell Dice and F1, as far as they are known."""
    found = [value for value in (_mean(rows[:, :1]), _mean(rows[:, 1:2]), _f1(rows[:, 2:])) if not np.isnan(value)]
    return float(np.mean(found))


def descend(start: Values, steps: Mapping[str, int | float], value_of: Callable[[Values], float]) -> Values:
    """Return the values that coordinate search reaches.

    Parameters
    ----------
    start : dict of str to number
        Where it begins.
    steps : mapping of str to number
        First step of each value; those that are whole numbers stay whole.
    value_of : callable
        What is maximised.
    """
    best, reached, sizes = dict(start), value_of(start), dict(steps)
    for _ in tqdm(range(PASSES), desc="passes", unit="pass", disable=None):
        moved = False
        for name in start:
            for direction in (1, -1):
                while True:
                    tried = best | {name: _moved(best[name], direction * sizes[name])}
                    value = value_of(tried) if tried[name] > 0 else -np.inf
                    if value <= reached:
                        break
                    best, reached, moved = tried, value, True
        if not moved:
            sizes = {name: size / 2 if isinstance(size, float) else max(1, size // 2) for name, size in sizes.items()}
    return best


def run(found: Sequence[Source], target: Target, work: Path, fields: int) -> Finished:
    """Tune the parameters on labelled fields and write them into a bundle, if they help on others.

    Parameters
    ----------
    found : sequence of Source
        Sets of fields with masks or boxes.
    target : Target
        Where they are written.
    work : Path
        Folder for trials and figures.
    fields : int
        Fields that choose, and that judge, at most.

    Raises
    ------
    InputError
        There are too few fields.
    """
    bundle = Bundle.load(target.base)
    labelled = [
        field
        for source in found
        for field in source.pictures
        if isinstance(field, LabelledField) and field.split != "test" and (field.mask_path or field.boxes)
    ]
    chosen, judging = halves(labelled, fields)
    if min(len(chosen), len(judging)) < LEAST_FIELDS:
        raise InputError(
            f"Too few fields with masks or boxes: {len(labelled)}; at least {2 * LEAST_FIELDS} are needed, half of "
            "them to judge what the other half chose."
        )
    finder, classifier = CellFinder(bundle), Classifier.load(bundle)
    search = Search(bundle, classifier, work / "trials.jsonl")
    start = {name: bundle.parameters[name.split(".")[0]][name.split(".")[1]] for name in STEPS}
    learning, held_out = prepare(chosen, finder), prepare(judging, finder)
    best = descend(start, STEPS, lambda values: quality(search.rows(learning, values)))
    before, after = search.rows(held_out, start), search.rows(held_out, best)
    rows = [
        {"measure": name, "fields": len(held_out), "before": measured(before), "after": measured(after)}
        for name, measured in (("Dice of nuclei", _nuclei), ("Dice of cells", _cells), ("F1 of boxes, IoU 0.5", _boxes))
        if measured(before) is not None
    ]
    changed = {name: (start[name], value) for name, value in best.items() if value != start[name]}
    note = "Changed: " + (", ".join(f"{name} {a} to {b}" for name, (a, b) in changed.items()) or "nothing") + "."
    title = f"Held-out fields ({len(learning)} others chose)"
    table = Table("segmentation", title, tuple(rows), (note,))
    text = record.write(work, [table], {"model": "segmentation", "sets": described(found), "values": best})
    if not changed or quality(after) <= quality(before):
        reason = "Nothing better was found" if not changed else "What was chosen does not help on held-out fields"
        return Finished(text, False, f"{reason}, so {target.folder} stays as it is.")
    sections = copy.deepcopy(bundle.parameters)
    for name, value in best.items():
        section, key = name.split(".")
        sections[section][key] = value
    card = (
        f"## Segmentation\n\nTuned on fields of {described(found)} (`lowcost train segmentation`). The attribute heads "
        f"were trained on outlines made before.\n\n{table.markdown().partition(chr(10))[2].strip()}"
    )
    used = {name.split(".")[0] for name in changed}
    target.write({name: sections[name] for name in used}, {}, "segmentation", card)
    return Finished(text, True, f"{note} Written: {target.folder}")


def halves(fields: Sequence[LabelledField], most: int) -> tuple[list[LabelledField], list[LabelledField]]:
    """Return fields that choose and fields that judge, at most so many each; no slide or picture is in both."""
    ordered = sorted(fields, key=lambda field: sources.digest(str(field.path)))
    groups = sorted({field.group or str(field.path) for field in fields}, key=sources.digest)
    first = set(groups[::2])
    chosen = [field for field in ordered if (field.group or str(field.path)) in first]
    return chosen[:most], [field for field in ordered if field not in chosen][:most]


def _moved(value: int | float, step: int | float) -> int | float:
    return value + round(step) if isinstance(value, int) else round(float(value + step), 6)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _f1(counts: NDArray[np.float64]) -> float:
    right, spurious, missed = counts[~np.isnan(counts[:, 0])].sum(axis=0)
    whole = 2 * right + spurious + missed
    return float(2 * right / whole) if whole else float("nan")


def _nuclei(rows: NDArray[np.float64]) -> Estimate | None:
    return _estimate(_mean, rows[:, :1])


def _cells(rows: NDArray[np.float64]) -> Estimate | None:
    return _estimate(_mean, rows[:, 1:2])


def _boxes(rows: NDArray[np.float64]) -> Estimate | None:
    return _estimate(_f1, rows[:, 2:])


def _estimate(statistic: Callable[[NDArray[np.float64]], float], rows: NDArray[np.float64]) -> Estimate | None:
    known = rows[~np.isnan(rows[:, 0])]
    return interval(statistic, known) if len(known) else None
