"""Leukocytes found by lowcost and by what it is compared with: ``python -m benchmarks.detection``.

Every detector is fitted on BCCD's train split and tested on its test split, then as it is on fields of other cameras.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import fields, paired, record
from benchmarks.baselines.threshold import RECIPES, Threshold
from benchmarks.fields import NOTHING, Boxes, Detector
from lowcost.datasets.types import LabelledField
from lowcost.errors import InputError
from lowcost.evaluation import detection, faults
from lowcost.evaluation.bootstrap import interval
from lowcost.evaluation.matching import iou, match
from lowcost.evaluation.tables import Table
from lowcost.pipeline import Analyzer
from lowcost.result import Cell
from lowcost.taxonomy import CELL_TYPES

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 17))


class Ours:
    """lowcost as it is installed; its score is the probability that an object is a leukocyte."""

    name, budget = "lowcost", "as the model card says"

    def __init__(self) -> None:
        self.analyzer = Analyzer.load()

    def find(self, pixels: NDArray[np.uint8]) -> Boxes:
        """Find leukocytes."""
        field = self.analyzer.analyze(pixels).fields[0]
        cells = [cell for cell in field.cells if cell.is_leukocyte]
        boxes = np.array([cell.box for cell in cells], np.float64).reshape(-1, 4)
        return Boxes(boxes, np.array([_likely(cell) for cell in cells]), field.verdict == "rejected")


def main() -> None:
    """Fit what is not fitted, find all leukocytes, write ``detection.json``."""
    options = parser(__doc__).parse_args()
    detectors = [Ours(), *rivals(options)]
    every = 10 if options.quick else 1
    tables = [
        compare(name, own[::every], detectors, faults.within_limit(own))
        for name, own in fields.sets(options.data).items()
    ]
    rows = tuple({"method": each.name, "training": each.budget} for each in detectors)
    record.write(options.out, "detection", [*tables, Table("budgets", "What each method learnt from", rows)],
                 {"fields": f"one in {every}"})  # fmt: skip


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the arguments that `rivals` takes."""
    made = record.parser(description)
    made.add_argument("--minutes", type=float, default=90.0, help="of the deep detector's training")
    made.add_argument("--baselines", nargs="*", choices=("threshold", "yolo"), default=("threshold", "yolo"))
    return made


def rivals(options: argparse.Namespace) -> list[Detector]:
    """Return the baselines, fitted now or by an earlier call with the same ``work`` folder."""
    options.work.mkdir(parents=True, exist_ok=True)
    found: list[Detector] = []
    if "threshold" in options.baselines:
        learning = fields.split(options.data, "train")
        found += [Threshold(name).fit(learning[::4]) for name in RECIPES]
    if "yolo" in options.baselines:
        from benchmarks.baselines import yolo

        weights, budget = yolo.train(options.data, options.work, 1.0 if options.quick else options.minutes)
        held_out = fields.split(options.data, "val")
        draft = yolo.Yolo(weights, yolo.LEAST_SCORE, budget)
        seen = [draft.find(field.pixels()) for field in held_out]
        threshold = _best_threshold(held_out, seen)
        found += [kind(weights, threshold, budget) for kind in (yolo.Yolo, yolo.Ruled)]
    return found


