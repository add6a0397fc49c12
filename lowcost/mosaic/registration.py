"""How two overlapping fields lie to each other, by phase correlation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.image import illumination
from lowcost.image.resample import block_mean

SAMPLES = 80_000
"""Most px of a thumb: a cell of a usual field is still several px wide."""

LEAST_SHARE = 0.04
"""Fields that share less than this part of their area are not recognised as neighbours."""

LEAST_CORRELATION = 0.85
"""Correlation of what two fields show of their overlap, from which on they are believed to show the same."""

_PEAKS = 2
# Highest places of the phase correlation that are tried.

_SPARSE, _SPARSE_DOUBT = 4, 0.15
# One px in so many along x and y tells first whether the overlap is worth all of them, and by how much it may err.


@dataclass(frozen=True, eq=False)
class Thumb:
    """A field shrunk for its registration.

    Attributes
    ----------
    green : (h, w) uint8 array
        The field in even light; 0 where it shows the dark surround of an eyepiece instead of the smear.
    step : int
        px of the field per px of the thumb.
    """

    green: NDArray[np.uint8]
    step: int

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], parameters: illumination.Parameters) -> Thumb:
        """Shrink a field and even out its light, which does not move with the stage.

        Parameters
        ----------
        pixels : (h, w, 3) uint8 array
            The field.
        parameters : illumination.Parameters
            How its light is measured.
        """
        step = _step(*pixels.shape[:2])
        small = block_mean(pixels, step)
        light = illumination.measure(small, parameters)
        green = np.maximum(light.balance(small)[..., 1], 1)
        green[~light.mask] = 0
        return cls(green, step)

    def packed(self) -> bytes:
        """Return the thumb as a small PNG, which `unpacked` reads."""
        return cv2.imencode(".png", self.green)[1].tobytes()

    @classmethod
    def unpacked(cls, content: bytes, height: int, width: int) -> Thumb:
        """Return the thumb that was packed.

        Parameters
        ----------
        content : bytes
            As `packed` gave it.
        height, width : int
            Size of the field, px.
        """
        green = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        return cls(np.asarray(green, np.uint8), _step(height, width))

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Where it shows the smear, (h, w)."""
        return self.green > 0

    @cached_property
    def darkness(self) -> NDArray[np.float32]:
        """How much darker it is than the mean of what is seen, (h, w); 0 where nothing is."""
        darkness = -self.green.astype(np.float32)
        darkness -= darkness[self.seen].mean()
        darkness[~self.seen] = 0.0
        return darkness


def _step(height: int, width: int) -> int:
    return math.ceil(math.sqrt(height * width / SAMPLES))


@dataclass(frozen=True)
class Shift:
    """How a second field lies to a first.

    Attributes
    ----------
    x, y : int
        Left top corner of the second in the frame of the first, px of the thumbs.
    correlation : float
        Of what both show of their overlap, -1 to 1.
    shared : int
        px of their overlap.
    """

    x: int
    y: int
    correlation: float
    shared: int


class Spectrum:
    """A thumb with its whitened spectrum, to be compared with many others.

    Parameters
    ----------
    thumb : Thumb
        The field.
    shape : (int, int)
        Height and width, px, that all of them are filled up to.
    """

    def __init__(self, thumb: Thumb, shape: tuple[int, int]) -> None:
        self.thumb, self.shape = thumb, shape
        values = np.fft.rfft2(thumb.darkness, shape)
        self.values: NDArray[np.complex64] = (values / np.maximum(np.abs(values), 1e-6)).astype(np.complex64)


def shift(first: Spectrum, second: Spectrum) -> Shift | None:
    """Find how two fields overlap.

    Phase correlation (Kuglin and Hines 1975) proposes shifts, each of which may be meant modulo the field's width and
    height; the one whose overlap correlates best is right if it correlates at all (as in Preibisch et al. 2009,
    doi:10.1093/bioinformatics/btp184).

    Parameters
    ----------
    first, second : Spectrum
        Of fields of one scale, filled up to the same shape.

    Returns
    -------
    Shift or None
        None where they do not show the same.
    """
    height, width = first.shape
    surface = np.fft.irfft2(first.values * np.conj(second.values), first.shape).astype(np.float32)
    # Between two px a peak is split: three by three of them hold it whole.
    surface = np.asarray(cv2.blur(np.pad(surface, 1, mode="wrap"), (3, 3))[1:-1, 1:-1], np.float32)
    best: Shift | None = None
    for _ in range(_PEAKS):
        row, column = divmod(int(surface.argmax()), width)
        for y in (row, row - height):
            for x in (column, column - width):
                tried = _compare(first.thumb, second.thumb, x, y)
                if tried is not None and (best is None or tried.correlation > best.correlation):
                    best = tried
        surface[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -1.0
    return best


def _compare(first: Thumb, second: Thumb, x: int, y: int) -> Shift | None:
    """Correlate the overlap of two thumbs at a shift."""
    one, other = (
        (
            slice(max(0, y), max(0, min(first.seen.shape[0], y + second.seen.shape[0]))),
            slice(max(0, x), max(0, min(first.seen.shape[1], x + second.seen.shape[1]))),
        ),
        (
            slice(max(0, -y), max(0, min(second.seen.shape[0], first.seen.shape[0] - y))),
            slice(max(0, -x), max(0, min(second.seen.shape[1], first.seen.shape[1] - x))),
        ),
    )
    a, b, both = first.darkness[one], second.darkness[other], first.seen[one] & second.seen[other]
    shared = int(np.count_nonzero(both))
    if shared < LEAST_SHARE * min(first.seen.size, second.seen.size):
        return None
    sparse = (slice(None, None, _SPARSE), slice(None, None, _SPARSE))
    if _correlation(a[sparse], b[sparse], both[sparse]) < LEAST_CORRELATION - _SPARSE_DOUBT:
        return None  # as nearly all that are tried
    correlation = _correlation(a, b, both)
    return Shift(x, y, correlation, shared) if correlation >= LEAST_CORRELATION else None


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32], both: NDArray[np.bool_]) -> float:
    """Correlation of two pictures where both are seen."""
    a, b = (np.asarray(part[both], np.float64) for part in (first, second))
    if not a.size:
        return 0.0
    a -= a.mean()
    b -= b.mean()
    # einsum, because threads of a matrix library cost more than such short sums.
    spread = math.sqrt(float(np.einsum("i,i", a, a)) * float(np.einsum("i,i", b, b)))
    return float(np.einsum("i,i", a, b)) / spread if spread > 0.0 else 0.0
