"""Nucleated cells, drawn from their `Morphology`."""

from __future__ import annotations

import math

import numpy as np

from lowcost.synth import nuclei
from lowcost.synth.canvas import Drawing
from lowcost.synth.morphology import Granules, Morphology
from lowcost.synth.nuclei import Nucleus
from lowcost.synth.settings import Stain
from lowcost.synth.texture import Outline, Plane, Window


def random_outline(rng: np.random.Generator, morphology: Morphology) -> Outline:
    """Outline of a whole cell."""
    radius = 0.5 * rng.uniform(*morphology.diameter_um)
    outline = Outline.ellipse(radius, 1.0 + abs(rng.normal(0.0, 0.1)), rng.uniform(0.0, math.pi))
    outline = outline.waved(rng, 2.0 * morphology.irregular, range(2, 7))
    for _ in range(int(rng.poisson(25.0 * morphology.irregular))):
        # Neighbours and the drying film press sides flat.
        outline = outline.flattened(rng.uniform(0.0, 2.0 * math.pi), radius * rng.uniform(0.82, 0.97))
    return outline.scaled(radius / outline.equivalent_radius)


def draw(
    rng: np.random.Generator, window: Window, outline: Outline, morphology: Morphology, stain: Stain
) -> tuple[Drawing, int]:
    """Draw a nucleated cell around the window's origin; returns the drawing and its number of lobes."""
    nucleus = _nucleus(rng, window, outline, morphology)
    depth = outline.depth(window.warped(rng, morphology.ruffled_um, 1.1))
    cover = window.soft(depth, 0.2)
    inner = window.soft(nucleus.depth, 0.15) * cover
    cytoplasm = _cytoplasm(rng, window, depth, nucleus, morphology)
    basophilia = rng.uniform(*morphology.basophilia) * cytoplasm
    eosin = rng.uniform(*morphology.eosin) * cytoplasm
    chromatin = np.float32(rng.uniform(*morphology.chromatin)) * nuclei.chromatin(
        rng, window, nucleus, rng.uniform(*morphology.coarse), rng.uniform(*morphology.clump_um)
    )
    chromatin *= 1.0 - 0.4 * _nucleoli(rng, window, nucleus, morphology)
    # The nucleus fills most of the cell's height, so little cytoplasm lies over it.
    basophilia *= 1.0 - 0.75 * inner
    eosin *= 1.0 - 0.75 * inner
    chromatin *= inner
    for granules in morphology.granules:
        grains = _granules(rng, window, depth, nucleus, granules)
        chromatin += np.float32(granules.chromatin) * grains
        eosin += np.float32(granules.eosin) * grains
    density = (
        chromatin[..., None] * np.asarray(stain.chromatin, np.float32)
        + (cover * basophilia)[..., None] * np.asarray(stain.basophilia, np.float32)
        + (cover * eosin)[..., None] * np.asarray(stain.eosin, np.float32)
    )
    thickness = 1.6 * np.sqrt(np.clip(depth / np.float32(1.2), 0.0, 1.0)) + 0.8 * inner
    return Drawing(density, cover, thickness, 0.97, inner, nucleus.lobes), nucleus.count


def _nucleus(rng: np.random.Generator, window: Window, outline: Outline, morphology: Morphology) -> Nucleus:
    """The nucleus in the form of the cell's type."""
    # A pressed or wavy cell leaves its nucleus the room of its narrow side.
    room = float(np.quantile(outline.radii, 0.1))
    radius = outline.equivalent_radius * math.sqrt(rng.uniform(*morphology.nucleus_share))
    radius = min(radius, 0.94 * room)
    eccentricity = rng.uniform(*morphology.eccentricity)
    form = morphology.nucleus_form
    if form == "segmented":
        counts, weights = zip(*morphology.lobe_weights, strict=True)
        return nuclei.lobed_nucleus(rng, window, room, radius, int(rng.choice(counts, p=weights)), (-0.3, 0.35))
    if form == "folded" and rng.random() < 0.65:
        folds = int(rng.integers(2, 4))
        return nuclei.lobed_nucleus(rng, window, room, radius * 1.12, folds, (-1.1, -0.6)).as_one()
    if form == "band":
        return nuclei.band_nucleus(rng, window, room, radius)
    if form in ("indented", "folded"):
        notch = rng.uniform(*morphology.notch)
        return nuclei.indented_nucleus(rng, window, room, min(radius, 0.85 * room), eccentricity, notch)
    return nuclei.round_nucleus(rng, window, room, radius, eccentricity, morphology.irregular)


