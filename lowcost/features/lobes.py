"""Lobes, waists, bays and holes of the nucleus: what tells a segmented nucleus from a band, a kidney and a disc."""

from __future__ import annotations

import cv2
import numpy as np

from lowcost.features.geometry import Region, filled, label, part_areas, squared_distance
from lowcost.features.specimen import Distribution, Specimen, smooth
from lowcost.features.table import UM_PER_PX, group, nan_for, px

EROSIONS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5)
"""Radii, um, by which the nucleus is worn down to see where it falls apart."""

COUNTED_EROSIONS = (0.25, 0.5, 0.75, 1.0, 1.5)
DENSITY_LEVELS = (70, 85, 100)
LEAST_PART = px(0.4) ** 2
LEAST_LOBE = px(1.0) ** 2
BAYS = 3

FEATURES = group(
    "Nucleus: lobes and indentation",
    ("nucleus_parts", "count", "Separate parts of the nucleus of at least 0.14 um2."),
    ("nucleus_second_part", "1", "Area of the second largest part over the area of the nucleus; 0 for one part."),
    ("nucleus_third_part", "1", "Area of the third largest part over the area of the nucleus; 0 for fewer."),
    ("nucleus_gap", "um", "Gap between the largest part and the farthest other; 0 for one part."),
    *(
        (f"nucleus_parts_eroded_{radius}", "count", f"Parts of at least 0.14 um2 left by an erosion of {radius} um.")
        for radius in COUNTED_EROSIONS
    ),
    ("nucleus_lobes", "count", "Most parts of at least 0.14 um2 that any erosion from 0.25 to 2.5 um leaves."),
    ("nucleus_waist", "um", "Twice the erosion that first leaves two parts; the inner diameter if none does."),
    ("nucleus_waist_ratio", "1", "That waist over the inner diameter of the second largest lobe; 1 if none."),
    ("nucleus_lobe_balance", "1", "Inner radius of the second largest of those lobes over the largest's; 0 if none."),
    ("nucleus_lobe_third", "1", "Inner radius of the third largest of those lobes over the largest's; 0 if fewer."),
    *(
        (
            f"nucleus_dense_parts_{level}",
            "count",
            f"Parts of at least 1 um2 whose smoothed green density exceeds {level} % of the nucleus's median.",
        )
        for level in DENSITY_LEVELS
    ),
    *(
        (f"nucleus_dense_second_{level}", "1", f"Area of the second of those parts (at {level} %) over the first's.")
        for level in DENSITY_LEVELS
    ),
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
    ("nucleus_closing", "1", "Area gained by closing the nucleus with a disc of 0.75 um, over its area."),
    ("nucleus_centre_gap", "um", "Distance of the nucleus's centroid from its nearest nuclear pixel."),
)


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of lobes and indentation."""
    nucleus = specimen.nucleus
    if nucleus is None:
        return nan_for(FEATURES)
    return _parts(nucleus) | _erosions(nucleus) | _dense_parts(specimen, nucleus) | _ridge(nucleus) | _bays(nucleus)


def _parts(nucleus: Region) -> dict[str, float]:
    areas = [*part_areas(nucleus.pixels, LEAST_PART), 0, 0, 0]
    gap = 0.0
    if areas[1]:
        labels, sizes = label(nucleus.pixels)
        away = squared_distance((labels != int(sizes.argmax())).view(np.uint8))
        nearest = [int(away[labels == part].min()) for part in np.flatnonzero(sizes >= LEAST_PART)]
        gap = max(nearest) ** 0.5 * UM_PER_PX
    return {
        "nucleus_parts": float(np.count_nonzero(areas)),
        "nucleus_second_part": areas[1] / nucleus.area,
        "nucleus_third_part": areas[2] / nucleus.area,
        "nucleus_gap": gap,
    }


def _erosions(nucleus: Region) -> dict[str, float]:
    values: dict[str, float] = {}
    most, split = 0, None
    deepest = int(nucleus.inner.max())
    for radius in EROSIONS:
        count = 0
        squared = round((radius / UM_PER_PX) ** 2)
        if squared < deepest:
            labels, sizes = label((nucleus.inner > squared).view(np.uint8))
            kept = np.flatnonzero(sizes >= LEAST_PART)
            count = len(kept)
            if count > 1 and split is None:
                depths = [int(nucleus.inner[labels == part].max()) for part in kept]
                split = radius, sorted(depths, reverse=True)
        most = max(most, count)
        if radius in COUNTED_EROSIONS:
            values[f"nucleus_parts_eroded_{radius}"] = float(count)
    values["nucleus_lobes"] = float(max(most, 1))
    if split is None:
        waist, waist_ratio, depths = 2 * deepest**0.5 * UM_PER_PX, 1.0, [deepest, 0, 0]
    else:
        waist, depths = 2 * split[0], [*split[1], 0]
        waist_ratio = split[0] / (depths[1] ** 0.5 * UM_PER_PX)
    values["nucleus_waist"] = waist
    values["nucleus_waist_ratio"] = waist_ratio
    values["nucleus_lobe_balance"] = (depths[1] / depths[0]) ** 0.5
    values["nucleus_lobe_third"] = (depths[2] / depths[0]) ** 0.5
    return values


def _dense_parts(specimen: Specimen, nucleus: Region) -> dict[str, float]:
    values: dict[str, float] = {}
    density = smooth(specimen.channels["green"], 0.25)
    median = Distribution(density, nucleus.mask).percentile(50)
    for level in DENSITY_LEVELS:
        dense = nucleus.mask & (density > level * median // 100)
        areas = [*part_areas(dense.view(np.uint8), LEAST_LOBE), 0, 0]
        values[f"nucleus_dense_parts_{level}"] = float(np.count_nonzero(areas))
        values[f"nucleus_dense_second_{level}"] = areas[1] / max(areas[0], 1)
    return values


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
        "nucleus_ridge_width_cv": float(width.std() / width.mean()),
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
    found = sorted(((int(hull.inner[labels == part].max()), int(sizes[part])) for part in kept), reverse=True)
    depths = [*(depth**0.5 * UM_PER_PX for depth, _ in found), 0.0, 0.0, 0.0]
    areas = [*sorted((area for _, area in found), reverse=True), 0, 0, 0]
    holes = cv2.countNonZero(filled(nucleus.pixels)) - nucleus.area
    radius = px(0.75) ** 2
    closed = int(np.count_nonzero(squared_distance((nucleus.outer <= radius).view(np.uint8)) > radius))
    centre = nucleus.outer[round(nucleus.moments.y), round(nucleus.moments.x)]
    return {
        **{f"nucleus_bay_depth_{i + 1}": depths[i] for i in range(BAYS)},
        **{f"nucleus_bay_area_{i + 1}": areas[i] / hull.area for i in range(BAYS)},
        "nucleus_bays": float(sum(depth > 0.5 for depth in depths)),
        "nucleus_bay_sharpness": found[0][0] / found[0][1] if found else 0.0,
        "nucleus_holes": holes / nucleus.area,
        "nucleus_closing": max(closed / nucleus.area - 1, 0.0),
        "nucleus_centre_gap": float(centre) ** 0.5 * UM_PER_PX,
    }
