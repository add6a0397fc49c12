"""Where everything lies: nucleated cells first, then red cells pushed aside by them and by each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lowcost.synth.red_cells import RedCell, random_outline
from lowcost.synth.settings import Smear
from lowcost.synth.texture import Outline

_ROUNDS = 40


@dataclass(frozen=True)
class Area:
    """The part of the slide in view, um.

    Attributes
    ----------
    width, height : float
        The image's rectangle.
    aperture : (float, float, float) or None
        Centre and radius of the eyepiece's round field.
    """

    width: float
    height: float
    aperture: tuple[float, float, float] | None = None

    def holds(self, x: float, y: float, margin: float) -> bool:
        """Whether a point lies in view, at least `margin` (may be negative) from its edge."""
        if not (margin <= x <= self.width - margin and margin <= y <= self.height - margin):
            return False
        if self.aperture is None:
            return True
        cx, cy, radius = self.aperture
        return math.hypot(x - cx, y - cy) <= radius - margin


def place_nucleated(
    rng: np.random.Generator, radii: list[float], area: Area, smear: Smear
) -> list[tuple[float, float]]:
    """Positions of the nucleated cells, um: apart from each other, or touching, or cut by the edge, as asked for."""
    placed: list[tuple[float, float]] = []
    for number, radius in enumerate(radii):
        against = number > 0 and rng.random() < smear.touching
        cut = rng.random() < smear.edge
        best, best_gap = (0.5 * area.width, 0.5 * area.height), -math.inf
        for _ in range(60):
            if against:
                x, y = _beside(rng, placed, radii, number)
            elif cut:
                x, y = _on_edge(rng, radius, area)
            else:
                x, y = rng.uniform(0.0, area.width), rng.uniform(0.0, area.height)
            inside = area.holds(x, y, -0.5 * radius if cut else radius + 0.3)
            gap = min(
                (math.hypot(x - u, y - v) - 0.96 * (radius + radii[i]) for i, (u, v) in enumerate(placed)), default=9.0
            )
            gap -= 0.0 if inside else 100.0
            if gap > best_gap:
                best, best_gap = (x, y), gap
            if gap >= (-1e-6 if against else 1.0):
                break
        placed.append(best)
    return placed


def pressed(places: list[tuple[float, float]], outlines: list[Outline]) -> list[Outline]:
    """Outlines of nucleated cells, flattened where neighbours press on each other, so that none overlap."""
    result = list(outlines)
    for i, (x, y) in enumerate(places):
        for j, (u, v) in enumerate(places):
            distance = math.hypot(u - x, v - y)
            together = outlines[i].equivalent_radius + outlines[j].equivalent_radius
            if i != j and 0.3 * together < distance < 1.2 * together:
                share = outlines[i].equivalent_radius / together
                result[i] = result[i].flattened(math.atan2(v - y, u - x), distance * share)
    return result


def _beside(
    rng: np.random.Generator, placed: list[tuple[float, float]], radii: list[float], number: int
) -> tuple[float, float]:
    """A position that touches an earlier cell, one of the last three."""
    other = int(rng.integers(max(0, number - 3), number))
    distance = 0.97 * (radii[other] + radii[number])
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return placed[other][0] + distance * math.cos(angle), placed[other][1] + distance * math.sin(angle)


def _on_edge(rng: np.random.Generator, radius: float, area: Area) -> tuple[float, float]:
    """A position whose cell the edge of the image cuts."""
    depth = rng.uniform(-0.4, 0.7) * radius
    side, along = int(rng.integers(4)), rng.random()
    if side < 2:
        return (depth if side == 0 else area.width - depth), along * area.height
    return along * area.width, (depth if side == 2 else area.height - depth)


def place_red_cells(
    rng: np.random.Generator, area: Area, smear: Smear, obstacles: NDArray[np.float64]
) -> list[RedCell]:
    """Red cells over the area and a margin round it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    area : Area
        The part in view.
    smear : Smear
        Cover, overlap, rouleaux, shapes.
    obstacles : (n, 3) float64 array
        x, y and radius of nucleated cells, um.
    """
    margin = smear.red_cell_um
    size = np.array([area.width + 2 * margin, area.height + 2 * margin])
    cell_area = 0.25 * math.pi * smear.red_cell_um**2
    blocked = math.pi * float(np.sum(obstacles[:, 2] ** 2)) if len(obstacles) else 0.0
    count = round(smear.red_cell_cover * max(float(size.prod()) - blocked, 0.0) / cell_area)
    if count == 0:
        return []
    outlines = [random_outline(rng, smear) for _ in range(count)]
    radii = np.array([outline.equivalent_radius for outline in outlines])
    position, chain = _start(rng, count, size, smear)
    stacks = np.where(rng.random(count) < smear.overlap, rng.uniform(0.3, 0.8, count), rng.uniform(0.98, 1.12, count))
    position = _relax(position, radii, stacks, chain, obstacles + np.array([margin, margin, 0.0]))
    position -= margin
    for first, second, distance, direction in _pressing(position, radii, stacks):
        share = radii[first] / (radii[first] + radii[second])
        outlines[first] = outlines[first].flattened(direction, distance * share)
        outlines[second] = outlines[second].flattened(direction + math.pi, distance * (1.0 - share))
    for x, y, radius in obstacles:
        away = np.hypot(position[:, 0] - x, position[:, 1] - y)
        for cell in np.flatnonzero((away < 1.1 * (radius + radii)) & (away > radius)):
            direction = math.atan2(y - position[cell, 1], x - position[cell, 0])
            outlines[cell] = outlines[cell].flattened(direction, max(away[cell] - radius, 0.5 * radii[cell]) + 0.1)
    order = rng.permutation(count)
    cells = (RedCell(float(position[i, 0]), float(position[i, 1]), outlines[i], float(stacks[i])) for i in order)
    return [cell for cell in cells if area.holds(cell.x, cell.y, -float(cell.outline.radii.max()))]


def _start(
    rng: np.random.Generator, count: int, size: NDArray[np.float64], smear: Smear
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """First positions, uneven as a smear is, and the number of the chain (rouleau) each cell belongs to, or -1."""
    waves = rng.normal(0.0, 1.0, (6, 2)) / 35.0 * 2 * math.pi
    phases = rng.uniform(0.0, 2 * math.pi, 6)
    position = np.empty((0, 2))
    while len(position) < count:
        tries = rng.random((2 * count, 2)) * size
        favour = np.sin(tries @ waves.T + phases).sum(axis=1) / 6.0
        position = np.vstack([position, tries[rng.random(2 * count) < 0.7 + 0.5 * favour]])
    position = position[:count]
    chain = np.full(count, -1, np.int64)
    cell, number = 0, 0
    while cell < round(smear.rouleaux * count):
        length = min(int(rng.integers(3, 9)), count - cell)
        angle = rng.uniform(0.0, 2 * math.pi)
        here = position[cell].copy()
        for _ in range(length):
            position[cell], chain[cell] = here, number
            angle += rng.normal(0.0, 0.2)
            here = here + rng.uniform(0.22, 0.45) * smear.red_cell_um * np.array([math.cos(angle), math.sin(angle)])
            cell += 1
        number += 1
    return position, chain


def _relax(
    position: NDArray[np.float64],
    radii: NDArray[np.float64],
    stacks: NDArray[np.float64],
    chain: NDArray[np.int64],
    obstacles: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Let cells push each other apart until neighbours keep their distance; obstacles do not move."""
    position = position.copy()
    for _ in range(_ROUNDS):
        pairs = cKDTree(position).query_pairs(2.3 * float(radii.max()), output_type="ndarray")
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        i, j = pairs[:, 0], pairs[:, 1]
        apart = position[j] - position[i]
        distance = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-3)
        wanted = (radii[i] + radii[j]) * np.minimum(stacks[i], stacks[j])
        wanted[(chain[i] >= 0) & (chain[i] == chain[j])] = 0.0
        push = 0.5 * np.maximum(wanted - distance, 0.0)[:, None] * (apart / distance[:, None])
        move = np.zeros_like(position)
        np.add.at(move, i, -push)
        np.add.at(move, j, push)
        position += 0.8 * move
        for x, y, radius in obstacles:
            away = position - (x, y)
            far = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-3)
            lack = np.maximum(0.99 * radius + 0.95 * radii - far, 0.0)
            position += lack[:, None] * away / far[:, None]
    return position


def _pressing(
    position: NDArray[np.float64], radii: NDArray[np.float64], stacks: NDArray[np.float64]
) -> list[tuple[int, int, float, float]]:
    """Pairs of cells that lie side by side and press on each other: indices, distance (um), direction (rad)."""
    pairs = cKDTree(position).query_pairs(2.3 * float(radii.max()), output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    found = []
    for first, second in pairs:
        dx, dy = position[second] - position[first]
        distance = math.hypot(dx, dy)
        together = radii[first] + radii[second]
        if min(stacks[first], stacks[second]) > 0.9 and 0.72 * together < distance < 1.06 * together:
            found.append((int(first), int(second), distance - 0.1, math.atan2(dy, dx)))
    return found
