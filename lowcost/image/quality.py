"""Can this photograph be judged? A verdict with reasons that say what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowcost.image import outline
from lowcost.image.illumination import Illumination
from lowcost.image.resample import sample
from lowcost.result import Scale

PLACES = ((0.5, 0.5), (0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))
"""Where the focus is looked at, as shares of width and height."""

ACCEPTED, DOUBTFUL, REJECTED = "accepted", "doubtful", "rejected"


@dataclass(frozen=True)
class Parameters:
    """Limits of what can be judged: each pair is the limit for a doubt and for a rejection.

    Attributes
    ----------
    samples : int
        About how many pixels are looked at, except for the focus.
    dark_doubtful, dark_rejected : int
        Brightest channel of the background below which the photograph is too dark, 0-255.
    clipped : int
        Darkest channel of the background from which the photograph is overexposed, 0-255.
    clipped_doubtful, clipped_rejected : float
        Share of the objects' pixels with a channel at 255 above which the photograph is overexposed.
    background_doubtful, background_rejected : float
        Share of empty background below which the field is too crowded.
    absorbing : int
        Pixels this much darker than the background belong to objects, grey levels of 240.
    objects_rejected : float
        Share of objects below which the field is empty.
    contrast_doubtful, contrast_rejected : int
        Median darkness of the objects below which they are too pale, grey levels of 240.
    colour_rejected : int
        Most coloured objects (98 of 100 are less so) whose channels differ by less than this are not stained.
    flat_doubtful, flat_rejected : float
        Share of the objects' pixels equal to all four neighbours above which the picture is drawn, not photographed, or
        compressed too much.
    dense : int
        The densest of 100 pixels of objects are those of nuclei where they let at most this much green pass, grey
        levels of 240, or no more than three layers of the median object.
    black : int
        Pixels that let at most this much green pass have no hue left to tell a nucleus by, grey levels of 240.
    violet_rejected : float
        Nuclei absorb blue less than green. Difference over the darkness in green below which nothing is stained.
    blue_quantile_percent : int
        Nuclei are rather blue than red, granules of eosinophils are not and may be more of what is densest: of its blue
        less red this quantile counts, percent.
    blue_doubtful, blue_rejected : float
        That over the darkness in green below which the channels are swapped.
    red_cells_doubtful : int
        Number of whole red cells below which the scale measured on them is uncertain.
    confidence_doubtful : float
        Confidence of a measured scale below which it is uncertain.
    ruler_confidence, ruler_red_cells : float, int
        Red cells measured with this confidence and in this number can contradict a scale from elsewhere ...
    ruler_doubtful, ruler_rejected : float
        ... and do when they differ from it by more than these factors.
    scale_rejected, no_smear_background : float
        Confidence of the red cells' scale and share of background below which, both together, a photograph is of
        something else, or doubtful where its scale comes from elsewhere.
    focus_um_per_px : float
        Resolution at which the focus is measured, um/px.
    focus_px : int
        Edge of the five patches on which it is measured, px of that resolution.
    focus_reach_um : float
        How far inside and outside an outline its contrast is taken, um.
    focus_contrast : int
        Outlines of less contrast say nothing about the focus, grey levels of 240.
    focus_points : int
        With fewer points of outlines the focus stays unknown.
    blur_doubtful_um, blur_rejected_um : float
        Median width of the outlines above which the photograph is out of focus, um.
    coarse_um_per_px : float
        Resolution from which cells can be found but no longer described, um/px.
    """

    samples: int
    dark_doubtful: int
    dark_rejected: int
    clipped: int
    clipped_doubtful: float
    clipped_rejected: float
    background_doubtful: float
    background_rejected: float
    absorbing: int
    objects_rejected: float
    contrast_doubtful: int
    contrast_rejected: int
    colour_rejected: int
    flat_doubtful: float
    flat_rejected: float
    dense: int
    black: int
    violet_rejected: float
    blue_quantile_percent: int
    blue_doubtful: float
    blue_rejected: float
    red_cells_doubtful: int
    confidence_doubtful: float
    ruler_confidence: float
    ruler_red_cells: int
    ruler_doubtful: float
    ruler_rejected: float
    scale_rejected: float
    no_smear_background: float
    focus_um_per_px: float
    focus_px: int
    focus_reach_um: float
    focus_contrast: int
    focus_points: int
    blur_doubtful_um: float
    blur_rejected_um: float
    coarse_um_per_px: float


@dataclass(frozen=True)
class Quality:
    """The verdict on one photograph.

    Attributes
    ----------
    verdict : str
        ``"accepted"``, ``"doubtful"`` or ``"rejected"``.
    reasons : tuple of str
        Why it is not simply accepted, and what to do; the reasons for a rejection alone where there are any.
    metrics : dict of str to float
        What was measured, by name; ``edge_width_um`` (the focus) is missing where it could not be measured,
        ``nuclei_violet`` and ``nuclei_blue`` where nothing is dense enough for a nucleus.
    """

    verdict: str
    reasons: tuple[str, ...]
    metrics: dict[str, float]


def assess(
    pixels: NDArray[np.uint8],
    balanced: NDArray[np.uint8],
    light: Illumination,
    scale: Scale,
    measured: Scale,
    parameters: Parameters,
) -> Quality:
    """Judge whether a photograph can be analysed.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        The photograph in full resolution.
    balanced : (h', w', 3) uint8 array
        The same or shrunk, with its background brought to white.
    light : Illumination
        What was measured on it, with a mask of (h', w').
    scale : Scale
        um per px of `pixels`.
    measured : Scale
        What the red cells of the photograph measure, `scale` itself where nothing else gives it.
    parameters : Parameters
        The limits.

    Returns
    -------
    Quality
        Verdict, reasons and metrics.
    """
    p = parameters
    metrics = _metrics(pixels, balanced, light, p)
    metrics["scale_confidence"] = scale.confidence
    rejections, doubts = [], []

    def judge(bad: bool, doubtful: bool, reason: str) -> None:
        if bad:
            rejections.append(reason)
        elif doubtful:
            doubts.append(reason)

    brightness, background = metrics["background_brightness"], metrics["background_share"]
    judge(
        brightness < p.dark_rejected,
        brightness < p.dark_doubtful,
        "too dark: raise the lamp or the exposure and photograph again",
    )
    judge(
        metrics["clipped_share"] > p.clipped_rejected,
        metrics["clipped_share"] > p.clipped_doubtful or metrics["background_darkest_channel"] >= p.clipped,
        "overexposed: lower the lamp or the exposure so that the background is not clipped",
    )
    if rejections:
        return Quality(REJECTED, tuple(rejections), metrics)
    if metrics["object_share"] < p.objects_rejected:
        return Quality(REJECTED, ("no cells in view: move to a part of the smear that has some",), metrics)
    if metrics["object_colour"] < p.colour_rejected:
        return Quality(REJECTED, ("not a stained smear: nothing in view has colour",), metrics)
    judge(
        metrics["flat_share"] > p.flat_rejected,
        metrics["flat_share"] > p.flat_doubtful,
        "drawn or compressed too much: its colours do not vary as those of a photograph, give the original",
    )
    judge(
        metrics.get("nuclei_violet", 1.0) < p.violet_rejected,
        False,
        "not a stained smear: what is darkest in view is not violet, as nuclei are",
    )
    blue = metrics.get("nuclei_blue", 1.0)
    judge(
        blue < p.blue_rejected,
        blue < p.blue_doubtful,
        "red and blue seem to be swapped: give the channels in the order red, green, blue",
    )
    judge(
        background < p.background_rejected,
        background < p.background_doubtful,
        "hardly any empty background: move to a thinner part of the smear",
    )
    judge(
        metrics["object_darkness"] < p.contrast_rejected,
        metrics["object_darkness"] < p.contrast_doubtful,
        "cells too pale to tell from the background: check stain, exposure and condenser",
    )
    if scale.source == "unknown":
        judge(
            True,
            False,
            "no red cells to measure: give um per px (--um-per-px), or photograph a field that shows some whole",
        )
    else:
        # A scale from elsewhere is somebody's word that this is a smear.
        crowd = measured.confidence < p.scale_rejected and background < p.no_smear_background
        judge(
            crowd and scale.source == "red cells",
            crowd,
            "not a smear, or too thick a part of one: no round red cells and hardly any empty background",
        )
        unsure = scale.red_cells < p.red_cells_doubtful or scale.confidence < p.confidence_doubtful
        judge(
            False,
            scale.source == "red cells" and unsure,
            "few whole red cells, so the scale is uncertain: give um per px (--um-per-px) if you know it",
        )
        ratio = _disagreement(scale, measured, p)
        judge(ratio > p.ruler_rejected, ratio > p.ruler_doubtful, _contradiction(scale, measured))
        um_per_px = scale.um_per_px
        judge(
            False,
            um_per_px > p.coarse_um_per_px,
            "low magnification: cells are found and counted, but not described",
        )
        # Coarser pixels blur by themselves.
        width = _edge_width(pixels, light, scale, p) if um_per_px <= p.coarse_um_per_px else None
        if width is not None:
            metrics["edge_width_um"] = width
            judge(
                width > p.blur_rejected_um,
                width > p.blur_doubtful_um,
                "out of focus: refocus and photograph again",
            )
    if rejections:
        return Quality(REJECTED, tuple(rejections), metrics)
    return Quality(DOUBTFUL if doubts else ACCEPTED, tuple(doubts), metrics)


def _disagreement(scale: Scale, measured: Scale, parameters: Parameters) -> float:
    """By what factor red cells that can be trusted say another scale, the worse of both axes; 1 where none can be."""
    if measured.confidence < parameters.ruler_confidence or measured.red_cells < parameters.ruler_red_cells:
        return 1.0
    ratios = scale.um_per_px_x / measured.um_per_px_x, scale.um_per_px_y / measured.um_per_px_y
    return max(*ratios, 1.0 / min(ratios))


def _contradiction(scale: Scale, measured: Scale) -> str:
    """Both figures in words."""
    by = {"given": "given", "metadata": "the file says"}.get(scale.source, f"the {scale.source} says")
    said, found = (
        f"{each.um_per_px_x:.2g}"
        if each.um_per_px_x == each.um_per_px_y
        else f"{each.um_per_px_x:.2g} across and {each.um_per_px_y:.2g} down"
        for each in (scale, measured)
    )
    return f"{by} {said} um per px, but the red cells measure {found}: check --um-per-px"


def _metrics(
    pixels: NDArray[np.uint8], balanced: NDArray[np.uint8], light: Illumination, parameters: Parameters
) -> dict[str, float]:
    """Measure exposure, background and objects on about `samples` pixels."""
    step = max(1, int(math.sqrt(light.mask.size / parameters.samples)))
    inside = light.mask[::step, ::step]
    seen = balanced[::step, ::step][inside]
    darkness = outline.darkness(seen)
    absorbing = darkness > parameters.absorbing
    objects = seen[absorbing]
    metrics = {
        "background_brightness": float(max(light.white_point)),
        "background_darkest_channel": float(min(light.white_point)),
        "background_share": light.background_share,
        "object_share": len(objects) / max(len(seen), 1),
    }
    if not len(objects):
        return metrics | dict.fromkeys(("object_darkness", "object_colour", "clipped_share", "flat_share"), 0.0)
    red, green, blue = objects.T
    colour = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    metrics["object_darkness"] = float(_quantile(darkness[absorbing], 50))
    metrics["object_colour"] = float(_quantile(colour, 98))
    # The same places in the photograph itself: means would hide clipped and evenly drawn pixels.
    factor = pixels.shape[0] // balanced.shape[0]
    row, column = (
        np.clip(index * (step * factor) + factor // 2, 1, max(size - 2, 1))
        for index, size in zip(np.nonzero(inside), pixels.shape[:2], strict=True)
    )
    places = (row * pixels.shape[1] + column)[absorbing]
    metrics["clipped_share"] = int(np.count_nonzero(_clipped(pixels, places))) / len(places)
    metrics["flat_share"] = int(np.count_nonzero(_flat(pixels, places))) / len(places)
    return metrics | _nuclei(objects, light.white, parameters)


def _clipped(pixels: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the pixels at flat indices (n,) have a channel at 255."""
    red, green, blue = pixels.reshape(-1, 3)[places].T
    clipped: NDArray[np.bool_] = (red == 255) | (green == 255) | (blue == 255)
    return clipped


