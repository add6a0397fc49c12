"""The light of a photograph: its white point, how it falls off, and the round field of an eyepiece.

The empty background is the brightest of the frequent brightnesses of a smear, whatever its colour; a second-degree
surface per channel through it says what white is at every place. Dividing by that surface makes fields of every
microscope, phone and stain comparable: background becomes `Parameters.white` in every channel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.image.resample import block_mean

TERMS = 6
"""Terms of the surface: 1, x, y, x², xy, y²."""

LEVELS = 1024
"""Levels of the histogram of relative brightness, in 1/256 of the surface."""

BLOCK = 8
"""Edge, in px, of the blocks over which the balancing gain is constant: its steps stay below one grey level."""


@dataclass(frozen=True)
class Parameters:
    """How the light is measured.

    Attributes
    ----------
    white : int
        Value of the empty background after balancing, 0-255.
    samples : int
        About how many samples of the image are looked at.
    tiles : int
        Tiles along each axis, for the first guess of the surface.
    tile_quantile : float
        Quantile of a tile's brightness that is its first guess of white, 0-1.
    trim : float
        Tiles darker than this share of the first guess are filled with cells and left out.
    peak_share : float
        A brightness counts as frequent when it holds this share of the most frequent one's samples.
    peak_floor : float
        ... and at least this share of all samples.
    band : float
        Background is what deviates from the surface by no more than this share, in every channel.
    rounds : int
        How often surface and background are found anew from each other.
    ridge : float
        Pull of the surface towards a constant, as a share of all samples: it holds where there is little background.
    surround : float
        Pixels whose brightest channel is below this share of white may be the surround of an eyepiece.
    surround_area : float
        Smallest share of the image that a surround takes, unless it holds a corner of the image.
    surround_margin : float
        Width of the blurred rim that is left out beside a surround, as a share of the longer side.
    """

    white: int
    samples: int
    tiles: int
    tile_quantile: float
    trim: float
    peak_share: float
    peak_floor: float
    band: float
    rounds: int
    ridge: float
    surround: float
    surround_area: float
    surround_margin: float


@dataclass(frozen=True, eq=False)
class Illumination:
    """The light of one photograph.

    Attributes
    ----------
    coefficients : (6, 3) float64 array
        Surface of each channel over u, v = -1 ... 1 across the width and height: terms 1, u, v, u², uv, v².
    mask : (h, w) bool array
        True inside the round field of an eyepiece; all True where there is none.
    background_share : float
        Empty background as a share of the field, 0-1.
    white : int
        Value of the background after balancing.
    """

    coefficients: NDArray[np.float64]
    mask: NDArray[np.bool_]
    background_share: float
    white: int

    @property
    def white_point(self) -> tuple[int, int, int]:
        """Red, green and blue of the background at the centre, 0-255."""
        return self.white_at(0.5, 0.5)

    def white_at(self, x: float, y: float) -> tuple[int, int, int]:
        """Return red, green and blue of the background at a place.

        Parameters
        ----------
        x, y : float
            Place as a share of the image's width and height, 0-1; beyond the edge the edge's value holds.
        """
        u = np.array([min(max(2.0 * x - 1.0, -1.0), 1.0)])
        v = np.array([min(max(2.0 * y - 1.0, -1.0), 1.0)])
        red, green, blue = _levels(self.coefficients, u, v)[0, 0].tolist()
        return red, green, blue

    def balance(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring the background of the whole image to white.

        Parameters
        ----------
        image : (h, w, 3) uint8 array
            The image that was measured, in any resolution.

        Returns
        -------
        (h, w, 3) uint8 array
            ``value * white / background``, rounded half up, at most 255.
        """
        height, width = image.shape[:2]
        u = _centres(width, BLOCK)
        v = _centres(height, BLOCK)
        gain = _gain(_levels(self.coefficients, u, v), self.white)
        columns = np.repeat(gain, BLOCK, axis=1)[:, :width]
        result = np.empty_like(image)
        for block, top in enumerate(range(0, height, BLOCK)):
            product = image[top : top + BLOCK] * columns[block]
            product += 1 << 15
            product >>= 16
            np.minimum(product, 255, out=result[top : top + BLOCK], casting="unsafe")
        return result

    def balance_view(self, view: NDArray[np.uint8], x: float, y: float) -> NDArray[np.uint8]:
        """Bring the background of a small view to white, with the white of its centre.

        Parameters
        ----------
        view : (h, w, 3) uint8 array
            Part of the photograph.
        x, y : float
            Its centre as a share of the photograph's width and height, 0-1.

        Returns
        -------
        (h, w, 3) uint8 array
            ``value * white / background``, rounded half up, at most 255.
        """
        gain = _gain(np.array(self.white_at(x, y)), self.white)
        table = np.minimum((np.arange(256, dtype=np.uint32)[:, None] * gain + (1 << 15)) >> 16, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(view, table[:, None]), np.uint8)


