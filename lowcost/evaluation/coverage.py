"""Do limits and sets hold what they promise? Slides drawn from labelled cells, and the sets of labelled cells.

The cells are held-out ones that no parameter was chosen on: neither those that taught the network nor those whose
confusion stands in the bundle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lowcost import differential
from lowcost.evaluation.tables import Cell, Table
from lowcost.misclassification import Slide
from lowcost.pipeline import Analyzer
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training import held_out, reliability
from lowcost.training.held_out import Seen

Pool = Mapping[tuple[str, ...], Sequence[str]]
"""For each label, as the types that it allows, what held-out cells with it were taken for."""

NEUTROPHILS = ("neutrophil_segmented", "neutrophil_band")

LEUKOCYTES = tuple(name for name, kind in CELL_TYPES.items() if kind.is_leukocyte and name != UNIDENTIFIED)

COMPOSITIONS = {
    "healthy": (57, 3, 0, 0, 0, 3, 1, 29, 7, 0),
    "left shift": (54, 14, 5, 4, 2, 2, 1, 12, 6, 0),
    "few blasts": (44, 5, 2, 2, 2, 2, 1, 26, 8, 8),
    "leukemia": (10, 2, 0, 1, 2, 1, 1, 15, 4, 64),
    "eosinophilia": (35, 2, 0, 0, 0, 35, 3, 20, 5, 0),
}
"""Mean composition of the leukocytes of a slide, percent by `LEUKOCYTES`; single slides scatter around it."""

CELLS = (50, 100, 200, 400)
SLIDES = 100
HALVES = 20
ERYTHROBLASTS = 0.02
"""Per leukocyte, on average."""

_SCATTER = 30.0
_SEED = 11


@dataclass(frozen=True)
class Check:
    """One share of one drawn slide: whether limits hold it, and how wide they are in percent."""

    type: str
    cells: int
    sampling: bool
    with_errors: bool
    sampling_width: float
    with_errors_width: float


def pool(cells: Sequence[Seen]) -> dict[tuple[str, ...], list[str]]:
    """Return what labelled cells were taken for, by label."""
    result: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for seen in cells:
        result[seen.types].append(seen.cell.type)
    return dict(result)


def checks(
    cells: Pool,
    parameters: differential.Parameters,
    compositions: Sequence[Sequence[int]],
    slides: int = SLIDES,
    seed: int = 0,
) -> list[Check]:
    """Draw slides from labelled cells and compare each limit with the share that the slide was drawn with.

    Parameters
    ----------
    cells : mapping of tuple of str to sequence of str
        As `pool` gives it.
    parameters : differential.Parameters
        The bundle's, with its confusion.
    compositions : sequence of sequence of int
        What slides are made of, percent by `LEUKOCYTES`.
    slides : int
        How many of each composition and number of cells.
    seed : int
        Other slides for another number.
    """
    random = np.random.default_rng((_SEED, seed))
    result = []
    for composition in compositions:
        names = [name for name, percent in zip(LEUKOCYTES, composition, strict=True) if percent]
        concentration = np.array([percent for percent in composition if percent]) / 100 * _SCATTER
        pools = [np.array(_narrowest(cells, name)) for name in names]
        for number in np.repeat(CELLS, slides).tolist():
            shares = random.dirichlet(concentration)
            drawn = [
                random.choice(given, n) for n, given in zip(random.multinomial(number, shares), pools, strict=True)
            ]
            if ("erythroblast",) in cells:
                drawn.append(random.choice(cells["erythroblast",], random.poisson(number * ERYTHROBLASTS)))
            counts = Counter(np.concatenate(drawn).tolist())
            slide = Slide(counts, parameters.confusion, LEUKOCYTES, parameters.confusion_rounds)
            counted = sum(counts[name] for name in LEUKOCYTES)
            true = dict(zip(names, 100 * shares, strict=True))
            for label, types in _questions(names):
                share = sum(true.get(name, 0.0) for name in types)
                alone = differential.share(sum(counts[name] for name in types), counted)
                both = slide.limits(types)
                result.append(
                    Check(
                        label,
                        number,
                        alone.low <= share <= alone.high,
                        both.low <= share <= both.high,
                        alone.high - alone.low,
                        both.high - both.low,
                    )
                )
    return result


def halved(
    cells: Sequence[Seen], parameters: differential.Parameters, halves: int = HALVES, slides: int = SLIDES // HALVES
) -> list[Check]:
    """Count confusion on one half of some cells and draw slides from the other, for many random halves.

    A single count of held-out cells is itself a sample: limits that rest on it hold more often or less often than
    stated on every slide alike. Over many counts they must hold as often as stated.
    """
    random = np.random.default_rng(_SEED)
    result = []
    for number in range(halves):
        order = random.permutation(len(cells)).tolist()
        known, others = ([cells[i] for i in part] for part in (order[::2], order[1::2]))
        counted = replace(parameters, confusion=reliability.confusion(known))
        result += checks(pool(others), counted, list(COMPOSITIONS.values()), slides, number)
    return result


def _narrowest(cells: Pool, name: str) -> Sequence[str]:
    """The cells whose label says no more than it must to allow a type."""
    return cells[min((types for types in cells if name in types), key=len)]


def _questions(names: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The shares that are asked for: of each type that is there, and of all neutrophils."""
    fine = [name for name in names if name not in NEUTROPHILS or set(NEUTROPHILS) <= set(names)]
    return [("neutrophils", NEUTROPHILS), *((name, (name,)) for name in fine)]


