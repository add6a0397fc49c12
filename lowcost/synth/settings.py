"""What a rendered field is made of: smear, stain, optics and camera, one small frozen dataclass each.

Lengths are in um; optical densities are decadic and as a camera of gamma 1 records them (red, green, blue).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

Rgb: TypeAlias = tuple[float, float, float]

DRAWABLE = tuple(name for name in CELL_TYPES if name != UNIDENTIFIED)
"""The cell types that can be rendered."""

_LARGEST_PIXELS = 100_000_000
_PX_PER_UM = (0.5, 40.0)


@dataclass(frozen=True)
class Smear:
    """What lies on the slide.

    Attributes
    ----------
    red_cell_cover : float
        Share of the field's area that red cells would cover without overlap, 0-1; 0.3 is a good counting area.
    red_cell_um, red_cell_spread_um : float
        Mean and standard deviation of the diameter of a round red cell, um.
    overlap : float
        Share of red cells that may lie over a neighbour, 0-1.
    rouleaux : float
        Share of red cells stacked in chains, 0-1.
    pallor : float
        Mean depth of the central pallor: 0 a flat disc, 1 an empty centre.
    irregular : float
        Share of red cells that are oval, drop-shaped, crenated or angular, 0-1.
    drying : float
        Share of red cells with a refractile drying artefact, 0-1.
    platelets_per_red : float
        Platelets per red cell.
    touching : float
        Probability that a nucleated cell is laid against the one before it, 0-1.
    edge : float
        Probability that the edge of the image cuts a nucleated cell, 0-1.
    debris : float
        Specks of dirt per square millimetre of slide.
    mottle : float
        Standard deviation of the stain that dried on the glass, OD in green.
    """

    red_cell_cover: float = 0.3
    red_cell_um: float = 7.2
    red_cell_spread_um: float = 0.45
    overlap: float = 0.15
    rouleaux: float = 0.0
    pallor: float = 0.5
    irregular: float = 0.15
    drying: float = 0.0
    platelets_per_red: float = 0.05
    touching: float = 0.0
    edge: float = 0.0
    debris: float = 300.0
    mottle: float = 0.002

    def __post_init__(self) -> None:
        for name in ("overlap", "rouleaux", "pallor", "irregular", "drying", "touching", "edge"):
            _between(self, name, 0.0, 1.0)
        _between(self, "red_cell_cover", 0.0, 0.9)
        _between(self, "red_cell_um", 4.0, 12.0)
        _between(self, "red_cell_spread_um", 0.0, 1.5)
        _between(self, "platelets_per_red", 0.0, 5.0)
        _between(self, "debris", 0.0, 1e5)
        _between(self, "mottle", 0.0, 0.2)


@dataclass(frozen=True)
class Stain:
    """Optical density (red, green, blue) of one unit of each pigment; the defaults are those of the Barcelona PBC set.

    Attributes
    ----------
    red_cell : Rgb
        Haemoglobin with eosin, at the thick rim of a red cell.
    chromatin : Rgb
        Azure B on the chromatin of a mature nucleus.
    basophilia : Rgb
        Methylene blue and azure on the RNA of a blue cytoplasm.
    eosin : Rgb
        Eosin on acidophilic granules.

    Notes
    -----
    A camera's colour matrix can make a blue nucleus brighter in blue than the background: a small negative density.
    """

    red_cell: Rgb = (0.11, 0.20, 0.11)
    chromatin: Rgb = (0.58, 0.95, 0.20)
    basophilia: Rgb = (0.46, 0.50, 0.13)
    eosin: Rgb = (0.11, 0.40, 0.30)

    def __post_init__(self) -> None:
        for item in fields(self):
            vector = getattr(self, item.name)
            if len(vector) != 3 or not all(-0.2 <= v <= 4.0 for v in vector):
                raise InputError(f"Stain.{item.name} is {vector!r}; expected three optical densities of -0.2 to 4.")


@dataclass(frozen=True)
class Optics:
    """From the slide to the image plane.

    Attributes
    ----------
    blur_um : float
        Standard deviation of the sharp part of the point spread (diffraction, lens), um.
    defocus_um : float
        Radius of the disc to which a point is spread by defocus, um.
    edge_blur_um : float
        Standard deviation of the further blur in the corners (field curvature), um.
    refraction : float
        Strength of the bright and dark lines that refraction draws along the outlines of cells; negative on the other
        side of focus.
    chromatic_um : float
        Distance between the red and the blue image, um.
    unevenness : float
        Relative range of the lamp's low-order unevenness over the field, 0-1.
    vignette : float
        Relative loss of light in the corners, 0-1.
    eyepiece : float or None
        Radius of the eyepiece's round field relative to half the image's diagonal; outside it is black.
    glare : float
        Share of stray light, 0-1, which limits the deepest density.
    """

    blur_um: float = 0.13
    defocus_um: float = 0.0
    edge_blur_um: float = 0.0
    refraction: float = 0.3
    chromatic_um: float = 0.0
    unevenness: float = 0.05
    vignette: float = 0.0
    eyepiece: float | None = None
    glare: float = 0.005

    def __post_init__(self) -> None:
        for name in ("unevenness", "vignette", "glare"):
            _between(self, name, 0.0, 0.95)
        for name in ("blur_um", "defocus_um", "edge_blur_um", "chromatic_um"):
            _between(self, name, 0.0, 5.0)
        _between(self, "refraction", -3.0, 3.0)
        if self.eyepiece is not None:
            _between(self, "eyepiece", 0.2, 2.0)


@dataclass(frozen=True)
class Camera:
    """From the image plane to the stored file.

    Attributes
    ----------
    white_point : Rgb
        Grey levels (red, green, blue) of the empty background at the field's centre.
    gamma : float
        Contrast: stored values follow light to the power ``1 / gamma``.
    noise : float
        Standard deviation of the noise in the background, grey levels; it falls with the square root of the light.
    noise_grain_px : float
        Standard deviation of the noise's own blur (demosaicking, compression), px.
    sharpen : float
        Strength of the unsharp mask that phone cameras apply.
    jpeg_quality : int or None
        Quality, 1-100, of a JPEG round trip; None leaves the pixels alone.
    """

    white_point: Rgb = (254.0, 227.0, 203.0)
    gamma: float = 1.0
    noise: float = 0.9
    noise_grain_px: float = 0.5
    sharpen: float = 0.0
    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        if len(self.white_point) != 3 or not all(1.0 <= value <= 255.0 for value in self.white_point):
            raise InputError(
                f"Camera.white_point is {self.white_point!r}; expected grey levels (red, green, blue) of 1 to 255."
            )
        _between(self, "gamma", 0.3, 4.0)
        _between(self, "noise", 0.0, 64.0)
        _between(self, "noise_grain_px", 0.0, 4.0)
        _between(self, "sharpen", 0.0, 4.0)
        if self.jpeg_quality is not None:
            _between(self, "jpeg_quality", 1, 100)


@dataclass(frozen=True)
class Settings:
    """Everything but seed, size and cells: what a preset draws and `render` takes apart.

    Attributes
    ----------
    smear, stain, optics, camera
        The four groups.
    """

    smear: Smear = field(default_factory=Smear)
    stain: Stain = field(default_factory=Stain)
    optics: Optics = field(default_factory=Optics)
    camera: Camera = field(default_factory=Camera)


def checked_cells(cells: Mapping[str, int] | Sequence[str]) -> tuple[str, ...]:
    """Return the cell types to draw, one name per cell.

    Parameters
    ----------
    cells : mapping of str to int, or sequence of str
        Number of cells by type, or one type per cell.

    Raises
    ------
    InputError
        A type is unknown or cannot be drawn, or a number is negative.
    """
    counts = list(cells.items()) if isinstance(cells, Mapping) else [(name, 1) for name in cells]
    for name, count in counts:
        if name not in DRAWABLE:
            raise InputError(f"Cell type {name!r} cannot be rendered; expected one of {', '.join(DRAWABLE)}.")
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InputError(f"Number of cells of type {name!r} is {count!r}; expected a whole number of 0 or more.")
    return tuple(name for name, count in counts for _ in range(count))


def checked_geometry(width: int, height: int, um_per_px: float | tuple[float, float]) -> tuple[float, float]:
    """Return um per px along x and y after checking them and the image's size.

    Raises
    ------
    InputError
        The size or the scale lies outside what can be rendered.
    """
    if width < 16 or height < 16 or width * height > _LARGEST_PIXELS:
        raise InputError(
            f"Image size is {width} x {height} px; expected at least 16 x 16 and at most {_LARGEST_PIXELS // 10**6} "
            "megapixels."
        )
    pair = um_per_px if isinstance(um_per_px, tuple) else (um_per_px, um_per_px)
    if len(pair) != 2 or not all(1 / _PX_PER_UM[1] <= step <= 1 / _PX_PER_UM[0] for step in pair):
        raise InputError(
            f"um_per_px is {um_per_px!r}; expected one number (or one each along x and y) of "
            f"{1 / _PX_PER_UM[1]:g} to {1 / _PX_PER_UM[0]:g}."
        )
    return float(pair[0]), float(pair[1])


def _between(group: object, name: str, low: float, high: float) -> None:
    value = getattr(group, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{type(group).__name__}.{name} is {value!r}; expected a number of {low:g} to {high:g}.")
