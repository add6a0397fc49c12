"""What a careless photograph does to a field: blur, noise, compression, colour, light, scale and turn, by degrees."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """A field and what is known of it.

    Attributes
    ----------
    pixels : (h, w, 3) uint8 array
        Red, green and blue.
    boxes : (n, 4) float64 array
        Its leukocytes.
    ignore : (k, 4) float64 array
        Places that count neither for nor against.
    types : tuple of frozenset of str
        What each label allows; empty where the types are not known.
    um_per_px : float
        Scale; not told to those that are tested.
    """

    pixels: Image
    boxes: NDArray[np.float64]
    ignore: NDArray[np.float64]
    types: tuple[frozenset[str], ...]
    um_per_px: float


def blur(scene: Scene, sigma_um: float) -> Scene:
    """Gaussian blur."""
    return replace(scene, pixels=_gaussian(scene.pixels, sigma_um / scene.um_per_px))


def defocus(scene: Scene, radius_um: float) -> Scene:
    """Blur by a disc, as a lens out of focus makes."""
    radius = radius_um / scene.um_per_px
    reach = math.ceil(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius - np.hypot(x, y) + 0.5, 0.0, 1.0)
    return replace(scene, pixels=_image(cv2.filter2D(scene.pixels, -1, disc / disc.sum())))


def noise(scene: Scene, deviation: float) -> Scene:
    """Noise of a sensor, grey levels; the same on every call."""
    grain = np.random.default_rng(1).normal(0.0, deviation, scene.pixels.shape)
    return replace(scene, pixels=_rounded(scene.pixels + grain))


def jpeg(scene: Scene, quality: float) -> Scene:
    """A round trip through JPEG."""
    _, stored = cv2.imencode(".jpg", scene.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return replace(scene, pixels=_image(cv2.imdecode(stored, cv2.IMREAD_COLOR)[..., ::-1]))


def temperature(scene: Scene, shift: float) -> Scene:
    """Warmer light for positive, colder for negative: blue or red less by so large a share, green by half of it."""
    gains = np.array([1.0, 1.0 - shift / 2, 1.0 - shift]) if shift > 0 else np.array([1 + shift, 1 + shift / 2, 1.0])
    return replace(scene, pixels=_rounded(scene.pixels * gains))


def gamma(scene: Scene, power: float) -> Scene:
    """Another tone curve."""
    return replace(scene, pixels=_rounded(255.0 * (scene.pixels / 255.0) ** power))


def vignette(scene: Scene, loss: float) -> Scene:
    """Less light towards the corners."""
    x, y = _places(scene.pixels)
    return replace(scene, pixels=_rounded(scene.pixels * (1.0 - loss * (x * x + y * y) / 2.0)[..., None]))


def uneven(scene: Scene, loss: float) -> Scene:
    """Less light from left to right."""
    x, _ = _places(scene.pixels)
    return replace(scene, pixels=_rounded(scene.pixels * (1.0 - loss * (x + 1.0) / 2.0)[..., None]))


def resized(scene: Scene, px_per_um: float) -> Scene:
    """Another scale."""
    factor = px_per_um * scene.um_per_px
    how = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    pixels = _image(cv2.resize(scene.pixels, None, fx=factor, fy=factor, interpolation=how))
    return replace(
        scene, pixels=pixels, boxes=scene.boxes * factor, ignore=scene.ignore * factor, um_per_px=1.0 / px_per_um
    )


def turned(scene: Scene, degrees: float) -> Scene:
    """Turn about the middle, and keep the largest square that is all picture; cells beyond it do not count."""
    height, width = scene.pixels.shape[:2]
    angle = math.radians(degrees)
    side = int(min(height, width) / (abs(math.cos(angle)) + abs(math.sin(angle))))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    pixels = _image(cv2.warpAffine(scene.pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101))
    boxes, ignore = (_moved(own, matrix) for own in (scene.boxes, scene.ignore))
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((middle >= 0) & (middle < side)).all(axis=1)
    types = tuple(own for own, there in zip(scene.types, inside, strict=bool(scene.types)) if there)
    return replace(
        scene, pixels=pixels, boxes=boxes[inside], ignore=np.concatenate([ignore, boxes[~inside]]), types=types
    )


def paler(scene: Scene, factor: float) -> Scene:
    """All optical densities multiplied: a weaker or a stronger stain."""
    white = np.percentile(scene.pixels.reshape(-1, 3), 95, axis=0).clip(1.0)
    return replace(scene, pixels=_rounded(white * (scene.pixels.clip(1) / white) ** factor))


Distortion = Callable[[Scene, float], Scene]

SWEEPS: dict[str, tuple[Distortion, tuple[float, ...]]] = {
    "blur, um": (blur, (0.0, 0.3, 0.6, 1.0, 1.5, 2.5)),
    "defocus, um": (defocus, (0.3, 0.6, 1.0, 1.5, 2.5, 4.0)),
    "noise, grey levels": (noise, (0.0, 5.0, 10.0, 20.0, 40.0, 60.0)),
    "JPEG quality": (jpeg, (95.0, 75.0, 50.0, 30.0, 20.0)),
    "colour temperature": (temperature, (-0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5)),
    "gamma": (gamma, (0.4, 0.6, 0.8, 1.0, 1.4, 2.0)),
    "vignette, loss in corners": (vignette, (0.0, 0.2, 0.4, 0.6, 0.8)),
    "uneven light, loss": (uneven, (0.0, 0.2, 0.4, 0.6, 0.8)),
    "scale, px/um": (resized, (2.0, 3.5, 5.0, 8.0, 12.0, 20.0)),
    "turn, degrees": (turned, (0.0, 10.0, 30.0, 45.0, 90.0)),
    "stain, times density": (paler, (0.25, 0.4, 0.6, 1.0, 1.5, 2.2)),
}
"""How each distortion is made and its degrees."""


def _moved(boxes: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes of the same size around where their middles go: cells are round."""
    # The matrix speaks of centres of px, boxes of their edges.
    middle = ((boxes[:, :2] + boxes[:, 2:]) / 2 - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _places(pixels: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, width), np.linspace(-1.0, 1.0, height))
    return x, y


def _gaussian(pixels: Image, sigma: float) -> Image:
    return pixels if sigma < 0.2 else _image(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def _rounded(values: NDArray[np.float64]) -> Image:
    return np.clip(np.rint(values), 0.0, 255.0).astype(np.uint8)


def _image(pixels: NDArray[np.generic]) -> Image:
    return np.ascontiguousarray(pixels, np.uint8)
