"""Things in the cytoplasm that can be counted: red, purple and dark granules, and vacuoles."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.distribution import Distribution, mean, ratio
from lowcost.features.filters import bottom_hat, eroded
from lowcost.features.geometry import Mask, label
from lowcost.features.specimen import LIGHT, OD_MAX, Specimen
from lowcost.features.table import UM_PER_PX, Feature, group, nan_for, px

GRANULE_REACH = 0.5
VACUOLE_REACH = 1.0
EDGE = 0.375
"""Vacuoles lie at least this far inside the cell: a pale fringe is no vacuole, um."""
LEAST_GRANULE = 4
LEAST_VACUOLE = 0.12 / UM_PER_PX**2
LARGEST_VACUOLE = 12 / UM_PER_PX**2

GRANULES = group(
    "Granules",
    ("granule_count", "count", "Dense spots: green top-hat of 0.5 um above 0.3 of the cytoplasm's median."),
    ("granule_density", "1/um2", "Their number per um2 of cytoplasm."),
    ("granule_share", "1", "Their area over the area of the cytoplasm."),
    ("granule_size", "um2", "Their mean area; 0 if none."),
    ("granule_contrast", "1", "Mean green density of their pixels over the cytoplasm's median; 1 if none."),
    ("granule_red_share", "1", "Red density of their pixels over the sum of the three; the cytoplasm's if none."),
    ("granule_blue_share", "1", "Blue density of their pixels over that sum; the cytoplasm's if none."),
    ("eosin_share", "1", "Share of the cytoplasm with green density above 0.3, red below half of it, blue above."),
    ("purple_share", "1", "Share of the cytoplasm with green density above 0.6 and red density above 0.4."),
    ("dark_share", "1", "Share of the cytoplasm at least 0.8 times as dense in green as the nucleus's median."),
    ("blue_share", "1", "Share of the cytoplasm that is denser in red than in green light."),
    ("pink_share", "1", "Share of the cytoplasm with green density from 0.1 to 0.6 and red below 0.7 of green."),
)
VACUOLES = group(
    "Vacuoles",
    ("vacuole_count", "count", "Pale holes of at least 0.12 um2: bottom-hat of 1 um above 0.35 of the median."),
    ("vacuole_share", "1", "Their area over the area of the cytoplasm."),
    ("vacuole_area", "um2", "Area of the largest; 0 if none."),
    ("vacuole_roundness", "1", "Area of the largest over that of the disc across its bounding box; 0 if none."),
    ("vacuole_clarity", "1", "How much paler than the cytoplasm's median their palest pixel is, 0 to 1."),
    ("vacuole_depth_mean", "1", "Mean bottom-hat of 1 um of the cytoplasm's mean density over its median."),
    ("vacuole_depth_p99", "1", "99th percentile of that bottom-hat over the median."),
    ("vacuole_empty_share", "1", "Share of the cytoplasm, away from the cell's edge, below half its median density."),
    ("vacuole_white_share", "1", "Share of the cytoplasm, away from the cell's edge, with mean density below 0.1."),
    ("vacuole_nuclear_count", "count", "Pale holes over the nucleus: below 0.5 of its median density, 0.12 to 12 um2."),
)
FEATURES: tuple[Feature, ...] = GRANULES + VACUOLES


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of granules and vacuoles."""
    if not specimen.has_cytoplasm:
        return nan_for(FEATURES)
    return _granules(specimen) | _stains(specimen) | _vacuoles(specimen)


