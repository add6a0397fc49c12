"""The outline of one cell in its view: the nucleus at full resolution, and the cytoplasm that surrounds it.

The outline is the star-shaped curve around the nucleus that gathers the most evidence: colours that are rare in the
surroundings speak for cytoplasm, distance from the nucleus speaks against it, a fall of optical density to that of
empty glass holds the curve, and neighbouring radii differ little. Dynamic programming finds the best closed curve
exactly, in integers. The nucleus is then told from the cytoplasm within the cell itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.segmentation.geometry import fill_polygon, squared_distance_to
from lowcost.segmentation.nuclear_edge import NuclearEdge
from lowcost.segmentation.surroundings import Surroundings

_FORBIDDEN = -(1 << 28)
# Below any sum of forbidden gains: a curve must never leave the radii, or start elsewhere than it ends.
_UNREACHABLE = -(1 << 50)


@dataclass(frozen=True)
class Parameters:
    """What `outline` takes from the bundle.

    Attributes
    ----------
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
    glass_density : int
        Green density below which a pixel is empty glass, thousandths of OD.
    stained_score : int
        Least evidence of any other pixel, sixteenths of a natural log-odds: cytoplasm may have the red cells' colour.
    slope_cost : int
        Cost of each step by which neighbouring radii differ.
    largest_slope : int
        Largest such difference, steps.
    edge_gain_percent : int
        Reward of a fall of optical density under the outline, percent of its height in thousandths of OD.
    edge_density : int
        Densities above this count as this, thousandths of OD: the palest cytoplasm's, so that the edge between nucleus
        and cytoplasm is none.
    edge_um : float
        Length on both sides of the outline over which the densities are compared.
    """

    angles: int
    reach_um: float
    distance_step_um: float
    distance_scores: tuple[int, ...]
    bias: int
    glass_density: int
    stained_score: int
    slope_cost: int
    largest_slope: int
    edge_gain_percent: int
    edge_density: int
    edge_um: float


@dataclass(frozen=True)
class Evidence:
    """What a view shows of the outline of its cell.

    Attributes
    ----------
    edge : NuclearEdge
        Where the nucleus's edge is sought.
    nucleus : (n, n) bool array
        The nucleus as guessed.
    centre : (int, int)
        Where the rays start: column and row in px of twice the size.
    gain : (angles, radii) int32 array
        Gain of an outline that passes each ray at each radius.
    """

    edge: NuclearEdge
    nucleus: NDArray[np.bool_]
    centre: tuple[int, int]
    gain: NDArray[np.int32]


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


def gather(
    density: NDArray[np.int16],
    edge: NuclearEdge,
    others: NDArray[np.bool_],
    surroundings: Surroundings,
    um_per_px: float,
    parameters: Parameters,
) -> Evidence:
    """Weigh what a view shows of the outline of the cell in its middle.

    Parameters
    ----------
    density : (n, n, 3) int16 array
        Optical density of the view, thousandths; n even.
    edge : NuclearEdge
        Where the edge of the cell's nucleus is sought.
    others : (n, n) bool array
        The nuclei of its neighbours, as first found.
    surroundings : Surroundings
        The colours of the picture far from nuclei.
    um_per_px : float
        Edge of a px of the view, um.

    Returns
    -------
    Evidence
        What `outline` needs.
    """
    nucleus = edge.guess()
    # The curve is sought at half the view's resolution: light itself does not carry more.
    coarse = _halved(density)
    own_coarse, step_um = nucleus[0::2, 0::2] | nucleus[1::2, 1::2], 2 * um_per_px
    total = cv2.boxFilter(coarse, cv2.CV_32S, (3, 3), normalize=False)
    rows, columns = np.nonzero(own_coarse)
    centre_y, centre_x = int(rows.sum()) // rows.size, int(columns.sum()) // columns.size
    count = int(parameters.reach_um / step_um)
    rays = _rays(centre_x, centre_y, count, coarse.shape[0], parameters.angles)
    along = ((total.reshape(-1, 3)[rays] + 4) // 9).astype(np.int16)
    distance = squared_distance_to(own_coarse)
    score = _colour_score(along, surroundings, parameters)
    score += _distance_score(distance.ravel()[rays], step_um, parameters)
    score += parameters.bias
    rivals = others[0::2, 0::2]
    if rivals.any():
        # A neighbour's cytoplasm looks like one's own: each px belongs to the nearer nucleus.
        score[(squared_distance_to(rivals) < distance).ravel()[rays]] = min(parameters.distance_scores)
    gain = np.zeros((parameters.angles, count + 1), np.int32)
    np.cumsum(score, axis=1, out=gain[:, 1:])
    gain += _edges(along, max(1, int(parameters.edge_um / step_um)), parameters)
    # The curve encloses the whole nucleus.
    on_nucleus = own_coarse.ravel()[rays]
    least = np.where(on_nucleus.any(axis=1), count - np.argmax(on_nucleus[:, ::-1], axis=1), 0)
    gain[np.arange(count + 1) < least[:, None]] = _FORBIDDEN
    return Evidence(edge, nucleus, (centre_x, centre_y), gain)


def outline(evidence: Sequence[Evidence], parameters: Parameters) -> list[Outlined]:
    """Outline the nuclei and the cells of several views at once.

    Parameters
    ----------
    evidence : sequence of Evidence
        What `gather` found in each view, with the same parameters.

    Returns
    -------
    list of Outlined
        Masks and outline of each cell.
    """
    if not evidence:
        return []
    gain = np.stack([one.gain for one in evidence])
    curves = best_closed_curves(gain, parameters.slope_cost, parameters.largest_slope)
    return [_outlined(one, radii) for one, radii in zip(evidence, curves, strict=True)]


def _outlined(evidence: Evidence, radii: NDArray[np.int64]) -> Outlined:
    """The cell within the curve of these radii, in steps of two px."""
    cosine, sine = _directions(radii.size)
    x, y = evidence.centre
    polygon = np.stack([2 * (x + 0.5 + radii * cosine / 16384.0), 2 * (y + 0.5 + radii * sine / 16384.0)], axis=1)
    cell = fill_polygon(polygon, evidence.nucleus.shape) | evidence.nucleus
    return Outlined(evidence.edge.within(cell) & cell, cell, polygon)


def best_closed_curves(gain: NDArray[np.int32], slope_cost: int, largest_slope: int) -> NDArray[np.int64]:
    """Radii, one an angle, of the closed curve with the largest gain, for several cells at once.

    Parameters
    ----------
    gain : (cells, angles, radii) int32 array
        Gain of passing each angle at each radius.
    slope_cost : int
        Cost of each step between the radii of neighbouring angles.
    largest_slope : int
        Largest number of such steps.

    Returns
    -------
    (cells, angles) int64 array
        Indices of the radii. The first pass finds where the best open curve comes back to the first angle, the second
        the best curve that starts and ends there.
    """
    cells, angles, count = gain.shape
    steps = 2 * largest_slope + 1
    each = np.arange(cells)
    # Gains are counted in multiples of a power of two, so that each candidate carries its own number in the low bits.
    unit = 1 << (steps - 1).bit_length()
    number = np.arange(steps)
    cost = (unit * slope_cost * np.abs(number - largest_slope) + number)[:, None, None]
    gains = unit * gain.transpose(1, 0, 2).astype(np.int64)
    padded = np.full((cells, count + 2 * largest_slope), unit * _UNREACHABLE, np.int64)
    total = padded[:, largest_slope : largest_slope + count]
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, count, axis=1).transpose(1, 0, 2)
    candidates = np.empty((steps, cells, count), np.int64)
    best = np.zeros((angles + 1, cells, count), np.int64)
    total[:] = gains[0]
    for closed in (False, True):
        for angle in range(1, angles + 1):
            np.subtract(neighbours, cost, out=candidates)
            np.maximum.reduce(candidates, axis=0, out=best[angle])
            np.add(best[angle], unit - 1, out=total)
            total &= -unit
            if angle < angles or not closed:
                total += gains[angle % angles]
        if not closed:
            start = np.argmax(total, axis=1)
            total[:] = unit * _UNREACHABLE
            total[each, start] = gains[0, each, start]
    radii = np.zeros((cells, angles), np.int64)
    radius = start
    for angle in range(angles, 0, -1):
        radius = radius + (-best[angle, each, radius] & (unit - 1)) - largest_slope
        radii[:, angle - 1] = radius
    return radii


def _halved(density: NDArray[np.int16]) -> NDArray[np.int16]:
    """Means of 2 x 2 px, rounded half up."""
    rows = density[0::2] + density[1::2]
    means = []
    for channel in range(3):
        mean = rows[:, 0::2, channel] + rows[:, 1::2, channel]
        mean += 2
        mean >>= 2
        means.append(mean)
    return np.asarray(cv2.merge(means), np.int16)


def _colour_score(density: NDArray[np.int16], surroundings: Surroundings, parameters: Parameters) -> NDArray[np.int32]:
    """Evidence of the colours of pixels (..., 3)."""
    score = surroundings.score(density).astype(np.int32)
    stained = density[..., 1] >= parameters.glass_density
    return np.where(stained, np.maximum(score, parameters.stained_score), score)


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


def _rays(centre_x: int, centre_y: int, count: int, size: int, angles: int) -> NDArray[np.int64]:
    """Places (angles, count) in a flattened square image of the pixels along each ray, clipped to the image."""
    across, down = _offsets(count, angles)
    row, column = np.clip(centre_y + down, 0, size - 1), np.clip(centre_x + across, 0, size - 1)
    places: NDArray[np.int64] = row * size + column
    return places


@cache
def _offsets(count: int, angles: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows (angles, count) of the pixels along each ray from its start."""
    cosine, sine = _directions(angles)
    radius = 2 * np.arange(count) + 1
    return (cosine[:, None] * radius + 16384) >> 15, (sine[:, None] * radius + 16384) >> 15


def _edges(density: NDArray[np.int16], reach: int, parameters: Parameters) -> NDArray[np.int32]:
    """Reward (angles, count + 1) of the fall of optical density from the inner to the outer side of each radius."""
    angles, count = density.shape[:2]
    running = np.zeros((angles, count + 1, 3), np.int32)
    np.cumsum(np.clip(density, 0, parameters.edge_density), axis=1, out=running[:, 1:])
    # The mean over the `reach` px that end at each radius, or over as many as there are.
    few = np.clip(np.arange(reach, dtype=np.int32), 1, reach)[:, None]
    inner = running.copy()
    inner[:, reach:] -= running[:, :-reach]
    inner[:, reach:] //= reach
    inner[:, :reach] //= few
    fall = inner.copy()
    fall[:, :-reach] -= inner[:, reach:]
    fall[:, -reach:] -= (running[:, -1:] - running[:, -reach:]) // few[::-1]
    total = fall[..., 0] + fall[..., 1] + fall[..., 2]
    reward: NDArray[np.int32] = np.clip(total, 0, None) * parameters.edge_gain_percent // 100
    reward[:, count] = 0  # nothing is known of what lies beyond the ray
    return reward
