"""Masks of nuclei and cells, by lowcost and by what it is compared with: ``python -m benchmarks.segmentation``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks import fields, paired, record
from benchmarks.baselines.threshold import RECIPES, Threshold
from lowcost.datasets import zheng1
from lowcost.datasets.types import LabelledField, Masks
from lowcost.errors import InputError
from lowcost.evaluation.analysis import Analysed
from lowcost.evaluation.bootstrap import interval
from lowcost.evaluation.segmentation import dice
from lowcost.evaluation.tables import Table
from lowcost.pipeline import Analyzer

Segmenter = Callable[[LabelledField], Masks | None]


def main() -> None:
    """Train what is not trained, draw all masks, write ``segmentation.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="processor time of the U-Net's training")
    parser.add_argument("--baselines", nargs="*", choices=("threshold", "unet"), default=("threshold", "unet"))
    options = parser.parse_args()
    methods: dict[str, Segmenter] = {"lowcost": partial(ours, Analyzer.load())}
    notes = []
    if "threshold" in options.baselines:
        methods |= {f"{name} (nuclei alone)": partial(_thresholded, Threshold(name)) for name in RECIPES}
    if "unet" in options.baselines:
        from benchmarks.baselines import unet

        options.work.mkdir(parents=True, exist_ok=True)
        network, budget = unet.train(options.data, options.work, 0.3 if options.quick else options.minutes)
        notes.append(f"U-Net: {budget}. It is told the scale of every picture.")

        def drawn(field: LabelledField) -> Masks:
            return unet.segment(network, field.pixels(), field.um_per_px or fields.UM_PER_PX["bccd"])

        methods["U-Net, small"] = drawn
    every = 10 if options.quick else 1
    sets = {"bccd": fields.split(options.data, "test"), "zheng1": zheng1.fields(options.data)}
    tables = [compare(name, own[::every], methods, notes) for name, own in sets.items()]
    record.write(options.out, "segmentation", tables, {"pictures": f"one in {every}"})


def ours(analyzer: Analyzer, field: LabelledField) -> Masks | None:
    """What the product outlines; None where it declines."""
    try:
        found = analyzer.analyze(field.pixels(), um_per_px=field.um_per_px).fields[0]
    except InputError:
        return None
    height, width = found.height, found.width
    return Analysed(field, found).masks((height, width))


def compare(name: str, pictures: Sequence[LabelledField], methods: dict[str, Segmenter], notes: Sequence[str]) -> Table:
    """Mean Dice over the pictures of one set, beside the first method, which is ours."""
    rows, first = [], None
    for method, draw in methods.items():
        scores = np.array([_dice(field, draw) for field in pictures])
        first = scores if first is None else first
        nuclei_alone = "nuclei alone" in method
        mine = None if scores is first else paired.difference(first[:, 0], scores[:, 0])
        theirs = None if scores is first or nuclei_alone else paired.difference(first[:, 1], scores[:, 1])
        rows.append(
            {
                "method": method,
                "pictures": len(pictures),
                "nucleus, Dice (95 % interval)": _mean(scores[:, 0]),
                "whole cell, Dice": None if nuclei_alone else _mean(scores[:, 1]),
                "nucleus, ours less this": mine,
                "cell, ours less this": theirs,
                "nucleus below 0.8": int((scores[:, 0] < 0.8).sum()),
            }
        )
    return Table(f"segmentation_{name}", f"Masks, {name}", tuple(rows), tuple(notes))


def _dice(field: LabelledField, draw: Segmenter) -> tuple[float, float]:
    truth, found = field.masks(), draw(field)
    if truth is None or found is None:
        return 0.0, 0.0
    return dice(truth.nucleus, found.nucleus), dice(truth.cell, found.cell)


def _thresholded(recipe: Threshold, field: LabelledField) -> Masks:
    nuclei = recipe.nuclei(field.pixels())
    return Masks(nucleus=nuclei, cell=nuclei)


def _mean(scores: NDArray[np.float64]) -> object:
    return interval(lambda each: float(each.mean()), scores[:, None])


if __name__ == "__main__":
    main()