def compare(
    name: str, pictures: Sequence[LabelledField], detectors: Sequence[Detector], listed: Sequence[faults.Fault]
) -> Table:
    """How well each detector finds the leukocytes of one set without listed faults, beside the first, which is ours."""
    truths = [faults.truth(field, listed) for field in pictures]
    published = [faults.truth(field) for field in pictures]
    shapes = [field.pixels().shape for field in pictures]
    rows, first = [], None
    for detector in detectors:
        found = [_found(detector, field) for field in pictures]
        boxes = [own.boxes for own in found]
        scores = detection.evaluate(truths, boxes)
        right = np.array([_is_right(truth, own) for truth, own in zip(truths, boxes, strict=True)])
        first = right if first is None else first
        edge, edge_found = _edge_recall(truths, boxes, shapes)
        rows.append(
            {
                "method": detector.name,
                "fields": len(pictures),
                "cells": sum(len(truth.boxes) for truth in truths),
                "F1, centre (95 % interval)": scores["centre"].f1,
                "F1, IoU 0.5": scores["iou"].f1,
                "AP50": average_precision(truths, found),
                "F1, centre, labels as published": detection.evaluate(published, boxes)["centre"].f1.value,
                "cells at the edge": edge,
                "of these found": edge_found / edge if edge else None,
                "fields rejected": sum(own.rejected for own in found),
                "fields without error": interval(lambda each: float(each.mean()), right[:, None]),
                "McNemar p": None if right is first else paired.mcnemar(first, right),
            }
        )
    return Table(f"detection_{name}", f"Leukocytes found, {name}", tuple(rows))


def average_precision(truths: Sequence[faults.Truth], found: Sequence[Boxes]) -> float:
    """Return the area under precision and recall at an overlap of one half (Everingham et al. 2010, all points).

    Boxes are taken in the order of their scores over all fields; each claims the free label that it overlaps most.
    """
    order = sorted(
        ((score, image, i) for image, own in enumerate(found) for i, score in enumerate(own.scores.tolist())),
        reverse=True,
    )
    free = [np.ones(len(truth.boxes), np.bool_) for truth in truths]
    hits = []
    for _, image, i in order:
        overlap = iou(truths[image].boxes, found[image].boxes[i : i + 1])[:, 0] * free[image]
        best = int(overlap.argmax()) if len(overlap) else -1
        right = best >= 0 and overlap[best] >= 0.5
        if right:
            free[image][best] = False
        hits.append(right)
    total = sum(len(truth.boxes) for truth in truths)
    right_so_far = np.cumsum(hits)
    precision = right_so_far / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best_from_here * np.array(hits)).sum() / total) if total and hits else 0.0


def _likely(cell: Cell) -> float:
    known: Mapping[str, float] = cell.probabilities
    return sum(share for name, share in known.items() if CELL_TYPES[name].is_leukocyte) if known else 0.5


def _found(detector: Detector, field: LabelledField) -> Boxes:
    try:
        found = detector.find(field.pixels())
    except InputError:
        return NOTHING
    known = field.known(found.boxes)
    return Boxes(found.boxes[known], found.scores[known], found.rejected)


def _is_right(truth: faults.Truth, boxes: NDArray[np.float64]) -> bool:
    """Whether every cell of a field is found and nothing else."""
    matching = match(truth.boxes, boxes, "centre", truth.ignore)
    return not matching.missed and not matching.spurious


def _edge_recall(
    truths: Sequence[faults.Truth], found: Sequence[NDArray[np.float64]], shapes: Sequence[Sequence[int]]
) -> tuple[int, int]:
    """How many labelled cells the edge cuts, and how many of these are found."""
    cut = hit = 0
    for truth, boxes, shape in zip(truths, found, shapes, strict=True):
        at_edge = fields.at_edge(truth.boxes, shape)
        pairs = match(truth.boxes, boxes, "centre", truth.ignore).pairs
        cut += int(at_edge.sum())
        hit += sum(bool(at_edge[i]) for i, _ in pairs)
    return cut, hit


def _best_threshold(pictures: Sequence[LabelledField], seen: Sequence[Boxes]) -> float:
    """The score from which on boxes are taken for cells, by F1."""

    def f1(threshold: float) -> float:
        counts = [
            detection.score(field.leukocytes(), own.boxes[own.scores >= threshold], "iou")
            for field, own in zip(pictures, seen, strict=True)
        ]
        return sum(counts, detection.Counts()).f1

    return max(THRESHOLDS, key=f1)


if __name__ == "__main__":
    main()
