"""What a whole slide shows where: its white point, empty glass, and the zone where red cells lie as a single layer."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lowcost import stain
from lowcost.bundle import Bundle
from lowcost.errors import InputError
from lowcost.image import illumination, quality
from lowcost.optics import Resampling
from lowcost.segmentation import nuclei
from lowcost.wholeslide.region import MONOLAYER, THICK, THIN, Region
from lowcost.wholeslide.slide import Slide

TILE_PX = 3456
"""Largest edge of a tile, px: about the 12 megapixels of an ordinary photograph."""

TILE_UM = 1100.0
"""Largest edge of a tile, um: a larger one would be searched at a coarser scale than ordinary photographs are."""

HALO_UM = 24.0
"""Width of what a tile shows beyond its core: the view of a cell is 32 um wide, and its middle may lie `MARGIN_UM`
beyond the core and as much beside its nucleus."""

LOOK_UM_PER_PX = 1.0
"""Scale at which the slide is looked over: the coarsest at which red cells and the gaps between them are told apart."""

LEAST_COVER, MOST_COVER = 0.08, 0.75
"""Share of a tile that cells cover where red cells lie as a single layer: with less there are few to see (the end of
the feathered edge, where white cells are distorted), with more they lie over each other."""

MOST_OVERLAP = 0.1
"""Largest share of the red cells' area that is as dense as two of them where they lie as a single layer ..."""

TWICE = 1.7
"""... which is so many times the density of one."""

_SAMPLES = 2048
# About how many px are kept of each tile.

_UNSCANNED = 4
# Mean of the channels below which a px shows no cell, however dark, but where the scanner did not look.


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was seen of a tile: brightnesses (256,) of all px looked at, and some of these px (n, 3)."""

    brightness: NDArray[np.int64]
    samples: NDArray[np.uint8]

    @property
    def shows_something(self) -> bool:
        """Whether its brightnesses differ by more than noise does."""
        reached = np.cumsum(self.brightness) / self.brightness.sum()
        return int(np.searchsorted(reached, 0.999)) - int(np.searchsorted(reached, 0.001)) >= 24


def regions(
    path: str | os.PathLike[str],
    um_per_px: float | None = None,
    *,
    everywhere: bool = False,
    bundle: Bundle | None = None,
) -> list[Region]:
    """Return the tiles of a whole slide that are worth an analysis.

    Parameters
    ----------
    path : path
        The slide.
    um_per_px : float, optional
        Micrometres per px of its finest level; by default read from its metadata.
    everywhere : bool
        Whether to give all tiles that show cells, those of the monolayer first; else those of the monolayer alone,
        where the slide has one.
    bundle : Bundle, optional
        Where the parameters of light and stain come from; the installed one by default.

    Returns
    -------
    list of Region
        In reading order within a zone.

    Raises
    ------
    InputError
        The slide cannot be read, its scale is unknown, or it shows nothing.
    DependencyError
        `tiffslide` is not installed.
    """
    bundle = bundle or Bundle.load()
    with Slide(path, um_per_px) as slide:
        tiles = _tiles(slide, bundle.section("resample", Resampling).view_um_per_px)
        seen = {tile: _look(slide, tile) for tile in tiles}
        white = _white(list(seen.values()), bundle)
        zones = _zones(seen, white, bundle) if white is not None else {}
        if white is None or not zones:
            raise InputError(f"{slide.name} shows no cells: nothing on it is darker than the empty glass")
    order = [MONOLAYER] if MONOLAYER in zones.values() and not everywhere else [MONOLAYER, THIN, THICK]
    given = um_per_px is not None
    return [tile.region(white, zone, given) for zone in order for tile, own in zones.items() if own == zone]


@dataclass(frozen=True)
class _Tile:
    """A tile of a level: its core and its whole, (x0, y0, x1, y1) in px of the level."""

    level: int
    downsample: float
    um_per_px: tuple[float, float]
    core: tuple[int, int, int, int]
    whole: tuple[int, int, int, int]

    def region(self, white: tuple[int, int, int], zone: str, given: bool) -> Region:
        left, top, right, bottom = self.whole
        x0, y0, x1, y1 = self.core
        return Region(
            x=left,
            y=top,
            width=right - left,
            height=bottom - top,
            level=self.level,
            downsample=self.downsample,
            core=(x0 - left, y0 - top, x1 - left, y1 - top),
            um_per_px=self.um_per_px,
            white=white,
            zone=zone,
            given=given,
        )


def _tiles(slide: Slide, view_um_per_px: float) -> list[_Tile]:
    """Cut the level that is no coarser than the views of cells into tiles of about one size."""
    level = slide.level(view_um_per_px)
    factor = slide.downsamples[level]
    um_per_px = (slide.um_per_px[0] * factor, slide.um_per_px[1] * factor)
    spans = []
    for size, step in zip((slide.width, slide.height), um_per_px, strict=True):
        extent, halo = int(size / factor), math.ceil(HALO_UM / step)
        largest = min(TILE_PX, int(TILE_UM / step)) - 2 * halo
        count = max(1, -(-extent // largest))
        edges = [extent * number // count for number in range(count + 1)]
        spans.append([(a, b, max(0, a - halo), min(extent, b + halo)) for a, b in pairwise(edges)])
    return [
        _Tile(level, factor, um_per_px, (x0, y0, x1, y1), (left, top, right, bottom))
        for y0, y1, top, bottom in spans[1]
        for x0, x1, left, right in spans[0]
    ]


def _look(slide: Slide, tile: _Tile) -> _Seen:
    x0, y0, x1, y1 = (int(edge * tile.downsample) for edge in tile.core)
    pixels = slide.look(x0, y0, x1 - x0, y1 - y0, LOOK_UM_PER_PX)
    brightness = np.bincount(_brightness(pixels).ravel(), minlength=256)
    step = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // _SAMPLES))
    return _Seen(brightness, pixels[step // 2 :: step, step // 2 :: step].reshape(-1, 3).copy())


def _brightness(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Mean of the channels (...) of pixels (..., 3)."""
    total = pixels[..., 0].astype(np.uint16)
    total += pixels[..., 1]
    total += pixels[..., 2]
    mean: NDArray[np.uint16] = total // np.uint16(3)
    return mean


