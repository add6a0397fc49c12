"""From the slide's optical density to the pixels of a stored photograph: lamp, lens, camera."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.synth.settings import Camera, Optics
from lowcost.synth.texture import Plane

_LARGEST_LINE_UM = 0.45
_LINE_DENSITY = 0.35
_FRINGE = (1.0, 0.998, 0.992)


def lamp(rng: np.random.Generator, width: int, height: int, optics: Optics) -> Plane:
    """Light that the empty slide would pass, relative to the field's centre: (height, width) float32."""
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    slope_x, slope_y, bow_x, bow_y, twist = rng.normal(0.0, [1.0, 1.0, 0.6, 0.6, 0.6]).astype(np.float32)
    surface = slope_x * x + slope_y * y + bow_x * x * x + bow_y * y * y + twist * x * y
    span = float(surface.max() - surface.min())
    # The sum is symmetric in neither sign, so brighter places than the centre exist as in real fields.
    light = 1.0 + surface * np.float32(optics.unevenness / max(span, 1e-6))
    if optics.vignette > 0.0:
        corner = (x * x * width**2 + y * y * height**2) / np.float32(width**2 + height**2)
        light *= 1.0 - np.float32(optics.vignette) * corner ** np.float32(1.4)
    return np.asarray(light, np.float32)


def expose(
    rng: np.random.Generator,
    density: NDArray[np.float32],
    thickness: Plane,
    light: Plane,
    aperture: tuple[float, float, float] | None,
    um_per_px: tuple[float, float],
    optics: Optics,
) -> NDArray[np.float32]:
    """Image plane: light relative to the lamp at the field's centre.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance (the direction of the chromatic shift).
    density : (h, w, 3) float32 array
        Optical density; overwritten.
    thickness : (h, w) float32 array
        Height of what lies on the glass, um.
    light : (h, w) float32 array
        What `lamp` returned.
    aperture : (float, float, float) or None
        Centre and radius of the eyepiece's field, um.
    um_per_px : (float, float)
        Scale along x and y.
    optics : Optics
        Lens and lamp.

    Returns
    -------
    (h, w, 3) float32 array
        Red, green and blue light, 1 at the empty centre.
    """
    if optics.refraction != 0.0:
        fine = _blurred(thickness, 0.5 * _LARGEST_LINE_UM, um_per_px)
        line = fine - _blurred(thickness, _LARGEST_LINE_UM, um_per_px)
        density += (line * np.float32(_LINE_DENSITY * optics.refraction))[..., None]
    density *= np.float32(-math.log(10.0))
    image = np.exp(density, out=density)
    image += np.float32(optics.glare)
    image *= (light / np.float32(1.0 + optics.glare))[..., None]
    if aperture is not None:
        image *= _aperture(image.shape[0], image.shape[1], aperture, um_per_px)
    image = _blurred(image, optics.blur_um, um_per_px)
    if optics.defocus_um > 0.0:
        disc = _disc(optics.defocus_um, um_per_px)
        image = np.asarray(cv2.filter2D(image, -1, disc, borderType=cv2.BORDER_REFLECT), np.float32)
    if optics.edge_blur_um > 0.0:
        image = _corner_blurred(image, optics.edge_blur_um, um_per_px)
    if optics.chromatic_um > 0.0:
        image = _shifted(image, optics.chromatic_um, rng.uniform(0.0, 2.0 * math.pi), um_per_px)
    return image


def develop(rng: np.random.Generator, image: NDArray[np.float32], camera: Camera) -> NDArray[np.uint8]:
    """Stored pixels, (h, w, 3) uint8 red, green and blue, of the light that reached the camera."""
    if camera.gamma != 1.0:
        image = np.power(np.maximum(image, 0.0), np.float32(1.0 / camera.gamma))
    level = image * np.asarray(camera.white_point, np.float32)
    if camera.sharpen > 0.0:
        level += np.float32(camera.sharpen) * (level - cv2.GaussianBlur(level, (0, 0), 1.3))
    if camera.noise > 0.0:
        level += _grain(rng, level.shape, camera) * np.sqrt(np.clip(image, 0.02, 1.0))
    pixels = np.clip(np.rint(level), 0.0, 255.0).astype(np.uint8)
    if camera.jpeg_quality is not None:
        _, stored = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg_quality])
        pixels = np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()
    return pixels


