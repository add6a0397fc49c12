"""Drawn red cells with a known diameter, and the bundle whose parameters the optics read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lowcost.bundle import Bundle
from lowcost.image import illumination, quality, scale


@pytest.fixture(scope="session")
def bundle():
    return Bundle.load()


@pytest.fixture(scope="session")
def light_parameters(bundle):
    return bundle.section("illumination", illumination.Parameters)


@pytest.fixture(scope="session")
def scale_parameters(bundle):
    return bundle.section("scale", scale.Parameters)


@pytest.fixture(scope="session")
def quality_parameters(bundle):
    return bundle.section("quality", quality.Parameters)


def red_cells(diameter, width=640, height=480, seed=0, white=(228, 222, 205), cover=0.35, blur=0.8, squeeze=1.0):
    """Red cells with a pale centre, scattered at random: some lie alone, some overlap, some are cut by the edge.

    `squeeze` is the width over the height of every cell, which has the area of a circle of `diameter`.
    """
    rng = np.random.default_rng(seed)
    density = np.zeros((height, width))
    root = squeeze**0.5
    for _ in range(int(cover * width * height / (np.pi * diameter**2 / 4))):
        radius = 0.5 * diameter * (1 + 0.04 * rng.standard_normal())
        x, y, reach = rng.random() * width, rng.random() * height, int(radius / min(root, 1 / root)) + 3
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        rows, columns = np.mgrid[top : min(height, int(y) + reach), left : min(width, int(x) + reach)] + 0.5
        distance = np.hypot((columns - x) / root, (rows - y) * root)
        cell = np.clip(radius - distance + 0.5, 0, 1) * (1 - 0.5 * np.exp(-((distance / (0.4 * radius)) ** 2)))
        density[top : top + cell.shape[0], left : left + cell.shape[1]] += cell
    density = cv2.GaussianBlur(density, (0, 0), blur)
    colour = np.exp(-density[..., None] * np.array([0.2, 0.5, 0.35]))
    image = np.array(white) * colour + rng.normal(0, 1.5, (height, width, 3))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def draw_red_cells():
    return red_cells