def measure(
    image: NDArray[np.uint8], parameters: Parameters, flat_field: NDArray[np.float64] | None = None
) -> Illumination:
    """Measure the light of a photograph on its empty background.

    Parameters
    ----------
    image : (h, w, 3) uint8 array
        The photograph, best shrunk to a megapixel.
    parameters : Parameters
        How to measure.
    flat_field : (6, 3) float64 array, optional
        How the light falls off, as `Illumination.coefficients` over their first row, where that is known of the device:
        then only its level is measured.

    Returns
    -------
    Illumination
        White surface, eyepiece mask and background share. An image without background gets the surface of whatever is
        frequent and bright in it; judging it is the business of `lowcost.image.quality`.
    """
    height, width = image.shape[:2]
    step = max(1, min(int(math.sqrt(height * width / parameters.samples)), height, width))
    thumb = block_mean(image, step)
    inside = _round_field(thumb, parameters)
    rows, columns = np.nonzero(inside)
    values = thumb[rows, columns].T.astype(np.float64)
    # Odd integers that span -(n - 1) ... n - 1: exact coordinates whose sums of products stay integers.
    u, v = 2.0 * columns - (thumb.shape[1] - 1), 2.0 * rows - (thumb.shape[0] - 1)
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    wide, high = float(thumb.shape[1]), float(thumb.shape[0])
    scale = (1.0, wide, high, wide * wide, wide * high, high * high)
    tile = rows * parameters.tiles // thumb.shape[0] * parameters.tiles + columns * parameters.tiles // thumb.shape[1]

    if flat_field is None:
        surface = _first_guess(values, tile, terms, scale, parameters)
    else:
        surface = flat_field * float(parameters.white)
    background = np.zeros(values.shape[1], dtype=bool)
    for _ in range(parameters.rounds):
        white = _evaluate(surface, terms, scale)
        background = _background(values, white, parameters)
        if flat_field is None:
            seen, where = values.compress(background, axis=1), terms.compress(background, axis=1)
            surface = _fit(seen, where, scale, parameters.ridge * values.shape[1])
        else:
            surface = surface * _level(values[:, background], white[:, background])
    return Illumination(surface, _enlarged(inside, step, height, width), float(background.mean()), parameters.white)


def even(image: NDArray[np.uint8], white: tuple[int, int, int], parameters: Parameters) -> Illumination:
    """Return the light of a part of a picture whose background is known, and the same everywhere.

    Parameters
    ----------
    image : (h, w, 3) uint8 array
        The part, best shrunk to a megapixel.
    white : (int, int, int)
        Red, green and blue of the background, 1-255.
    parameters : Parameters
        How the share of background is measured.

    Returns
    -------
    Illumination
        A constant surface, with the share of px that are as bright as the background or brighter; what is black up to
        the edge, as of a scanner that stopped there, is no part of the field.
    """
    height, width = image.shape[:2]
    surface = np.zeros((TERMS, 3))
    surface[0] = white
    step = max(1, min(int(math.sqrt(height * width / parameters.samples)), height, width))
    thumb = block_mean(image, step)
    inside = _round_field(thumb, parameters)
    brightness = thumb[inside].astype(np.float64).sum(axis=1)
    share = float((brightness >= (1.0 - parameters.band) * float(sum(white))).mean())
    return Illumination(surface, _enlarged(inside, step, height, width), share, parameters.white)


