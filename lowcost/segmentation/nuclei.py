"""Nuclei on the detection image: chromatin stands out, lobes of one nucleus are joined, touching nuclei are parted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.segmentation import otsu
from lowcost.segmentation.geometry import Piece, disc, label_parts, reaches_edge, squared_distance
from lowcost.segmentation.lobes import Parameters as LobeParameters
from lowcost.segmentation.lobes import group, part
from lowcost.segmentation.surroundings import Parameters as SurroundingsParameters
from lowcost.segmentation.surroundings import Surroundings, measure


@dataclass(frozen=True)
class Parameters:
    """What `nuclei` takes from the bundle.

    Attributes
    ----------
    foreground_density : int
        Green density from which a pixel holds something, thousandths of OD.
    haemoglobin_blue_percent : int
        Smallest blue density, percent of the green one, of a pixel whose stain is haemoglobin.
    haemoglobin_share_percent : int
        Smallest share of the foreground, percent, that haemoglobin must hold to serve as a reference.
    haemoglobin_quantile_percent : int
        Quantile of the red cells' chromatin density that a nucleus must exceed.
    haemoglobin_margin_percent : int
        By how much, percent of that quantile.
    density_limit : int
        Chromatin densities above this count as this when the threshold is sought, thousandths of OD.
    class_ratio_percent : int
        Smallest ratio, percent, of the mean densities of chromatin and the rest when a picture holds nuclei.
    rim_ratio_percent : int
        Up to this ratio the two may be the bodies of red cells and their rims where most of the foreground is
        haemoglobin: then the upper mean must also reach `haemoglobin_ratio_percent` of the haemoglobin's median.
    haemoglobin_ratio_percent : int
        See there.
    threshold_percent : int
        Where between these two means the threshold lies, percent ...
    crowded_percent : int
        ... unless at least this share of what is stained lies above it, percent: then it lies at the rarest density
        between the lower mean and there.
    valley_percent : int
        Width over which that is counted, percent of the distance of the two means.
    least_density : int
        Smallest threshold, thousandths of OD.
    pale_percent : int
        Threshold for pale nuclei that stand alone, percent of the threshold.
    pale_area_um2, pale_radius_um : float
        Smallest area and inscribed radius of such a nucleus, um2 and um.
    opening_um : float
        Radius of the opening that removes filaments and specks, um.
    part_area_um2 : float
        Smallest piece that counts as a lobe or a platelet, um2.
    nucleus_area_um2, nucleus_radius_um : float
        Smallest area and inscribed radius of a nucleus; smaller objects are platelets.
    cut_nucleus_area_um2 : float
        Smallest area of a nucleus that the edge of the picture cuts, um2.
    """

    foreground_density: int
    haemoglobin_blue_percent: int
    haemoglobin_share_percent: int
    haemoglobin_quantile_percent: int
    haemoglobin_margin_percent: int
    density_limit: int
    class_ratio_percent: int
    rim_ratio_percent: int
    haemoglobin_ratio_percent: int
    threshold_percent: int
    crowded_percent: int
    valley_percent: int
    least_density: int
    pale_percent: int
    pale_area_um2: float
    pale_radius_um: float
    opening_um: float
    part_area_um2: float
    nucleus_area_um2: float
    nucleus_radius_um: float
    cut_nucleus_area_um2: float


@dataclass(frozen=True)
class Nuclei:
    """Nuclei of one field.

    Attributes
    ----------
    pieces : list of Piece
        The nuclei in reading order.
    labels : (h, w) int32 array
        0 where there is none, else the number of the nucleus, from 1 in that order.
    platelets : list of (x0, y0, x1, y1)
        Boxes of chromatin-coloured objects too small to be a nucleus, px of the detection image.
    stained : (h, w) bool array
        Everything that may belong to a nucleus or a platelet.
    surroundings : Surroundings
        The colours far from it.
    """

    pieces: list[Piece]
    labels: NDArray[np.int32]
    platelets: list[tuple[int, int, int, int]]
    stained: NDArray[np.bool_]
    surroundings: Surroundings

    @property
    def count(self) -> int:
        """Number of nuclei."""
        return len(self.pieces)

    def with_pieces(self, pieces: list[Piece]) -> Nuclei:
        """The same field with other nuclei."""
        ordered = sorted(pieces, key=lambda piece: (piece.box[1], piece.box[0], piece.box[3], piece.box[2]))
        labels = np.zeros_like(self.labels)
        for number, piece in enumerate(ordered, start=1):
            labels[piece.window][piece.mask] = number
        return replace(self, pieces=ordered, labels=labels)


def find(
    density: NDArray[np.int16],
    chromatin: NDArray[np.int16],
    inside: NDArray[np.bool_],
    um_per_px: float,
    parameters: Parameters,
    lobe_parameters: LobeParameters,
    surroundings_parameters: SurroundingsParameters,
) -> Nuclei:
    """Find the nuclei of a field.

    Parameters
    ----------
    density : (h, w, 3) int16 array
        Optical density of the detection image, thousandths.
    chromatin : (h, w) int16 array
        Its chromatin density.
    inside : (h, w) bool array
        Where the picture shows the smear (the round field of an eyepiece photograph).
    um_per_px : float
        Edge of a px, um.

    Returns
    -------
    Nuclei
        The nuclei and the platelets.
    """
    threshold, least = chromatin_threshold(density, chromatin, inside, parameters)
    pale_threshold = max(least, threshold * parameters.pale_percent // 100)
    smooth = cv2.boxFilter(chromatin, cv2.CV_32F, (3, 3), normalize=False)
    strong = _opened((smooth > 9 * threshold) & inside, parameters.opening_um / um_per_px)
    px_um2 = um_per_px * um_per_px
    radius_um2 = parameters.nucleus_radius_um * parameters.nucleus_radius_um
    pale_radius_um2 = parameters.pale_radius_um * parameters.pale_radius_um
    pieces = label_parts(strong, parameters.part_area_um2 / px_um2)
    pale = _opened((smooth > 9 * pale_threshold) & inside, parameters.opening_um / um_per_px)
    for piece in label_parts(pale, parameters.pale_area_um2 / px_um2):
        alone = not (strong[piece.window] & piece.mask).any()
        if alone and squared_distance(piece.mask).max() * px_um2 >= pale_radius_um2:
            pieces.append(piece)
    around = measure(density, pale, inside, um_per_px, surroundings_parameters)

    def territory(piece: Piece) -> NDArray[np.bool_]:
        return (around.score(density[piece.window]) >= lobe_parameters.cytoplasm_score) | pale[piece.window]

    found = []
    platelets = []
    parts = [nucleus for piece in pieces for nucleus in part(piece, um_per_px, lobe_parameters)]
    for nucleus in group(parts, territory, um_per_px, lobe_parameters):
        is_cut = reaches_edge(nucleus.box, chromatin.shape)
        least_um2 = parameters.cut_nucleus_area_um2 if is_cut else parameters.nucleus_area_um2
        large = nucleus.mask.sum() * px_um2 >= least_um2
        if large and squared_distance(nucleus.mask).max() * px_um2 >= radius_um2:
            found.append(nucleus)
        else:
            platelets.append(nucleus.box)
    platelets.sort(key=lambda box: (box[1], box[0]))
    return Nuclei([], np.zeros(chromatin.shape, np.int32), platelets, pale, around).with_pieces(found)


def chromatin_threshold(
    density: NDArray[np.int16], chromatin: NDArray[np.int16], inside: NDArray[np.bool_], parameters: Parameters
) -> tuple[int, int]:
    """Chromatin density, thousandths of OD, above which a pixel of this picture belongs to a nucleus; its lowest value.

    Cameras differ by a factor of 2.5 in how dark a nucleus is, so the threshold lies between the two classes that
    Otsu's criterion (1979, doi:10.1109/TSMC.1979.4310076) finds in what is stained, and above what the red cells of
    the same picture reach; a picture whose classes lie close together holds no nuclei. Where nuclei are much of what is
    stained, as in leukemia, the middle between the classes lies among the densities of pale nuclei, and the threshold
    in the valley below (Prewitt & Mendelsohn 1966, doi:10.1111/j.1749-6632.1965.tb11715.x). Where they are rare Otsu's
    classes may be the rims of the red cells and their bodies: unless they lie very far apart, the upper one must stand
    out from the median of the haemoglobin, too, where that is most of what is stained.
    """
    green, blue = (np.asarray(cv2.extractChannel(density, channel), np.int16) for channel in (1, 2))
    foreground = (green > parameters.foreground_density) & inside
    counts = _histogram(chromatin[foreground], parameters.density_limit)
    stained = int(counts.sum())
    if stained == 0:
        return parameters.density_limit, parameters.density_limit
    # 100 blue - percent green, in 32 bits.
    excess = cv2.addWeighted(blue, 100, green, -parameters.haemoglobin_blue_percent, 0, dtype=cv2.CV_32S)
    haemoglobin = _histogram(chromatin[foreground & np.asarray(excess > 0)], parameters.density_limit)
    low, high, _ = otsu.classes(counts)
    bodies = (
        2 * int(haemoglobin.sum()) > stained
        and 100 * high < parameters.rim_ratio_percent * low
        and 100 * high < parameters.haemoglobin_ratio_percent * _quantile(haemoglobin, 50)
    )
    if not bodies and 100 * high >= parameters.class_ratio_percent * low:
        threshold = int(low + (high - low) * parameters.threshold_percent / 100)
        if 100 * int(counts[threshold + 1 :].sum()) >= parameters.crowded_percent * stained:
            threshold = _rarest(counts, int(low), threshold, int((high - low) * parameters.valley_percent / 200))
    else:
        threshold = _quantile(counts, 95) * (100 + parameters.haemoglobin_margin_percent) // 100
    red_cells = haemoglobin[: threshold + 1]
    if int(red_cells.sum()) * 100 < stained * parameters.haemoglobin_share_percent:
        return max(threshold, parameters.least_density), max(threshold, parameters.least_density)
    reach = _quantile(red_cells, parameters.haemoglobin_quantile_percent)
    least = max(reach * (100 + parameters.haemoglobin_margin_percent) // 100, parameters.least_density)
    return max(threshold, least), least


def _histogram(values: NDArray[np.int16], limit: int) -> NDArray[np.int64]:
    """Number of values 0 to `limit`; those beyond count as the nearest."""
    return np.bincount(np.clip(values, 0, limit), minlength=limit + 1)


def _rarest(counts: NDArray[np.int64], first: int, last: int, reach: int) -> int:
    """The value of `first` to `last` that is rarest with those up to `reach` beside it, the lowest of equals."""
    running = np.concatenate([[0], np.cumsum(counts)])
    values = np.arange(first, last + 1)
    around = running[np.minimum(values + reach + 1, len(counts))] - running[np.maximum(values - reach, 0)]
    return first + int(np.argmin(around))


def _quantile(counts: NDArray[np.int64], percent: int) -> int:
    """Smallest value below or at which at least `percent` of a histogram lies."""
    running = np.cumsum(counts)
    return int(np.searchsorted(running * 100, int(running[-1]) * percent))


def _opened(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Morphological opening by a disc."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(radius_px)) > 0
