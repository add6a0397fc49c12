"""Lobes, waists, bays and holes of the nucleus: what tells a segmented nucleus from a band, a kidney and a disc."""

from __future__ import annotations

import cv2
import numpy as np

from lowcost.features.distribution import Distribution, variation
from lowcost.features.filters import smooth
from lowcost.features.geometry import Region, label, part_areas
from lowcost.features.peaks import peaks
from lowcost.features.specimen import Specimen
from lowcost.features.table import UM_PER_PX, group, nan_for, px

NECKS = (50, 65, 80)
"""Two lobes count as two where the neck between them is narrower than this per cent of the lesser lobe."""
LEAST_LOBE = 0.625 / UM_PER_PX
"""Inner radius below which a bump is no lobe, px."""
DISTINCT = 0.8
"""Lobes with a neck narrower than this share of their own width are measured."""
WORN = 0.5
"""Radius, um, by which the nucleus is worn down to see into how many parts it falls."""
DENSE = 85
"""What is denser than this per cent of the nucleus's median stands out from the pale seams between touching lobes."""

LEAST_PART = px(0.4) ** 2
LEAST_DENSE = px(1.0) ** 2
BAYS = 3

FEATURES = group(
    "Nucleus: lobes and indentation",
    ("nucleus_parts", "count", "Separate parts of the nucleus of at least 0.14 um2."),
    ("nucleus_second_part", "1", "Area of the second largest part over the area of the nucleus; 0 for one part."),
    ("nucleus_parts_worn", "count", "Parts left by an erosion of 0.5 um."),
    *(
        (f"nucleus_lobes_{neck}", "count", f"Lobes parted by necks narrower than {neck} % of the lesser lobe.")
        for neck in NECKS
    ),
    ("nucleus_neck_2", "1", "Neck of the second most distinct lobe over its inner diameter; 1 if there is one lobe."),
    ("nucleus_neck_3", "1", "The same of the third most distinct lobe; 1 if there are fewer."),
    ("nucleus_neck_width", "um", "Width of the neck of the second most distinct lobe; the inner diameter if none."),
    ("nucleus_lobe_second", "1", "Inner radius of the second lobe (neck below 80 %) over the largest's; 0 if none."),
    ("nucleus_lobe_third", "1", "Inner radius of the third largest of them over the largest's; 0 if fewer."),
    ("nucleus_dense_parts", "count", "Parts of at least 1 um2 denser than 85 % of the nucleus's median, smoothed."),
    ("nucleus_dense_second", "1", "Area of the second of those parts over the first's; 0 for one part."),
    ("nucleus_ridge_width_mean", "um", "Mean width of the nucleus along the ridge of its distance map."),
    ("nucleus_ridge_width_cv", "1", "Standard deviation over mean of the width along the ridge."),
    ("nucleus_ridge_width_low", "um", "Tenth percentile of the width along the ridge."),
    ("nucleus_fibre_length", "um", "Length of the rectangle with the same area and perimeter."),
    ("nucleus_fibre_width", "um", "Width of that rectangle."),
    ("nucleus_bandness", "1", "Length over width of that rectangle."),
    *((f"nucleus_bay_depth_{i + 1}", "um", f"Depth of the hull's bay {i + 1}, deepest first.") for i in range(BAYS)),
    *((f"nucleus_bay_area_{i + 1}", "1", f"Area of bay {i + 1} by area over the hull's area.") for i in range(BAYS)),
    ("nucleus_bays", "count", "Bays deeper than 0.5 um."),
    ("nucleus_bay_sharpness", "1", "Depth squared over area of the deepest bay: high for a cleft, low for a wide bay."),
    ("nucleus_holes", "1", "Area of the holes in the nucleus over its area."),
)


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of lobes and indentation."""
    nucleus = specimen.nucleus
    if nucleus is None:
        return nan_for(FEATURES)
    return _parts(nucleus) | _lobes(nucleus) | _dense_parts(specimen, nucleus) | _ridge(nucleus) | _bays(nucleus)


def _parts(nucleus: Region) -> dict[str, float]:
    areas = [*part_areas(nucleus.pixels, LEAST_PART), 0, 0]
    worn = (nucleus.inner > round((WORN / UM_PER_PX) ** 2)).view(np.uint8)
    return {
        "nucleus_parts": float(np.count_nonzero(areas)),
        "nucleus_second_part": areas[1] / nucleus.area,
        "nucleus_parts_worn": float(len(part_areas(worn, LEAST_PART // 2))),
    }


def _lobes(nucleus: Region) -> dict[str, float]:
    largest, *others = peaks(nucleus.inner, LEAST_LOBE)
    others.sort(key=lambda peak: peak.neck)
    necks = [peak.neck for peak in others]
    sizes = [*sorted((peak.radius for peak in others if peak.neck < DISTINCT), reverse=True), 0.0, 0.0]
    return {
        **{f"nucleus_lobes_{limit}": 1.0 + sum(neck * 100 < limit for neck in necks) for limit in NECKS},
        **{f"nucleus_neck_{i + 2}": neck for i, neck in enumerate([*necks, 1.0, 1.0][:2])},
        "nucleus_neck_width": 2 * UM_PER_PX * (others[0].saddle if others else largest.radius),
        "nucleus_lobe_second": sizes[0] / largest.radius,
        "nucleus_lobe_third": sizes[1] / largest.radius,
    }


def _dense_parts(specimen: Specimen, nucleus: Region) -> dict[str, float]:
    density = smooth(specimen.channels["green"][nucleus.window], 0.25)
    median = Distribution.of(density, nucleus.mask).median
    dense = nucleus.mask & (density > DENSE * median // 100)
    areas = [*part_areas(dense.view(np.uint8), LEAST_DENSE), 0, 0]
    return {
        "nucleus_dense_parts": float(np.count_nonzero(areas)),
        "nucleus_dense_second": areas[1] / max(areas[0], 1),
    }


def _ridge(nucleus: Region) -> dict[str, float]:
    inner = nucleus.inner
    highest = cv2.dilate(inner.astype(np.float32), np.ones((3, 3), np.uint8))
    ridge = nucleus.mask & (inner == highest)
    width = np.sort(2 * np.sqrt(inner[ridge].astype(np.float64)))
    perimeter = nucleus.perimeter
    # Length and width are the roots of x^2 - (perimeter / 2) x + area; a disc has none, so its double root is taken.
    root = max(perimeter * perimeter / 4 - 4 * nucleus.area, 0.0) ** 0.5
    length, breadth = (perimeter / 2 + root) / 2, (perimeter / 2 - root) / 2
    if root == 0:
        length = breadth = nucleus.area**0.5
    return {
        "nucleus_ridge_width_mean": float(width.mean()) * UM_PER_PX,
        "nucleus_ridge_width_cv": variation(width),
        "nucleus_ridge_width_low": float(width[len(width) // 10]) * UM_PER_PX,
        "nucleus_fibre_length": length * UM_PER_PX,
        "nucleus_fibre_width": breadth * UM_PER_PX,
        "nucleus_bandness": length / max(breadth, 1.0),
    }


def _bays(nucleus: Region) -> dict[str, float]:
    hull = Region(nucleus.hull_mask)
    bay = hull.mask & ~nucleus.mask
    labels, sizes = label(bay.view(np.uint8), connectivity=4)
    kept = np.flatnonzero(sizes >= LEAST_PART // 2)
    found: list[tuple[int, int]] = []
    if len(kept):
        deepest = np.zeros(len(sizes), np.int32)
        np.maximum.at(deepest, labels[bay], hull.inner[bay])
        found = sorted(zip(deepest[kept].tolist(), sizes[kept].tolist(), strict=True), reverse=True)
    depths = [*(depth**0.5 * UM_PER_PX for depth, _ in found), 0.0, 0.0, 0.0]
    areas = [*sorted((area for _, area in found), reverse=True), 0, 0, 0]
    holes = cv2.countNonZero(nucleus.filled) - nucleus.area
    return {
        **{f"nucleus_bay_depth_{i + 1}": depths[i] for i in range(BAYS)},
        **{f"nucleus_bay_area_{i + 1}": areas[i] / hull.area for i in range(BAYS)},
        "nucleus_bays": float(sum(depth > 0.5 for depth in depths)),
        "nucleus_bay_sharpness": found[0][0] / found[0][1] if found else 0.0,
        "nucleus_holes": holes / nucleus.area,
    }