def _round_field(thumb: NDArray[np.uint8], parameters: Parameters) -> NDArray[np.bool_]:
    """Return a bool array (h, w), True where the thumb shows the field and not the dark surround of an eyepiece."""
    brightest = np.maximum(np.maximum(thumb[..., 0], thumb[..., 1]), thumb[..., 2])
    counts = np.bincount(brightest.ravel(), minlength=256)
    white = int(np.searchsorted(np.cumsum(counts), 0.9 * brightest.size))
    dark = (brightest < parameters.surround * white).astype(np.uint8)
    if not dark.any():
        return np.ones(dark.shape, dtype=bool)
    height, width = dark.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    left, top, wide, high, area = (stats[:, column] for column in range(5))
    at_edge = (left == 0) | (top == 0) | (left + wide == width) | (top + high == height)
    surround = at_edge & (area >= parameters.surround_area * dark.size)
    # A round field leaves the image's corners dark first, and be it only a little of one.
    surround[labels[[0, 0, -1, -1], [0, -1, 0, -1]]] = True
    surround[0] = False
    if not surround.any():
        return np.ones(dark.shape, dtype=bool)
    reach = 2 * int(parameters.surround_margin * max(height, width) + 0.5) + 1
    grown = cv2.dilate(surround[labels].astype(np.uint8), np.ones((reach, reach), np.uint8))
    return np.ones(dark.shape, dtype=bool) if grown.all() else grown == 0


def _enlarged(inside: NDArray[np.bool_], step: int, height: int, width: int) -> NDArray[np.bool_]:
    """A mask (height, width) from that of the image shrunk by `step`."""
    if inside.all():
        return np.ones((height, width), dtype=bool)
    mask = np.repeat(np.repeat(inside, step, axis=0), step, axis=1)
    return np.pad(mask, ((0, height - mask.shape[0]), (0, width - mask.shape[1])), mode="edge")


def _first_guess(
    values: NDArray[np.float64],
    tile: NDArray[np.int64],
    terms: NDArray[np.float64],
    scale: tuple[float, ...],
    parameters: Parameters,
) -> NDArray[np.float64]:
    """Surface (6, 3) through a bright sample of each tile, without the tiles that are filled with cells."""
    brightness = values[0] + values[1] + values[2]
    order = np.argsort(brightness.astype(np.uint16), kind="stable")
    order = order[np.argsort(tile[order].astype(np.uint16), kind="stable")]  # 16 bits are sorted without comparing
    counts = np.bincount(tile)
    first = np.cumsum(counts) - counts
    full = 2 * counts * len(counts) >= len(tile)
    chosen = order[(first + (parameters.tile_quantile * (counts - 1)).astype(np.int64))[full]]
    values, terms, brightness = values[:, chosen], terms[:, chosen], brightness[chosen]
    ridge = parameters.ridge * len(chosen)
    surface = _fit(values, terms, scale, ridge)
    for _ in range(parameters.rounds):
        red, green, blue = _evaluate(surface, terms, scale)
        kept = brightness >= parameters.trim * (red + green + blue)
        if kept.any():
            surface = _fit(values[:, kept], terms[:, kept], scale, ridge)
    return surface


