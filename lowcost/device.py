"""The profile of a device: what all photographs of one microscope with its camera have in common.

It is measured once, on a few ordinary fields and without labels (`lowcost.calibration`), kept as a small JSON file that
follows ``device.schema.json``, and helps where a field cannot tell by itself: a crowded field shows too little
background for its light to be measured, one without red cells has no ruler. Cells that a person has named make its
probabilities mean what they say (`lowcost.recalibration`).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost import features, result_json, schema
from lowcost.bundle import Bundle
from lowcost.errors import InputError
from lowcost.image import illumination
from lowcost.image.illumination import Illumination
from lowcost.image.quality import ACCEPTED, DOUBTFUL, Quality
from lowcost.morphology import Shift
from lowcost.recalibration import Recalibration
from lowcost.result import Scale

FORMAT = 3
"""Version of the profile's form."""

_NO_DIGEST = b"0" * 64
"""What stands in place of the digest while it is computed."""

_AGAIN = "calibrate the device again"
_PLACES = np.linspace(-0.8, 0.8, 9)


@dataclass(frozen=True)
class Parameters:
    """How profiles are made and used; the bundle's section ``device``.

    Attributes
    ----------
    least_fields : int
        Ordinary fields that a profile must rest on, and how many of them must agree in their red cells' size.
    least_cells : int
        Leukocytes from which on they say how the device shifts features and logits.
    most_blasts : float
        Share of leukocytes that may look like blasts where these shifts are measured, 0-1: of leukemia they would be
        taken for the device's doing, and later blasts not be found.
    ruler_confidence : float
        Red cells measured with less confidence than this cannot tell the scale, 0-1.
    scale_tolerance : float
        Scales that differ by more than this share contradict each other: the red cells of one person are a tenth
        smaller or larger than another's, and objectives differ by a third at least.
    light_tolerance : float
        Flat fields that differ by more than this, as a share of the light at the centre, contradict each other.
    light_background : float
        Share of empty background from which on a field's own light can contradict the profile, 0-1.
    blank_background : float
        Share of empty background from which on a photograph without stained cells is a blank one, 0-1.
    """

    least_fields: int
    least_cells: int
    most_blasts: float
    ruler_confidence: float
    scale_tolerance: float
    light_tolerance: float
    light_background: float
    blank_background: float


