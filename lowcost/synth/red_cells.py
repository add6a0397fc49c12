"""Red cells: outlines, and the biconcave disc as it dries on glass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.synth.canvas import Drawing
from lowcost.synth.settings import Smear, Stain
from lowcost.synth.texture import Outline, Window

_YIELDS = (0.1, 0.75)
"""Range of the share of a red cell's pigment that gives way where another lies on it."""


@dataclass
class RedCell:
    """One red cell on the slide.

    Attributes
    ----------
    x, y : float
        Centre, um.
    outline : Outline
        Around the centre.
    stacks : float
        Distance, relative to the sum of radii, that it keeps from its neighbours: 1 touching, less overlapping.
    """

    x: float
    y: float
    outline: Outline
    stacks: float

    @property
    def radius(self) -> float:
        """Radius of the circle of equal area, um."""
        return self.outline.equivalent_radius


def random_outline(rng: np.random.Generator, smear: Smear) -> Outline:
    """Outline of one red cell: mostly round, a share of them oval, drop-shaped, crenated or angular."""
    diameter = float(np.clip(rng.normal(smear.red_cell_um, smear.red_cell_spread_um), 4.2, 12.0))
    direction = rng.uniform(0.0, 2.0 * math.pi)
    elongation = 1.0 + abs(rng.normal(0.0, 0.1))
    wave, form = 0.04, rng.random() / max(smear.irregular, 1e-9)
    if form < 0.5:
        elongation, wave = rng.uniform(1.15, 1.7), 0.06
    elif form < 0.8:
        wave = 0.13
    outline = Outline.ellipse(0.5 * diameter, elongation, direction).waved(rng, wave, range(2, 6))
    if 0.8 <= form < 0.88:
        outline = _drop(outline, direction)
    elif 0.88 <= form < 1.0:
        outline = outline.waved(rng, rng.uniform(0.06, 0.25), range(7, 13))
    # Every form keeps the area of the round cell, so that the mean diameter is the one asked for.
    return outline.scaled(0.5 * diameter / outline.equivalent_radius)


def _drop(outline: Outline, direction: float) -> Outline:
    """The outline drawn out to a tip."""
    turned = np.angle(np.exp(1j * (outline.angles - direction)))
    return Outline(outline.radii * (1.0 + 0.6 * np.exp(-(np.abs(turned / 0.42) ** 1.4))))


def draw(rng: np.random.Generator, window: Window, cell: RedCell, smear: Smear, stain: Stain) -> Drawing:
    """Draw a red cell around the window's origin.

    The profile follows the biconcave disc (Evans and Fung 1972, doi:10.1016/0026-2862(72)90069-6) flattened by drying:
    a rounded rim of even height and a pallor of random width, depth and place.
    """
    distance, outer = cell.outline.radius(window.x, window.y)
    depth = outer - distance
    cover = window.soft(depth, 0.25)
    radius = cell.radius
    shift_x, shift_y = rng.normal(0.0, 0.05 * radius, 2)
    width = rng.uniform(0.32, 0.66)
    pallor = float(np.clip(smear.pallor * rng.normal(1.0, 0.4) + rng.normal(0.0, 0.08), 0.0, 0.95))
    if rng.random() < 0.1:
        pallor *= 0.15
    inner, edge = cell.outline.scaled(width).radius(window.x - np.float32(shift_x), window.y - np.float32(shift_y))
    relative = inner / np.maximum(edge, np.float32(0.2))
    steep = rng.uniform(1.4, 4.0)
    hollow = np.float32(pallor) / (1.0 + np.square(relative) ** np.float32(steep))
    # The rim is rounded over some tenths of a um; inside, the pigment lies evenly but for a faint unevenness.
    rim = np.sqrt(np.clip(depth / np.float32(0.55), 0.0, 1.0))
    uneven = 1.0 + np.float32(0.025) * window.noise(rng, 1.2)
    tilt = (
        1.0
        + np.float32(rng.normal(0.0, 0.03) / radius) * window.x
        + np.float32(rng.normal(0.0, 0.03) / radius) * window.y
    )
    amount = cover * (0.35 + 0.65 * rim) * (1.0 - hollow) * uneven * tilt * np.float32(rng.normal(1.0, 0.12))
    thickness = cover * rim * (1.0 - hollow) * np.float32(1.9)
    density = amount[..., None] * np.asarray(stain.red_cell, np.float32)
    if rng.random() < smear.drying:
        density += _drying_artefact(rng, window, radius)
    return Drawing(density, cover, thickness, rng.uniform(*_YIELDS))


def _drying_artefact(rng: np.random.Generator, window: Window, radius: float) -> NDArray[np.float32]:
    """A drop of water under the cell: a dark ring round a bright middle, as lenses make it."""
    x0, y0 = rng.normal(0.0, 0.3 * radius, 2)
    size = rng.uniform(0.25, 0.9)
    drop = Outline.ellipse(size, rng.uniform(1.0, 1.8), rng.uniform(0.0, math.pi)).waved(rng, 0.12, range(2, 5))
    depth = drop.depth(window, x0, y0)
    ring = np.exp(-np.square(depth / np.float32(0.16)))
    middle = window.soft(depth - np.float32(0.2), 0.2)
    tint = np.array([0.9, 1.0, 0.95], np.float32)
    line = np.float32(rng.uniform(0.1, 0.35)) * ring - np.float32(rng.uniform(0.05, 0.2)) * middle
    return np.asarray(line[..., None] * tint, np.float32)
