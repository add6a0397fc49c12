"""Measuring a device: from a few ordinary fields of one microscope with its camera, without labels, to its profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lowcost import __version__, adaptation, device, features
from lowcost.cells import CellFinder
from lowcost.classifier import Classifier
from lowcost.crop import CROP_PX, network_input
from lowcost.device import Profile
from lowcost.errors import InputError
from lowcost.image import quality
from lowcost.image.reading import Image, read
from lowcost.morphology import Shift
from lowcost.optics import Optics
from lowcost.pipeline import Analyzer, Source
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES

StainVector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class _Measured:
    """What one photograph says about its cells: features and network's logits of the leukocytes, one row each."""

    stain_vectors: dict[str, StainVector]
    sharpness: float | None
    rows: NDArray[np.float64]
    logits: NDArray[np.int8]
    blasts: int


@dataclass(frozen=True, eq=False)
class _Look:
    """What one photograph says about its optics; its pixels are read again when they are needed."""

    source: Source
    name: str
    sha256: str
    picture_sha256: str
    size: tuple[int, int]
    blank: bool
    optics: Optics


def calibrate(
    name: str,
    images: Sequence[Source],
    analyzer: Analyzer,
    progress: Callable[[str], None] | None = None,
    unusable: Callable[[str], None] | None = None,
) -> Profile:
    """Measure a device.

    Parameters
    ----------
    name : str
        What to call it.
    images : sequence of path, bytes or array
        Ordinary fields, three or more, of different places and best of different slides; empty fields among them make
        the flat field better.
    analyzer : Analyzer
        The models, without a device.
    progress : callable, optional
        Called with the name of each photograph, first when its optics and then when its cells are measured.
    unusable : callable, optional
        Called with the sentence about each photograph that cannot be read or is dark, overexposed, out of focus or
        without red cells, which is then left out; without it, the first of them is an error.

    Returns
    -------
    Profile
        Its numbers are medians over fields, so one odd field moves none of them.

    Raises
    ------
    InputError
        A photograph cannot be used (see `unusable`), or the others do not make a profile: too few, of different sizes,
        blank, of different magnifications, or full of blasts. The text names the first fault.
    """
    settings = analyzer.bundle.section("device", device.Parameters)
    limits = analyzer.bundle.section("quality", quality.Parameters)
    finder = CellFinder(analyzer.bundle)
    tell = progress or (lambda _: None)
    looks = []
    for source in images:
        try:
            image = read(source)
            tell(image.name)
            looks.append(_look(source, image, finder, settings, limits))
        except InputError as error:
            if unusable is None:
                raise
            unusable(str(error))
    fields = [look for look in looks if not look.blank]
    _refuse(looks, fields, settings)
    ruler, spread, rulers = _ruler(fields, settings)
    flat_field, light_spread = _flat_field(looks, settings)
    classifier = Classifier.load(analyzer.bundle)
    measured = []
    for look in fields:
        tell(look.name)
        # The device's ruler for all of them: a field's own is the noisier one.
        measured.append(_measured(read(look.source).pixels, Scale(*ruler, "given", 1.0), finder, classifier))
    widths = [own.sharpness for own in measured if own.sharpness is not None]
    rows, logits = np.concatenate([own.rows for own in measured]), np.concatenate([own.logits for own in measured])
    blasts = sum(own.blasts for own in measured)
    if blasts > settings.most_blasts * len(rows) and len(rows) >= settings.least_cells:
        raise InputError(
            f"of {len(rows)} leukocytes {blasts} look like blasts: expected blood without leukemia, whose cells a "
            "profile would take for this device's doing; calibrate with fields of such blood"
        )
    white = np.median([look.optics.light.white_point for look in fields], axis=0)
    return Profile(
        name=name,
        bundle=f"{analyzer.bundle.name} {analyzer.bundle.version}",
        width=looks[0].size[0],
        height=looks[0].size[1],
        um_per_px_x=ruler[0],
        um_per_px_y=ruler[1],
        um_per_px_spread=spread,
        rulers=rulers,
        white_point=(int(white[0]), int(white[1]), int(white[2])),
        flat_field=flat_field,
        light_spread=light_spread,
        stain_vectors=_stain_vectors([own.stain_vectors for own in measured]),
        edge_width_um=float(np.median(widths)) if widths else None,
        shift=_shift(classifier, rows, logits) if len(rows) >= settings.least_cells else None,
        recalibration=None,
        fields=len(fields),
        blank_fields=len(looks) - len(fields),
        cells=len(rows),
        provenance={
            "lowcost": __version__,
            "bundle_sha256": analyzer.bundle.digest,
            **{f"photograph {number}": f"{look.name} {look.sha256}" for number, look in enumerate(looks, 1)},
        },
    )


def _look(
    source: Source, image: Image, finder: CellFinder, settings: device.Parameters, limits: quality.Parameters
) -> _Look:
    optics = finder.optics(image.pixels)
    height, width = image.pixels.shape[:2]
    metrics = optics.quality.metrics
    # Dust and scratches are objects, but have no colour.
    cells = metrics["object_share"] >= limits.objects_rejected and metrics["object_colour"] >= limits.colour_rejected
    blank = not cells and metrics["background_share"] >= settings.blank_background
    nothing: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
    kept = replace(optics, pixels=nothing, balanced=nothing)
    look = _Look(source, image.name, image.sha256, image.picture_sha256, (width, height), blank, kept)
    fault = _fault(look, limits)
    if fault:
        raise InputError(f"{look.name} is no photograph to calibrate with: {fault}")
    return look


