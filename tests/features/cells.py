"""Drawn cells for the tests of features: a nucleus in a cell on an empty background."""

from __future__ import annotations

import cv2
import numpy as np

WHITE, CYTOPLASM, CHROMATIN = 240, (200, 150, 170), (70, 40, 120)
BLUE = (150, 160, 215)
SIDE = 256


def disc(radius, centre=(128, 128)):
    y, x = np.mgrid[:SIDE, :SIDE]
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius * radius


def ellipse(a, b, angle=0.0, centre=(128, 128)):
    y, x = np.mgrid[:SIDE, :SIDE]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u, v = (x - centre[0]) * c + (y - centre[1]) * s, (y - centre[1]) * c - (x - centre[0]) * s
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def band(width):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(mask, (128, 128), (30, 30), 0, 20, 250, 1, width)
    return mask > 0


def lobed(count, neck):
    """`count` discs in a row whose necks are `neck` px wide."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for i in range(count):
        cv2.circle(mask, (84 + 30 * i, 128), 12, 1, -1)
    if neck:
        cv2.rectangle(mask, (84, 128 - neck // 2), (84 + 30 * (count - 1), 128 + neck // 2), 1, -1)
    return mask > 0


def drawn(nucleus, cell, seed=0, cytoplasm=CYTOPLASM):
    """A balanced view: flat stains with a little grain."""
    grain = np.random.default_rng(seed).integers(-12, 13, (SIDE, SIDE, 3))
    view = np.full((SIDE, SIDE, 3), WHITE)
    view[cell] = np.array(cytoplasm) + grain[cell]
    view[nucleus] = np.array(CHROMATIN) + grain[nucleus]
    return np.clip(view, 0, 255).astype(np.uint8)
