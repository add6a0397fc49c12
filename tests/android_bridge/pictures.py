"""The pictures on which Java and Python are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost.image.reading import read
from lowcost.synth import presets

SETS = {
    "bccd": "images/*",
    "raabin_dev": "**/*.png",
    "deepbionet_dev": "**/*.jpg",
    "lld_dev": "images/*",
    "phone_fields": "*.jpg",
    "phone_leukemia": "*.jpg",
    "pbc": "*/*.jpg",
}
"""Where each set of ../shared/data has its pictures."""

SCALES = (0.06, 0.1, 0.16, 0.24, 0.32)
"""um/px."""

LIGHTS = ({"unevenness": 0.0, "vignette": 0.0}, {"unevenness": 0.25, "vignette": 0.3}, {"eyepiece": 0.9})
"""An even lamp, an uneven one, and a round field with dark corners."""

NOISES = (0.0, 1.5, 5.0)
"""Grey levels."""


@dataclass(frozen=True)
class Picture:
    """A photograph, rendered or read when it is asked for."""

    name: str
    path: Path | None
    scene: presets.Scene | None = None
    um_per_px: float | None = None

    def pixels(self) -> NDArray[np.uint8]:
        if self.path is not None:
            return read(self.path).pixels
        assert self.scene is not None
        return self.scene.render(1).pixels


def rendered() -> list[Picture]:
    """Every look of the presets at every scale, light and noise; every other one is told its scale."""
    found = []
    for number, (name, scale, light, noise) in enumerate(product(presets.PRESETS, SCALES, LIGHTS, NOISES)):
        scene = presets.draw(name, number)
        squeeze = scene.um_per_px[0] / scene.um_per_px[1]
        settings = replace(
            scene.settings,
            optics=replace(scene.settings.optics, **light),
            camera=replace(scene.settings.camera, noise=noise),
        )
        scene = presets.Scene(640, 480, (scale * squeeze, scale), scene.cells[:6], settings)
        told = scale if number % 2 else None
        found.append(Picture(f"{name} at {scale} um/px, light {light}, noise {noise}", None, scene, told))
    return found


def photographs(data: Path, name: str, count: int | None = None) -> list[Picture]:
    """The pictures of a set, evenly spread where only `count` of them are wanted; none where the set is absent."""
    paths = sorted((data / name).glob(SETS[name]))
    step = 1 if count is None else max(1, len(paths) // count)
    return [Picture(f"{name}/{path.name}", path) for path in paths[::step][:count]]
