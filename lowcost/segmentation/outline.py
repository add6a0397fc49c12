"""The outline of one cell in its view: the nucleus at full resolution, and the cytoplasm that surrounds it.

The outline is the star-shaped curve around the nucleus that gathers the most evidence: colours that are rare in the
surroundings speak for cytoplasm, distance from the nucleus speaks against it, an edge of optical density holds the
curve, and neighbouring radii differ little. Dynamic programming finds the best closed curve exactly, in integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.segmentation.geometry import disc, fill_polygon, squared_distance_to
from lowcost.segmentation.surroundings import Surroundings
from lowcost.stain import lower_median

_FORBIDDEN = -(1 << 28)
# Below any sum of forbidden gains: a curve must never leave the radii, or start elsewhere than it ends.
_UNREACHABLE = -(1 << 50)


@dataclass(frozen=True)
class Parameters:
    """What `outline` takes from the bundle.

    Attributes
    ----------
    nucleus_zone_um : float
        How far beyond the nucleus as first found its edge is sought.
    ring_um : float
        Width of the ring around that zone whose chromatin density stands for what is not nucleus.
    nucleus_level_percent : int
        Where between the ring's and the nucleus's median density the nuclear edge lies, percent.
    speck_area_um2 : float
        Smaller pieces of the nucleus are dropped and smaller holes filled.
    angles : int
        Number of rays.
    reach_um : float
        Length of a ray.
    distance_step_um : float
        Step of `distance_scores`.
    distance_scores : tuple of int
        Evidence by distance from the nucleus, sixteenths of a natural log-odds.
    bias : int
        Evidence added everywhere, sixteenths of a natural log-odds.
    slope_cost : int
        Cost of each step by which neighbouring radii differ.
    largest_slope : int
        Largest such difference, steps.
    edge_gain_percent : int
        Reward of an edge of optical density under the outline, percent of its height in thousandths of OD.
    edge_limit : int
        Edges above this height count as this, thousandths of OD.
    edge_um : float
        Length on both sides of the outline over which the densities are compared.
    """

    nucleus_zone_um: float
    ring_um: float
    nucleus_level_percent: int
    speck_area_um2: float
    angles: int
    reach_um: float
    distance_step_um: float
    distance_scores: tuple[int, ...]
    bias: int
    slope_cost: int
    largest_slope: int
    edge_gain_percent: int
    edge_limit: int
    edge_um: float


@dataclass(frozen=True)
class Outlined:
    """One cell in its view.

    Attributes
    ----------
    nucleus : (n, n) bool array
        The nucleus.
    cell : (n, n) bool array
        Nucleus and cytoplasm.
    polygon : (angles, 2) float64 array
        Outline of the cell, x and y in px of the view, edges not centres.
    """

    nucleus: NDArray[np.bool_]
    cell: NDArray[np.bool_]
    polygon: NDArray[np.float64]


def outline(
    density: NDArray[np.int16],
    chromatin: NDArray[np.int16],
    own: NDArray[np.bool_],
    others: NDArray[np.bool_],
    surroundings: Surroundings,
    um_per_px: float,
    parameters: Parameters,
) -> Outlined:
    """Outline the nucleus and the cell in a view.

    Parameters
    ----------
    density : (n, n, 3) int16 array
        Optical density of the view, thousandths; n even.
    chromatin : (n, n) int16 array
        Its chromatin density.
    own, others : (n, n) bool arrays
        The cell's nucleus and those of its neighbours, as first found.
    surroundings : Surroundings
        The colours of the picture far from nuclei.
    um_per_px : float
        Edge of a px of the view, um.

    Returns
    -------
    Outlined
        Masks and outline of the cell.
    """
    nucleus = refine_nucleus(chromatin, own, others, um_per_px, parameters)
    # The curve is sought at half the view's resolution: light itself does not carry more.
    coarse = _halved(density)
    own_coarse, step_um = nucleus[0::2, 0::2] | nucleus[1::2, 1::2], 2 * um_per_px
    total = cv2.boxFilter(coarse, cv2.CV_32S, (3, 3), normalize=False)
    rows, columns = np.nonzero(own_coarse)
    centre_y, centre_x = int(rows.sum()) // rows.size, int(columns.sum()) // columns.size
    count = int(parameters.reach_um / step_um)
    rays = _rays(centre_x, centre_y, count, coarse.shape[0], parameters.angles)
    along = ((total[rays] + 4) // 9).astype(np.int16)
    distance = squared_distance_to(own_coarse)
    evidence = surroundings.score(along) + parameters.bias + _distance_score(distance[rays], step_um, parameters)
    rivals = others[0::2, 0::2]
    if rivals.any():
        # A neighbour's cytoplasm looks like one's own: each px belongs to the nearer nucleus.
        evidence[(squared_distance_to(rivals) < distance)[rays]] = min(parameters.distance_scores)
    gain = np.zeros((parameters.angles, count + 1), np.int32)
    np.cumsum(evidence, axis=1, out=gain[:, 1:])
    gain += _edges(along, max(1, int(parameters.edge_um / step_um)), parameters)
    # The curve encloses the whole nucleus.
    on_nucleus = own_coarse[rays]
    least = np.where(on_nucleus.any(axis=1), count - np.argmax(on_nucleus[:, ::-1], axis=1), 0)
    gain[np.arange(count + 1) < least[:, None]] = _FORBIDDEN
    radii = best_closed_curve(gain, parameters.slope_cost, parameters.largest_slope)
    cosine, sine = _directions(parameters.angles)
    polygon = np.stack(
        [2 * (centre_x + 0.5 + radii * cosine / 16384.0), 2 * (centre_y + 0.5 + radii * sine / 16384.0)], axis=1
    )
    return Outlined(nucleus, fill_polygon(polygon, density.shape[:2]) | nucleus, polygon)


def refine_nucleus(
    chromatin: NDArray[np.int16],
    own: NDArray[np.bool_],
    others: NDArray[np.bool_],
    um_per_px: float,
    parameters: Parameters,
) -> NDArray[np.bool_]:
    """Find the nucleus's edge halfway between its own chromatin density and that of its surroundings.

    Returns
    -------
    (n, n) bool array
        The nucleus; `own` where no such edge exists.
    """
    reach = int((parameters.nucleus_zone_um + parameters.ring_um) / um_per_px) + 2
    window = _window(own, reach)
    seed, rivals, chromatin = own[window], others[window], chromatin[window]
    zone_disc = disc(parameters.nucleus_zone_um / um_per_px)
    zone = cv2.dilate(seed.astype(np.uint8), zone_disc) > 0
    near = cv2.dilate(zone.astype(np.uint8), disc(parameters.ring_um / um_per_px)) > 0
    taken = cv2.dilate(rivals.astype(np.uint8), zone_disc) > 0 if rivals.any() else rivals
    ring = near & ~zone & ~taken
    if not ring.any():
        return own
    core, rest = lower_median(chromatin[seed]), lower_median(chromatin[ring])
    level = rest + (core - rest) * parameters.nucleus_level_percent // 100
    if rivals.any():
        zone &= ~taken | (squared_distance_to(seed) < squared_distance_to(rivals))
    smooth = cv2.boxFilter(chromatin, cv2.CV_32F, (3, 3), normalize=False)
    nucleus = np.zeros_like(own)
    nucleus[window] = _without_specks((smooth > 9 * level) & zone, parameters.speck_area_um2 / (um_per_px * um_per_px))
    return nucleus if (nucleus & own).any() else own


def _window(mask: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The bounding box of a mask with a margin, as an index."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def best_closed_curve(gain: NDArray[np.int32], slope_cost: int, largest_slope: int) -> NDArray[np.int64]:
    """Radii, one an angle, of the closed curve with the largest gain.

    Parameters
    ----------
    gain : (angles, radii) int32 array
        Gain of passing each angle at each radius.
    slope_cost : int
        Cost of each step between the radii of neighbouring angles.
    largest_slope : int
        Largest number of such steps.

    Returns
    -------
    (angles,) int64 array
        Indices of the radii. The first pass finds where the best open curve comes back to the first angle, the second
        the best curve that starts and ends there.
    """
    angles, count = gain.shape
    steps = 2 * largest_slope + 1
    # Gains are counted in multiples of `steps`, so that each candidate carries its own number in the remainder.
    number = np.arange(steps)
    cost = (steps * slope_cost * np.abs(number - largest_slope) + number)[:, None]
    gains = steps * gain.astype(np.int64)
    padded = np.full(count + 2 * largest_slope, steps * _UNREACHABLE, np.int64)
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, count)
    total = gains[0]
    best = np.zeros((angles + 1, count), np.int64)
    for closed in (False, True):
        for angle in range(1, angles + 1):
            padded[largest_slope : largest_slope + count] = total
            (neighbours - cost).max(axis=0, out=best[angle])
            total = best[angle] + -best[angle] % steps
            if angle < angles or not closed:
                total += gains[angle % angles]
        if not closed:
            start = int(np.argmax(total))
            total = np.full(count, steps * _UNREACHABLE, np.int64)
            total[start] = gains[0, start]
    came_from = (-best % steps - largest_slope).tolist()
    radii = np.zeros(angles, np.int64)
    radius = start
    for angle in range(angles, 0, -1):
        radius += came_from[angle][radius]
        radii[angle - 1] = radius
    return radii


def _halved(density: NDArray[np.int16]) -> NDArray[np.int16]:
    """Means of 2 x 2 px, rounded half up."""
    rows = density[0::2] + density[1::2]
    mean = np.empty((rows.shape[0], rows.shape[1] // 2, 3), np.int16)
    for channel in range(3):
        mean[..., channel] = (rows[:, 0::2, channel] + rows[:, 1::2, channel] + 2) >> 2
    return mean


def _distance_score(distance: NDArray[np.int32], step_um: float, parameters: Parameters) -> NDArray[np.int32]:
    """Evidence by squared distance, px2, from the nucleus."""
    scores = np.array(parameters.distance_scores, np.int32)
    ends = (np.arange(1, scores.size) * parameters.distance_step_um / step_um) ** 2
    found: NDArray[np.int32] = scores[np.searchsorted(ends, distance, side="right")]
    return found


@cache
def _directions(angles: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cosine and sine of the rays' angles in 1/16384, rounded so that every platform has the same."""
    turns = [2.0 * math.pi * index / angles for index in range(angles)]
    cosine = np.array([math.floor(math.cos(turn) * 16384.0 + 0.5) for turn in turns])
    sine = np.array([math.floor(math.sin(turn) * 16384.0 + 0.5) for turn in turns])
    return cosine, sine


