"""Size and shape of the nucleus and of the whole cell, and how the one lies in the other."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.distribution import variation
from lowcost.features.geometry import OUTLINE_POINTS, Region
from lowcost.features.specimen import Specimen
from lowcost.features.table import UM_PER_PX, Feature, group, nan_for, px

HARMONICS = (2, 3, 4, 5)
SMOOTH_HARMONICS = 12
"""Harmonics kept, either way round, when curvature is measured: the waviness of lobes and bays, not of pixels."""

LEAST_WAVE, LEAST_TURN = 1e-6, 1e-9
"""Waviness, and turning of the smoothed outline, below which there is none but rounding, over the first harmonic's."""

OPENING = px(0.75)
_Y, _X = np.mgrid[-OPENING : OPENING + 1, -OPENING : OPENING + 1]
_DISC = (_X * _X + _Y * _Y <= OPENING * OPENING).astype(np.uint8)


def _outline_rows(what: str) -> tuple[tuple[str, str, str], ...]:
    return (
        (f"{what}_area", "um2", f"Area of the {what}."),
        (f"{what}_perimeter", "um", f"Length of the {what}'s outline (Benkrid & Crookes estimator)."),
        (f"{what}_circularity", "1", "4 pi area / perimeter squared; 1 for a disc, may exceed it by pixel effects."),
        (f"{what}_solidity", "1", "Area over the area of the convex hull of the pixels' squares."),
        (f"{what}_convexity", "1", "Perimeter of the convex hull over the perimeter."),
        (f"{what}_eccentricity", "1", "Eccentricity of the ellipse with the same second moments."),
        (f"{what}_aspect", "1", "Major over minor axis of the ellipse with the same second moments."),
        (f"{what}_feret_max", "um", "Largest caliper diameter of the convex hull."),
        (f"{what}_feret_min", "um", "Smallest caliper diameter of the convex hull."),
        (f"{what}_inner_radius", "um", "Radius of the largest inscribed disc."),
        (f"{what}_inner_fill", "1", "Area of the largest inscribed disc over the area."),
        (f"{what}_spread", "1", "Second moment about the centroid over that of a disc of equal area."),
        (f"{what}_circle_misfit", "1", "Share of the area outside the disc of equal area about the centroid."),
        (f"{what}_ellipse_misfit", "1", "Share of the area outside the ellipse of equal axes ratio and area."),
        (f"{what}_radial_cv", "1", "Standard deviation over mean of the distance from centroid to outline."),
        (f"{what}_protrusions", "1", "Share of the area removed by opening with a disc of 0.75 um radius."),
        *(
            (
                f"{what}_harmonic_{k}",
                "1",
                f"Amplitude of the outline's {k}-fold waviness over its mean radius (Fourier).",
            )
            for k in HARMONICS
        ),
        (f"{what}_roughness", "1", "Root energy of the outline's harmonics beyond 12, over the first's amplitude."),
        (f"{what}_curvature_max", "1", "Largest curvature of the smoothed outline times the first harmonic's radius."),
        (f"{what}_curvature_min", "1", "Smallest (most concave) curvature, in the same unit."),
        (f"{what}_bending", "1", "Mean squared curvature of the smoothed outline, in the same unit."),
        (f"{what}_concave_share", "1", "Share of the smoothed outline that is concave."),
        (f"{what}_concavities", "count", "Number of separate concave stretches of the smoothed outline."),
    )


