"""Rendered fields: a photograph of a smear together with the exact truth about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import InputError
from lowcost.synth import exposure
from lowcost.synth.canvas import Canvas
from lowcost.synth.layout import Area
from lowcost.synth.settings import Optics, Settings, checked_cells, checked_geometry
from lowcost.synth.slide import Chance, RenderedObject, Slide
from lowcost.synth.texture import Plane


@dataclass(frozen=True)
class RenderedField:
    """A photograph and the truth about it.

    Attributes
    ----------
    pixels : (h, w, 3) uint8 array
        Red, green and blue.
    instances : (h, w) int32 array
        `RenderedObject.id` of the object at each px, 0 where there is none.
    nucleus : (h, w) bool array
        Nuclei of all objects.
    lobes : (h, w) uint8 array
        Number, from 1, of the lobe within its nucleus; 0 on the filaments between lobes and outside.
    red_cells : (h, w) int32 array
        Number, from 1, of the topmost red cell: row ``number - 1`` of `red_cell_table`.
    red_cell_table : (n, 3) float64 array
        Centre x and y in px, and the diameter in um of the circle of the cell's area.
    objects : tuple of RenderedObject
        Nucleated cells in the order asked for, then platelets.
    illumination : (h, w) float32 array
        Lamp relative to the field's centre, without the eyepiece's stop.
    aperture : (h, w) bool array
        Where the eyepiece passes light; everywhere without an eyepiece.
    um_per_px : (float, float)
        Scale along x and y.
    seed : int
        With it and the settings the same bytes come again.
    settings : Settings
        Smear, stain, optics, camera.
    """

    pixels: NDArray[np.uint8]
    instances: NDArray[np.int32]
    nucleus: NDArray[np.bool_]
    lobes: NDArray[np.uint8]
    red_cells: NDArray[np.int32]
    red_cell_table: NDArray[np.float64]
    objects: tuple[RenderedObject, ...]
    illumination: Plane
    aperture: NDArray[np.bool_]
    um_per_px: tuple[float, float]
    seed: int
    settings: Settings

    @property
    def white_point(self) -> tuple[float, float, float]:
        """Grey levels of the empty background at the field's centre."""
        return self.settings.camera.white_point

    @property
    def leukocytes(self) -> tuple[RenderedObject, ...]:
        """The objects that count in the differential."""
        return tuple(item for item in self.objects if item.is_leukocyte)


def render(
    seed: int,
    *,
    width: int = 640,
    height: int = 480,
    um_per_px: float | tuple[float, float] = 0.1,
    cells: Mapping[str, int] | Sequence[str] = ("neutrophil_segmented",),
    settings: Settings | None = None,
) -> RenderedField:
    """Render a field of a stained blood smear with its truth.

    Parameters
    ----------
    seed : int
        0 or more; the same seed and settings give the same field.
    width, height : int
        Size, px.
    um_per_px : float or (float, float)
        Scale; two values for pixels that are not square.
    cells : mapping of str to int, or sequence of str
        What lies among the red cells: number by type, or one type per object.
    settings : Settings, optional
        Smear, stain, optics and camera; `presets.draw` makes realistic ones.

    Returns
    -------
    RenderedField
        Pixels and truth.

    Raises
    ------
    InputError
        An argument lies outside what can be rendered.

    Examples
    --------
    >>> field = render(7, width=128, height=96, um_per_px=0.2, cells={"lymphocyte": 1})
    >>> field.pixels.shape, [item.type for item in field.leukocytes]
    ((96, 128, 3), ['lymphocyte'])
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed is {seed!r}; expected a whole number of 0 or more.")
    settings = Settings() if settings is None else settings
    step = checked_geometry(width, height, um_per_px)
    types = checked_cells(cells)
    optics = settings.optics
    aperture = _aperture(seed, width, height, step, optics)
    visible = _visible(width, height, step, aperture)
    canvas = Canvas(visible, step)
    slide = Slide(seed, canvas, Area(width * step[0], height * step[1], aperture), settings.smear, settings.stain)
    slide.fill(types)
    light = exposure.lamp(Chance.LAMP.generator(seed), width, height, optics)
    image = exposure.expose(
        Chance.LENS.generator(seed), canvas.density, canvas.thickness, light, aperture, step, optics
    )
    table = np.array([(cell.x / step[0], cell.y / step[1], 2.0 * cell.radius) for cell in slide.red_cells])
    return RenderedField(
        pixels=exposure.develop(Chance.SENSOR.generator(seed), image, settings.camera),
        instances=canvas.instances,
        nucleus=canvas.nucleus,
        lobes=canvas.lobes,
        red_cells=canvas.red_cells,
        red_cell_table=table.reshape(-1, 3),
        objects=tuple(slide.objects),
        illumination=light,
        aperture=visible,
        um_per_px=step,
        seed=seed,
        settings=settings,
    )


def _aperture(
    seed: int, width: int, height: int, step: tuple[float, float], optics: Optics
) -> tuple[float, float, float] | None:
    """Centre and radius, um, of the eyepiece's field: held by hand, so never quite in the middle."""
    if optics.eyepiece is None:
        return None
    size_x, size_y = width * step[0], height * step[1]
    radius = optics.eyepiece * 0.5 * math.hypot(size_x, size_y)
    rng = Chance.APERTURE.generator(seed)
    away, angle = 0.3 * radius * rng.random(), rng.uniform(0.0, 2.0 * math.pi)
    return 0.5 * size_x + away * math.cos(angle), 0.5 * size_y + away * math.sin(angle), radius


def _visible(
    width: int, height: int, step: tuple[float, float], aperture: tuple[float, float, float] | None
) -> NDArray[np.bool_]:
    if aperture is None:
        return np.ones((height, width), np.bool_)
    cx, cy, radius = aperture
    x = (np.arange(width)[None, :] + 0.5) * step[0] - cx
    y = (np.arange(height)[:, None] + 0.5) * step[1] - cy
    return x * x + y * y <= radius * radius
