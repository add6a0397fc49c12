"""Measure where the training cells lie among the features, and write it into a bundle.

``python -m lowcost.training.novelty --data ../shared/data --out models/lowcost-1`` writes the section ``novelty``;
``lowcost evaluate novelty`` prints how new the cells of every set look with it.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost import novelty
from lowcost.novelty import Parameters
from lowcost.pipeline import Analyzer
from lowcost.training import held_out, reliability
from lowcost.training.held_out import Seen

SETS = ("pbc", "bone_marrow", "bccd")

FEATURES = (
    *("nucleus_solidity", "nucleus_eccentricity", "nucleus_cell_ratio", "cell_solidity", "cell_eccentricity"),
    *("chromatin_cv", "chromatin_skewness", "chromatin_open_share", "chromatin_clumped_share", "chromatin_blur"),
    *("chromatin_red_share", "chromatin_blue_share", "cytoplasm_red_share", "cytoplasm_blue_share"),
    *("red_share_gap", "blue_share_gap", "density_ratio_red", "density_ratio_green", "density_ratio_blue"),
    *("hull_ratio_red", "hull_ratio_green", "hull_ratio_blue", "cell_density_cv_green", "cytoplasm_cv_green"),
)
"""Shape, chromatin texture, and colours as shares and ratios: neither size nor the depth of the stain alone."""

EVERY = 3
"""Every third training cell will do: means and deviations need no more."""

LEAST_CELLS = 15
"""Smaller kinds have no mean worth the name."""

LIMIT = 6.0
STEPS = 200


def fit(training: Iterable[Seen], held_out_cells: Iterable[Seen]) -> Parameters:
    """Return the parameters from training cells and from held-out cells of the same sets.

    Means and deviations are of values within `LIMIT` deviations, so that a few bad outlines move neither.
    """
    kinds: dict[str, list[dict[str, float]]] = defaultdict(list)
    for seen in training:
        if seen.cell.is_leukocyte and seen.cell.features:
            kinds[f"{seen.source} {'/'.join(seen.types)}"].append(seen.cell.features)
    rows = {name: _matrix(cells) for name, cells in sorted(kinds.items()) if len(cells) >= LEAST_CELLS}
    middles = {name: np.nanmedian(values, axis=0) for name, values in rows.items()}
    rough = np.nanmedian(np.vstack([np.abs(values - middles[name]) for name, values in rows.items()]), axis=0) * 1.4826
    held = {
        name: np.clip(values, middles[name] - LIMIT * rough, middles[name] + LIMIT * rough)
        for name, values in rows.items()
    }
    means = {name: np.nanmean(values, axis=0) for name, values in held.items()}
    spread = np.sqrt(np.nanmean(np.vstack([np.square(held[name] - means[name]) for name in held]), axis=0))
    draft = Parameters(
        features=FEATURES,
        spread=tuple(_rounded(spread)),
        limit=LIMIT,
        kinds={name: tuple(_rounded(values)) for name, values in means.items()},
        steps=(),
    )
    others = [seen.cell.features for seen in held_out_cells if seen.cell.is_leukocyte and seen.cell.features]
    distances = [novelty.squared_distance(features, draft) for features in others]
    ranks = (np.arange(STEPS) + 0.5) / STEPS
    return Parameters(**{**asdict(draft), "steps": tuple(_rounded(np.quantile(distances, ranks)))})


def _matrix(cells: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    return np.array([[cell.get(name, math.nan) for name in FEATURES] for cell in cells])


def _rounded(values: NDArray[np.float64]) -> list[float]:
    """Five significant digits: more would be noise in the file."""
    return [float(f"{value:.5g}") for value in values]


def main(arguments: list[str] | None = None) -> None:
    """Measure the training cells and write what was measured into the bundle."""
    parser = argparse.ArgumentParser(prog="python -m lowcost.training.novelty", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the image sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    chosen = parser.parse_args(arguments)
    analyzer = Analyzer.load(chosen.out)
    training = held_out.samples(chosen.data, "train", SETS)
    few = [sample for number, sample in enumerate(training) if sample.source != "pbc" or number % EVERY == 0]
    parameters = fit(
        held_out.analysed(analyzer, few), held_out.analysed(analyzer, held_out.samples(chosen.data, "dev", SETS))
    )
    reliability.write(chosen.out, {novelty.SECTION: asdict(parameters)})


if __name__ == "__main__":
    main()
