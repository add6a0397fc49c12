"""What a microscope, a stain and a camera may do to a cell, so that the network meets it before the user does.

Cameras differ by a factor of 2.5 in how dark a nucleus is, and each single-laboratory set has its own tint: the network
may trust neither. Nor may it trust the surroundings, because blasts come from crowded marrow and the rest from blood.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.crop import CROP_PX
from lowcost.training.views import EDGE, UM_PER_PX

WHITE = 240.0

SCALE = 0.08
"""Standard deviation of the log of the cell's size: what remains of an error in um/px."""

SHIFT_UM = 0.8
"""Standard deviation of the cell's offset from the middle."""

DENSITY = (0.45, 1.4)
"""Range of the factor on all optical densities together."""

RED = (-0.8, 0.3)
"""Range of the log of the factor on red optical density against green: nuclei are violet on one camera, magenta on the
next."""

BLUE = 0.3
"""Standard deviation of the same of blue; cameras differ most in blue, where chromatin absorbs least."""

TINT = 0.08
"""Standard deviation of the log of a further factor on each channel."""

MIXING = 0.09
"""Standard deviation of what one channel's optical density leaks into another."""

WIDE_MIXING = 0.14
"""The same where only features are read, which say less of colour than pixels do."""

SURROUNDINGS_SHARE = 0.35
"""Share of views whose surroundings are exchanged for another view's, or wiped."""

CUT_SHARE = 0.1
"""Share of views cut by the edge of the image."""

_DENSITY_OF = (-np.log((np.arange(256, dtype=np.float32) + 4.0) / (WHITE + 4.0))).astype(np.float32)
_ROWS, _COLUMNS = np.mgrid[0:EDGE, 0:EDGE].astype(np.float32)
_RADIUS_UM = np.hypot(_ROWS - (EDGE - 1) / 2, _COLUMNS - (EDGE - 1) / 2) * UM_PER_PX


def augment(view: NDArray[np.uint8], surroundings: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Return one network input made from a view.

    Parameters
    ----------
    view, surroundings : (128, 128, 3) uint8 array
        Balanced views at 4 px/um: the cell, and another one whose surroundings may be lent.
    random : numpy.random.Generator
        Where all chance comes from.

    Returns
    -------
    (96, 96, 3) uint8 array
        The cell turned, shifted, scaled, stained, lit and photographed differently.
    """
    cell = _geometry(_surroundings(view, surroundings, random), random)
    return _camera(_optics(_stain(cell, random), random), random)


def restained(view: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a view at 8 px/um with its stain, sharpness and noise changed; what is where stays.

    Parameters
    ----------
    view : (n, n, 3) uint8 array
        Balanced view.
    random : numpy.random.Generator
        Where all chance comes from.
    """
    image = _stain(view, random, WIDE_MIXING)
    if random.random() < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 2.2)).astype(np.float32, copy=False)
    image = image * (random.normal(1.0, 0.02) + random.normal(0, 0.01, 3)).astype(np.float32)
    if random.random() < 0.4:
        # A sensor's noise, as coarse as a view of more px than the photograph has shows it.
        noise = random.normal(0, random.uniform(2.0, 12.0), image.shape).astype(np.float32)
        image = image + cv2.GaussianBlur(noise, (0, 0), 0.7)
    changed: NDArray[np.uint8] = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    return changed


