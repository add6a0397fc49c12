"""Fit the linear model that reads a cell's type off its features: ``lowcost train morphology``.

It sees every training cell as it is and with its stain, sharpness and noise changed as cameras change them, so that it
rests on what such changes leave alone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost import adaptation, features, morphology
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, View
from lowcost.classifier import Classifier
from lowcost.classifier import Parameters as ClassifierParameters
from lowcost.correction import SECTION as CORRECTION
from lowcost.crop import network_input
from lowcost.datasets.types import read_pixels
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.naming import Named
from lowcost.morphology import Model, Morphology
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES
from lowcost.training import card, recalibration, record, sources, temperature
from lowcost.training.augmentation import restained
from lowcost.training.fingerprint import fingerprint
from lowcost.training.heads import Cells
from lowcost.training.measured import view_at
from lowcost.training.record import Finished
from lowcost.training.target import Target
from lowcost.training.views import Sample

FILE = "morphology.json"

CHANGED = 3
"""Changed copies of each training cell."""

FINDING = ("resample", "illumination", "scale", "stain", "nuclei", "lobes", "surroundings", "nuclear_edge", "outline")
"""Sections of a bundle that decide what a cell looks like."""

WEIGHT = 1.5
"""What one unit of the model's log-odds counts against one of the network's, after its temperature: on cameras that
neither had seen, 1.5 to 3 are alike and better than 1; more than 1.5 finds fewer blasts among marrow's other cells."""

BALANCE = 0.5
"""A group (type and set) of n cells counts in proportion to ``n ** BALANCE``."""

BLASTS = 0.8
"""Log-odds that are added for blasts: one that is missed is worse than a few cells too many to look at. On marrow's
``dev`` cells the types are told best with it."""

RANKS = 31
"""Levels of a feature by which its normal score is found."""

VERIFIED = 200
"""Cells of a camera that was left out which are supposed to have been verified there."""

PENALTY = 0.01
"""Inverse strength of the penalty on the model's weights: on cameras left out, .005 to .02 are alike."""


@dataclass(frozen=True)
class Table:
    """Labelled cells as model and network see them.

    Attributes
    ----------
    samples : list of Sample
        What they are.
    rows : (n, 1 + CHANGED, f) float64 array
        Features as they are, then changed.
    crops : (n, 96, 96, 3) uint8 array
        Network inputs.
    """

    samples: list[Sample]
    rows: NDArray[np.float64]
    crops: NDArray[np.uint8]

    def where(self, chosen: NDArray[np.bool_]) -> Table:
        """Return the cells at which `chosen`, an (n,) bool array, is True."""
        kept = [sample for sample, own in zip(self.samples, chosen, strict=True) if own]
        return Table(kept, self.rows[chosen], self.crops[chosen])


def measure(samples: Sequence[Sample], bundle: Path, kept: Path, jobs: int) -> Table:
    """Measure cells the way the product does; those that it does not find are left out.

    Parameters
    ----------
    samples : sequence of Sample
        Labelled cells; those of one photograph in a row.
    bundle : Path
        Whose finder is used.
    kept : Path
        File for the result, which a second call with the same cells and parameters reads.
    jobs : int
        Processes.
    """
    used = [Bundle.load(bundle).parameters[name] for name in FINDING]
    cells = [(item.path.name, item.x, item.y, asdict(scale) if (scale := _scale(item)) else None) for item in samples]
    made_of = fingerprint(used, features.NAMES, cells)
    if kept.exists():
        with np.load(kept) as saved:
            if str(saved["made_of"]) == made_of:
                return Table([samples[i] for i in saved["found"]], saved["rows"], saved["crops"])
    photographs = [list(own) for _, own in groupby(samples, key=lambda sample: sample.path)]
    measured = partial(_photograph, bundle=bundle)
    with tqdm(total=len(photographs), desc="photographs", unit="photograph", disable=None) as bar:
        results = []
        with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as pool:
            for result in pool.map(measured, photographs, chunksize=16) if pool else map(measured, photographs):
                results.append(result)
                bar.update()
    flat = [own for result in results for own in result]
    found = [number for number, own in enumerate(flat) if own is not None]
    rows, crops = zip(*(own for own in flat if own is not None), strict=True)
    np.savez(kept, made_of=made_of, found=found, rows=np.array(rows), crops=np.array(crops))
    return Table([samples[i] for i in found], np.array(rows), np.array(crops))