def intervals(analyzer: Analyzer, inside: Sequence[Seen]) -> list[Table]:
    """Return how often the limits of a differential hold the share."""
    parameters = analyzer.bundle.section("differential", differential.Parameters)
    drawn = checks(pool(inside), parameters, list(COMPOSITIONS.values()))
    repeated = halved(inside, parameters)
    rows = [_row({"cells counted": str(n)}, [c for c in drawn if c.cells == n]) for n in CELLS]
    rows.append(_row({"cells counted": "all"}, drawn))
    types, others = (
        [
            _row({"type": name}, [c for c in found if c.type == name or name == "all"])
            for name in ("neutrophils", *CELL_TYPES, "all")
            if name == "all" or any(c.type == name for c in found)
        ]
        for found in (drawn, repeated)
    )
    note = (
        f"Drawn from {len(inside)} held-out cells (PBC and bone marrow, test); the confusion in the bundle is that of "
        "other cells (dev). Platelets and artefacts are not drawn: a slide's own number of them is unknown."
    )
    return [
        Table("coverage_cells", "Coverage of 95 % limits on drawn slides, by number of cells", tuple(rows), (note,)),
        Table("coverage_types", "Coverage of 95 % limits on drawn slides, by type", tuple(types)),
        Table(
            "coverage_method",
            "The same with confusion counted on one half of these cells and slides drawn from the other",
            tuple(others),
            (f"{HALVES} random halves: the coverage of the method, without the luck of one count of dev cells.",),
        ),
    ]


def _row(head: dict[str, Cell], found: Sequence[Check]) -> dict[str, Cell]:
    def mean(name: str) -> float:
        return float(np.mean([getattr(check, name) for check in found]))

    return {
        **head,
        "shares": len(found),
        "sampling only": mean("sampling"),
        "sampling and the classifier's errors": mean("with_errors"),
        "width, sampling only": mean("sampling_width"),
        "width, both": mean("with_errors_width"),
        "goal": "0.93-0.97",
    }


def sets(name: str, title: str, cells: Sequence[Seen], notes: Sequence[str] = ()) -> Table:
    """Return how often a cell's true type is among its possible types, by label."""
    groups: dict[str, list[Seen]] = defaultdict(list)
    for seen in cells:
        if seen.cell.possible_types:
            groups["/".join(seen.types)].append(seen)
    rows: list[dict[str, Cell]] = [
        {
            "label": label,
            "cells": len(members),
            "true type listed": float(np.mean([bool(set(s.types) & set(s.cell.possible_types)) for s in members])),
            "types listed": float(np.mean([len(s.cell.possible_types) for s in members])),
            "one type listed": float(np.mean([len(s.cell.possible_types) == 1 for s in members])),
        }
        for label, members in {**groups, "all": [seen for members in groups.values() for seen in members]}.items()
    ]
    return Table(name, title, tuple(rows), tuple(notes))


def tables(analyzer: Analyzer, data: Path) -> list[Table]:
    """Analyse the held-out cells and return every table."""
    inside = list(held_out.analysed(analyzer, held_out.samples(data, "test")))
    by_set = {source: [seen for seen in inside if seen.source == source] for source in held_out.SETS}
    return [
        *intervals(analyzer, inside),
        sets("possible_types", "Possible types at 95 %, PBC and bone marrow, test", inside),
        *(sets(f"possible_types_{source}", f"The same, {source} alone", members) for source, members in by_set.items()),
    ]