def _background(values: NDArray[np.float64], white: NDArray[np.float64], parameters: Parameters) -> NDArray[np.bool_]:
    """Which samples (n,) are empty background: those at the brightest frequent ratio to the surface."""
    ratio = _relative(values[0] + values[1] + values[2], white[0] + white[1] + white[2])
    half = max(1, int(parameters.band * 128.0))
    counts = np.bincount(ratio, minlength=LEVELS)
    total = np.concatenate([np.zeros(half + 1, np.int64), np.cumsum(counts), np.full(half, counts.sum())])
    boxed = total[2 * half + 1 :] - total[: -(2 * half + 1)]
    neighbours = np.lib.stride_tricks.sliding_window_view(np.pad(boxed, 2 * half), 4 * half + 1).max(axis=1)
    least = max(parameters.peak_share * float(boxed.max()), parameters.peak_floor * len(ratio))
    # The most frequent brightness of all is always a peak, unless it is too rare to count.
    peaks = np.nonzero((boxed == neighbours) & (boxed >= least))[0]
    peak = int(peaks[-1]) if len(peaks) else int(boxed.argmax())
    near = np.abs(ratio - peak) <= half
    # Whatever colour the first guess had, background agrees with itself in every channel.
    for channel in range(3):
        relative = _relative(values[channel], white[channel])
        seen = np.cumsum(np.bincount(relative[near], minlength=LEVELS))
        middle = int(np.searchsorted(seen, int(seen[-1]) // 2, side="right"))
        near &= np.abs(relative - middle) <= 2 * half
    return near


def _relative(value: NDArray[np.float64], white: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ratio of value to white in 1/256, rounded half up, below `LEVELS`."""
    return np.minimum(value * 256.0 / white + 0.5, LEVELS - 1.0).astype(np.int64)


def _fit(
    values: NDArray[np.float64], terms: NDArray[np.float64], scale: tuple[float, ...], ridge: float
) -> NDArray[np.float64]:
    """Least-squares surface (6, 3) of values (3, n): integer sums, then elimination in a fixed order of doubles."""
    # The largest sum: within 53 bits integers sum exactly in any order, of a long strip's only one can be repeated.
    exact = max(scale) ** 2 * terms.shape[1] < 2.0**53
    moments, targets = (
        (terms @ others.T if exact else np.cumsum(terms[:, None] * others, axis=2)[..., -1]).tolist()
        for others in (terms, values)
    )
    system = [
        [moments[i][j] / (scale[i] * scale[j]) for j in range(TERMS)] + [targets[i][c] / scale[i] for c in range(3)]
        for i in range(TERMS)
    ]
    for i in range(1, TERMS):
        system[i][i] += ridge
    for i in range(TERMS):
        for j in range(i + 1, TERMS):
            factor = system[j][i] / system[i][i]
            for k in range(i, TERMS + 3):
                system[j][k] -= factor * system[i][k]
    solution = [[0.0] * 3 for _ in range(TERMS)]
    for i in range(TERMS - 1, -1, -1):
        for c in range(3):
            rest = system[i][TERMS + c]
            for j in range(i + 1, TERMS):
                rest -= system[i][j] * solution[j][c]
            solution[i][c] = rest / system[i][i]
    return np.array(solution)


def _level(values: NDArray[np.float64], white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors (3,) that bring a surface (3, n) to the level of the values (3, n): ratios of integer sums."""
    levels = (white * 256.0 + 0.5).astype(np.int64).sum(axis=1)
    factors: NDArray[np.float64] = values.astype(np.int64).sum(axis=1) * 256 / np.maximum(levels, 1)
    return factors


def _evaluate(
    surface: NDArray[np.float64], terms: NDArray[np.float64], scale: tuple[float, ...]
) -> NDArray[np.float64]:
    """Values (3, n) of a surface, 1-255, each the sum of its terms from first to last."""
    result = np.empty((3, terms.shape[1]), dtype=np.float64)
    for channel in range(3):
        value = np.full(terms.shape[1], surface[0, channel])
        for term in range(1, TERMS):
            value += terms[term] * (surface[term, channel] / scale[term])
        result[channel] = value
    clipped: NDArray[np.float64] = np.clip(result, 1.0, 255.0)
    return clipped


def _centres(size: int, block: int) -> NDArray[np.float64]:
    """Centres of the blocks along an axis of `size` px, as -1 ... 1."""
    return np.arange(block // 2, size + block // 2, block).astype(np.float64) * (2.0 / size) - 1.0


def _levels(surface: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.int64]:
    """White as integers 1-255, (len(v), len(u), 3), at every pair of coordinates."""
    row, column = v[:, None, None], u[None, :, None]
    value: NDArray[np.float64] = surface[0] + column * surface[1] + row * surface[2]
    value = value + column * column * surface[3] + column * row * surface[4] + row * row * surface[5]
    levels: NDArray[np.int64] = np.clip(np.floor(value + 0.5), 1, 255).astype(np.int64)
    return levels


def _gain(white: NDArray[np.int64], target: int) -> NDArray[np.uint32]:
    """Factor that brings `white` to `target`, in 1/65536, rounded up so that the shifted product rounds half up."""
    return (((target << 16) + white - 1) // white).astype(np.uint32)