def train(table: Table, logits: NDArray[np.int8], classes: Sequence[str]) -> Model:
    """Fit the linear model of some cells.

    Parameters
    ----------
    table : Table
        Cells, each of whose labels allows one of the classes or stages of one.
    logits : (n, c) int8 array
        What the network says of them.
    classes : sequence of str
        Types to tell apart.
    """
    from sklearn.linear_model import LogisticRegression

    codes = np.array([classes.index(_label(sample, classes)) for sample in table.samples])
    source = np.array([sample.source for sample in table.samples])
    _, group, counts = np.unique(np.char.add(codes.astype(str), source), return_inverse=True, return_counts=True)
    weight = (counts ** (BALANCE - 1.0))[group]
    copies = table.rows.shape[1]
    rows, repeated = table.rows.reshape(-1, table.rows.shape[2]), np.repeat(codes, copies)
    each: NDArray[np.float64] = np.repeat(weight / weight.mean(), copies)
    ranks = np.array([(number + 0.5) / RANKS for number in range(RANKS)])
    normal = np.array([NormalDist().inv_cdf(rank) for rank in ranks])
    levels = np.stack([_levels(column, each, ranks) for column in rows.T])
    scores = morphology.normal_scores(rows, levels, normal)
    fitted = LogisticRegression(C=PENALTY, max_iter=1000).fit(scores, repeated, sample_weight=each)
    weights, bias = fitted.coef_, fitted.intercept_
    if len(classes) == 2:  # of two classes scikit-learn gives the odds of the second
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    bias = bias + BLASTS * (np.array(classes) == "blast")
    return Model(
        features=features.NAMES,
        normal=_rounded(normal),
        levels=tuple(_rounded(own) for own in levels),
        classes=tuple(classes),
        bias=_rounded(bias),
        weights=tuple(_rounded(own) for own in weights),
        typical=tuple(_rounded(scores[repeated == code].mean(axis=0)) for code in range(len(classes))),
        typical_logits=tuple(_rounded(logits[codes == code].mean(axis=0)) for code in range(len(classes))),
    )