NUCLEUS = group("Nucleus: size and shape", *_outline_rows("nucleus"))
CELL = group("Cell: size and shape", *_outline_rows("cell"))
PLACE = group(
    "Nucleus in the cell",
    ("nucleus_cell_ratio", "1", "Area of the nucleus over area of the cell."),
    ("nucleus_cytoplasm_ratio", "1", "Area of the nucleus over area of the cytoplasm (at most 100)."),
    ("nucleus_hull_cell_ratio", "1", "Area of the nucleus's convex hull over area of the cell."),
    ("nucleus_feret_ratio", "1", "Largest caliper diameter of the nucleus over that of the cell."),
    ("nucleus_offset", "1", "Distance between the centroids of nucleus and cell over the cell's equivalent radius."),
    ("nucleus_edge_gap", "um", "Smallest distance of the nucleus from the cell's outline."),
    ("nucleus_depth", "1", "Mean distance of nucleus pixels from the cell's outline over the cell's inner radius."),
    ("cytoplasm_area", "um2", "Area of the cytoplasm."),
    ("cytoplasm_width_mean", "um", "Mean distance of the cell's border pixels from the nucleus."),
    ("cytoplasm_width_max", "um", "Largest distance of a cell pixel from the nucleus."),
    ("cytoplasm_width_cv", "1", "Standard deviation over mean of the border pixels' distance from the nucleus."),
)
FEATURES: tuple[Feature, ...] = NUCLEUS + CELL + PLACE


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of size and shape."""
    cell, nucleus = specimen.cell, specimen.nucleus
    values = _outline(CELL, cell)
    if nucleus is None:
        values |= nan_for(NUCLEUS) | nan_for(PLACE)
        values["cytoplasm_area"] = cell.area * UM_PER_PX**2
        return values
    return values | _outline(NUCLEUS, nucleus) | _place(nucleus, cell)


def _outline(features: tuple[Feature, ...], region: Region) -> dict[str, float]:
    area, perimeter, moments = region.area, max(region.perimeter, 1.0), region.moments
    hull_perimeter = float(np.hypot(*region.hull_edges.T).sum())
    feret_max, feret_min = region.feret
    inner = int(region.inner.max())
    shares = _waves(region)
    values = (
        area * UM_PER_PX**2,
        perimeter * UM_PER_PX,
        4 * math.pi * area / perimeter**2,
        area / region.hull_area,
        hull_perimeter / perimeter,
        (1 - (moments.minor / moments.major) ** 2) ** 0.5,
        moments.major / moments.minor,
        feret_max * UM_PER_PX,
        feret_min * UM_PER_PX,
        inner**0.5 * UM_PER_PX,
        math.pi * inner / area,
        (moments.xx + moments.yy) * 2 * math.pi / area,
        *_misfits(region),
        *shares[:1],
        _lost_by_opening(region),
        *shares[1:],
    )
    return dict(zip((feature.name for feature in features), values, strict=True))


def _misfits(region: Region) -> tuple[float, float]:
    """Share of the area outside the disc of equal area, and outside the ellipse of equal moments and area."""
    m = region.moments
    height, width = region.mask.shape
    dx = np.arange(width) + (region.window[1].start - m.x)
    dy = (np.arange(height) + (region.window[0].start - m.y))[:, None]
    xx, yy = dx * dx, dy * dy
    disc = np.count_nonzero(region.mask & (math.pi * xx + math.pi * yy > region.area))
    determinant = m.xx * m.yy - m.xy * m.xy
    # Squared Mahalanobis distance d^2; the ellipse at d has the area pi d^2 sqrt(determinant).
    scale = math.pi * math.sqrt(determinant) / determinant
    squared = (2 * scale * m.xy * -dy) * dx
    squared += scale * m.yy * xx
    squared += scale * m.xx * yy
    ellipse = np.count_nonzero(region.mask & (squared > region.area))
    return disc / region.area, ellipse / region.area


def _lost_by_opening(region: Region) -> float:
    # What is farther than the disc's radius from the outside is left by the erosion.
    worn = (region.inner > OPENING * OPENING).view(np.uint8)
    return 1 - cv2.countNonZero(cv2.dilate(worn, _DISC)) / region.area


def _waves(region: Region) -> tuple[float, ...]:
    """Radial variation, relative harmonics, roughness and curvature of the outline, in the order of the table."""
    points = region.outline
    dx = points[:, 0] + (region.window[1].start - region.moments.x)
    dy = points[:, 1] + (region.window[0].start - region.moments.y)
    amplitude = np.abs(region.harmonics)
    first = float(amplitude[1])
    if first == 0:  # a single px has no outline
        return (0.0,) * (4 + len(HARMONICS) + 3)
    harmonics = [math.hypot(amplitude[1 + k], amplitude[1 - k]) / first for k in HARMONICS]
    harmonics = [share if share > LEAST_WAVE else 0.0 for share in harmonics]
    beyond = amplitude[SMOOTH_HARMONICS + 1 : -SMOOTH_HARMONICS]
    curvature, speed = _curvature(region.harmonics)
    length = float(speed.sum())
    concave = curvature < 0
    return (
        variation(np.sqrt(dx * dx + dy * dy)),
        *harmonics,
        float(beyond @ beyond) ** 0.5 / first,
        float(curvature.max()) * first,
        float(curvature.min()) * first,
        float((curvature * curvature) @ speed) / length * first * first,
        float(speed[concave].sum()) / length,
        float(np.count_nonzero(concave & ~concave[_BEFORE])),
    )


def _curvature(harmonics: NDArray[np.complex128]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Signed curvature (convex positive, 1/px) and speed of the outline that the low harmonics draw."""
    velocity, acceleration = np.fft.ifft(harmonics * _DERIVATIVES)
    speed = np.maximum(np.abs(velocity), 1e-6)
    cross = velocity.real * acceleration.imag - velocity.imag * acceleration.real
    cross[np.abs(cross) < LEAST_TURN * abs(harmonics[1]) ** 2] = 0
    return cross / (speed * speed * speed), speed


_BEFORE = np.arange(OUTLINE_POINTS) - 1
_ORDER = np.fft.fftfreq(OUTLINE_POINTS, 1 / OUTLINE_POINTS)
# A raised cosine: a sharp cut would ring along straight sides.
_TAPER = np.where(np.abs(_ORDER) <= SMOOTH_HARMONICS, 0.5 + 0.5 * np.cos(np.pi * _ORDER / (SMOOTH_HARMONICS + 1)), 0.0)
_DERIVATIVES = np.stack((1j * _ORDER, -_ORDER * _ORDER)) * _TAPER * OUTLINE_POINTS


def _place(nucleus: Region, cell: Region) -> dict[str, float]:
    cytoplasm = cell.area - nucleus.area
    offset = math.hypot(nucleus.moments.x - cell.moments.x, nucleus.moments.y - cell.moments.y)
    depth = np.sqrt(cell.inner[nucleus.whole], dtype=np.float64)
    width = np.sqrt(nucleus.outer[cell.mask & (cell.inner <= 1)], dtype=np.float64)
    return {
        "nucleus_cell_ratio": nucleus.area / cell.area,
        "nucleus_cytoplasm_ratio": min(nucleus.area / max(cytoplasm, 1), 100.0),
        "nucleus_hull_cell_ratio": nucleus.hull_area / cell.area,
        "nucleus_feret_ratio": nucleus.feret[0] / cell.feret[0],
        "nucleus_offset": offset / (cell.area / math.pi) ** 0.5,
        "nucleus_edge_gap": float(depth.min() - 1) * UM_PER_PX,
        "nucleus_depth": float(depth.mean()) / float(cell.inner.max()) ** 0.5,
        "cytoplasm_area": cytoplasm * UM_PER_PX**2,
        "cytoplasm_width_mean": float(width.mean()) * UM_PER_PX,
        "cytoplasm_width_max": float(nucleus.outer[cell.mask].max()) ** 0.5 * UM_PER_PX,
        "cytoplasm_width_cv": variation(width),
    }
