"""What is not a cell with a nucleus: platelets and their clumps, smudge cells, stain precipitate, dirt."""

from __future__ import annotations

import math

import numpy as np

from lowcost.synth import nuclei
from lowcost.synth.canvas import Drawing
from lowcost.synth.settings import Stain
from lowcost.synth.texture import Outline, Plane, Window


def platelet(rng: np.random.Generator, window: Window, radius: float, stain: Stain) -> Drawing:
    """One platelet: purple granules in a pale blue, ragged body."""
    return _platelets(rng, window, [(0.0, 0.0, radius)], stain)


def platelet_clump(rng: np.random.Generator, window: Window, radius: float, stain: Stain) -> Drawing:
    """Platelets stuck together within `radius`, um."""
    count = max(4, round(0.55 * (radius / 1.2) ** 2))
    spots = [(0.0, 0.0, 1.3)]
    while len(spots) < count:
        angle, x0, y0 = rng.uniform(0.0, 2.0 * math.pi), *spots[int(rng.integers(len(spots)))][:2]
        size = rng.uniform(0.8, 1.6)
        step = rng.uniform(0.9, 1.3) * size
        spot = (x0 + step * math.cos(angle), y0 + step * math.sin(angle), size)
        if math.hypot(spot[0], spot[1]) + size < radius:
            spots.append(spot)
    return _platelets(rng, window, spots, stain)


def _platelets(
    rng: np.random.Generator, window: Window, spots: list[tuple[float, float, float]], stain: Stain
) -> Drawing:
    depth = np.full(window.x.shape, -np.inf, np.float32)
    middle = np.zeros_like(depth)
    bent = window.warped(rng, 0.1, 0.8)
    for x0, y0, radius in spots:
        outline = Outline.ellipse(radius, rng.uniform(1.0, 1.4), rng.uniform(0.0, math.pi)).waved(
            rng, 0.05, range(2, 7)
        )
        one = outline.depth(bent, x0, y0)
        np.maximum(depth, one, out=depth)
        np.maximum(middle, np.clip(0.25 + one / np.float32(0.6 * radius), 0.0, 1.0), out=middle)
    cover = window.soft(depth, 0.25)
    grains = np.clip(0.8 + 0.35 * window.noise(rng, 0.35), 0.2, 1.5)
    dense = np.float32(rng.uniform(0.3, 0.65))
    chromatin = cover * middle * grains * dense
    basophilia = cover * np.float32(rng.uniform(0.1, 0.3))
    density = chromatin[..., None] * np.asarray(stain.chromatin, np.float32)
    density += basophilia[..., None] * np.asarray(stain.basophilia, np.float32)
    return Drawing(density, cover, 0.8 * cover * middle)


def smudge_cell(rng: np.random.Generator, window: Window, radius: float, stain: Stain) -> Drawing:
    """A burst nucleus: pale strands without cytoplasm or clear edge."""
    outline = Outline.ellipse(0.8 * radius, rng.uniform(1.0, 1.6), rng.uniform(0.0, math.pi))
    depth = outline.waved(rng, 0.13, range(2, 7)).depth(window.warped(rng, 0.7, 2.4))
    cover = window.soft(depth, 1.0)
    nucleus = nuclei.whole(depth)
    lace = nuclei.chromatin(rng, window, nucleus, 0.6, rng.uniform(1.0, 1.6))
    holes = np.clip(0.9 + 0.5 * window.noise(rng, 1.5), 0.15, 1.0)
    amount = cover * lace * holes * np.float32(rng.uniform(0.3, 0.5))
    density = amount[..., None] * np.asarray(stain.chromatin, np.float32)
    return Drawing(density, cover, np.zeros_like(cover), 0.6, cover, nucleus.lobes)


def precipitate(rng: np.random.Generator, window: Window, radius: float, stain: Stain) -> Drawing:
    """Stain precipitate: a patch of small, dark, sharp grains."""
    patch = Outline.ellipse(radius, rng.uniform(1.0, 2.0), rng.uniform(0.0, math.pi)).waved(rng, 0.2, range(2, 6))
    depth = patch.depth(window)
    # Only the peaks of two fields of different grain: separate dots in uneven heaps.
    peaks = window.noise(rng, 0.42) + 0.5 * window.noise(rng, 1.8) - np.float32(0.9)
    grains = np.clip(2.5 * peaks, 0.0, 1.6)
    amount = window.soft(depth, 2.0) * grains * np.float32(rng.uniform(0.6, 1.2))
    density = amount[..., None] * np.asarray(stain.chromatin, np.float32)
    return Drawing(density, window.soft(depth, 0.3), np.zeros_like(depth))


def dirt(rng: np.random.Generator, window: Window, radius: float) -> Drawing:
    """A speck of dust: grey-blue, mostly out of focus, now and then sharp and dark or a bright bubble."""
    shape = Outline.ellipse(0.7 * radius, rng.uniform(1.0, 1.8), rng.uniform(0.0, math.pi)).waved(
        rng, 0.15, range(2, 6)
    )
    depth = shape.depth(window)
    kind = rng.random()
    cover: Plane
    if kind < 0.6:
        cover = window.soft(depth, 1.2 * radius)
        strength, tint = rng.uniform(0.03, 0.2), (1.0, 0.8, 0.45)
    elif kind < 0.9:
        cover = window.soft(depth, 0.15)
        strength, tint = rng.uniform(0.1, 0.4), (0.9, 1.0, 0.9)
    else:
        cover = window.soft(depth, 0.3) - 2.0 * np.exp(-np.square(depth / np.float32(0.2)))
        strength, tint = -rng.uniform(0.05, 0.15), (1.0, 1.0, 1.0)
    density = (np.float32(strength) * cover)[..., None] * np.asarray(tint, np.float32)
    return Drawing(density, np.clip(cover, 0.0, 1.0), np.zeros_like(cover))
