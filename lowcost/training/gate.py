"""The classifier's two limits, chosen so that a stated risk holds: ``lowcost train gate``.

What is taken for a leukocyte, and what is left unidentified, depends on the camera. Both limits are chosen on labelled
cells that the network did not learn from, in every given set on its own, with exact binomial bounds (Learn then Test,
Angelopoulos et al. 2021, arXiv:2110.01052): with 95 % confidence each risk is no larger than stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.correction import Correction
from lowcost.datasets.types import LEUKOCYTES
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.tables import Table
from lowcost.taxonomy import CELL_TYPES
from lowcost.training import record, sources, views
from lowcost.training.measured import measure
from lowcost.training.record import Finished
from lowcost.training.sources import Picture, Source, described
from lowcost.training.target import Target

CONFIDENCE = 0.95

LIMITS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""The limits that are tried."""

LEAST_OTHERS = 20
"""Found objects that are no leukocytes, without which nothing is known about the leukocyte limit."""

LEAST_CELLS = 50
"""Cells of known type that a set needs."""


@dataclass(frozen=True)
class Cells:
    """What decides about the found cells of one set.

    Attributes
    ----------
    leukocyte : (n,) bool array
        Whether the label says that it is one.
    other : (n,) bool array
        Whether the label says that it is none.
    typed : (n,) bool array
        Whether the label says which of several types a leukocyte is.
    leukocyte_share : (n,) float array
        Probability of all leukocyte classes together.
    type_share : (n,) float array
        Share of it that the best type holds.
    right : (n,) bool array
        Whether the label allows the best type.
    group : tuple of str
        Patient or slide.
    """

    leukocyte: NDArray[np.bool_]
    other: NDArray[np.bool_]
    typed: NDArray[np.bool_]
    leukocyte_share: NDArray[np.float64]
    type_share: NDArray[np.float64]
    right: NDArray[np.bool_]
    group: tuple[str, ...]


