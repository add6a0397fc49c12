"""Which pieces of chromatin make one nucleus: clusters are parted at waists, lobes of one cell are joined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.segmentation.geometry import (
    Piece,
    convex_hull,
    fill_polygon,
    label_parts,
    squared_distance,
    squared_distance_to,
    trimmed,
    union,
)

Territory = Callable[[Piece], NDArray[np.bool_]]
"""Tells which pixels of a piece's box have the colour of cytoplasm or chromatin."""

Outliner = Callable[[list[Piece], Piece], NDArray[np.float64]]
"""Outlines the cell of one of these nuclei: x and y, px of the image that they are of."""


@dataclass(frozen=True)
class Waist:
    """Where a piece of chromatin is parted.

    Attributes
    ----------
    radius_um : float
        Smallest inscribed radius of each part.
    area_um2 : float
        Smallest area of each part.
    percent : int
        Largest width of the waist between two parts, percent of the smaller inscribed diameter.
    """

    radius_um: float
    area_um2: float
    percent: int


@dataclass(frozen=True)
class Parameters:
    """What `lobes` takes from the bundle; lengths in um.

    Attributes
    ----------
    gap_um : float
        Largest gap between two lobes of one nucleus.
    speck_area_um2, speck_gap_um : float
        Pieces below this area (platelets, fragments) join only across this smaller gap.
    lobe_radius_um, lobe_gap_um : float
        A piece whose inscribed circle is no larger than this is taken for a lobe of what lies within this gap.
    joined_area_um2 : float
        Largest area of a nucleus made of lobes.
    joined_extent_um : float
        Largest extent of a nucleus made of lobes.
    slender_extent_um : float
        Largest extent of such a nucleus when it is slender; beyond, a slender group is a chain of cells.
    slender_percent : int
        A group is slender when its smallest extent is below this share, percent, of its largest.
    cytoplasm_score : int
        Least evidence of the surroundings, sixteenths of a natural log-odds, for cytoplasm between lobes.
    lobe_area_um2 : float
        Two pieces larger than this are not taken for lobes before their cells are outlined.
    filled_percent : int
        Share, percent, of the gaps between larger lobes that must be cytoplasm.
    pair : Waist
        The waist between two nuclei that touch.
    crowd : Waist
        The waist within a piece that is too large to be one nucleus.
    step_um : float
        Step in which the waist is searched.
    reunited_extent_um : float
        Largest extent of a nucleus that is put together again because its cell is one.
    cell_extent_um : float
        Largest extent of the cell of such a nucleus.
    round_percent : int
        Such a cell fills at least this share, percent, of the disc of its extent: two cells side by side fill half of
        theirs, and less where one is drawn around both.
    nucleus_percent : int
        Largest share, percent, of such a cell that is nucleus: two cells' nuclei leave less between them.
    overlap_percent : int
        Where the outlines of two nuclei share more than this, percent of the smaller, they are one cell's unless ...
    overlap_round_percent : int
        ... the cell of both together fills less than this share, percent, of the disc of its extent.
    """

    gap_um: float
    speck_area_um2: float
    speck_gap_um: float
    lobe_radius_um: float
    lobe_gap_um: float
    joined_area_um2: float
    joined_extent_um: float
    slender_extent_um: float
    slender_percent: int
    cytoplasm_score: int
    lobe_area_um2: float
    filled_percent: int
    pair: Waist
    crowd: Waist
    step_um: float
    reunited_extent_um: float
    cell_extent_um: float
    round_percent: int
    nucleus_percent: int
    overlap_percent: int
    overlap_round_percent: int