def _spots(mask: Mask, least: float) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Label the parts of a mask; return the labels and the areas, 0 for parts of fewer than `least` px."""
    labels, areas = label(mask.view(np.uint8))
    areas[areas < least] = 0
    return labels, areas


def _granules(specimen: Specimen) -> dict[str, float]:
    mask, area = specimen.cytoplasm, specimen.cytoplasm_area
    median = specimen.distribution("green", "cytoplasm").median
    raised = specimen.top_hat("green", GRANULE_REACH)
    labels, areas = _spots(mask & (raised > 3 * max(median, 5) // 10), LEAST_GRANULE)
    count, covered = int(np.count_nonzero(areas)), int(areas.sum())
    red, dense, blue = specimen.means("cytoplasm")
    contrast = 1.0
    if count:
        spots = (areas > 0).take(labels)
        red, dense, blue = (mean(specimen.channels[channel], spots) for channel in LIGHT)
        contrast = ratio(dense, median)
    return {
        "granule_count": float(count),
        "granule_density": count / (area * UM_PER_PX**2),
        "granule_share": covered / area,
        "granule_size": ratio(covered, count) * UM_PER_PX**2,
        "granule_contrast": contrast,
        "granule_red_share": ratio(red, red + dense + blue),
        "granule_blue_share": ratio(blue, red + dense + blue),
    }


def _stains(specimen: Specimen) -> dict[str, float]:
    r, g, b = (specimen.channels[channel][specimen.cytoplasm].astype(np.int16) for channel in LIGHT)
    dark = float(OD_MAX)
    if specimen.nucleus is not None:
        dark = 0.8 * specimen.distribution("green", "nucleus").median
    count = len(r)
    return {
        "eosin_share": np.count_nonzero((g > 30) & (2 * r < g) & (2 * b > g)) / count,
        "purple_share": np.count_nonzero((g > 60) & (r > 40)) / count,
        "dark_share": np.count_nonzero(g >= dark) / count,
        "blue_share": np.count_nonzero(r > g) / count,
        "pink_share": np.count_nonzero((g >= 10) & (g <= 60) & (10 * r < 7 * g)) / count,
    }


def _vacuoles(specimen: Specimen) -> dict[str, float]:
    cytoplasm = specimen.cytoplasm & (specimen.cell.inner > px(EDGE) ** 2)
    area = int(np.count_nonzero(cytoplasm))
    if area == 0:
        return dict.fromkeys((feature.name for feature in VACUOLES), 0.0)
    density = Distribution.of(specimen.channels["mean"], cytoplasm)
    median = max(density.median, 1)
    depth = bottom_hat(specimen.levelled("mean"), VACUOLE_REACH)
    labels, areas = _spots(cytoplasm & (depth > 35 * median // 100), LEAST_VACUOLE)
    within = Distribution.of(depth, cytoplasm)
    count, largest = int(np.count_nonzero(areas)), int(areas.max())
    roundness = clarity = 0.0
    if count:
        # Of equals the roundest: how labels are numbered must not matter.
        across = min(_across(labels == part) for part in np.flatnonzero(areas == largest).tolist())
        roundness = largest * 4 / (math.pi * across * across)
        palest = int(specimen.channels["mean"][(areas > 0).take(labels)].min())
        clarity = 1 - min(palest / median, 1.0)
    return {
        "vacuole_count": float(count),
        "vacuole_share": int(areas.sum()) / area,
        "vacuole_area": largest * UM_PER_PX**2,
        "vacuole_roundness": roundness,
        "vacuole_clarity": clarity,
        "vacuole_depth_mean": within.mean / median,
        "vacuole_depth_p99": within.percentile(99) / median,
        "vacuole_empty_share": density.share_below(median / 2),
        "vacuole_white_share": density.share_below(10),
        "vacuole_nuclear_count": _nuclear_vacuoles(specimen),
    }


def _across(spot: Mask) -> int:
    """Longer side of a spot's bounding box, px."""
    _, _, width, height = cv2.boundingRect(spot.view(np.uint8))
    return max(width, height)


def _nuclear_vacuoles(specimen: Specimen) -> float:
    if specimen.nucleus is None:
        return 0.0
    median = specimen.distribution("green", "nucleus").median
    # The nucleus with its holes, since a vacuole lying over it may have been cut out of the mask; not its fringe.
    deep = eroded(specimen.nucleus.filled, EDGE) > 0
    _, areas = _spots(deep & (specimen.channels["green"][specimen.nucleus.window] < (median + 1) // 2), LEAST_VACUOLE)
    return float(np.count_nonzero((areas > 0) & (areas <= LARGEST_VACUOLE)))