def shares(
    logits: NDArray[np.int64], allowed: Sequence[frozenset[str]], group: Sequence[str], parameters: Parameters
) -> Cells:
    """Return what the limits are compared with, for labelled cells and the network's logits of them."""
    weights = np.array(parameters.softmax_table)[logits.max(axis=1, keepdims=True) - logits]
    type_of = {name: name for name in parameters.classes}
    type_of |= {name: stages[0] for stages in parameters.stages for name in stages if name in type_of}
    white = [name for name in parameters.classes if CELL_TYPES[name].is_leukocyte]
    kinds = list(dict.fromkeys(type_of[name] for name in white))
    together = np.stack(
        [
            weights[:, [i for i, name in enumerate(parameters.classes) if name in white and type_of[name] == kind]].sum(
                1
            )
            for kind in kinds
        ],
        axis=1,
    )
    total = together.sum(axis=1)
    best = together.argmax(axis=1)
    members = [frozenset(name for name in white if type_of[name] == kind) for kind in kinds]
    return Cells(
        leukocyte=np.array([types <= LEUKOCYTES for types in allowed], np.bool_),
        other=np.array([not types & LEUKOCYTES for types in allowed], np.bool_),
        typed=np.array([types <= LEUKOCYTES and len(types) <= len(white) // 2 for types in allowed], np.bool_),
        leukocyte_share=total / weights.sum(axis=1),
        type_share=together.max(axis=1) / total,
        right=np.array([bool(members[i] & types) for i, types in zip(best, allowed, strict=True)], np.bool_),
        group=tuple(group),
    )


def upper_bound(errors: int, number: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided exact upper bound of a share (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404)."""
    from scipy.stats import beta

    return 1.0 if errors >= number else float(beta.ppf(confidence, errors + 1, number - errors))


def leukocyte_limit(found: Sequence[Cells], missed: float) -> float | None:
    """Return the largest limit below which no more than a share of leukocytes lies; None where the lowest misses more.

    Limits are tried from below and the first failure ends it, so that they need no correction for their number.
    """
    chosen = None
    for limit in LIMITS:
        bounds = [
            upper_bound(int((own.leukocyte & (own.leukocyte_share < limit)).sum()), int(own.leukocyte.sum()))
            for own in found
        ]
        if max(bounds) > missed:
            break
        chosen = limit
    return chosen


def type_limit(found: Sequence[Cells], white_limit: float, risk: float) -> tuple[float | None, float]:
    """Return the smallest limit at which few enough of the named cells are wrong, and the least risk that any keeps.

    Bounds are corrected for the number of limits (Bonferroni), because the share need not fall as the limit rises.
    """
    confidence = 1.0 - (1.0 - CONFIDENCE) / len(LIMITS)
    bounds = []
    for limit in LIMITS:
        worst = 0.0
        for own in found:
            named = own.typed & (own.leukocyte_share >= white_limit) & (own.type_share >= limit)
            worst = max(worst, upper_bound(int((named & ~own.right).sum()), int(named.sum()), confidence))
        bounds.append(worst)
    passing = [limit for limit, bound in zip(LIMITS, bounds, strict=True) if bound <= risk]
    return (min(passing) if passing else None), min(bounds)


def choosing(source: Source) -> list[Picture]:
    """Return the pictures of a set that may choose: no test pictures, and none that trained the shipped network."""
    published = {picture.split for picture in source.pictures}
    if source.card.name in views.TRAINING_SETS:
        return [
            picture for picture in source.pictures if (picture.split or views.part_of(picture.path)) in ("val", "dev")
        ]
    wanted = {"val"} if "val" in published else published - {"test"}
    return [picture for picture in source.pictures if picture.split in wanted]


def run(found: Sequence[Source], target: Target, work: Path, risk: float, missed: float, jobs: int = 1) -> Finished:
    """Choose both limits and write them into a bundle.

    Parameters
    ----------
    found : sequence of Source
        Labelled pictures that the bundle's network did not learn from. On fields where every leukocyte is labelled,
        what else is found counts as no leukocyte.
    target : Target
        Where they are written.
    work : Path
        Folder for measured cells and figures.
    risk : float
        Largest share of wrong ones among named cells.
    missed : float
        Largest share of leukocytes that are taken for something else.
    jobs : int
        Processes.

    Raises
    ------
    InputError
        There are too few cells.
    """
    bundle = Bundle.load(target.base)
    parameters = bundle.section("classifier", Parameters)
    correction = Correction.load(bundle, parameters.classes, features.NAMES)
    cells: dict[str, Cells] = {}
    for source in found:
        pictures = [picture for picture in choosing(source) if sources.classes(picture)]
        if not pictures:
            raise InputError(f"{source.card.name} has no labelled pictures that may choose limits; give another set.")
        measured = measure(pictures, target.base, work / "cells", jobs=jobs)
        logits = measured.logits.astype(np.int64)
        if correction is not None:
            pairs = zip(logits.tolist(), measured.rows.tolist(), strict=True)
            logits = np.array([correction.apply(own, row) for own, row in pairs])
        cells[source.card.name] = shares(logits, measured.allowed, measured.group, parameters)
        sources.enough(int(cells[source.card.name].typed.sum()), LEAST_CELLS, f"limits from {source.card.name}")
    sets = list(cells.values())
    notes = []
    white = parameters.leukocyte_limit
    if sum(int(own.other.sum()) for own in sets) >= LEAST_OTHERS:
        tried = leukocyte_limit(sets, missed)
        white = white if tried is None else tried
        if tried is None:
            notes.append(f"No leukocyte limit misses at most {missed:.1%} for sure: it stays {white}.")
    else:
        notes.append(f"Fewer than {LEAST_OTHERS} other objects were found, so the leukocyte limit stays {white}.")
    kind, least = type_limit(sets, white, risk)
    if kind is None:
        notes.append(
            f"No type limit keeps the wrong ones among named cells at or below {risk:.1%} for sure; {least:.1%} is the "
            f"least that can be promised on these cells. It stays {parameters.type_limit}."
        )
    after = replace(parameters, leukocyte_limit=white, type_limit=parameters.type_limit if kind is None else kind)
    rows = [
        _row(name, when, own, limits)
        for name, own in cells.items()
        for when, limits in (("before", parameters), ("after", after))
    ]
    table = Table("gate", f"Limits for a risk of {risk:.1%} ({missed:.1%} missed)", tuple(rows), tuple(notes))
    facts = {"model": "gate", "sets": described(found), "risk": risk, "missed": missed}
    text = record.write(work, [table], facts)
    if kind is None:
        return Finished(text, False, f"{notes[-1]} {target.folder} stays as it is.")
    card = (
        f"## Limits\n\n`leukocyte_limit` {after.leukocyte_limit} and `type_limit` {after.type_limit} were chosen "
        f"(`lowcost train gate`) so that with 95 % confidence at most {risk:.1%} of the named cells are wrong and at "
        f"most {missed:.1%} of the leukocytes are missed, on each of: {described(found)}.\n\n"
        f"{table.markdown().partition(chr(10))[2].strip()}"
    )
    target.write({"classifier": asdict(after)}, {}, "limits", card)
    return Finished(text, True, f"leukocyte_limit {white}, type_limit {after.type_limit}. Written: {target.folder}")


def _row(name: str, when: str, own: Cells, limits: Parameters) -> naming.Row:
    white = own.leukocyte_share >= limits.leukocyte_limit
    named = own.typed & white & (own.type_share >= limits.type_limit)
    return {
        "set": name,
        "limits": f"{when}: {limits.leukocyte_limit}, {limits.type_limit}",
        "leukocytes": int(own.leukocyte.sum()),
        "of them missed (95 %)": _share(~white, own.leukocyte, own.group),
        "others": int(own.other.sum()),
        "taken for leukocytes": _share(white, own.other, own.group),
        "typed": int(own.typed.sum()),
        "of them named": _share(named, own.typed, own.group),
        "of the named wrong": _share(~own.right, named, own.group),
    }


def _share(hit: NDArray[np.bool_], chosen: NDArray[np.bool_], group: Sequence[str]) -> Estimate | None:
    if not chosen.any():
        return None
    groups = [name for name, own in zip(group, chosen.tolist(), strict=True) if own]
    return interval(lambda rows: float(rows.mean()), hit[chosen][:, None], groups)
