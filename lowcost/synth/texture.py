"""The forms that cells are drawn with: a window of the slide in um, smooth random fields, outlines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

ANGLES = 256
"""Entries of an outline's table."""


@dataclass(frozen=True)
class Window:
    """A square patch of the slide around one object, sampled finely enough for its details.

    Attributes
    ----------
    x, y : (h, w) float32 array
        Position of each sample relative to the object's centre, um.
    radius : float
        Half the patch's edge, um.
    step : float
        Larger of the two distances between samples, um.
    """

    x: Plane
    y: Plane
    radius: float
    step: float

    def soft(self, depth: Plane, width: float = 0.0) -> Plane:
        """Coverage 0-1 of an object whose `depth` below its outline is in um; the edge is `width` um or a px wide."""
        edge = max(width, self.step)
        return np.asarray(np.clip(depth / np.float32(edge) + np.float32(0.5), 0.0, 1.0), np.float32)

    def warped(self, rng: np.random.Generator, amplitude_um: float, grain_um: float) -> Window:
        """The window seen through a smooth random displacement: what is drawn on it loses its geometric look."""
        shift_x, shift_y = self.noise(rng, grain_um), self.noise(rng, grain_um)
        amplitude = np.float32(amplitude_um)
        return Window(self.x + amplitude * shift_x, self.y + amplitude * shift_y, self.radius, self.step)

    def noise(self, rng: np.random.Generator, grain_um: float) -> Plane:
        """Smooth random field of mean 0 and standard deviation about 1 whose grains are `grain_um` apart.

        The random numbers depend on the patch's size in um alone, so an object looks the same at every scale.
        """
        size = 2 * math.ceil(self.radius / grain_um) + 7
        grains = rng.standard_normal((size, size), dtype=np.float32)
        height, width = self.x.shape
        to_grain = np.zeros((2, 3))
        for row, axis in enumerate((self.x[0], self.y[:, 0])):
            to_grain[row, row] = float(axis[-1] - axis[0]) / max(len(axis) - 1, 1) / grain_um
            to_grain[row, 2] = float(axis[0]) / grain_um + 0.5 * (size - 1)
        smooth = cv2.warpAffine(grains, to_grain, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
        return np.asarray(smooth * np.float32(1.3), np.float32)


_CORNER_UM = 0.2
"""Roundness of the corners between a flattened side and the rest."""


class Outline:
    """A closed outline around the origin as a table of radii by angle.

    Attributes
    ----------
    radii : (ANGLES,) float64 array
        Radius at the angle ``2 pi i / ANGLES`` (from x towards y), um.
    """

    angles = np.arange(ANGLES) * (2.0 * math.pi / ANGLES)

    def __init__(self, radii: NDArray[np.float64]) -> None:
        self.radii = radii

    @classmethod
    def ellipse(cls, radius: float, elongation: float, direction: float) -> Outline:
        """Ellipse of the area of a circle of `radius` whose axes have the ratio `elongation`."""
        long, short = radius * math.sqrt(elongation), radius / math.sqrt(elongation)
        turned = cls.angles - direction
        return cls(long * short / np.hypot(short * np.cos(turned), long * np.sin(turned)))

    def waved(self, rng: np.random.Generator, amplitude: float, orders: range) -> Outline:
        """The outline with random waves of the given orders, together of the relative `amplitude`."""
        wave = np.zeros(ANGLES)
        for order in orders:
            size, phase = rng.normal() / order, rng.uniform(0.0, 2.0 * math.pi)
            wave += size * np.cos(order * self.angles + phase)
        return Outline(self.radii * (1.0 + amplitude * wave))

    def notched(self, direction: float, depth: float, width: float) -> Outline:
        """The outline pushed in by the relative `depth` at `direction`, over about `width` rad."""
        turned = np.angle(np.exp(1j * (self.angles - direction)))
        return Outline(self.radii * (1.0 - depth * np.exp(-((turned / width) ** 2))))

    def flattened(self, direction: float, distance: float) -> Outline:
        """The outline pressed flat where it would pass a straight line `distance` um away at `direction`."""
        towards = np.cos(self.angles - direction)
        beyond = self.radii - distance / np.maximum(towards, 1e-2)
        # A smooth minimum, because membranes have no corners.
        return Outline(self.radii - np.logaddexp(0.0, beyond / _CORNER_UM) * _CORNER_UM)

    def scaled(self, factor: float) -> Outline:
        """The outline `factor` times as large."""
        return Outline(self.radii * factor)

    @property
    def equivalent_radius(self) -> float:
        """Radius of the circle of equal area, um."""
        return float(np.sqrt(np.mean(self.radii**2)))

    def radius(self, x: Plane, y: Plane) -> tuple[Plane, Plane]:
        """Distance of each sample from the origin and the outline's radius in its direction, both um."""
        place = np.arctan2(y, x) * np.float32(ANGLES / (2.0 * math.pi))
        place[place < 0] += ANGLES
        index = place.astype(np.int32)
        part = place - index
        table = np.append(self.radii, self.radii[:2]).astype(np.float32)
        return np.hypot(x, y), table[index] * (1.0 - part) + table[index + 1] * part

    def depth(self, window: Window, x0: float = 0.0, y0: float = 0.0) -> Plane:
        """How far inside the outline, drawn around (x0, y0), each sample lies along its ray, um; negative outside."""
        distance, radius = self.radius(window.x - np.float32(x0), window.y - np.float32(y0))
        return radius - distance

    def points(self, x0: float = 0.0, y0: float = 0.0) -> NDArray[np.float64]:
        """The outline as (ANGLES, 2) points x, y around (x0, y0), um."""
        return np.stack([x0 + self.radii * np.cos(self.angles), y0 + self.radii * np.sin(self.angles)], axis=1)


def rods_depth(window: Window, points: NDArray[np.float64], half_widths: NDArray[np.float64]) -> Plane:
    """Depth below the outline, um, of the union of tapered rods through `points` (n, 2), negative outside."""
    best = np.full(window.x.shape, -np.inf, np.float32)
    for (ax, ay), (bx, by), wide, narrow in zip(
        points[:-1], points[1:], half_widths[:-1], half_widths[1:], strict=True
    ):
        dx, dy = np.float32(bx - ax), np.float32(by - ay)
        along = ((window.x - np.float32(ax)) * dx + (window.y - np.float32(ay)) * dy) / max(
            float(dx * dx + dy * dy), 1e-9
        )
        np.clip(along, 0.0, 1.0, out=along)
        distance = np.hypot(window.x - (np.float32(ax) + along * dx), window.y - (np.float32(ay) + along * dy))
        np.maximum(best, np.float32(wide) + along * np.float32(narrow - wide) - distance, out=best)
    return best
