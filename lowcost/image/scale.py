"""The ruler that lies in every smear: its red cells, 7.2 um across.

The outlines of red cells are arcs of circles of one radius (`lowcost.image.circles`); white cells, platelets and clumps
have no common radius. Pixels that were squeezed show in the same outlines: circles are crossed as often along rows as
along columns, squeezed ones are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lowcost.image import circles, outline
from lowcost.image.illumination import Illumination
from lowcost.image.resample import block_mean
from lowcost.result import Scale


@dataclass(frozen=True)
class Parameters:
    """How red cells are measured.

    Attributes
    ----------
    red_cell_um : float
        Diameter of a red cell on a dry smear, um.
    window_px : int
        About how many pixels are looked at first: the whole image, shrunk.
    window_max_px : int
        At most so many pixels are looked at where small cells need a finer image: its middle part.
    depth_px : float
        How far inside an outline its object's colour is looked up, px.
    purple : int
        Outlines whose inside is purple by this many grey levels more than the least purple fifth are nuclei.
    rim_px : float
        How far the threshold traces a cell outside its rim, px.
    points : int
        Outlines longer than this many points are thinned.
    oval : float
        Diameter of the circle of a cell's area over that at which its outline gathers best: red cells are a little
        oval, and their flatter sides gather before their tips.
    radius_min_px : float
        Smallest radius searched, px.
    radius_fine_px : float
        Below this radius a finer image is looked at where there is one, px.
    radius_max : float
        Largest radius searched, as a share of the window's shorter side.
    radius_ratio : float
        Ratio of neighbouring radii.
    same : float
        Radii that differ by a factor below this are taken for those of the same cells.
    clearer : float
        A finer image that shows other cells is believed when its outlines gather so many times better.
    bin : float
        Edge of the bins in which end points are counted, as a share of the radius.
    squeeze_least, squeeze_noticed : float
        Outlines whose width and height have a ratio between these may come from squeezed pixels ...
    squeeze_gain : float
        ... and do when undoing it makes the end points gather so many times better.
    centre_share : float
        A centre is a red cell's when this share of a full circle points to it.
    gathering_least : float
        Below this gathering nothing was measured (1: every outline is a full circle of one radius).
    outlined_least : float
        So many red cells as cover the objects' area have outlines of a known length, less where they overlap. A
        circle of which hardly any whole one is seen was found in texture where the outlines are shorter than this
        share: what is outlined is larger than red cells.
    outlined_red_cells : int
        Number of whole red cells from which the outlines need not be compared with the area.
    gathering_full, distinct_full, red_cells_full : float
        Gathering, gathering relative to that at other radii, and number of red cells from which confidence is full.
    """

    red_cell_um: float
    window_px: int
    window_max_px: int
    depth_px: float
    purple: int
    rim_px: float
    points: int
    oval: float
    radius_min_px: float
    radius_fine_px: float
    radius_max: float
    radius_ratio: float
    same: float
    clearer: float
    bin: float
    squeeze_least: float
    squeeze_noticed: float
    squeeze_gain: float
    centre_share: float
    gathering_least: float
    outlined_least: float
    outlined_red_cells: int
    gathering_full: float
    distinct_full: float
    red_cells_full: float


@dataclass(frozen=True)
class _Circle:
    """The common circle of a window.

    `radius` is in px of the full image, `window_radius` in px of the window; `gathering` is that at this radius,
    `elsewhere` the best at other radii; `squeeze` is the pixels' width over height, `count` the number of centres,
    `outlined` the length of the outlines over that of as many circles as cover the objects.
    """

    radius: float
    window_radius: float
    gathering: float
    elsewhere: float
    squeeze: float
    count: int
    outlined: float


def measure(balanced: NDArray[np.uint8], mask: NDArray[np.bool_], parameters: Parameters) -> Scale:
    """Measure um/px on the red cells of a field.

    Parameters
    ----------
    balanced : (h, w, 3) uint8 array
        The field with its background brought to white (`lowcost.image.illumination`).
    mask : (h, w) bool array
        True inside the round field of an eyepiece.
    parameters : Parameters
        How to measure.

    Returns
    -------
    Scale
        um per px of `balanced`, source ``"red cells"``; source ``"unknown"`` with confidence 0 and 0 um/px where the
        field shows no red cells to measure.
    """
    circle = _common_circle(balanced, mask, parameters)
    if circle is None or (circle.count < parameters.outlined_red_cells and circle.outlined < parameters.outlined_least):
        return Scale(0.0, 0.0, "unknown", 0.0, 0, "no red cells to measure: give um per px")
    um_per_px = parameters.red_cell_um / (2.0 * circle.radius)
    root = math.sqrt(circle.squeeze)
    agreement = min(1.0, circle.gathering / parameters.gathering_full)
    distinct = circle.gathering / max(circle.elsewhere, parameters.gathering_least) - 1.0
    distinctness = min(1.0, max(0.0, distinct / (parameters.distinct_full - 1.0)))
    # However well they agree, one or two cells may be of an unusual size, or white.
    number = min(1.0, (circle.count + 2.0) / (parameters.red_cells_full + 2.0))
    notes = []
    if circle.squeeze != 1.0:
        notes.append(f"squeezed pixels: red cells are {circle.squeeze:.2f} times as wide as tall")
    if circle.count < parameters.red_cells_full / 2:
        notes.append(f"few whole red cells ({circle.count}): give um per px if you know it")
    return Scale(
        um_per_px / root,
        um_per_px * root,
        "red cells",
        0.5 * (agreement + distinctness) * number,
        circle.count,
        "; ".join(notes),
    )


def measure_closer(
    pixels: NDArray[np.uint8], light: Illumination, factor: int, unknown: Scale, parameters: Parameters
) -> Scale:
    """Measure um/px on the middle of a large photograph that shows no red cells when shrunk.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The photograph.
    light : Illumination
        What was measured on it, with a mask of (h // factor, w // factor).
    factor : int
        By how much it was shrunk.
    unknown : Scale
        What the shrunk photograph gave.
    parameters : Parameters
        How to measure.

    Returns
    -------
    Scale
        um per px of `pixels`; `unknown` where no part of a less shrunk photograph shows red cells either.
    """
    height, width = light.mask.shape
    finer = factor
    while finer > 1:
        finer //= 2
        top, left = (pixels.shape[0] - height * finer) // 2, (pixels.shape[1] - width * finer) // 2
        middle = block_mean(pixels[top : top + height * finer, left : left + width * finer], finer)
        rows = np.minimum((top + finer * np.arange(height)) // factor, height - 1)
        columns = np.minimum((left + finer * np.arange(width)) // factor, width - 1)
        found = measure(light.balance_view(middle, 0.5, 0.5), light.mask[np.ix_(rows, columns)], parameters)
        # Larger cells would have been seen in the shrunk photograph.
        smallest = parameters.red_cell_um / (2.0 * parameters.radius_fine_px) * finer / factor
        if found.source != "unknown" and min(found.um_per_px_x, found.um_per_px_y) > smallest:
            return replace(found, um_per_px_x=found.um_per_px_x / finer, um_per_px_y=found.um_per_px_y / finer)
    return unknown


def _common_circle(balanced: NDArray[np.uint8], mask: NDArray[np.bool_], parameters: Parameters) -> _Circle | None:
    """Find the common circle on the shrunken image, or on the middle of a finer one where that shows it too small."""
    height, width = mask.shape
    step = max(1, int(math.sqrt(height * width / parameters.window_px)))
    best: _Circle | None = None
    radius_max = parameters.radius_max * min(height, width) / step
    while True:
        share = min(1.0, math.sqrt(parameters.window_max_px * step * step / (height * width)))
        rows, columns = int(height * share), int(width * share)
        top, left = (height - rows) // 2, (width - columns) // 2
        window = block_mean(balanced[top : top + rows, left : left + columns], step)
        inside = mask[top + step // 2 : top + rows : step, left + step // 2 : left + columns : step]
        found = _circle(window, inside[: window.shape[0], : window.shape[1]], step, radius_max, parameters)
        # The finer image is the more exact one where both see the same circle; otherwise the clearer one is right.
        if found and (
            best is None
            or found.radius < parameters.same * best.radius
            or found.gathering > parameters.clearer * best.gathering
        ):
            best = found
        if step == 1 or (best is not None and best.window_radius >= parameters.radius_fine_px):
            return best
        step //= 2
        radius_max = 2.0 * parameters.same * parameters.radius_fine_px


def _circle(
    window: NDArray[np.uint8], inside: NDArray[np.bool_], step: int, radius_max: float, parameters: Parameters
) -> _Circle | None:
    """Return the circle of which most outlines in a window are parts, or None where they gather nowhere."""
    if min(inside.shape) < 4 * parameters.radius_min_px:
        return None
    arcs, area = _arcs(window, inside, parameters)
    radii = [parameters.radius_min_px]
    while radii[-1] * parameters.radius_ratio < min(radius_max, parameters.radius_max * min(inside.shape)):
        radii.append(radii[-1] * parameters.radius_ratio)
    if len(arcs.x) < 2.0 * circles.PI * parameters.radius_min_px or len(radii) < 3:
        return None
    gathering = circles.gatherings(arcs, radii, parameters.bin)
    squeeze = 1.0
    if parameters.squeeze_least < min(arcs.squeeze, 1.0 / arcs.squeeze) < parameters.squeeze_noticed:
        relaxed = circles.relaxed(arcs)
        regathered = circles.gatherings(relaxed, radii, parameters.bin)
        if max(regathered) > parameters.squeeze_gain * max(gathering):
            squeeze, arcs, gathering = arcs.squeeze, relaxed, regathered
    peak = gathering.index(max(gathering))
    # The highest at an end of the search is no peak: beyond it may rise on.
    if gathering[peak] < parameters.gathering_least or not 0 < peak < len(radii) - 1:
        return None
    radius = radii[peak]
    # Vertex of the parabola through three neighbours; their ratio is close enough to 1 to step linearly.
    before, here, after = gathering[peak - 1 : peak + 2]
    curvature = before - 2.0 * here + after
    if curvature < 0.0:
        radius *= 1.0 + 0.5 * (before - after) / curvature * (parameters.radius_ratio - 1.0)
    others = [
        g for r, g in zip(radii, gathering, strict=True) if r < radius / parameters.same or r > radius * parameters.same
    ]
    count = circles.count(arcs, radius, parameters.bin, parameters.centre_share)
    return _Circle(
        (radius - parameters.rim_px) * parameters.oval * step,
        radius,
        gathering[peak],
        max(others, default=0.0),
        squeeze,
        count,
        len(arcs.x) * arcs.thinning * radius / (2.0 * area),
    )


def _arcs(window: NDArray[np.uint8], inside: NDArray[np.bool_], parameters: Parameters) -> tuple[circles.Arcs, int]:
    """Trace the outlines of a window, leave out those of nuclei, and measure the area of all objects, px."""
    darkness = outline.darkness(window)
    darkness[~inside] = 0
    threshold = outline.pale_threshold(darkness[inside])
    sums = outline.sum_3x3(darkness)
    traced = outline.trace(sums, 9 * threshold, inside)
    row, column = traced.towards(parameters.depth_px)
    red, green, blue = window.reshape(-1, 3).take(row * window.shape[1] + column, axis=0).T.astype(np.int16)
    purple = np.minimum(red, blue) - green
    x, y, u, v = traced.x, traced.y, traced.u, traced.v
    if len(purple):
        least = int(np.sort(purple)[len(purple) // 5])
        pale = purple <= least + parameters.purple
        x, y, u, v = x[pale], y[pale], u[pale], v[pale]
    thinning = max(1, -(-len(x) // parameters.points))
    x, y, u, v = x[::thinning], y[::thinning], u[::thinning], v[::thinning]
    height, width = inside.shape
    arcs = circles.Arcs(x, y, u, v, float(width), float(height), thinning, traced.width_over_height)
    return arcs, int(np.count_nonzero(sums > 9 * threshold))