def _levels(
    values: NDArray[np.float64], weight: NDArray[np.float64], ranks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted quantiles of what is defined; zeros where nothing is."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(ranks))
    order = np.argsort(values[known], kind="stable")
    share = np.cumsum(weight[known][order])
    return np.asarray(values[known][order][np.searchsorted(share, ranks * share[-1])])


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Six digits: more would only make the file longer."""
    return tuple(float(f"{value:.6g}") for value in values)


def run(
    samples: Sequence[Sample], target: Target, work: Path, described: str, published: bool, jobs: int = 1
) -> Finished:
    """Fit the model beside a bundle's network and write it into the bundle.

    Parameters
    ----------
    samples : sequence of Sample
        Labelled cells of every part.
    target : Target
        Where it is written, and whose network it stands beside.
    work : Path
        Folder for measured cells, figures and plots.
    described : str
        The sets with their licences, for the card.
    published : bool
        Whether these are the sets of the shipped bundle, whose card has figures of its own.
    jobs : int
        Processes and threads.

    Raises
    ------
    InputError
        There are fewer than two types of nucleated cells.
    """
    base = Bundle.load(target.base)
    classifier = Classifier.load(base)
    known = [name for name in classifier.parameters.classes if is_nucleated(name)]
    nucleated = [sample for sample in samples if sample.types & set(known)]
    table = measure(nucleated, target.base, work / "cells.npz", jobs)
    part = np.array([sample.part for sample in table.samples])
    learning = table.where(part == "train")
    there = {_label(sample, known) for sample in learning.samples}
    classes = [name for name in known if name in there]
    if len(classes) < 2:
        raise InputError(f"Found cells of {len(classes)} types to learn from; the model needs at least two.")
    model = train(learning, classifier.network(learning.crops).logits, classes)
    parameters, fitted = beside(classifier, model, table.where(part == "dev"))
    section = {
        morphology.SECTION: asdict(fitted.parameters),
        "classifier": asdict(parameters),
        CORRECTION: None,
    }
    test = table.where(part == "test")
    source = np.array([sample.source for sample in test.samples])
    alone = classifier.network(test.crops).logits
    opinions = {
        "network alone": alone.tolist(),
        "network and morphology": fitted.apply(alone.tolist(), test.rows[:, 0], parameters.softmax_table),
        # As if the test cells of each set, without their labels, had calibrated its device.
        "with a profile": _adapted(fitted, parameters, test.rows[:, 0], alone, source),
    }
    tables, figures_of = [], {}
    for name, logits in opinions.items():
        figures_of[name] = _by_source(test, np.array(logits), parameters)
        for each, own in figures_of[name].items():
            tables += naming.tables(f"{each} {name}", f"Test cells of {each}, {name}", own)
    trained = {sample.source for sample in learning.samples}
    for each, own in _recalibrated(test, np.array(opinions["with a profile"]), parameters, trained).items():
        name = f"with a profile and {VERIFIED} verified cells"
        tables += naming.tables(f"{each} {name}", f"Test cells of {each}, {name}", own)
    by_source = figures_of["network and morphology"]
    facts: dict[str, Any] = {"model": "morphology", "sets": described, "weight": WEIGHT, "penalty": PENALTY}
    text = record.write(work, tables, facts)
    record.draw(work, by_source)
    made = f"{len(learning.samples)} training cells, each as it is and with {CHANGED} changes of stain and sharpness"
    if published:
        figures = card.published(by_source, None, facts)
    else:
        figures = "\n".join(table.markdown().replace("## ", "#### ", 1) for table in tables)
    content = json.dumps(asdict(model), separators=(",", ":")).encode()
    target.write(section, {FILE: content}, "morphology figures", f"{made}: {described}.\n\n{figures}")
    return Finished(text, True, f"Written: {target.folder}")


def beside(classifier: Classifier, model: Model, held_out: Table) -> tuple[ClassifierParameters, Morphology]:
    """Return the classifier's section with the temperature of network and model, and the model with its weight."""
    settings = classifier.parameters
    allowed = np.array([[name in sample.types for name in settings.classes] for sample in held_out.samples])
    alone = classifier.network(held_out.crops).logits
    own = temperature.fit(alone.astype(np.float64) * settings.logit_scale, allowed)
    weight = WEIGHT * own / settings.logit_scale
    fitted = Morphology(model, morphology.Parameters(FILE, weight), settings.classes)
    table = temperature.softmax_table(settings.logit_scale, own)
    joined = np.array(fitted.apply(alone.tolist(), held_out.rows[:, 0], table))
    both = temperature.fit(joined * settings.logit_scale, allowed)
    table = temperature.softmax_table(settings.logit_scale, both)
    return replace(settings, temperature=both, softmax_table=table), fitted


def _adapted(
    fitted: Morphology,
    parameters: ClassifierParameters,
    rows: NDArray[np.float64],
    logits: NDArray[np.int8],
    source: NDArray[np.str_],
) -> list[list[int]]:
    """The logits of network and model, each set's cells without the shift of that set."""
    result: list[list[int]] = [[]] * len(rows)
    for own in (np.flatnonzero(source == each) for each in dict.fromkeys(source.tolist())):
        shift = adaptation.shift(fitted, rows[own], logits[own], parameters.logit_scale / parameters.temperature)
        joined = fitted.apply(logits[own].tolist(), rows[own], parameters.softmax_table, shift)
        for index, cell in zip(own, joined, strict=True):
            result[index] = cell
    return result


def _by_source(test: Table, logits: NDArray[np.int64], parameters: ClassifierParameters) -> dict[str, Named]:
    """What the cells of each set are taken for: by itself, because sets differ in which stages they tell apart."""
    source = np.array([sample.source for sample in test.samples])
    result = {}
    for each in dict.fromkeys(source.tolist()):
        own = [sample for sample in test.samples if sample.source == each]
        allowed, group = [sample.types for sample in own], [sample.group for sample in own]
        result[each] = naming.from_logits(logits[source == each], allowed, group, parameters)
    return result


def _recalibrated(
    test: Table, logits: NDArray[np.int64], parameters: ClassifierParameters, trained: Collection[str]
) -> dict[str, Named]:
    """What cells of sets that did not train are taken for where others of the same set were verified."""
    allowed = np.array([[name in sample.types for name in parameters.classes] for sample in test.samples])
    label = tuple(sources.named(sample.types) for sample in test.samples)
    unit = tuple(sample.group or sample.path.name for sample in test.samples)
    group = tuple(sample.group for sample in test.samples)
    cells = Cells(logits, test.rows[:, 0], allowed, unit, label, group)
    source = [sample.source for sample in test.samples]
    return {
        each: recalibration.learn(cells.where(np.array([own == each for own in source])), parameters, VERIFIED).after
        for each in dict.fromkeys(source)
        if each not in trained
    }


def is_nucleated(name: str) -> bool:
    """Whether a type is one that the model may tell."""
    return CELL_TYPES[name].is_leukocyte or name == "erythroblast"


def _label(sample: Sample, classes: Sequence[str]) -> str:
    """The class that a label stands for: of stages the commonest, which the taxonomy names first."""
    return next(name for name in classes if name in sample.types)


def _photograph(samples: Sequence[Sample], bundle: Path) -> list[tuple[NDArray[np.float64], NDArray[np.uint8]] | None]:
    """For each cell of a photograph its features, changed and not, and its crop; None where it is not found."""
    cv2.setNumThreads(1)
    pixels, finder = read_pixels(samples[0].path), _finder(bundle)
    optics = finder.optics(pixels, _scale(samples[0]))
    views = finder.find(optics).views if optics.scale.source != "unknown" else []
    return [_measured(sample, views, pixels.shape) for sample in samples]


def _scale(sample: Sample) -> Scale | None:
    """The scale of a photograph, None where the finder has to measure it."""
    return Scale(sample.um_per_px, sample.um_per_px, "given", 1.0) if sample.scale_known else None


def _measured(
    sample: Sample, views: Sequence[View], shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]] | None:
    x = shape[1] / 2 if sample.x is None else sample.x
    y = shape[0] / 2 if sample.y is None else sample.y
    view = view_at(views, x, y)
    if view is None:
        return None
    random = np.random.default_rng(zlib.crc32(f"{sample.path.name} {x} {y}".encode()))
    changes = [restained(view.pixels, random) for _ in range(CHANGED)]
    rows = [features.compute(own, view.nucleus, view.cell) for own in (view.pixels, *changes)]
    return np.stack(rows), network_input(view.pixels)


@cache
def _finder(bundle: Path) -> CellFinder:
    return CellFinder(Bundle.load(bundle))
