"""Types and attributes of cells, named by lowcost and by what it is compared with: ``python -m benchmarks.accuracy``.

All name the same crops. The bundle of ``--left-out`` learnt from PBC and bone marrow alone, as all baselines did, and
so has not seen the other cameras (``benchmarks/results/left_out.md`` says how it is made); the installed bundle has.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import cells, paired, record
from benchmarks.cells import CAMERAS, Namer, Opinion
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.evaluation import attributes, naming
from lowcost.evaluation.naming import Named
from lowcost.evaluation.tables import Cell, Table
from lowcost.training.morphology import Table as Cells
from lowcost.training.views import Views

NETWORKS = {"resnet18": 64, "mobilenet_v3_small": 96, "efficientnet_b0": 64, "resnet50": 64}
"""Architectures of torchvision, and the px to which crops are resized so that two cores can train them."""

Told = dict[str, tuple[Named, Opinion]]
"""What one method calls the cells of each set."""


@dataclass(frozen=True)
class Result:
    """A method and what it says.

    Attributes
    ----------
    name, budget : str
        Which, and what its training was given.
    seen : str
        Which of the tested cameras it learnt from.
    told : Told
        Of every set.
    """

    name: str
    budget: str
    seen: str
    told: Told


def main() -> None:
    """Train what is not trained, name all cells, write ``accuracy.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--left-out", type=Path, help="a bundle that has not learnt from Raabin and BCCD")
    parser.add_argument("--minutes", type=float, default=60.0, help="processor time of each network's training")
    parser.add_argument("--baselines", nargs="*", help="only these of the baselines")
    parser.add_argument("--train-only", action="store_true", help="train and keep the baselines, measure later")
    options = parser.parse_args()
    minutes = 0.2 if options.quick else options.minutes
    makers = {
        name: make for name, make in rivals(minutes).items() if not options.baselines or name in options.baselines
    }
    learnt = partial(cells.learnt, options.data, options.work, options.quick)
    methods = [fitted(name, make, learnt, options.work) for name, make in makers.items()]
    if options.train_only:
        return
    tested = cells.tested(options.data, options.work, options.quick)
    parameters = Bundle.load().section("classifier", Parameters)
    results = [*_ours(options.left_out, tested), *(_rival(method, tested, parameters) for method in methods)]
    tables = [types(name, results) for name in tested] + [labels(tested["pbc"], results), budgets(results)]
    record.write(options.out, "accuracy", tables, {"cells": f"one in {cells.QUICK_CELLS}" if options.quick else "all"})


def rivals(minutes: float) -> dict[str, Callable[[], Namer]]:
    """Return how to make each baseline, by name; nothing heavy is imported until one is made."""

    def network(name: str, px: int) -> Namer:
        from benchmarks.baselines.convnet import Convnet

        return Convnet(name, minutes, px)

    def neighbours() -> Namer:
        from benchmarks.baselines.knn import Neighbours

        return Neighbours()

    def tavakoli() -> Namer:
        from benchmarks.baselines.svm import Tavakoli

        return Tavakoli()

    return {"svm": tavakoli, "knn": neighbours} | {name: partial(network, name, px) for name, px in NETWORKS.items()}


def fitted(name: str, make: Callable[[], Namer], learnt: Callable[[], Views], work: Path) -> Namer:
    """Return a baseline, trained now on what `learnt` gives, or by an earlier call with the same `work` folder."""
    kept = work / f"{name}.pickle"
    if not kept.exists():
        method = make()
        method.fit(learnt())
        kept.write_bytes(pickle.dumps(method))
    found: Namer = pickle.loads(kept.read_bytes())
    return found


def types(name: str, results: Sequence[Result]) -> Table:
    """How well each method names the cells of one set, beside the first, which is ours."""
    ours = results[0].told[name][0]
    rows = []
    for result in results:
        own = result.told[name][0]
        other = own is not ours
        rows.append(
            {
                "method": result.name,
                "learnt from this camera": "yes" if name not in CAMERAS or name in result.seen else "no",
                "cells": len(own),
                "accuracy (95 % interval)": naming.accuracy(own),
                "balanced accuracy": naming.balanced_accuracy(own),
                "macro-F1": naming.macro_f1(own),
                "calibration error": naming.calibration_error(own),
                "ours less this": paired.difference(ours.right, own.right, own.group) if other else None,
                "McNemar p": paired.mcnemar(ours.right, own.right) if other else None,
            }
        )
    return Table(f"types_{name}", f"Types of cells, {name}", tuple(rows))


def labels(table: Cells, results: Sequence[Result]) -> Table:
    """Mean macro-F1 over the attributes of WBCAtt on its published test split."""
    truth = cells.labelled_attributes(table)
    known = (truth >= 0).all(axis=1)
    rows: list[Mapping[str, Cell]] = []
    for result in results:
        told = result.told["pbc"][1].attributes
        if told is None:
            continue
        each = [_macro_f1(truth[known, i], told[known, i]) for i in range(len(ATTRIBUTE_NAMES))]
        alike = (truth[known] == told[known]).mean()
        rows.append(
            {"method": result.name, "cells": int(known.sum()), "mean macro-F1": float(np.mean(each))}
            | {"mean accuracy": float(alike)}
            | dict(zip(ATTRIBUTE_NAMES, each, strict=True))
        )
    return Table("attributes", "Attributes of WBCAtt, published test split, cells that the product finds", tuple(rows))


def budgets(results: Sequence[Result]) -> Table:
    """What each method was given."""
    rows = tuple({"method": result.name, "training": result.budget} for result in results)
    return Table("budgets", "What each method learnt from and for how long", rows)


def _rival(method: Namer, tested: Mapping[str, Cells], parameters: Parameters) -> Result:
    told = {name: _told(method.predict(table), table, parameters) for name, table in tested.items()}
    return Result(method.name, method.budget, "", told)


def _ours(left_out: Path | None, tested: Mapping[str, Cells]) -> Iterator[Result]:
    from benchmarks.baselines.ours import PARTS, Ours

    bundles = [("", cells.named_by(left_out))] if left_out else []
    for seen, bundle in [*bundles, (" ".join(CAMERAS), cells.named_by(None))]:
        for part in PARTS:
            method = Ours(bundle, part, "shipped" if seen else "left out")
            told = {name: _told(method.predict(table), table, method.parameters) for name, table in tested.items()}
            yield Result(method.name, method.budget, seen, told)


def _told(opinion: Opinion, table: Cells, parameters: Parameters) -> tuple[Named, Opinion]:
    return cells.named(opinion, table, parameters), opinion


def _macro_f1(truth: NDArray[np.int64], told: NDArray[np.int64]) -> float:
    return attributes.macro_f1(truth.astype(str).tolist(), told.astype(str).tolist())


if __name__ == "__main__":
    main()