@dataclass(frozen=True)
class Profile:
    """What was measured of a device.

    Attributes
    ----------
    name : str
        What its owner calls it.
    bundle : str
        Name and version of the bundle that measured it.
    width, height : int
        Size of its photographs, px; photographs of another size were cut or shrunk, and nothing here is known of them.
    um_per_px_x, um_per_px_y : float
        Its ruler: median of those of its fields.
    um_per_px_spread : float
        Largest deviation of these fields' own rulers from it, as a share.
    rulers : int
        Number of fields whose red cells agree in it.
    white_point : tuple of int
        Red, green and blue of the empty background at the centre, 0-255.
    flat_field : tuple of tuple of float, or None
        `Illumination.coefficients` over their first row, (6, 3); None where the light falls off otherwise from field to
        field.
    light_spread : float
        By how much a field's falloff deviates from the median, as a share of the light at the centre; a quarter of the
        fields deviates more.
    stain_vectors : dict of str to tuple of float
        Mean unit optical-density vectors (red, green, blue) by stain.
    edge_width_um : float or None
        Median width of outlines, um: how sharp the device's photographs are.
    shift : Shift or None
        What it adds to the features and the network's logits of every cell; None where too few leukocytes were found.
    recalibration : Recalibration or None
        What its verified cells change about the probabilities; None where there were none.
    fields, blank_fields, cells : int
        Photographs with cells, empty ones, and leukocytes that it rests on.
    provenance : dict of str to str
        Versions, digest of the bundle, names of the photographs.
    """

    name: str
    bundle: str
    width: int
    height: int
    um_per_px_x: float
    um_per_px_y: float
    um_per_px_spread: float
    rulers: int
    white_point: tuple[int, int, int]
    flat_field: tuple[tuple[float, float, float], ...] | None
    light_spread: float
    stain_vectors: dict[str, tuple[float, float, float]]
    edge_width_um: float | None
    shift: Shift | None
    recalibration: Recalibration | None
    fields: int
    blank_fields: int
    cells: int
    provenance: dict[str, str]

    @property
    def um_per_px(self) -> float:
        """Geometric mean of its ruler along x and y."""
        return math.sqrt(self.um_per_px_x * self.um_per_px_y)

    @property
    def digest(self) -> str:
        """SHA-256 of the profile's file with the digest's own digits as zeros."""
        return hashlib.sha256(self._unsealed()).hexdigest()

    def dumps(self) -> bytes:
        """Return the profile's file: JSON, sealed with its digest."""
        return self._unsealed().replace(_NO_DIGEST, self.digest.encode(), 1)

    def _unsealed(self) -> bytes:
        data = {"format": FORMAT, "digest": _NO_DIGEST.decode(), **result_json.encoded(self, Profile)}
        return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode("ascii")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Profile:
        """Read a profile.

        Raises
        ------
        InputError
            The file cannot be read, is no profile, is of another format, or was changed since it was written.
        """
        if not isinstance(path, str | os.PathLike):
            raise InputError(f"a device profile is named by its path, got {path!r}: give one such as my-phone.json")
        try:
            raw = Path(path).read_bytes()
        except (OSError, ValueError) as error:  # a null character is no OSError
            why = getattr(error, "strerror", error)
            raise InputError(f"the device profile {path} cannot be read: {why}") from error
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is no device profile: give the JSON that lowcost calibrate wrote") from error
        if not isinstance(data, dict) or type(data.get("format")) is not int:
            raise InputError(f"{path} is no device profile: give the JSON that lowcost calibrate wrote")
        if data["format"] != FORMAT:
            raise InputError(
                f"the device profile {path} has format {data['format']}, this version of lowcost reads {FORMAT}: "
                f"{'upgrade lowcost' if data['format'] > FORMAT else _AGAIN}"
            )
        try:
            schema.check(data, published_schema())
        except InputError as error:
            raise InputError(f"the device profile {path}: {error}; {_AGAIN}") from error
        profile: Profile = result_json.decoded(data, cls)
        if profile.recalibration is not None and profile.recalibration.softmax_table[0] != 1.0:
            raise InputError(f"the device profile {path}: the table of exponentials does not begin with 1; {_AGAIN}")
        stated = data["digest"]
        if hashlib.sha256(raw.replace(stated.encode(), _NO_DIGEST)).hexdigest() != stated:
            raise InputError(f"the device profile {path} was changed since it was written: restore it, or {_AGAIN}")
        return profile


@cache
def published_schema() -> dict[str, Any]:
    """Return ``device.schema.json`` as a dict (shared: not to be changed)."""
    content: dict[str, Any] = json.loads((Path(__file__).parent / "device.schema.json").read_text(encoding="utf-8"))
    return content