def _flat(pixels: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the pixels at flat indices (n,) that equal all four neighbours."""
    stride = pixels.shape[1]
    values = pixels.reshape(-1, 3)
    for channel in (1, 0, 2):
        for step in (-1, 1, -stride, stride):
            places = places[values[places, channel] == values[places + step, channel]]
    return places


def _nuclei(objects: NDArray[np.uint8], white: int, parameters: Parameters) -> dict[str, float]:
    """Colour of the densest hundredth of the objects (n, 3), where that is denser than red cells can be."""
    hued = objects[objects[:, 1] > parameters.black]
    if not len(hued):
        return {}
    densest = hued[hued[:, 1] <= _quantile(hued[:, 1], 1)]
    green, blue = (_quantile(densest[:, channel], 50) for channel in (1, 2))
    layer = _quantile(objects[:, 1], 50)
    if green > parameters.dense and green * white * white > layer * layer * layer:
        return {}
    darkness = max(white - green, 1)
    less_red = densest[:, 2].astype(np.int64) - densest[:, 0] + 255
    bluest = _quantile(less_red, parameters.blue_quantile_percent) - 255
    return {"nuclei_violet": (blue - green) / darkness, "nuclei_blue": bluest / darkness}


def _quantile(values: NDArray[np.uint8] | NDArray[np.int64], percent: int) -> int:
    """Value below which `percent` of 100 values lie."""
    counts = np.cumsum(np.bincount(values, minlength=256))
    return int(np.searchsorted(counts, len(values) * percent // 100, side="right"))


def _edge_width(pixels: NDArray[np.uint8], light: Illumination, scale: Scale, parameters: Parameters) -> float | None:
    """Median of contrast over slope across the outlines of five patches, um, or None where they show too few.

    The width does not depend on how dark the cells or how bright the lamp: both scale contrast and slope alike.
    """
    height, width = pixels.shape[:2]
    step_x = parameters.focus_um_per_px / scale.um_per_px_x
    step_y = parameters.focus_um_per_px / scale.um_per_px_y
    edge = parameters.focus_px
    patches = []
    for x, y in PLACES:
        left = min(max(x * width - 0.5 * edge * step_x, 0.0), max(width - edge * step_x, 0.0))
        top = min(max(y * height - 0.5 * edge * step_y, 0.0), max(height - edge * step_y, 0.0))
        # Every cell absorbs green; one channel is a third of the work.
        green = light.white_at(x, y)[1]
        patch = sample(pixels[..., 1:2], left, top, step_x, step_y, edge, edge, green)[..., 0]
        brought = np.minimum((patch.astype(np.int32) * light.white + green // 2) // green, light.white)
        patches.append((light.white - brought).astype(np.uint8))
    threshold = outline.pale_threshold(np.concatenate([patch.ravel() for patch in patches]))
    reach = parameters.focus_reach_um / parameters.focus_um_per_px
    everywhere = np.ones((edge, edge), dtype=bool)
    widths = []
    for patch in patches:
        traced = outline.trace(patch.astype(np.int32), threshold, everywhere)
        contrast = patch[traced.towards(reach)].astype(np.float64) - patch[traced.towards(-reach)]
        telling = contrast > parameters.focus_contrast
        widths.append(contrast[telling] / traced.slope[telling])
    together = np.sort(np.concatenate(widths))
    if len(together) < parameters.focus_points:
        return None
    return float(together[len(together) // 2]) * parameters.focus_um_per_px
