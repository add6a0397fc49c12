"""The optics of a photograph: its light, its scale, and whether it is good enough.

They are measured on the photograph as it is shrunk, before any cell is looked for; everything after stands on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost import paleness, stain
from lowcost.bundle import Bundle
from lowcost.device import Device
from lowcost.image import illumination, quality, resample, scale
from lowcost.image.illumination import Illumination
from lowcost.image.quality import Quality
from lowcost.result import Scale


@dataclass(frozen=True)
class Resampling:
    """The scales at which a photograph is looked at; the bundle's section ``resample``.

    Attributes
    ----------
    coarse_pixels : int
        A photograph is shrunk by the largest integer that leaves at least this many px for its optics to be measured.
    detection_um_per_px : float
        Scale at which nuclei are found, um/px ...
    detection_pixels : int
        ... unless that makes more than so many px: then as coarse as it takes, which bounds memory and time of views of
        many square millimetres.
    view_um_per_px : float
        Scale of a view, um/px.
    view_px : int
        Edge of a view, px.
    white : int
        Value of the empty background in a balanced image, 0-255.
    """

    coarse_pixels: int
    detection_um_per_px: float
    detection_pixels: int
    view_um_per_px: float
    view_px: int
    white: int


@dataclass(frozen=True)
class Parameters:
    """What decides how optics are measured.

    Attributes
    ----------
    coarse_pixels : int
        A photograph is shrunk by the largest integer that leaves at least this many px.
    illumination, scale, quality, paleness
        The bundle's sections of these names.
    density_table : tuple of int
        Optical density, thousandths, of each value 0-255.
    """

    coarse_pixels: int
    illumination: illumination.Parameters
    scale: scale.Parameters
    quality: quality.Parameters
    paleness: paleness.Parameters
    density_table: tuple[int, ...]

    @classmethod
    def of(cls, bundle: Bundle) -> Parameters:
        """Return those of a bundle."""
        return cls(
            bundle.section("resample", Resampling).coarse_pixels,
            bundle.section("illumination", illumination.Parameters),
            bundle.section("scale", scale.Parameters),
            bundle.section("quality", quality.Parameters),
            bundle.section("paleness", paleness.Parameters),
            bundle.section("stain", stain.Parameters).density_table,
        )


@dataclass(frozen=True, eq=False)
class Optics:
    """A photograph and what was measured of its light and scale.

    Attributes
    ----------
    pixels : (h, w, 3) uint8 array
        The photograph.
    factor : int
        By how much it was shrunk for the search.
    light : Illumination
        White point and mask of the shrunk photograph.
    balanced : (h // factor, w // factor, 3) uint8 array
        The shrunk photograph with its background brought to white, and its stain to an ordinary strength.
    tones : (256,) uint8 array or None
        What that makes of each balanced value; None where the stain is not pale.
    scale : Scale
        um per px of `pixels`.
    quality : Quality
        The verdict.
    """

    pixels: NDArray[np.uint8]
    factor: int
    light: Illumination
    balanced: NDArray[np.uint8]
    tones: NDArray[np.uint8] | None
    scale: Scale
    quality: Quality


def measure(
    pixels: NDArray[np.uint8],
    parameters: Parameters,
    known: Scale | None = None,
    device: Device | None = None,
    white: tuple[int, int, int] | None = None,
) -> Optics:
    """Measure light, scale and quality of a photograph.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The photograph.
    parameters : Parameters
        How to measure.
    known : Scale, optional
        Its scale, where that need not be measured.
    device : Device, optional
        What is known of the device that took it.
    white : (int, int, int), optional
        Red, green and blue of the background everywhere on it, where that need not be measured.

    Returns
    -------
    Optics
        The photograph with its measurements.
    """
    factor = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // parameters.coarse_pixels))
    coarse = resample.block_mean(pixels, factor)
    if white is None:
        own = light = illumination.measure(coarse, parameters.illumination)
    else:
        own = light = illumination.even(coarse, white, parameters.illumination)
    size = (pixels.shape[1], pixels.shape[0])
    if device is not None:
        light = device.light(own, coarse, size)
    balanced = light.balance(coarse)
    measured = _shrunk(scale.measure(balanced, light.mask, parameters.scale), factor)
    if known is None and measured.source == "unknown":
        measured = scale.measure_closer(pixels, light, factor, measured, parameters.scale)
    ruler = known or measured
    if device is not None:
        ruler = device.scale(ruler, size)
    verdict = quality.assess(pixels, balanced, light, ruler, measured, parameters.quality)
    if device is not None:
        verdict = device.judge(verdict, own, ruler, size)
    darkness = int(verdict.metrics["object_darkness"])
    tones = paleness.tones(darkness, light.white, parameters.density_table, parameters.paleness)
    return Optics(pixels, factor, light, paleness.toned(balanced, tones), tones, ruler, verdict)


def _shrunk(measured: Scale, factor: int) -> Scale:
    """The scale of a photograph whose shrunk form was measured."""
    return Scale(
        measured.um_per_px_x / factor,
        measured.um_per_px_y / factor,
        measured.source,
        measured.confidence,
        measured.red_cells,
        measured.note,
    )