class Device:
    """A profile in use.

    Parameters
    ----------
    profile : Profile
        What was measured of the device.
    bundle : Bundle
        The models that it is used with.

    Raises
    ------
    InputError
        The profile was made with another bundle.
    """

    def __init__(self, profile: Profile, bundle: Bundle) -> None:
        ours = f"{bundle.name} {bundle.version}"
        shift, widths = profile.shift, (len(features.NAMES), len(bundle.parameters["classifier"]["classes"]))
        fits = shift is None or (len(shift.scores), len(shift.logits)) == widths
        fits = fits and (profile.recalibration is None or len(profile.recalibration.added) == widths[1])
        if profile.bundle != ours or not fits:
            raise InputError(
                f"the device profile {profile.name!r} was made with the bundle {profile.bundle}, this one is {ours}: "
                f"use that bundle, or {_AGAIN}"
            )
        self.profile, self.shift, self.recalibration = profile, shift, profile.recalibration
        self._settings = bundle.section("device", Parameters)
        self._illumination = bundle.section("illumination", illumination.Parameters)

    def light(self, own: Illumination, coarse: NDArray[np.uint8], size: tuple[int, int]) -> Illumination:
        """Return the light of a photograph with the device's flat field.

        Parameters
        ----------
        own : Illumination
            As measured on the photograph alone; it stays where the profile does not apply or is contradicted.
        coarse : (h, w, 3) uint8 array
            The shrunk photograph.
        size : (int, int)
            Width and height of the photograph, px.
        """
        flat = self.profile.flat_field
        if flat is None or not self._fits(size) or self._other_light(own):
            return own
        return illumination.measure(coarse, self._illumination, np.array(flat))

    def scale(self, measured: Scale, size: tuple[int, int]) -> Scale:
        """Return the scale of a photograph: its own where that can tell, else the device's."""
        can_tell = measured.source != "unknown" and measured.confidence >= self._settings.ruler_confidence
        if can_tell or not self._fits(size):
            return measured
        profile = self.profile
        return Scale(profile.um_per_px_x, profile.um_per_px_y, "device", 1.0 - profile.um_per_px_spread)

    def judge(self, quality: Quality, own: Illumination, scale: Scale, size: tuple[int, int]) -> Quality:
        """Return the verdict on a photograph with what contradicts the profile; of a rejected one nothing is added.

        Parameters
        ----------
        quality : Quality
            The verdict.
        own : Illumination
            As measured on the photograph alone.
        scale : Scale
            What `scale` returned.
        size : (int, int)
            Width and height of the photograph, px.
        """
        if quality.verdict not in (ACCEPTED, DOUBTFUL):
            return quality
        profile, doubts = self.profile, []
        if not self._fits(size):
            doubts.append(
                f"not as large as the device profile's photographs ({profile.width} x {profile.height} px): "
                "the profile was not used"
            )
        else:
            if self._other_scale(scale):
                given = scale.source == "given"
                doubts.append(
                    f"{scale.um_per_px:.3g} um per px {'as given' if given else f'by its {scale.source}'}, "
                    f"{profile.um_per_px:.3g} by the device profile: check objective and zoom, or "
                    f"{'leave um per px out' if given else 'give um per px'} (--um-per-px)"
                )
            if profile.flat_field is not None and self._other_light(own):
                doubts.append("the light falls off otherwise than in the device profile: calibrate again")
        return replace(quality, verdict=DOUBTFUL, reasons=(*quality.reasons, *doubts)) if doubts else quality

    def _fits(self, size: tuple[int, int]) -> bool:
        return size == (self.profile.width, self.profile.height)

    def _other_scale(self, scale: Scale) -> bool:
        ratio = scale.um_per_px / self.profile.um_per_px
        return max(ratio, 1.0 / ratio) > 1.0 + self._settings.scale_tolerance

    def _other_light(self, own: Illumination) -> bool:
        """Whether a field with enough background to tell is lit otherwise than the profile says."""
        if own.background_share < self._settings.light_background or self.profile.flat_field is None:
            return False
        difference = falloff_difference(own.coefficients / own.coefficients[0], np.array(self.profile.flat_field))
        return difference > self._settings.light_tolerance


def falloff_difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest difference between two flat fields, (6, 3), as a share of the light at the centre."""
    u, v = np.meshgrid(_PLACES, _PLACES)
    terms = np.stack([u, v, u * u, u * v, v * v], axis=-1)
    difference = np.zeros((*u.shape, 3))
    for term in range(5):
        difference += terms[..., term, None] * (one - other)[term + 1]
    return float(np.abs(difference).max())
