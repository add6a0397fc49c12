"""Cross-validation of the shipped models on the small sets that train them.

``python -m lowcost.training.crossed --data ../shared/data --work crossed`` trains network and morphology as for the
shipped bundle, once for each fold, without that fold's slides of Raabin and pictures of BCCD, and names the cells that
were left out. What it prints says how the shipped models do on further slides of laboratories that they know.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lowcost.bundle import Bundle
from lowcost.classifier import Classifier
from lowcost.crop import UM_PER_PX
from lowcost.evaluation import naming
from lowcost.evaluation.naming import Named
from lowcost.strength import Strength
from lowcost.training import backend, morphology, record, views
from lowcost.training.morphology import Table
from lowcost.training.views import Sample

SETS = ("raabin_dev", "bccd")
FOLDS = 3


def folds(samples: Sequence[Sample], number: int = FOLDS) -> list[int | None]:
    """Return the fold of each cell, None where its set is not crossed; those of one slide or picture share one.

    Parameters
    ----------
    samples : sequence of Sample
        Labelled cells.
    number : int
        How many folds there are.
    """
    units = [(sample.source, sample.group or sample.path.name) for sample in samples]
    order = {unit: rank for rank, unit in enumerate(sorted({unit for unit in units if unit[0] in SETS}))}
    return [order[unit] % number if unit in order else None for unit in units]


def without(samples: Sequence[Sample], of: Sequence[int | None], fold: int) -> list[Sample]:
    """Return cells with the parts that they play for one fold: it is tested, the others train."""
    parts = {None: "", fold: "test"}
    return [
        replace(sample, part=parts.get(own, "train") or sample.part) for sample, own in zip(samples, of, strict=True)
    ]


def named(table: Table, samples: Sequence[Sample], base: Bundle, work: Path, epochs: int) -> dict[str, Named]:
    """Train on one fold and return what the cells that it tests are taken for, by set.

    Parameters
    ----------
    table : Table
        Measured cells, with the parts of this fold.
    samples : sequence of Sample
        All cells, with the same parts.
    base : Bundle
        How views are made and stains levelled.
    work : Path
        Folder for the checkpoint.
    epochs : int
        Of the network.
    """
    from lowcost.training import cell_type

    settings, strength = cell_type.Settings(epochs=epochs), Strength.load(base, UM_PER_PX)
    data = views.render(samples, base)
    model = cell_type.train(data, settings, strength, work / "checkpoint.npz")
    content, parameters = cell_type.quantised(model, data, settings, strength)
    classifier = Classifier(content, parameters, strength)
    part = np.array([sample.part for sample in table.samples])
    source = np.array([sample.source for sample in table.samples])
    learning, tested = table.where(part == "train"), table.where((part == "test") & np.isin(source, SETS))
    classes = [name for name in parameters.classes if morphology.is_nucleated(name)]
    fitted = morphology.train(learning, classifier.network(learning.crops).logits, classes)
    parameters, beside = morphology.beside(classifier, fitted, table.where(part == "dev"))
    alone = classifier.network(tested.crops).logits.tolist()
    logits = np.array(beside.apply(alone, tested.rows[:, 0], parameters.softmax_table))
    allowed, group = [sample.types for sample in tested.samples], [sample.group for sample in tested.samples]
    cells = naming.from_logits(logits, allowed, group, parameters)
    return {name: cells.where(np.array([sample.source == name for sample in tested.samples])) for name in SETS}


def main(arguments: list[str] | None = None) -> None:
    """Train on every fold and print what the cells that were left out are taken for."""
    parser = argparse.ArgumentParser(prog="python -m lowcost.training.crossed", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the image sets")
    parser.add_argument("--bundle", type=Path, help="whose finder is used (default: the installed one)")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints and figures")
    parser.add_argument("--epochs", type=int, default=28, help="of each network (default 28, as the shipped one)")
    chosen = parser.parse_args(arguments)
    backend.prepare()
    base = Bundle.load(chosen.bundle)
    samples = views.published(chosen.data)
    of = folds(samples)
    nucleated = [sample for sample in samples if any(map(morphology.is_nucleated, sample.types))]
    chosen.work.mkdir(parents=True, exist_ok=True)
    table = morphology.measure(nucleated, base.folder, chosen.work / "cells.npz", 1)
    own = folds(table.samples)
    results = []
    for fold in range(FOLDS):
        work = chosen.work / f"fold-{fold}"
        work.mkdir(exist_ok=True)
        parts = replace(table, samples=without(table.samples, own, fold))
        results.append(named(parts, without(samples, of, fold), base, work, chosen.epochs))
    tables = []
    for name in SETS:
        title = f"Cells of {name}, named by models that learnt from its other slides or pictures"
        tables += naming.tables(name, title, naming.together([result[name] for result in results]))
    sys.stdout.write(record.write(chosen.work, tables, {"model": "crossed", "folds": FOLDS, "epochs": chosen.epochs}))


if __name__ == "__main__":
    main()