def _surroundings(view: NDArray[np.uint8], other: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Exchange everything outside a disc around the cell, or wipe what lies beyond a straight edge."""
    chance = random.random()
    if chance < SURROUNDINGS_SHARE:
        keep = np.clip((random.uniform(6.5, 11.0) - _RADIUS_UM) / 1.0 + 0.5, 0.0, 1.0)[..., None]
        outside = other.astype(np.float32) if chance < 0.7 * SURROUNDINGS_SHARE else np.float32(WHITE)
        view = (view * keep + outside * (1.0 - keep) + 0.5).astype(np.uint8)
    if random.random() < CUT_SHARE:
        angle, distance = random.uniform(0, 2 * np.pi), random.uniform(3.0, 12.0) / UM_PER_PX
        middle = (EDGE - 1) / 2
        beyond = (_COLUMNS - middle) * np.cos(angle) + (_ROWS - middle) * np.sin(angle) > distance
        view = view.copy()
        view[beyond] = int(WHITE)
    return view


def _geometry(view: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Turn, flip, scale, squeeze a little and shift; returns (96, 96, 3)."""
    angle = random.uniform(0, 2 * np.pi)
    size = np.exp(np.clip(random.normal(0, SCALE), -0.2, 0.2))
    squeeze = np.exp(random.normal(0, 0.03))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # From the crop's frame to the view's: the inverse of what happens to the cell.
    matrix = turn @ np.diag([random.choice([-1.0, 1.0]) / (size * squeeze), squeeze / size])
    shift = np.clip(random.normal(0, SHIFT_UM, 2), -2.5, 2.5) / UM_PER_PX
    offset = (EDGE - 1) / 2 - matrix @ ((CROP_PX - 1) / 2 + shift)
    return cv2.warpAffine(
        view,
        np.column_stack([matrix, offset]),
        (CROP_PX, CROP_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    ).astype(np.uint8, copy=False)


def _stain(image: NDArray[np.uint8], random: np.random.Generator, mixing: float = MIXING) -> NDArray[np.float32]:
    """Change darkness, tint and contrast of the stain in optical density; returns float32 values 0-255."""
    low, high = np.log(DENSITY)
    tint = np.array([random.uniform(*RED), 0.0, random.normal(0, BLUE)]) + random.normal(0, TINT, 3)
    factors = np.exp(random.uniform(low, high) + tint)
    matrix = np.diag(factors) @ (np.eye(3) + random.normal(0, mixing, (3, 3)))
    density = _DENSITY_OF
    if random.random() < 0.5:
        # A camera's tone curve bends densities; bent about 0.8, where nuclei lie, it changes them least.
        bend = np.exp(random.normal(0, 0.2))
        density = np.sign(density) * 0.8 * np.abs(density / 0.8) ** bend
    mixed = cv2.transform(density[image], matrix.astype(np.float32))
    light = (WHITE + 4.0) * np.exp(np.minimum(-mixed, 0.3)) - 4.0
    if random.random() < 0.2:
        light += random.uniform(0.1, 0.6) * (light.mean(axis=2, keepdims=True) - light)
    return light.astype(np.float32)


def _optics(image: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Blur, sharpen, or pass through a coarser sampling."""
    chance = random.random()
    if chance < 0.45:
        return cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 1.6)).astype(np.float32, copy=False)
    if chance < 0.6:
        soft = cv2.GaussianBlur(image, (0, 0), random.uniform(0.8, 1.6))
        return (image + random.uniform(0.2, 1.0) * (image - soft)).astype(np.float32)
    if chance < 0.7:
        edge = int(random.integers(CROP_PX // 2, CROP_PX))
        coarse = cv2.resize(image, (edge, edge), interpolation=cv2.INTER_AREA)
        return cv2.resize(coarse, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
    return image


def _camera(image: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.uint8]:
    """Miss the white point, add noise, round, and sometimes pass through JPEG."""
    gain = random.normal(1.0, 0.03) + random.normal(0, 0.015, 3)
    image = image * gain.astype(np.float32)
    if random.random() < 0.4:
        image = image + random.normal(0, random.uniform(1.0, 7.0), image.shape).astype(np.float32)
    result: NDArray[np.uint8] = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    if random.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 95))]
        decoded = cv2.imdecode(cv2.imencode(".jpg", result, quality)[1], cv2.IMREAD_COLOR)
        result = np.array(decoded, dtype=np.uint8)
    return result