def _cytoplasm(
    rng: np.random.Generator, window: Window, depth: Plane, nucleus: Nucleus, morphology: Morphology
) -> Plane:
    """Relative pigment of the cytoplasm: mottled, denser at the membrane, holed by vacuoles, pale at the hof."""
    texture = 0.7 * window.noise(rng, 0.9) + 0.5 * window.noise(rng, 0.35)
    amount = 1.0 + np.float32(morphology.mottled) * texture
    amount += 0.15 * np.exp(-np.square((depth - np.float32(0.3)) / np.float32(0.5)))
    if morphology.hof > 0.0:
        angle = rng.uniform(0.0, 2.0 * math.pi)
        towards = np.cos(np.arctan2(window.y, window.x) - np.float32(angle))
        beside = np.exp(-np.square(np.minimum(nucleus.depth, 0.0) / np.float32(1.6))) * np.maximum(towards, 0.0)
        amount *= 1.0 - np.float32(morphology.hof) * beside
    for _ in range(int(rng.integers(morphology.vacuoles[0], morphology.vacuoles[1] + 1))):
        angle, away = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(0.3, 0.92) * float(depth.max())
        x0, y0 = away * math.cos(angle), away * math.sin(angle)
        hole = Outline.ellipse(float(np.exp(rng.normal(-0.9, 0.4))), rng.uniform(1.0, 1.2), rng.uniform(0.0, math.pi))
        amount *= 1.0 - 0.95 * window.soft(hole.depth(window, x0, y0), 0.2)
    return np.asarray(np.maximum(amount, 0.05), np.float32)


def _nucleoli(rng: np.random.Generator, window: Window, nucleus: Nucleus, morphology: Morphology) -> Plane:
    """Cover 0-1 of the nucleoli, each inside the nucleus."""
    cover = np.zeros_like(nucleus.depth)
    deepest = float(nucleus.depth.max())
    row, column = np.unravel_index(int(np.argmax(nucleus.depth)), nucleus.depth.shape)
    for _ in range(int(rng.integers(morphology.nucleoli[0], morphology.nucleoli[1] + 1))):
        angle, away = rng.uniform(0.0, 2.0 * math.pi), 0.6 * deepest * math.sqrt(rng.random())
        x0 = float(window.x[row, column]) + away * math.cos(angle)
        y0 = float(window.y[row, column]) + away * math.sin(angle)
        spot = Outline.ellipse(rng.uniform(0.5, 1.1), rng.uniform(1.0, 1.4), angle).waved(rng, 0.08, range(2, 5))
        np.maximum(cover, window.soft(spot.depth(window, x0, y0), 0.4), out=cover)
    return cover


def _granules(rng: np.random.Generator, window: Window, depth: Plane, nucleus: Nucleus, granules: Granules) -> Plane:
    """Relative amount of pigment in scattered granules."""
    low, high = granules.radius_um
    reach = float(depth.max()) * 1.25
    mean_area = math.pi * (0.5 * (low + high)) ** 2
    count = int(rng.uniform(*granules.cover) * math.pi * reach**2 / mean_area)
    amount = np.zeros_like(depth)
    place = rng.uniform(-reach, reach, (count, 2))
    radius = rng.uniform(low, high, count)
    strength = rng.uniform(0.6, 1.2, count)
    x_first, y_first = float(window.x[0, 0]), float(window.y[0, 0])
    step_x, step_y = float(window.x[0, 1]) - x_first, float(window.y[1, 0]) - y_first
    rows, columns = depth.shape
    for (x0, y0), size, dense in zip(place, radius, strength, strict=True):
        half_x, half_y = math.ceil(1.5 * size / step_x) + 1, math.ceil(1.5 * size / step_y) + 1
        column, row = round((x0 - x_first) / step_x), round((y0 - y_first) / step_y)
        if not (half_x <= column < columns - half_x and half_y <= row < rows - half_y):
            continue
        if depth[row, column] < 0.6 * size or (not granules.over_nucleus and nucleus.depth[row, column] > -0.5 * size):
            continue
        cut = np.s_[row - half_y : row + half_y + 1, column - half_x : column + half_x + 1]
        away = np.hypot(window.x[cut] - np.float32(x0), window.y[cut] - np.float32(y0))
        amount[cut] += np.float32(dense) * window.soft(np.float32(size) - away, 0.6 * size)
    return np.minimum(amount, 1.6)
