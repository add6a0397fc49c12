"""Forms of the nucleus: round, indented, band, segmented; and the chromatin inside."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.synth.texture import Outline, Plane, Window, rods_depth


@dataclass(frozen=True)
class Nucleus:
    """The form of one nucleus on its window.

    Attributes
    ----------
    depth : (h, w) float32 array
        How far inside the outline each sample lies, um; negative outside.
    lobes : (h, w) uint8 array
        Number, from 1, of the lobe that each sample belongs to; 0 on filaments and outside.
    count : int
        Number of lobes.
    crease : (h, w) float32 array
        1 on the lines along which lobes or folds meet, 0 elsewhere.
    """

    depth: Plane
    lobes: NDArray[np.uint8]
    count: int
    crease: Plane

    def as_one(self) -> Nucleus:
        """The same form counted as a single lobe: folds, not segments."""
        return Nucleus(self.depth, (self.depth > 0).astype(np.uint8), 1, self.crease)


def whole(depth: Plane) -> Nucleus:
    """A nucleus of one lobe without folds."""
    return Nucleus(depth, (depth > 0).astype(np.uint8), 1, np.zeros_like(depth))


def _off_centre(
    rng: np.random.Generator, cell_radius: float, radius: float, eccentricity: float
) -> tuple[float, float]:
    """A centre that leaves the nucleus inside its cell; 1 lays it against the membrane."""
    room = max(cell_radius - radius - 0.25, 0.0) * eccentricity
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return room * math.cos(angle), room * math.sin(angle)


def round_nucleus(
    rng: np.random.Generator, window: Window, cell_radius: float, radius: float, eccentricity: float, wave: float = 0.03
) -> Nucleus:
    """Round or oval."""
    x0, y0 = _off_centre(rng, cell_radius, radius, eccentricity)
    outline = Outline.ellipse(radius, rng.uniform(1.0, 1.22), rng.uniform(0.0, math.pi)).waved(rng, wave, range(2, 7))
    return whole(outline.depth(window.warped(rng, 0.12, 1.6), x0, y0))


def indented_nucleus(
    rng: np.random.Generator, window: Window, cell_radius: float, radius: float, eccentricity: float, notch: float
) -> Nucleus:
    """Kidney-shaped: one side pushed in by the relative depth `notch`, towards the middle of the cell."""
    x0, y0 = _off_centre(rng, cell_radius, radius, eccentricity)
    side = math.atan2(-y0, -x0) + rng.normal(0.0, 0.4)
    outline = Outline.ellipse(radius, rng.uniform(1.1, 1.45), side + 0.5 * math.pi).waved(rng, 0.06, range(2, 7))
    outline = outline.notched(side, notch, rng.uniform(0.3, 0.6))
    outline = outline.scaled(radius / outline.equivalent_radius)
    return whole(outline.depth(window.warped(rng, 0.22, 1.8), x0, y0))


def band_nucleus(rng: np.random.Generator, window: Window, cell_radius: float, radius: float) -> Nucleus:
    """A curved band of nearly even width: a C, a U or an S, of the area of a circle of `radius`."""
    area = math.pi * radius**2
    half = rng.uniform(0.2, 0.25) * cell_radius
    length = max((area - math.pi * half**2) / (2.0 * half), 2.0 * half)
    steps = 14
    bend = rng.uniform(2.6, 4.3) / steps
    turn = np.full(steps, bend)
    if rng.random() < 0.2:
        turn[steps // 2 :] *= -0.9
    heading = rng.uniform(0.0, 2.0 * math.pi) + np.cumsum(turn + rng.normal(0.0, 0.06, steps))
    points = np.vstack([[0.0, 0.0], np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)])
    points *= length / steps
    points = _fitted(points - points.mean(axis=0), 0.93 * cell_radius - half)
    widths = half * (1.0 + 0.12 * np.cos(np.linspace(0.0, rng.uniform(4.0, 8.0), steps + 1) + rng.uniform(0.0, 6.0)))
    return whole(rods_depth(window.warped(rng, 0.2, 1.6), points, widths))


def lobed_nucleus(
    rng: np.random.Generator, window: Window, cell_radius: float, radius: float, count: int, gap: tuple[float, float]
) -> Nucleus:
    """`count` lobes, together of the area of a circle of `radius`, in a chain joined by filaments or bridges.

    `gap` is the range of the distance between the outlines of two lobes that follow each other, relative to the smaller
    one's radius; where it is negative they overlap and a crease shows between them.
    """
    share = rng.uniform(0.65, 1.35, count)
    sizes = radius * np.sqrt(share / share.sum())
    stretch = rng.uniform(1.1, 1.3 + 0.8 / count, count)
    points, best = np.zeros((count, 2)), math.inf
    for _ in range(24):
        tried = _chain(rng, sizes * np.sqrt(stretch), gap)
        reach = float((np.hypot(tried[:, 0], tried[:, 1]) + sizes * stretch**0.4).max())
        if reach < best:
            points, best = tried, reach
        if best < 0.93 * cell_radius:
            break
    shrink = min(1.0, 0.94 * cell_radius / best)
    points, sizes = points * shrink, sizes * shrink
    bent = window.warped(rng, 0.15, 1.5)
    depths = np.empty((count, *window.x.shape), np.float32)
    for lobe in range(count):
        towards = points[min(lobe + 1, count - 1)] - points[max(lobe - 1, 0)]
        direction = math.atan2(towards[1], towards[0]) + rng.normal(0.0, 0.6)
        outline = Outline.ellipse(sizes[lobe], stretch[lobe], direction).waved(rng, 0.06, range(2, 6))
        depths[lobe] = outline.depth(bent, *points[lobe])
    owner = np.argmax(depths, axis=0)
    body = np.max(depths, axis=0)
    # Bridges are as thin as a thread or half as broad as the lobes.
    bridge = np.exp(rng.uniform(math.log(0.2), math.log(0.5 * float(sizes.min())), max(count - 1, 1)))
    thread = np.full(window.x.shape, -np.inf, np.float32)
    for lobe in range(count - 1):
        np.maximum(thread, rods_depth(bent, points[lobe : lobe + 2], np.full(2, bridge[lobe])), out=thread)
    crease = np.zeros_like(body)
    if count > 1:
        second = np.partition(depths, count - 2, axis=0)[count - 2]
        crease = np.exp(-np.square((body - second) / np.float32(0.3))) * (second > -0.1)
    lobes = np.where(body > 0, owner + 1, 0).astype(np.uint8)
    return Nucleus(np.maximum(body, thread), lobes, count, crease.astype(np.float32))


def _chain(rng: np.random.Generator, sizes: NDArray[np.float64], gap: tuple[float, float]) -> NDArray[np.float64]:
    """Centres of lobes that follow each other, curled round the middle of the cell."""
    count = len(sizes)
    heading = rng.uniform(0.0, 2.0 * math.pi)
    curl = rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 1.6)
    points = np.zeros((count, 2))
    for lobe in range(1, count):
        step = sizes[lobe - 1] + sizes[lobe] + rng.uniform(*gap) * min(sizes[lobe - 1], sizes[lobe])
        points[lobe] = points[lobe - 1] + step * np.array([math.cos(heading), math.sin(heading)])
        heading += curl + rng.normal(0.0, 0.45)
        if rng.random() < 0.25:
            curl = -curl
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) + 1e3 * np.eye(count)
    if (apart < (0.95 + gap[0] * 0.5) * (sizes[:, None] + sizes[None])).any():
        points *= 3.0  # Two lobes lie on each other: make this chain lose against the other tries.
    return np.asarray(points - points.mean(axis=0))


def _fitted(points: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """The points drawn together until none lies further than `reach` from the origin."""
    far = float(np.hypot(points[:, 0], points[:, 1]).max())
    return points * min(1.0, reach / far)


def chromatin(rng: np.random.Generator, window: Window, nucleus: Nucleus, coarse: float, clump_um: float) -> Plane:
    """Relative density of the chromatin, about 1 on average.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    window : Window
        Where.
    nucleus : Nucleus
        Its membrane carries a dense rim.
    coarse : float
        Contrast of the clumps: 0.1 the lace of a blast, 0.4 the blocks of a mature cell.
    clump_um : float
        Distance between clumps, um.
    """
    clumps = np.tanh(1.3 * window.noise(rng, clump_um))
    # Parachromatin: pale specks between the strands, finer than the clumps.
    specks = np.maximum(window.noise(rng, 0.36 * clump_um) + 0.3 * clumps - np.float32(0.3), 0.0)
    grain = window.noise(rng, 0.25)
    rim = np.exp(-np.square((nucleus.depth - np.float32(0.2)) / np.float32(0.3)))
    tone = np.float32(coarse) * (0.35 * clumps - 0.8 * specks * (1.0 - 0.8 * rim) + 0.15 * grain - 0.9 * nucleus.crease)
    return np.asarray(np.clip(1.08 + tone + np.float32(0.3 * coarse + 0.04) * rim, 0.3, 1.7), np.float32)
