"""Where overlapping fields lie on the plane of their slide: least squares over all pairs that overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.mosaic.registration import Shift, Spectrum, Thumb, shift

TOLERANCE = 4.0
"""Pairs of fields whose shift differs by more than this from where all pairs together place them show something else
that looks alike, px of the thumbs."""


@dataclass(frozen=True)
class Place:
    """Where a field lies.

    Attributes
    ----------
    plane : int
        Fields that overlap, directly or through others, lie on one plane; planes are numbered from 0.
    x, y : float
        Left top corner of the field on its plane, px; the plane's first field is at 0, 0.
    """

    plane: int
    x: float
    y: float


@dataclass(frozen=True)
class _Pair:
    first: int
    second: int
    shift: Shift

    @property
    def weight(self) -> float:
        """How far the pair is to be believed: many px that show the same."""
        return self.shift.correlation**2 * self.shift.shared


def place(thumbs: Sequence[Thumb]) -> list[Place]:
    """Place fields that were taken in any order, at any offset from each other, without turning the slide.

    All pairs of one scale are compared: the time grows with the square of their number.

    Parameters
    ----------
    thumbs : sequence of Thumb
        The fields, shrunk.

    Returns
    -------
    list of Place
        One for each; a field that overlaps no other is alone on its plane.
    """
    pairs = _pairs(thumbs)
    while True:
        planes = _planes(len(thumbs), pairs)
        corners = _solve(len(thumbs), pairs, planes)
        errors = [_error(pair, corners) for pair in pairs]
        if not errors or max(errors) <= TOLERANCE:
            break
        del pairs[errors.index(max(errors))]
    return [
        Place(plane, x * thumb.step, y * thumb.step)
        for plane, (x, y), thumb in zip(planes, corners.tolist(), thumbs, strict=True)
    ]


def _pairs(thumbs: Sequence[Thumb]) -> list[_Pair]:
    """Every pair of fields that overlap."""
    steps = {thumb.step for thumb in thumbs}
    found = []
    for step in sorted(steps):
        alike = [index for index, thumb in enumerate(thumbs) if thumb.step == step]
        height, width = (max(thumbs[index].seen.shape[axis] for index in alike) for axis in (0, 1))
        spectra = {index: Spectrum(thumbs[index], (height, width)) for index in alike}
        for position, first in enumerate(alike):
            for second in alike[position + 1 :]:
                between = shift(spectra[first], spectra[second])
                if between is not None:
                    found.append(_Pair(first, second, between))
    return found


def _planes(count: int, pairs: Sequence[_Pair]) -> list[int]:
    """Number the planes by their first fields."""
    plane = list(range(count))
    for pair in pairs:
        one, other = sorted((plane[pair.first], plane[pair.second]))
        plane = [one if own == other else own for own in plane]
    numbers = {first: number for number, first in enumerate(sorted(set(plane)))}
    return [numbers[own] for own in plane]


def _solve(count: int, pairs: Sequence[_Pair], planes: Sequence[int]) -> NDArray[np.float64]:
    """Corners (n, 2) of the fields that agree best with all shifts, the first field of each plane at 0, 0."""
    firsts = [planes.index(plane) for plane in range(max(planes, default=-1) + 1)]
    terms = np.zeros((len(pairs) + len(firsts), count))
    targets = np.zeros((len(terms), 2))
    for row, pair in enumerate(pairs):
        root = math.sqrt(pair.weight)
        terms[row, pair.first], terms[row, pair.second] = -root, root
        targets[row] = root * pair.shift.x, root * pair.shift.y
    for row, first in enumerate(firsts, start=len(pairs)):
        terms[row, first] = 1.0
    return np.asarray(np.linalg.lstsq(terms, targets, rcond=None)[0], np.float64)


def _error(pair: _Pair, corners: NDArray[np.float64]) -> float:
    """By how many px of the thumbs a pair's shift differs from the placement."""
    x, y = corners[pair.second] - corners[pair.first] - (pair.shift.x, pair.shift.y)
    return math.hypot(x, y)