def group(pieces: list[Piece], territory: Territory, um_per_px: float, parameters: Parameters) -> list[Piece]:
    """Join the pieces that are lobes of one nucleus.

    Parameters
    ----------
    pieces : list of Piece
        Pieces of chromatin.
    territory : callable
        Tells cytoplasm from surroundings.
    um_per_px : float
        Edge of a px, um.

    Returns
    -------
    list of Piece
        Nuclei. Neighbours are joined nearest first, as long as the whole stays within the size of one nucleus. A
        leukocyte is convex, so what lies between the lobes of its nucleus is its own cytoplasm; between two cells that
        touch lies what surrounds them.
    """
    gap = parameters.gap_um / um_per_px
    squared_gap, reach = gap * gap, int(gap) + 1
    pairs = []
    for first in range(len(pieces)):
        for second in range(first + 1, len(pieces)):
            if _apart(pieces[first].box, pieces[second].box, reach):
                continue
            distance = _squared_gap(pieces[first], pieces[second])
            if distance <= squared_gap:
                pairs.append((distance, first, second))
    home = list(range(len(pieces)))
    whole = dict(enumerate(pieces))
    for distance, first, second in sorted(pairs):
        one, other = home[first], home[second]
        if one == other or not _is_one_nucleus(whole[one], whole[other], distance, territory, um_per_px, parameters):
            continue
        whole[one] = union([whole[one], whole.pop(other)])
        home = [one if index == other else index for index in home]
    return list(whole.values())


def reunite(
    pieces: list[Piece],
    outlines: list[NDArray[np.float64]],
    outline: Outliner,
    um_per_px: float,
    parameters: Parameters,
) -> list[Piece]:
    """Join the nuclei whose cells, outlined as one, are one.

    Parameters
    ----------
    pieces : list of Piece
        The nuclei.
    outlines : list of (n, 2) float64 array
        Outline of each one's cell, px of the image that the pieces are of.
    outline : callable
        Outlines the cell of two nuclei taken for one.
    um_per_px : float
        Edge of a px, um.

    Returns
    -------
    list of Piece
        The nuclei, some of them joined; those that stayed as they were are the same objects. An outline around the
        lobes of one cell is round; around two cells that touch it is long, or waisted, or filled with their nuclei.
    """
    corners = [(*np.floor(points.min(axis=0)), *np.ceil(points.max(axis=0))) for points in outlines]
    boxes = [(int(x0), int(y0), int(x1), int(y1)) for x0, y0, x1, y1 in corners]
    squared_gap = parameters.lobe_gap_um * parameters.lobe_gap_um / (um_per_px * um_per_px)
    overlaps: dict[tuple[int, ...], bool] = {}
    for first in range(len(pieces)):
        for second in range(first + 1, len(pieces)):
            if not _apart(boxes[first], boxes[second], 0):
                overlap = _overlap(outlines[first], outlines[second], boxes[first], boxes[second], parameters)
                if overlap or _squared_gap(pieces[first], pieces[second]) <= squared_gap:
                    overlaps[first, second] = overlap
    home = list(range(len(pieces)))
    whole = dict(enumerate(pieces))
    # All neighbours first: two lobes of three may be long.
    for members in [*_clusters(len(pieces), list(overlaps)), *overlaps]:
        homes = sorted({home[member] for member in members})
        joined = union([whole[one] for one in homes])
        if len(homes) < 2 or not _fits_one_nucleus(joined, um_per_px, parameters, parameters.reunited_extent_um):
            continue
        rest = [piece for one, piece in whole.items() if one not in homes]
        overlap = overlaps.get(members, False)
        if _is_one_cell(joined, outline([*rest, joined], joined), overlap, um_per_px, parameters):
            whole[homes[0]] = joined
            for other in homes[1:]:
                del whole[other]
            home = [homes[0] if one in homes else one for one in home]
    return list(whole.values())