def _grain(rng: np.random.Generator, shape: tuple[int, ...], camera: Camera) -> NDArray[np.float32]:
    grain = rng.standard_normal(shape, dtype=np.float32)
    if camera.noise_grain_px > 0.0:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), camera.noise_grain_px), np.float32)
        sample = grain[: min(256, shape[0]), : min(256, shape[1])]
        grain /= max(float(sample.std()), 1e-6)
    return np.asarray(grain * np.float32(camera.noise), np.float32)


def _blurred(image: NDArray[np.float32], sigma_um: float, um_per_px: tuple[float, float]) -> NDArray[np.float32]:
    sigma_x, sigma_y = sigma_um / um_per_px[0], sigma_um / um_per_px[1]
    if max(sigma_x, sigma_y) < 0.2:
        return image
    blurred = cv2.GaussianBlur(
        image, (0, 0), sigmaX=max(sigma_x, 0.01), sigmaY=max(sigma_y, 0.01), borderType=cv2.BORDER_REFLECT
    )
    return np.asarray(blurred, np.float32)


def _disc(radius_um: float, um_per_px: tuple[float, float]) -> NDArray[np.float32]:
    """Averaging kernel of an elliptic disc with soft edges."""
    reach_x, reach_y = (math.ceil(radius_um / step) + 1 for step in um_per_px)
    y, x = np.mgrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1]
    distance = np.hypot(x * um_per_px[0], y * um_per_px[1])
    kernel = np.clip((radius_um - distance) / min(um_per_px) + 0.5, 0.0, 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _corner_blurred(image: NDArray[np.float32], sigma_um: float, um_per_px: tuple[float, float]) -> NDArray[np.float32]:
    """The image, less and less sharp from half-way to the corners."""
    height, width = image.shape[:2]
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :] * width
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None] * height
    away = np.sqrt((x * x + y * y) / np.float32(width**2 + height**2))
    share = np.clip((away - 0.45) / 0.55, 0.0, 1.0)[..., None]
    return np.asarray(image + share * (_blurred(image, sigma_um, um_per_px) - image), np.float32)


def _shifted(
    image: NDArray[np.float32], distance_um: float, direction: float, um_per_px: tuple[float, float]
) -> NDArray[np.float32]:
    """Red and blue moved apart by half the distance each."""
    height, width = image.shape[:2]
    planes = list(cv2.split(image))
    for channel, sign in ((0, 0.5), (2, -0.5)):
        move_x = sign * distance_um * math.cos(direction) / um_per_px[0]
        move_y = sign * distance_um * math.sin(direction) / um_per_px[1]
        matrix = np.array([[1.0, 0.0, move_x], [0.0, 1.0, move_y]])
        planes[channel] = cv2.warpAffine(planes[channel], matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(cv2.merge(planes), np.float32)


def _aperture(
    height: int, width: int, aperture: tuple[float, float, float], um_per_px: tuple[float, float]
) -> NDArray[np.float32]:
    """Light passed by the eyepiece's field stop, whose rim is soft and ends sooner in blue than in red."""
    cx, cy, radius = aperture
    x = (np.arange(width, dtype=np.float32)[None, :] + 0.5) * np.float32(um_per_px[0]) - np.float32(cx)
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) * np.float32(um_per_px[1]) - np.float32(cy)
    away = np.hypot(x, y)[..., None]
    rim = np.float32(radius) * np.asarray(_FRINGE, np.float32)
    light = np.clip((rim - away) / np.float32(0.006 * radius) + np.float32(0.5), np.float32(0.012), 1.0)
    return np.asarray(light, np.float32)