def _white(seen: list[_Seen], bundle: Bundle) -> tuple[int, int, int] | None:
    """Red, green and blue of the slide's background, None where no tile shows anything.

    What was not scanned is often filled with a white or a black that no glass has: only tiles that show something tell.
    """
    telling = [each.samples for each in seen if each.shows_something]
    if not telling:
        return None
    parameters = bundle.section("illumination", illumination.Parameters)
    pooled = np.concatenate(telling)
    pooled = pooled[_brightness(pooled) >= _UNSCANNED]
    pooled = pooled[:: max(1, len(pooled) // parameters.samples)]
    edge = math.isqrt(len(pooled))
    even = np.zeros((illumination.TERMS, 3))
    even[0] = 1.0
    return illumination.measure(pooled[: edge * edge].reshape(edge, edge, 3), parameters, even).white_point


def _zones(seen: dict[_Tile, _Seen], white: tuple[int, int, int], bundle: Bundle) -> dict[_Tile, str]:
    """Name the zone of each tile that is not empty."""
    judging, light = (
        bundle.section("quality", quality.Parameters),
        bundle.section("illumination", illumination.Parameters),
    )
    staining, searching = bundle.section("stain", stain.Parameters), bundle.section("nuclei", nuclei.Parameters)
    brightest = sum(white) / 3.0
    dark = int(brightest * (1.0 - judging.absorbing / light.white))
    cover = {tile: float(own.brightness[_UNSCANNED:dark].sum() / own.brightness.sum()) for tile, own in seen.items()}
    red_cells = {}
    for tile, own in seen.items():
        if cover[tile] >= judging.objects_rejected:
            scanned = own.samples[_brightness(own.samples) >= _UNSCANNED][None]
            balanced = illumination.even(scanned, white, light).balance(scanned)
            _, green, blue = stain.optical_density(balanced, staining)[0].T.astype(np.int64)
            haemoglobin = 100 * blue > searching.haemoglobin_blue_percent * green
            red_cells[tile] = green[haemoglobin & (green > searching.foreground_density)]
    single = [float(np.median(red_cells[tile])) for tile in red_cells if _may_be_single(cover[tile], red_cells[tile])]
    # One red cell thick are the tiles whose red cells are paler than those of most.
    one = float(np.quantile(single, 0.25)) if single else 0.0

    def zone(tile: _Tile) -> str:
        if cover[tile] < LEAST_COVER:
            return THIN
        own = red_cells[tile]
        overlap = np.count_nonzero(own > TWICE * one) / max(len(own), 1)
        return MONOLAYER if _may_be_single(cover[tile], own) and overlap <= MOST_OVERLAP else THICK

    return {tile: zone(tile) for tile in red_cells}


def _may_be_single(cover: float, red_cells: NDArray[np.int64]) -> bool:
    """Whether a tile that is so much covered shows red cells, and not too many."""
    return LEAST_COVER <= cover <= MOST_COVER and len(red_cells) > 0
