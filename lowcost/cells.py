"""Every leukocyte of a photograph in its own view: nuclei first, then outlines.

A view is what features, network and report see of a cell: balanced RGB at a fixed scale, with the masks of nucleus and
cell. Prediction and training both get their views here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import paleness, stain
from lowcost.bundle import Bundle
from lowcost.device import Device
from lowcost.image import resample
from lowcost.image.window import nearest, shifted
from lowcost.optics import Optics, Parameters, Resampling, measure
from lowcost.result import Scale
from lowcost.segmentation import lobes, nuclear_edge, nuclei, outline, surroundings
from lowcost.segmentation.geometry import Piece, reaches_edge
from lowcost.segmentation.nuclear_edge import NuclearEdge

Points = tuple[tuple[float, float], ...]
Box = tuple[int, int, int, int]

_FINER = 4

_TOGETHER = 16
"""Number of cells that are outlined at once: enough to be fast, few enough to be small."""


@dataclass(frozen=True, eq=False)
class Detection:
    """A photograph at the scale at which nuclei are found.

    Attributes
    ----------
    density : (h, w, 3) int16 array
        Optical densities.
    inside : (h, w) bool array
        Where it shows the photograph's field.
    nuclei : Nuclei
        The nuclei that were found.
    um_per_px : float
        Its scale.
    to_x, to_y : float
        Px of the photograph per px along x and y.
    """

    density: NDArray[np.int16]
    inside: NDArray[np.bool_]
    nuclei: nuclei.Nuclei
    um_per_px: float
    to_x: float
    to_y: float


@dataclass(frozen=True, eq=False)
class View:
    """One cell at a fixed scale.

    Attributes
    ----------
    pixels : (n, n, 3) uint8 array
        Balanced RGB with the cell's box in the middle; white outside the photograph.
    nucleus, cell : (n, n) bool arrays
        Its masks.
    box : (x0, y0, x1, y1)
        Box of the cell in px of the photograph.
    polygon : tuple of (x, y)
        Outline of the cell in the same frame.
    nucleus_polygons : tuple of tuple of (x, y)
        Outlines of the nucleus's parts.
    touches_edge : bool
        Whether the photograph or its round field cuts the cell.
    """

    pixels: NDArray[np.uint8]
    nucleus: NDArray[np.bool_]
    cell: NDArray[np.bool_]
    box: Box
    polygon: Points
    nucleus_polygons: tuple[Points, ...]
    touches_edge: bool


@dataclass(frozen=True, eq=False)
class _Seen:
    """A view before its cell is outlined.

    Attributes
    ----------
    pixels : (n, n, 3) uint8 array
        Balanced RGB with the nucleus's box in the middle.
    shown : (n, n) bool array
        Where it shows the photograph's field.
    origin, step : (2,) float64 array
        Left top corner, and edge of a px along x and y, px of the photograph.
    evidence : outline.Evidence
        What it shows of the cell's outline.
    """

    pixels: NDArray[np.uint8]
    shown: NDArray[np.bool_]
    origin: NDArray[np.float64]
    step: NDArray[np.float64]
    evidence: outline.Evidence


@dataclass(frozen=True, eq=False)
class Found:
    """What was found on a photograph.

    Attributes
    ----------
    views : list of View
        One for each nucleus, in reading order of the nuclei.
    platelets : list of box
        Boxes of chromatin-coloured objects too small to be a nucleus, px of the photograph.
    artefacts : list of box
        Boxes of those that no view can show: rings and arcs wider than a view.
    stain_vectors : dict of str to (red, green, blue)
        Unit optical-density vectors of chromatin and haemoglobin as measured.
    """

    views: list[View]
    platelets: list[Box]
    artefacts: list[Box]
    stain_vectors: dict[str, tuple[float, float, float]]


class CellFinder:
    """Measures the optics of photographs and finds their cells. Holds nothing but parameters: any thread may use it.

    Parameters
    ----------
    bundle : Bundle
        Where every threshold comes from.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.resampling = bundle.section("resample", Resampling)
        self._optics = Parameters.of(bundle)
        self._stain = bundle.section("stain", stain.Parameters)
        self._nuclei = bundle.section("nuclei", nuclei.Parameters)
        self._lobes = bundle.section("lobes", lobes.Parameters)
        self._surroundings = bundle.section("surroundings", surroundings.Parameters)
        self._nuclear_edge = bundle.section("nuclear_edge", nuclear_edge.Parameters)
        self._outline = bundle.section("outline", outline.Parameters)

    def optics(
        self,
        pixels: NDArray[np.uint8],
        known: Scale | None = None,
        device: Device | None = None,
        white: tuple[int, int, int] | None = None,
    ) -> Optics:
        """Measure light, scale and quality of a photograph; see `lowcost.optics.measure`."""
        return measure(pixels, self._optics, known, device, white)

    def find(self, optics: Optics) -> Found:
        """Find the cells of a photograph.

        Parameters
        ----------
        optics : Optics
            The photograph and its measurements; its scale must be known.

        Returns
        -------
        Found
            A view of each leukocyte, and what else was seen.
        """
        seen = self.detect(optics)
        found, um_per_px, to_x, to_y = seen.nuclei, seen.um_per_px, seen.to_x, seen.to_y
        shown = [piece for piece in found.pieces if self._shows(piece, um_per_px)]
        unseen = [piece for piece in found.pieces if not self._shows(piece, um_per_px)]
        found = found.with_pieces(shown) if unseen else found
        views = self._views(optics, found, range(1, found.count + 1), to_x, to_y)
        outlined = [(piece, view) for piece, view in zip(found.pieces, views, strict=True)]

        def outline_as_one(pieces: list[Piece], joined: Piece) -> NDArray[np.float64]:
            among = found.with_pieces(pieces)
            number = next(index for index, piece in enumerate(among.pieces, start=1) if piece is joined)
            (view,) = self._views(optics, among, [number], to_x, to_y)
            outlined.append((joined, view))
            return np.array(view.polygon) / (to_x, to_y)

        outlines = [np.array(view.polygon) / (to_x, to_y) for view in views]
        pieces = lobes.reunite(found.pieces, outlines, outline_as_one, um_per_px, self._lobes)
        if len(pieces) < found.count:
            found = found.with_pieces(pieces)
            view_of = {id(piece): view for piece, view in outlined}
            views = [view_of[id(piece)] for piece in found.pieces]
        platelets = [_scaled(box, to_x, to_y, optics.pixels.shape) for box in found.platelets]
        # What lies within a cell is part of it: a fragment of its nucleus, or a clump of its granules.
        platelets = [box for box in platelets if not any(_is_within(box, view.polygon) for view in views)]
        artefacts = [_scaled(piece.box, to_x, to_y, optics.pixels.shape) for piece in unseen]
        vectors = stain.vectors(seen.density, found.labels > 0, seen.inside & ~found.stained, self._stain)
        return Found(views, platelets, artefacts, vectors)

    def detect(self, optics: Optics) -> Detection:
        """Find the nuclei of a photograph; its scale must be known."""
        um_per_px = self._detection_um_per_px(optics)
        step_x = um_per_px / (optics.scale.um_per_px_x * optics.factor)
        step_y = um_per_px / (optics.scale.um_per_px_y * optics.factor)
        rows, columns = optics.balanced.shape[:2]
        width, height = math.ceil(columns / step_x), math.ceil(rows / step_y)
        image = resample.sample(optics.balanced, 0.0, 0.0, step_x, step_y, width, height, self.resampling.white)
        inside = nearest(optics.light.mask, 0.0, 0.0, step_x, step_y, width, height)
        density = stain.optical_density(image, self._stain)
        chromatin = stain.chromatin_density(density, self._stain.blue_limit)
        found = nuclei.find(density, chromatin, inside, um_per_px, self._nuclei, self._lobes, self._surroundings)
        return Detection(density, inside, found, um_per_px, step_x * optics.factor, step_y * optics.factor)

    def _detection_um_per_px(self, optics: Optics) -> float:
        """The scale at which nuclei are found on a photograph."""
        height, width = optics.pixels.shape[:2]
        area = height * optics.scale.um_per_px_y * (width * optics.scale.um_per_px_x)
        return max(self.resampling.detection_um_per_px, math.sqrt(area / self.resampling.detection_pixels))

    def _shows(self, piece: Piece, um_per_px: float) -> bool:
        """Whether a view of a piece, found at `um_per_px`, shows at least half of it."""
        settings = self.resampling
        half = settings.view_px * settings.view_um_per_px / um_per_px / 2
        rows, columns = (slice(max(0, int(size / 2 - half)), int(size / 2 + half)) for size in piece.mask.shape)
        return bool(2 * np.count_nonzero(piece.mask[rows, columns]) >= np.count_nonzero(piece.mask))

    def _views(
        self, optics: Optics, found: nuclei.Nuclei, numbers: Sequence[int], to_x: float, to_y: float
    ) -> list[View]:
        """Outline the cells of some nuclei; `to_x` and `to_y` are photograph px per detection px."""
        views = []
        for first in range(0, len(numbers), _TOGETHER):
            seen = [self._look(optics, found, number, to_x, to_y) for number in numbers[first : first + _TOGETHER]]
            outlined = outline.outline([one.evidence for one in seen], self._outline)
            views += [self._view(optics, one, cell) for one, cell in zip(seen, outlined, strict=True)]
        return views

    def _look(self, optics: Optics, found: nuclei.Nuclei, number: int, to_x: float, to_y: float) -> _Seen:
        """Cut out one nucleus and what surrounds it."""
        settings = self.resampling
        size, um_per_px = settings.view_px, settings.view_um_per_px
        step_x, step_y = um_per_px / optics.scale.um_per_px_x, um_per_px / optics.scale.um_per_px_y
        x0, y0, x1, y1 = found.pieces[number - 1].box
        left = (x0 + x1) * to_x / 2 - size / 2 * step_x
        top = (y0 + y1) * to_y / 2 - size / 2 * step_y
        pixels, shown = self._cut(optics, left, top, step_x, step_y)
        labels = nearest(found.labels, left / to_x, top / to_y, step_x / to_x, step_y / to_y, size, size)
        density = stain.optical_density(pixels, self._stain)
        chromatin = stain.chromatin_density(density, self._stain.blue_limit)
        own = labels == number
        others = (labels > 0) ^ own
        edge = NuclearEdge.around(density, chromatin, own, others, um_per_px, self._nuclear_edge)
        evidence = outline.gather(density, edge, others, found.surroundings, um_per_px, self._outline)
        return _Seen(pixels, shown, np.array([left, top]), np.array([step_x, step_y]), evidence)

    def _view(self, optics: Optics, seen: _Seen, outlined: outline.Outlined) -> View:
        """A cell as it was outlined, its box in the middle."""
        settings, size = self.resampling, self.resampling.view_px
        shown, origin, step = seen.shown, seen.origin, seen.step
        nucleus, cell = outlined.nucleus & shown, outlined.cell & shown
        limit = np.array(optics.pixels.shape[1::-1], np.float64)
        polygon = _points(np.clip(origin + outlined.polygon * step, 0.0, limit))
        box = _box_around(np.array(polygon), optics.pixels.shape)
        # The cell, not its nucleus, belongs in the middle of what the network sees.
        shift_x, shift_y = (
            math.floor(((box[axis] + box[axis + 2]) / 2 - origin[axis]) / step[axis] - size / 2 + 0.5)
            for axis in (0, 1)
        )
        cut = ~shown & outlined.cell
        return View(
            pixels=shifted(seen.pixels, shift_x, shift_y, settings.white),
            nucleus=shifted(nucleus, shift_x, shift_y, 0),
            cell=shifted(cell, shift_x, shift_y, 0),
            box=box,
            polygon=polygon,
            nucleus_polygons=tuple(_points(np.clip(origin + part * step, 0.0, limit)) for part in _contours(nucleus)),
            touches_edge=reaches_edge(box, optics.pixels.shape) or bool(cut.any()),
        )

    def _cut(
        self, optics: Optics, left: float, top: float, step_x: float, step_y: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """A balanced view from its left top corner, and where it shows the photograph's field."""
        size, (rows, columns) = self.resampling.view_px, optics.pixels.shape[:2]
        pixels = resample.sample(optics.pixels, left, top, step_x, step_y, size, size, 0)
        x, y = (left + size / 2 * step_x) / columns, (top + size / 2 * step_y) / rows
        pixels = optics.light.balance_view(pixels, min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        pixels = paleness.toned(pixels, optics.tones)
        origin = (left / optics.factor, top / optics.factor)
        shown = nearest(optics.light.mask, *origin, step_x / optics.factor, step_y / optics.factor, size, size)
        if not shown.all():
            pixels[~shown] = self.resampling.white
        return pixels, shown


def _box_around(polygon: NDArray[np.float64], shape: tuple[int, ...]) -> Box:
    """Smallest whole-px box around a polygon, at least one px wide and high."""
    x0, y0 = (int(value) for value in np.floor(polygon.min(axis=0)))
    x1, y1 = (int(value) for value in np.ceil(polygon.max(axis=0)))
    x0, y0 = min(x0, shape[1] - 1), min(y0, shape[0] - 1)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def _scaled(box: Box, to_x: float, to_y: float, shape: tuple[int, ...]) -> Box:
    """A box of the detection image in px of the photograph."""
    corners = np.array([[box[0] * to_x, box[1] * to_y], [box[2] * to_x, box[3] * to_y]])
    return _box_around(np.minimum(corners, shape[1::-1]), shape)


def _is_within(box: Box, polygon: Points) -> bool:
    """Whether the middle of a box lies inside a polygon (even-odd rule)."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    within = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 <= y) != (y1 <= y):
            within ^= x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x
    return within


def _contours(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Outer outlines of a mask's parts along the edges of their px, largest first."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return []
    window = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    # Outlines run through the centres of border px: of finer px, they come closer to the edges.
    fine = window.repeat(_FINER, axis=0).repeat(_FINER, axis=1)
    outlines, _ = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    origin = np.array([columns[0], rows[0]], np.float64)
    parts = [origin + (points[:, 0] + 0.5) / _FINER for points in outlines if len(points) >= 3]
    return sorted(parts, key=lambda points: (-len(points), *points[0]))


def _points(polygon: NDArray[np.float64]) -> Points:
    """A polygon in hundredths of a px."""
    rounded = np.floor(polygon * 100.0 + 0.5) / 100.0
    x, y = rounded.T.tolist()
    return tuple(zip(x, y, strict=True))