def _refuse(looks: Sequence[_Look], fields: Sequence[_Look], settings: device.Parameters) -> None:
    """Raise for what makes no profile."""
    seen: dict[str, _Look] = {}
    for look in looks:
        if look.size != looks[0].size:
            raise InputError(
                f"{look.name} is {look.size[0]} x {look.size[1]} px and {looks[0].name} {looks[0].size[0]} x "
                f"{looks[0].size[1]}: calibrate with photographs of one device as it stores them"
            )
        first = seen.setdefault(look.picture_sha256, look)
        if first is not look:
            raise InputError(f"{look.name} is the same photograph as {first.name}: give each field once")
    if len(fields) < settings.least_fields:
        blank = f" and {len(looks) - len(fields)} blank" if len(looks) > len(fields) else ""
        raise InputError(
            f"a device profile needs at least {settings.least_fields} fields with cells, got {len(fields)}{blank}: "
            "photograph more places of a smear"
        )


def _fault(look: _Look, limits: quality.Parameters) -> str:
    """What is wrong with a photograph, and what to do; a profile is asked for more than a field is."""
    found = look.optics.quality
    if found.metrics["background_brightness"] < limits.dark_doubtful:
        return "too dark: raise the lamp or the exposure and photograph again"
    if found.metrics["background_darkest_channel"] >= limits.clipped:
        return "overexposed: lower the lamp or the exposure and photograph again"
    if look.blank:
        return ""
    if found.verdict == quality.REJECTED:
        return "; ".join(found.reasons)
    if found.metrics.get("edge_width_um", 0.0) > limits.blur_doubtful_um:
        return "out of focus: refocus and photograph again"
    return ""


def _ruler(fields: Sequence[_Look], settings: device.Parameters) -> tuple[tuple[float, float], float, int]:
    """Median um/px along x and y, the largest deviation from it as a share, and how many fields agree in it.

    Fields that can tell by themselves must all agree; of the others, which are alone too unsure, those count that do.
    """
    measured = [look for look in fields if look.optics.scale.source == "red cells"]
    if len(measured) < settings.least_fields:
        raise InputError(
            f"red cells could be measured on {len(measured)} of {len(fields)} fields, a device profile needs "
            f"{settings.least_fields}: photograph places where whole red cells lie apart"
        )
    scales = np.array([(look.optics.scale.um_per_px_x, look.optics.scale.um_per_px_y) for look in measured])
    across, down = (float(value) for value in np.median(scales, axis=0))
    ratios = np.sqrt(scales.prod(axis=1) / (across * down))
    deviations = np.maximum(ratios, 1.0 / ratios) - 1.0
    agree = deviations <= settings.scale_tolerance
    for look, own, agrees in zip(measured, np.sqrt(scales.prod(axis=1)), agree, strict=True):
        if look.optics.scale.confidence >= settings.ruler_confidence and not agrees:
            raise InputError(
                f"the red cells of {look.name} say {own:.3g} um per px, those of most fields "
                f"{math.sqrt(across * down):.3g}: calibrate with fields of one objective and zoom"
            )
    number = int(np.count_nonzero(agree))
    if number < settings.least_fields or 2 * number < len(measured):
        raise InputError(
            f"the red cells of {number} of {len(measured)} fields agree in their um per px, a device profile needs "
            f"{settings.least_fields} and half of them: photograph places where whole red cells lie apart"
        )
    return (across, down), float(deviations[agree].max()), number


def _flat_field(
    looks: Sequence[_Look], settings: device.Parameters
) -> tuple[tuple[tuple[float, float, float], ...] | None, float]:
    """Median falloff of the blank fields, or of all where too few are blank, and how far fields deviate from it."""
    blank = [look for look in looks if look.blank]
    used = blank if len(blank) >= settings.least_fields else looks
    falloffs = np.array([look.optics.light.coefficients / look.optics.light.coefficients[0] for look in used])
    middle = np.median(falloffs, axis=0)
    spread = float(np.percentile([device.falloff_difference(falloff, middle) for falloff in falloffs], 75))
    rows = tuple((float(red), float(green), float(blue)) for red, green, blue in middle)
    return (rows if spread <= settings.light_tolerance else None), spread


def _measured(pixels: NDArray[np.uint8], ruler: Scale, finder: CellFinder, classifier: Classifier) -> _Measured:
    optics = finder.optics(pixels, ruler)
    found = finder.find(optics)
    rows = np.array([features.compute(view.pixels, view.nucleus, view.cell) for view in found.views])
    crops = np.array([network_input(view.pixels) for view in found.views], np.uint8)
    rows, crops = rows.reshape(-1, len(features.NAMES)), crops.reshape(-1, CROP_PX, CROP_PX, 3)
    seen = classifier.network(crops)
    types = [prediction.type for prediction in classifier.predict(seen, rows)]
    leukocytes = np.array([CELL_TYPES[name].is_leukocyte for name in types], bool)
    sharpness = optics.quality.metrics.get("edge_width_um")
    return _Measured(found.stain_vectors, sharpness, rows[leukocytes], seen.logits[leukocytes], types.count("blast"))


def _shift(classifier: Classifier, rows: NDArray[np.float64], logits: NDArray[np.int8]) -> Shift | None:
    if classifier.morphology is None:
        return None
    settings = classifier.parameters
    return adaptation.shift(classifier.morphology, rows, logits, settings.logit_scale / settings.temperature)


def _stain_vectors(fields: Sequence[dict[str, StainVector]]) -> dict[str, StainVector]:
    """Mean direction of each stain over the fields."""
    result = {}
    for stain in fields[0]:
        total = np.sum([vectors[stain] for vectors in fields], axis=0)
        red, green, blue = (float(part) for part in total / np.linalg.norm(total))
        result[stain] = (red, green, blue)
    return result
