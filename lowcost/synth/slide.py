"""The slide: everything laid out and drawn on a canvas, and a list of what it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lowcost.synth import debris, layout, leukocytes, red_cells
from lowcost.synth.canvas import Canvas, Drawing
from lowcost.synth.morphology import MORPHOLOGY
from lowcost.synth.settings import Smear, Stain
from lowcost.synth.texture import Outline, Window
from lowcost.taxonomy import CELL_TYPES

_ROOM_UM = 1.4
_RADIUS_UM = {"smudge_cell": (7.0, 10.0), "platelet": (1.0, 2.0), "platelet_clump": (4.0, 8.0), "artefact": (3.0, 7.0)}
_DEBRIS: dict[str, Callable[[np.random.Generator, Window, float, Stain], Drawing]] = {
    "smudge_cell": debris.smudge_cell,
    "platelet": debris.platelet,
    "platelet_clump": debris.platelet_clump,
    "artefact": debris.precipitate,
}


class Chance(IntEnum):
    """What a generator of random numbers is for.

    Every object draws from its own generator: other optics, another scale or one cell more leave the rest as it was, so
    that a sweep changes one thing at a time.
    """

    CELLS, RED_CELLS, RED_CELL, OBJECT, PLATELETS, PLATELET, DIRT, MOTTLE, LAMP, APERTURE, LENS, SENSOR = range(12)

    def generator(self, seed: int, number: int = 0) -> np.random.Generator:
        """Generator for this purpose, and for the object of this number."""
        return np.random.Generator(np.random.PCG64([seed, int(self), number]))


@dataclass(frozen=True)
class RenderedObject:
    """One object of a rendered field that is not a red cell.

    Attributes
    ----------
    id : int
        Its number in `RenderedField.instances`, from 1.
    type : str
        A name of `taxonomy.CELL_TYPES`.
    box : (int, int, int, int)
        ``(x0, y0, x1, y1)`` in px, `x1` and `y1` exclusive: the bounding box of its visible mask.
    lobes : int
        Lobes of its nucleus; 0 where it has none.
    touches_edge : bool
        Whether the edge of the image or of the eyepiece's field cuts it.
    diameter_um : float
        Diameter of the circle of the whole object's area.
    """

    id: int
    type: str
    box: tuple[int, int, int, int]
    lobes: int
    touches_edge: bool
    diameter_um: float

    @property
    def is_leukocyte(self) -> bool:
        """Whether it counts in the differential."""
        return CELL_TYPES[self.type].is_leukocyte


class Slide:
    """A slide being made.

    Attributes
    ----------
    canvas : Canvas
        What was drawn.
    objects : list of RenderedObject
        What it is, in the order of numbers.
    red_cells : list of RedCell
        The red cells, in the order of numbers.
    """

    def __init__(self, seed: int, canvas: Canvas, area: layout.Area, smear: Smear, stain: Stain) -> None:
        self.canvas = canvas
        self.objects: list[RenderedObject] = []
        self.red_cells: list[red_cells.RedCell] = []
        self._seed, self._area, self._smear, self._stain = seed, area, smear, stain

    def fill(self, types: tuple[str, ...]) -> None:
        """Draw the objects of the given types, red cells, platelets and dirt."""
        outlines = [self._outline(number, name) for number, name in enumerate(types)]
        radii = [outline.equivalent_radius for outline in outlines]
        rng = Chance.CELLS.generator(self._seed)
        places = layout.place_nucleated(rng, radii, self._area, self._smear)
        outlines = layout.pressed(places, outlines)
        self._mottle()
        obstacles = np.array([(x, y, r) for (x, y), r in zip(places, radii, strict=True)]).reshape(-1, 3)
        rng = Chance.RED_CELLS.generator(self._seed)
        self.red_cells = layout.place_red_cells(rng, self._area, self._smear, obstacles)
        for number, cell in enumerate(self.red_cells):
            self._draw_red_cell(number, cell)
        for number, (name, (x, y), outline) in enumerate(zip(types, places, outlines, strict=True)):
            self._draw_object(Chance.OBJECT.generator(self._seed, number), name, x, y, outline)
        self._scatter_platelets(obstacles)
        self._scatter_dirt()

    def _outline(self, number: int, name: str) -> Outline:
        rng = Chance.CELLS.generator(self._seed, number + 1)
        if name in MORPHOLOGY:
            return leukocytes.random_outline(rng, MORPHOLOGY[name])
        return Outline.ellipse(rng.uniform(*_RADIUS_UM[name]), 1.0, 0.0)

    def _draw_red_cell(self, number: int, cell: red_cells.RedCell) -> None:
        reach = float(cell.outline.radii.max()) + 0.4
        patch = self.canvas.patch(cell.x, cell.y, reach, detail_um=0.25)
        if patch is None:
            return
        rng = Chance.RED_CELL.generator(self._seed, number)
        drawing = red_cells.draw(rng, patch.window, cell, self._smear, self._stain)
        self.canvas.add(patch, drawing)
        self.canvas.mark_red_cell(patch, drawing, number + 1)

    def _draw_object(self, rng: np.random.Generator, name: str, x: float, y: float, outline: Outline) -> None:
        patch = self.canvas.patch(x, y, float(outline.radii.max()) + _ROOM_UM)
        if patch is None:
            return
        lobes = 0
        if name in MORPHOLOGY:
            drawing, lobes = leukocytes.draw(rng, patch.window, outline, MORPHOLOGY[name], self._stain)
        else:
            drawing = _DEBRIS[name](rng, patch.window, outline.equivalent_radius, self._stain)
        self.canvas.add(patch, drawing)
        number = len(self.objects) + 1
        mark = self.canvas.mark_object(patch, drawing, number)
        if mark is not None:
            area = float((drawing.cover >= 0.5).sum()) * patch.sample_area
            diameter = 2.0 * math.sqrt(area / math.pi)
            self.objects.append(RenderedObject(number, name, mark.box, lobes, mark.cut, diameter))

    def _scatter_platelets(self, obstacles: NDArray[np.float64]) -> None:
        """Platelets in the gaps between cells, as they settle."""
        rng = Chance.PLATELETS.generator(self._seed)
        count = int(rng.poisson(self._smear.platelets_per_red * len(self.red_cells)))
        taken = np.array([(cell.x, cell.y, cell.radius) for cell in self.red_cells]).reshape(-1, 3)
        taken = np.vstack([taken, obstacles])
        tree = cKDTree(taken[:, :2]) if len(taken) else None
        for number in range(count):
            tries = rng.random((8, 2)) * (self._area.width, self._area.height)
            gaps = np.full(8, 9.0)
            if tree is not None:
                near = tree.query(tries, k=min(4, len(taken)))
                distance, index = (np.asarray(part).reshape(8, -1) for part in near)
                gaps = (distance - taken[index, 2]).min(axis=1)
            x, y = tries[int(np.argmax(gaps > 1.5)) if (gaps > 1.5).any() else int(np.argmax(gaps))]
            inside_cell = len(obstacles) and (np.hypot(*(obstacles[:, :2] - (x, y)).T) < obstacles[:, 2] + 2.0).any()
            if self._area.holds(x, y, 0.0) and not inside_cell:
                own = Chance.PLATELET.generator(self._seed, number)
                outline = Outline.ellipse(own.uniform(*_RADIUS_UM["platelet"]), 1.0, 0.0)
                self._draw_object(own, "platelet", x, y, outline)

    def _scatter_dirt(self) -> None:
        rng = Chance.DIRT.generator(self._seed)
        area_mm2 = self._area.width * self._area.height / 1e6
        for _ in range(int(rng.poisson(self._smear.debris * area_mm2))):
            x, y = rng.random() * self._area.width, rng.random() * self._area.height
            radius = float(np.exp(rng.normal(-0.4, 0.5)))
            own = Chance.DIRT.generator(self._seed, int(rng.integers(1, 2**31)))
            patch = self.canvas.patch(x, y, 2.0 * radius + 0.5)
            if patch is not None:
                self.canvas.add(patch, debris.dirt(own, patch.window, radius))

    def _mottle(self) -> None:
        """Stain dried on the glass: faint, purple, without outline."""
        if self._smear.mottle == 0.0:
            return
        rng = Chance.MOTTLE.generator(self._seed)
        cloud = np.zeros((self.canvas.height, self.canvas.width), np.float32)
        for grain_um, share in ((14.0, 0.8), (2.5, 0.6)):
            rows, columns = (math.ceil(size / grain_um) + 3 for size in (self._area.height, self._area.width))
            grains = rng.standard_normal((rows, columns), dtype=np.float32)
            step_x, step_y = self.canvas.um_per_px
            to_grain = np.array([[step_x / grain_um, 0.0, 1.0], [0.0, step_y / grain_um, 1.0]])
            size = (self.canvas.width, self.canvas.height)
            cloud += np.float32(1.3 * share) * cv2.warpAffine(
                grains, to_grain, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            )
        tint = np.array([0.7, 1.0, 0.45], np.float32) * np.float32(self._smear.mottle)
        self.canvas.density += cloud[..., None] * tint