def _rays(
    centre_x: int, centre_y: int, count: int, size: int, angles: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns (angles, count) of the pixels along each ray, clipped to the image."""
    cosine, sine = _directions(angles)
    radius = 2 * np.arange(count) + 1
    column = centre_x + ((cosine[:, None] * radius + 16384) >> 15)
    row = centre_y + ((sine[:, None] * radius + 16384) >> 15)
    return np.clip(row, 0, size - 1), np.clip(column, 0, size - 1)


def _edges(density: NDArray[np.int16], reach: int, parameters: Parameters) -> NDArray[np.int32]:
    """Reward (angles, count + 1) of the step of optical density between both sides of each radius."""
    angles, count = density.shape[:2]
    running = np.zeros((angles, count + 1, 3), np.int32)
    np.cumsum(density, axis=1, out=running[:, 1:])
    index = np.arange(count + 1)
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach, count)
    inner = (running[:, index] - running[:, low]) // np.maximum(index - low, 1)[:, None]
    outer = (running[:, high] - running[:, index]) // np.maximum(high - index, 1)[:, None]
    height = np.minimum(np.abs(inner - outer).sum(axis=2), parameters.edge_limit)
    reward: NDArray[np.int32] = height.astype(np.int32) * parameters.edge_gain_percent // 100
    return reward


def _without_specks(mask: NDArray[np.bool_], area_px: float) -> NDArray[np.bool_]:
    """Drop pieces below an area (8 neighbours) and fill holes below it (4 neighbours)."""
    pieces = _at_least(mask, area_px, 8)
    return ~_at_least(~pieces, area_px, 4)


def _at_least(mask: NDArray[np.bool_], area_px: float, connectivity: int) -> NDArray[np.bool_]:
    """The connected pieces of at least `area_px` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=connectivity)
    large: NDArray[np.bool_] = stats[:, cv2.CC_STAT_AREA] >= area_px
    large[0] = False
    kept: NDArray[np.bool_] = large[labels]
    return kept