def part(piece: Piece, um_per_px: float, parameters: Parameters) -> list[Piece]:
    """Part a cluster of touching nuclei at its waists.

    The set of pixels deeper than a growing depth falls apart at a waist; where two or more of its parts are deep and
    large enough to be nuclei, each becomes one. The rest of the cluster goes to the part that reaches it first.

    Returns
    -------
    list of Piece
        The nuclei; the piece itself where it has no such waist.
    """
    px_um2 = um_per_px * um_per_px
    extent_um = parameters.joined_extent_um
    waist = parameters.pair if _fits_one_nucleus(piece, um_per_px, parameters, extent_um) else parameters.crowd
    if piece.mask.sum() * px_um2 < 2 * waist.area_um2:
        return [piece]
    depth = squared_distance(piece.mask)
    cores = []
    height, width = piece.mask.shape
    open_cores = [(Piece((0, 0, width, height), piece.mask), parameters.step_um)]
    while open_cores:
        core, level = open_cores.pop()
        halves, level = _fall_apart(core, depth[core.window], level, um_per_px, waist, parameters)
        if len(halves) < 2:
            cores.append(core)
        else:
            open_cores += [(half, level) for half in halves]
    if len(cores) < 2:
        return [piece]
    labels = _grow(cores, piece.mask)
    parts = [trimmed(piece, labels == number) for number in range(1, len(cores) + 1)]
    if min(one.mask.sum() for one in parts) * px_um2 < waist.area_um2:
        return [piece]
    return parts


