"""The tables of ``benchmarks/results``: each function turns the analysis of one set into one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets import pbc
from lowcost.datasets.types import LabelledField
from lowcost.evaluation import attributes, detection, faults, naming, scale, segmentation
from lowcost.evaluation.analysis import Analysed, Analyzer
from lowcost.evaluation.matching import CRITERIA
from lowcost.evaluation.tables import Cell, Table
from lowcost.result import Cell as ResultCell

Row = dict[str, Cell]

ATTRIBUTE_GOALS = {"nucleus_shape": 0.80, "cell_shape": 0.88, "cell_size": 0.86, "mean": 0.93}
"""Macro-F1 to reach; heads that read no embedding are to reach a mean of 0.905."""

_CRITERIA = {"centre": "centre inside the box", "iou": "IoU of boxes >= 0.5"}


def detected(name: str, title: str, analysed: Sequence[Analysed], goals: tuple[float, float] | None = None) -> Table:
    """Leukocytes found on one set, with the label faults and without them.

    Parameters
    ----------
    name, title : str
        Of the table.
    analysed : sequence of Analysed
        The set.
    goals : (float, float), optional
        The F1 to reach by centre and by IoU.

    Returns
    -------
    Table
        One row per criterion and state of the labels.
    """
    fields = [item.labelled for item in analysed]
    known, limited = faults.known(fields), faults.within_limit(fields)
    lists: dict[str, tuple[faults.Fault, ...]] = {"as published": ()}
    if limited:
        lists[f"without faults on {_images(limited)} images"] = limited
    if known != limited:
        lists[f"without all known faults, on {_images(known)} images"] = known
    rows = []
    for criterion in CRITERIA:
        for labels, excused in lists.items():
            truths = [faults.truth(field, excused) for field in fields]
            score = detection.evaluate(truths, [item.boxes for item in analysed], [criterion])[criterion]
            rows.append(_detection_row(criterion, labels, score, goals))
    return Table(name, title, tuple(rows), (_scale_note(analysed), *_rejections(analysed)))


def _detection_row(criterion: str, labels: str, score: detection.Score, goals: tuple[float, float] | None) -> Row:
    return {
        "criterion": _CRITERIA[criterion],
        "labels": labels,
        "images": score.images,
        "cells": score.counts.true_positive + score.counts.false_negative,
        "F1 (95 % interval)": score.f1,
        "precision": score.counts.precision,
        "recall": score.counts.recall,
        "missed": score.counts.false_negative,
        "spurious": score.counts.false_positive,
        "goal": None if goals is None else goals[CRITERIA.index(criterion)],
    }


def segmented(
    name: str,
    title: str,
    analysed: Sequence[Analysed],
    goals: tuple[float, float] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """Dice of nuclei and of whole cells on one set of images with masks, all images counted."""
    rows = [segmentation.compare(item.labelled, item.masks) for item in analysed]
    means = segmentation.summarise(rows)
    lines = (
        {
            "part": part,
            "images": len(rows),
            "mean Dice (95 % interval)": means[index],
            "median": float(np.median([row[index] for row in rows])),
            "below 0.8": sum(row[index] < 0.8 for row in rows),
            "nothing found": sum(row[index] == 0.0 for row in rows),
            "goal": None if goals is None else goals[index],
        }
        for index, part in enumerate(("nucleus", "whole cell"))
    )
    return Table(name, title, tuple(lines), (*notes, _scale_note(analysed), *_rejections(analysed)))


def counted(name: str, title: str, analysed: Sequence[Analysed]) -> Table:
    """What is found on fields without labels, for comparison by eye."""
    return Table(name, title, tuple(_count(item) for item in analysed), (_scale_note(analysed),))


def _count(item: Analysed) -> Row:
    if item.found is None:
        return dict.fromkeys(("verdict", "um/px", "leukocytes", "other objects", "reasons")) | {
            "field": item.labelled.name,
            "verdict": "failed",
            "reasons": item.failure,
        }
    leukocytes = len(item.boxes)
    return {
        "field": item.labelled.name,
        "verdict": item.found.verdict,
        "um/px": item.found.scale.um_per_px if item.found.scale.source != "unknown" else None,
        "leukocytes": leukocytes,
        "other objects": len(item.found.cells) - leukocytes,
        "reasons": "; ".join(item.found.reasons),
    }


def scale_followed(analyzer: Analyzer, sets: Mapping[str, Sequence[LabelledField]]) -> Table:
    """How the measured um/px follows when real fields are made smaller."""
    rows: list[Row] = []
    for name, fields in sets.items():
        ratios = scale.follows(analyzer, fields)
        reference = ~np.isnan(ratios[:, 0])
        for index, factor in enumerate(scale.FACTORS):
            deviation = np.abs(ratios[:, index] - 1.0)
            deviation = deviation[~np.isnan(deviation)]
            rows.append(
                {
                    "set": name,
                    "factor": factor,
                    "fields": len(fields),
                    "with a measured scale": len(deviation),
                    "of those measured unshrunk": float(len(deviation) / max(reference.sum(), 1)),
                    "median deviation": _percentile(deviation, 50),
                    "95th percentile": _percentile(deviation, 95),
                    "within 5 %": float(np.mean(deviation <= 0.05)) if len(deviation) else None,
                }
            )
    return Table("scale_real", "Scale from red cells on real fields made smaller", tuple(rows))


def scale_rendered(analyzer: Analyzer, px_per_um: Sequence[float], seeds: Sequence[int]) -> Table:
    """Relative error of the measured um/px on rendered smears."""
    rows: list[Row] = []
    for resolution in px_per_um:
        errors = [scale.rendered_error(analyzer, seed, 1.0 / resolution) for seed in seeds]
        known = np.array([error for error in errors if error is not None])
        rows.append(
            {
                "px/um": resolution,
                "fields": len(errors),
                "with a measured scale": len(known),
                "mean error": float(known.mean()) if len(known) else None,
                "median size of error": _percentile(np.abs(known), 50),
                "95th percentile": _percentile(np.abs(known), 95),
                "within 8 %": float(np.mean(np.abs(known) <= 0.08)) if len(known) else None,
            }
        )
    return Table("scale_rendered", "Scale from red cells on rendered smears", tuple(rows))


def attributed(analyzer: Analyzer, data: Path) -> Table:
    """Macro-F1 of every WBCAtt attribute on the published test split."""
    cells = pbc.cells(data)
    train, test = ([cell for cell in cells if cell.split == split] for split in ("train", "test"))
    ours, floor = attributes.predict(analyzer, test), attributes.by_type(train, test)
    shared, expert = attributes.second_expert(data, cells)
    rows: list[Row] = []
    for name in pbc.ATTRIBUTE_NAMES:
        truth, predicted = attributes.truth(test, name), attributes.values(ours, name)
        rows.append(
            {
                "attribute": name,
                "macro-F1 (95 % interval)": attributes.estimate(truth, predicted),
                "accuracy": float(np.mean([a == b for a, b in zip(truth, predicted, strict=True)])),
                "type alone": attributes.macro_f1(truth, attributes.values(floor, name)),
                "second expert": attributes.macro_f1(attributes.truth(shared, name), attributes.values(expert, name)),
                "goal": ATTRIBUTE_GOALS.get(name),
            }
        )
    rows.append(_mean_row(rows))
    missing = sum(not row for row in ours)
    return Table(
        "attributes_wbcatt",
        "WBCAtt attributes, published test split, um/px given as 0.1",
        tuple(rows),
        (
            f"{len(test)} cells; on {missing} views no leukocyte was found at the centre, which counts as wrong.",
            f"The second expert is compared with the first on the {len(shared)} cells that both labelled.",
        ),
    )


def _mean_row(rows: Sequence[Row]) -> Row:
    def mean(column: str) -> float:
        return float(np.mean([getattr(row[column], "value", row[column]) for row in rows]))

    return {
        "attribute": "mean",
        **{column: mean(column) for column in list(rows[0])[1:-1]},
        "goal": ATTRIBUTE_GOALS["mean"],
    }


def recognised(name: str, title: str, analysed: Sequence[Analysed]) -> list[Table]:
    """How well found leukocytes are named where labels say more than WBC, by class and by slide; empty without such."""
    pairs = [
        (types, cell, item.labelled.group)
        for item in analysed
        for types, cell in detection.typed_pairs(item.labelled, () if item.found is None else item.found.cells)
    ]
    return named(name, title, [pair[0] for pair in pairs], [pair[1] for pair in pairs], [pair[2] for pair in pairs])


def named(
    name: str, title: str, allowed: Sequence[frozenset[str]], cells: Sequence[ResultCell], groups: Sequence[str]
) -> list[Table]:
    """Tables of how well cells are named, from what their labels allow; empty without cells."""
    if not cells:
        return []
    # An object that no network saw was told from a leukocyte by its size.
    chances = [cell.probabilities or {cell.type: 1.0} for cell in cells]
    best = [max(row, key=row.__getitem__) for row in chances]
    told = naming.collect(allowed, best, [cell.type for cell in cells], chances, groups)
    return naming.tables(name, title, told)


def _images(listed: Sequence[faults.Fault]) -> int:
    return len({fault.image for fault in listed})


def _percentile(values: NDArray[np.float64], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None


def _scale_note(analysed: Sequence[Analysed]) -> str:
    given = sorted({item.labelled.um_per_px for item in analysed if item.labelled.um_per_px is not None})
    if given:
        return f"um/px was given as {', '.join(str(value) for value in given)}."
    measured = sum(item.found is not None and item.found.scale.source == "red cells" for item in analysed)
    return f"um/px was not given; it was measured from the red cells on {measured} of {len(analysed)} images."


def _rejections(analysed: Sequence[Analysed]) -> list[str]:
    rejected = [item.labelled.name for item in analysed if item.found is not None and item.found.verdict == "rejected"]
    failed = [item.labelled.name for item in analysed if item.found is None]
    return [
        f"{len(names)} images were {what}, their cells count as missed: {', '.join(names)}."
        for what, names in (("rejected", rejected), ("not analysed", failed))
        if names
    ]
