"""The slide as it is drawn: optical density and thickness, and who covers which pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.synth.texture import Plane, Window

_DETAIL_UM = 0.13


@dataclass
class Drawing:
    """One object, sampled on its window.

    Attributes
    ----------
    density : (h, w, 3) float32 array
        Optical density in red, green and blue.
    cover : (h, w) float32 array
        Share of each sample that the object covers, 0-1.
    thickness : (h, w) float32 array
        Height over the glass, um, which refracts.
    opacity : float
        Share of what lies below that the object displaces, 0-1.
    nucleus : (h, w) float32 array or None
        Share of each sample that the nucleus covers.
    lobes : (h, w) uint8 array or None
        Number, from 1, of the lobe that each sample of the nucleus belongs to; 0 on filaments.
    """

    density: NDArray[np.float32]
    cover: Plane
    thickness: Plane
    opacity: float = 0.0
    nucleus: Plane | None = None
    lobes: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Mark:
    """What of an object can be seen.

    Attributes
    ----------
    box : (int, int, int, int)
        ``(x0, y0, x1, y1)`` of its mask, px, `x1` and `y1` exclusive.
    cut : bool
        Whether the edge of the image, or of the visible field, cuts it.
    """

    box: tuple[int, int, int, int]
    cut: bool


class Canvas:
    """Everything drawn so far, in px of the image.

    Attributes
    ----------
    visible : (h, w) bool array
        Where the eyepiece passes light.
    um_per_px : (float, float)
        Scale along x and y.
    density : (h, w, 3) float32 array
        Optical density.
    thickness : (h, w) float32 array
        Height over the glass, um.
    instances : (h, w) int32 array
        Number of the object, from 1; 0 where there is none.
    nucleus : (h, w) bool array
        Where nuclei are.
    lobes : (h, w) uint8 array
        Number of the lobe within its nucleus.
    red_cells : (h, w) int32 array
        Number of the topmost red cell, from 1.
    """

    def __init__(self, visible: NDArray[np.bool_], um_per_px: tuple[float, float]) -> None:
        self.visible, self.um_per_px = visible, um_per_px
        self.height, self.width = shape = visible.shape
        self.density = np.zeros((*shape, 3), np.float32)
        self.thickness = np.zeros(shape, np.float32)
        self.instances = np.zeros(shape, np.int32)
        self.nucleus = np.zeros(shape, np.bool_)
        self.lobes = np.zeros(shape, np.uint8)
        self.red_cells = np.zeros(shape, np.int32)

    def patch(self, x_um: float, y_um: float, radius_um: float, detail_um: float = _DETAIL_UM) -> Patch | None:
        """Open a window around a point of the slide, or None where it would not meet the image."""
        step_x, step_y = self.um_per_px
        left, right = math.floor((x_um - radius_um) / step_x), math.ceil((x_um + radius_um) / step_x)
        top, bottom = math.floor((y_um - radius_um) / step_y), math.ceil((y_um + radius_um) / step_y)
        if right <= 0 or bottom <= 0 or left >= self.width or top >= self.height:
            return None
        fine = min(8, math.ceil(max(step_x, step_y) / detail_um))
        x = (np.arange((right - left) * fine) + 0.5) * (step_x / fine) + left * step_x - x_um
        y = (np.arange((bottom - top) * fine) + 0.5) * (step_y / fine) + top * step_y - y_um
        grid_y, grid_x = np.meshgrid(y.astype(np.float32), x.astype(np.float32), indexing="ij")
        window = Window(grid_x, grid_y, radius_um, max(step_x, step_y) / fine)
        return Patch(
            window, _Inside.of(left, top, right, bottom, self.width, self.height, fine), step_x * step_y / fine**2
        )

    def add(self, patch: Patch, drawing: Drawing) -> None:
        """Lay an object on the slide."""
        density, thickness = self.density[patch.inside.px], self.thickness[patch.inside.px]
        if drawing.opacity > 0.0:
            remains = 1.0 - np.float32(drawing.opacity) * patch.inside.shrink(drawing.cover)
            density *= remains[..., None]
            thickness *= remains
        density += patch.inside.shrink(drawing.density)
        thickness += patch.inside.shrink(drawing.thickness)

    def mark_red_cell(self, patch: Patch, drawing: Drawing, number: int) -> None:
        """Enter a red cell in the truth."""
        px = patch.inside.px
        self.red_cells[px][(patch.inside.shrink(drawing.cover) >= 0.5) & self.visible[px]] = number

    def mark_object(self, patch: Patch, drawing: Drawing, number: int) -> Mark | None:
        """Enter any other object in the truth, where no earlier one is; None where nothing of it can be seen."""
        inside = patch.inside
        px = inside.px
        whole = inside.shrink(drawing.cover) >= 0.5
        mask = whole & self.visible[px] & (self.instances[px] == 0)
        if not mask.any():
            return None
        self.instances[px][mask] = number
        if drawing.opacity > 0.5:
            self.red_cells[px][mask] = 0
        if drawing.nucleus is not None and drawing.lobes is not None:
            nucleus = (inside.shrink(drawing.nucleus) >= 0.5) & mask
            self.nucleus[px][nucleus] = True
            self.lobes[px][nucleus] = inside.pick(drawing.lobes)[nucleus]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        x0, x1 = px[1].start + int(columns[0]), px[1].start + int(columns[-1]) + 1
        y0, y1 = px[0].start + int(rows[0]), px[0].start + int(rows[-1]) + 1
        cut = x0 == 0 or y0 == 0 or x1 == self.width or y1 == self.height or bool((whole & ~self.visible[px]).any())
        return Mark((x0, y0, x1, y1), cut)


@dataclass(frozen=True)
class _Inside:
    """The part of a patch inside the image: its px, and its samples, `fine` per px along both axes."""

    px: tuple[slice, slice]
    samples: tuple[slice, slice]
    fine: int

    @classmethod
    def of(cls, left: int, top: int, right: int, bottom: int, width: int, height: int, fine: int) -> _Inside:
        x0, x1, y0, y1 = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
        rows = slice((y0 - top) * fine, (y1 - top) * fine)
        columns = slice((x0 - left) * fine, (x1 - left) * fine)
        return cls((slice(y0, y1), slice(x0, x1)), (rows, columns), fine)

    def shrink(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean of the samples of each px."""
        cut = samples[self.samples]
        if self.fine == 1:
            return cut
        height, width = cut.shape[0] // self.fine, cut.shape[1] // self.fine
        blocks = cut.reshape(height, self.fine, width, self.fine, *cut.shape[2:])
        return np.asarray(blocks.mean(axis=(1, 3)), np.float32)

    def pick(self, samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The sample at the middle of each px."""
        return samples[self.samples][self.fine // 2 :: self.fine, self.fine // 2 :: self.fine]


@dataclass(frozen=True)
class Patch:
    """A window together with the px that it covers.

    Attributes
    ----------
    window : Window
        The samples.
    inside : _Inside
        Their part inside the image.
    sample_area : float
        Area of one sample, square um.
    """

    window: Window
    inside: _Inside
    sample_area: float