def _extents(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Smallest and largest extent of a mask, px, along x, y and the two diagonals."""
    y, x = np.nonzero(mask)
    straight = [int(np.ptp(x)) + 1.0, int(np.ptp(y)) + 1.0]
    slanted = [(int(np.ptp(x + y)) + 1.0) / math.sqrt(2.0), (int(np.ptp(x - y)) + 1.0) / math.sqrt(2.0)]
    return min(straight + slanted), max(straight + slanted)


def _apart(one: tuple[int, int, int, int], other: tuple[int, int, int, int], reach: int) -> bool:
    """Whether two boxes are further apart than `reach` px along x or y."""
    return (
        one[0] - other[2] > reach or other[0] - one[2] > reach or one[1] - other[3] > reach or other[1] - one[3] > reach
    )


def _clusters(count: int, pairs: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The numbers, below `count`, that pairs connect, three or more at a time."""
    home = list(range(count))
    for first, second in pairs:
        one, other = home[first], home[second]
        home = [one if index == other else index for index in home]
    clusters = [tuple(index for index in range(count) if home[index] == one) for one in range(count)]
    return [cluster for cluster in clusters if len(cluster) > 2]


def _overlap(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    one_box: tuple[int, ...],
    other_box: tuple[int, ...],
    parameters: Parameters,
) -> bool:
    """Whether two outlines share much."""
    origin = np.array([min(one_box[0], other_box[0]), min(one_box[1], other_box[1])], np.float64)
    shape = (max(one_box[3], other_box[3]) - int(origin[1]), max(one_box[2], other_box[2]) - int(origin[0]))
    first, second = fill_polygon(one - origin, shape), fill_polygon(other - origin, shape)
    smaller = min(int(np.count_nonzero(first)), int(np.count_nonzero(second)))
    return 100 * int(np.count_nonzero(first & second)) > smaller * parameters.overlap_percent


def _is_one_cell(
    nucleus: Piece, outline: NDArray[np.float64], overlap: bool, um_per_px: float, parameters: Parameters
) -> bool:
    """Whether an outline around two nuclei taken for one is as round as a cell's."""
    x, y = outline.T
    longest = max(float(np.ptp(x)), float(np.ptp(y)), float(max(np.ptp(x + y), np.ptp(x - y))) / math.sqrt(2.0))
    if longest * um_per_px > parameters.cell_extent_um:
        return False
    low, high = np.floor(outline.min(axis=0)), np.ceil(outline.max(axis=0))
    cell = fill_polygon(outline - low, (int(high[1] - low[1]), int(high[0] - low[0])))
    area, disc = 400 * int(np.count_nonzero(cell)), math.pi * longest * longest
    if overlap and area >= disc * parameters.overlap_round_percent:
        return True
    chromatin = 400 * int(np.count_nonzero(nucleus.mask))
    return area >= disc * parameters.round_percent and 100 * chromatin <= area * parameters.nucleus_percent


def _squared_gap(one: Piece, other: Piece) -> int:
    """Squared distance, px2, between the nearest pixels of two pieces."""
    both = union([one, other])
    left, top = one.box[0] - both.box[0], one.box[1] - both.box[1]
    first = np.zeros(both.mask.shape, bool)
    first[top : top + one.mask.shape[0], left : left + one.mask.shape[1]] = one.mask
    return int(squared_distance_to(first)[both.mask & ~first].min())


def _is_one_nucleus(
    one: Piece, other: Piece, squared_gap: int, territory: Territory, um_per_px: float, parameters: Parameters
) -> bool:
    """Whether two neighbouring pieces are lobes of one nucleus."""
    px_um2 = um_per_px * um_per_px
    areas = [int(piece.mask.sum()) * px_um2 for piece in (one, other)]
    if min(areas) < parameters.speck_area_um2:
        return squared_gap * px_um2 <= parameters.speck_gap_um * parameters.speck_gap_um
    both = union([one, other])
    if not _fits_one_nucleus(both, um_per_px, parameters, parameters.joined_extent_um):
        return False
    if squared_gap * px_um2 <= parameters.lobe_gap_um * parameters.lobe_gap_um:
        radius_um2 = min(int(squared_distance(piece.mask).max()) for piece in (one, other)) * px_um2
        if radius_um2 <= parameters.lobe_radius_um * parameters.lobe_radius_um:
            return True
    if min(areas) > parameters.lobe_area_um2:
        return False
    gaps = convex_hull(both.mask) & ~both.mask
    filled = np.count_nonzero(gaps & territory(both))
    return bool(filled * 100 >= np.count_nonzero(gaps) * parameters.filled_percent)


def _fits_one_nucleus(piece: Piece, um_per_px: float, parameters: Parameters, extent_um: float) -> bool:
    """Whether a piece is small enough to be one nucleus; a slender one must be smaller."""
    shortest, longest = _extents(piece.mask)
    slender = shortest * 100 < longest * parameters.slender_percent
    limit = parameters.slender_extent_um if slender else extent_um
    area = np.count_nonzero(piece.mask) * um_per_px * um_per_px
    return area <= parameters.joined_area_um2 and longest * um_per_px <= limit


def _fall_apart(
    core: Piece, depth: NDArray[np.int32], level: float, um_per_px: float, waist: Waist, parameters: Parameters
) -> tuple[list[Piece], float]:
    """The parts that could be nuclei at the first depth, um, at which a core falls into two or more of them."""
    px_um2 = um_per_px * um_per_px
    # The smaller part is a nucleus: the waist is no wider than that allows.
    deepest_um = parameters.reunited_extent_um / 2 * waist.percent / 100
    body = core
    while level <= deepest_um:
        within = depth[body.moved(-core.box[0], -core.box[1]).window]
        parts = []
        for one in label_parts(body.mask & (within * px_um2 > level * level), 1):
            radius_um2 = int(within[one.window][one.mask].max()) * px_um2
            wide = radius_um2 >= waist.radius_um * waist.radius_um
            waisted = radius_um2 * waist.percent**2 >= 10000 * level * level
            if wide and waisted:
                parts.append(one.moved(body.box[0], body.box[1]))
        if len(parts) != 1:
            return parts, level
        # What is not wide or waisted here will not be so deeper inside.
        body = parts[0]
        level += parameters.step_um
    return [], level


def _grow(cores: list[Piece], mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Number, from 1, of the core that each px goes to.

    The cores grow over the mask, a px at a time; where two meet, the later one in the list keeps the px.
    """
    labels = np.zeros(mask.shape, np.uint16)
    for number, core in enumerate(cores, start=1):
        labels[core.window][core.mask] = number
    square = np.ones((3, 3), np.uint8)
    while True:
        grown = np.where((labels == 0) & mask, cv2.dilate(labels, square), labels)
        if np.array_equal(grown, labels):
            return labels
        labels = grown
