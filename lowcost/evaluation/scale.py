"""Whether the scale measured from the red cells is right: on rendered smears, and on real fields made smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets.types import LabelledField
from lowcost.evaluation.analysis import Analyzer
from lowcost.result import Scale

FACTORS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""How much smaller a real field is made; 1 is the picture as it is."""


PRESETS = ("analyser", "clinic", "pale", "casts", "phone", "eyepiece")
"""The rendered looks: those with square pixels and enough red cells."""


def measured(analyzer: Analyzer, pixels: NDArray[np.uint8]) -> Scale | None:
    """Return the scale that was measured on an image, or None where there is none."""
    result = analyzer.analyze([pixels])
    if not result.fields or result.fields[0].scale.source != "red cells":
        return None
    return result.fields[0].scale


def rendered_error(analyzer: Analyzer, seed: int, um_per_px: float) -> float | None:
    """Return the relative error of the scale measured on a rendered smear, or None where none was measured.

    Parameters
    ----------
    analyzer : Analyzer
        What is evaluated.
    seed : int
        Of the rendered field; stain, optics and camera are drawn from the presets in turn.
    um_per_px : float
        The truth. The field is 100 um wide, as a camera would take it, but at least 640 px.
    """
    from lowcost.synth import presets

    width = max(640, round(100.0 / um_per_px))
    scene = presets.draw(PRESETS[seed % len(PRESETS)], seed)
    scene = replace(scene, width=width, height=width * 3 // 4, um_per_px=(um_per_px, um_per_px), cells=("lymphocyte",))
    scale = measured(analyzer, scene.render(seed).pixels)
    return None if scale is None else scale.um_per_px / um_per_px - 1.0


def shrunk(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return the image at a smaller size, each px the mean over its area; unchanged for a factor of 1."""
    import cv2

    if factor == 1.0:
        return pixels
    height, width = pixels.shape[:2]
    size = (round(width * factor), round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def follows(
    analyzer: Analyzer, fields: Sequence[LabelledField], factors: Sequence[float] = FACTORS
) -> NDArray[np.float64]:
    """Measure how the scale follows when fields are made smaller.

    Returns
    -------
    (fields, factors) float array
        um/px times the factor over um/px of the picture as it is, which would be 1 for a perfect ruler; nan where
        either has no measured scale, but 1 in the first column wherever the picture as it is has one.
    """
    return np.array([_follow(analyzer, field.pixels(), factors) for field in fields]).reshape(-1, len(factors))


def _follow(analyzer: Analyzer, pixels: NDArray[np.uint8], factors: Sequence[float]) -> list[float]:
    reference = measured(analyzer, pixels)
    if reference is None:
        return [float("nan")] * len(factors)
    ratios = []
    for factor in factors:
        scale = reference if factor == 1.0 else measured(analyzer, shrunk(pixels, factor))
        ratios.append(float("nan") if scale is None else scale.um_per_px * factor / reference.um_per_px)
    return ratios
