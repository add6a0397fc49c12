"""Realistic settings, drawn at random from what was measured on photographs of smears.

Each preset is modelled on one way of taking pictures. White points and optical densities of red cells and nuclei, noise
and scale are those measured on public sets (the README of the data names them); a preset holds no pixel of any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lowcost.errors import InputError
from lowcost.synth.field import RenderedField, render
from lowcost.synth.settings import Camera, Optics, Rgb, Settings, Smear, Stain

Range = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """The colours of one microscope with one batch of stain.

    Attributes
    ----------
    white_point : Rgb
        Grey levels of the background.
    red_cell, chromatin, basophilia, eosin : Rgb
        As in `settings.Stain`.
    """

    white_point: Rgb
    red_cell: Rgb
    chromatin: Rgb
    basophilia: Rgb
    eosin: Rgb


@dataclass(frozen=True)
class Preset:
    """Ranges from which a scene is drawn.

    Attributes
    ----------
    summary : str
        What it is modelled on, in a few words.
    size : (int, int)
        Width and height, px.
    um_per_px : Range
        Scale.
    squeeze : float
        um per px along x relative to y.
    looks : tuple of Look
        One of them is taken, then varied a little.
    cells : dict of str to float
        Mean number of cells per field by type.
    smear, optics, camera : dict of str to Range
        Settings that differ from the defaults.
    """

    summary: str
    size: tuple[int, int]
    um_per_px: Range
    looks: tuple[Look, ...]
    cells: dict[str, float]
    smear: dict[str, Range]
    optics: dict[str, Range]
    camera: dict[str, Range]
    squeeze: float = 1.0


@dataclass(frozen=True)
class Scene:
    """Everything that `render` needs but the seed.

    Attributes
    ----------
    width, height : int
        Size, px.
    um_per_px : (float, float)
        Scale along x and y.
    cells : tuple of str
        Types of the objects.
    settings : Settings
        Smear, stain, optics, camera.
    """

    width: int
    height: int
    um_per_px: tuple[float, float]
    cells: tuple[str, ...]
    settings: Settings

    def render(self, seed: int) -> RenderedField:
        """Render the scene."""
        return render(
            seed,
            width=self.width,
            height=self.height,
            um_per_px=self.um_per_px,
            cells=self.cells,
            settings=self.settings,
        )


_NORMAL_BLOOD = {
    "neutrophil_segmented": 0.55,
    "neutrophil_band": 0.05,
    "lymphocyte": 0.3,
    "monocyte": 0.08,
    "eosinophil": 0.05,
    "basophil": 0.02,
}


def _times(cells: dict[str, float], factor: float) -> dict[str, float]:
    return {name: factor * mean for name, mean in cells.items()}


_ANALYSER = Look((254, 227, 202), (0.12, 0.165, 0.10), (0.62, 1.03, 0.20), (0.46, 0.50, 0.13), (0.11, 0.40, 0.30))
_PALE = Look((197, 200, 195), (0.04, 0.11, 0.095), (0.21, 0.38, -0.03), (0.25, 0.19, 0.02), (0.04, 0.28, 0.08))
_YELLOW = Look((204, 211, 150), (0.21, 0.32, 0.14), (0.42, 1.50, 0.22), (0.30, 0.50, 0.06), (0.10, 0.60, 0.14))
_GREEN = Look((154, 173, 132), (0.14, 0.20, 0.11), (0.38, 0.88, 0.20), (0.28, 0.40, 0.10), (0.10, 0.35, 0.16))
_CYAN = Look((152, 207, 216), (0.17, 0.14, 0.055), (0.30, 0.57, 0.10), (0.30, 0.32, 0.05), (0.14, 0.30, 0.10))
_PINK = Look((212, 200, 190), (0.14, 0.28, 0.27), (0.27, 0.95, 0.20), (0.26, 0.42, 0.12), (0.10, 0.42, 0.26))
_AMBER = Look((243, 229, 188), (0.19, 0.29, 0.26), (0.50, 1.50, 0.42), (0.36, 0.55, 0.20), (0.12, 0.55, 0.36))
_ROSE = Look((219, 182, 169), (0.18, 0.26, 0.125), (0.33, 0.95, 0.20), (0.22, 0.36, 0.12), (0.12, 0.42, 0.20))
_TWILIGHT = Look((193, 181, 155), (0.16, 0.18, 0.055), (0.25, 0.70, 0.08), (0.34, 0.40, 0.08), (0.10, 0.50, 0.20))
_PHONE = Look((223, 227, 212), (0.145, 0.205, 0.13), (0.60, 1.20, 0.19), (0.40, 0.46, 0.12), (0.12, 0.40, 0.22))
_SLATE = Look((160, 160, 153), (0.36, 0.28, 0.11), (0.52, 0.86, 0.18), (0.42, 0.48, 0.14), (0.14, 0.42, 0.22))
_TAN = Look((219, 179, 166), (0.11, 0.25, 0.16), (0.24, 0.72, 0.15), (0.30, 0.30, 0.08), (0.10, 0.40, 0.18))
_LILAC = Look((240, 226, 243), (0.05, 0.14, 0.075), (0.36, 2.10, 0.13), (0.26, 0.34, 0.06), (0.08, 0.40, 0.12))
_APRICOT = Look((247, 214, 193), (0.05, 0.12, 0.075), (0.22, 1.15, 0.11), (0.34, 0.30, 0.08), (0.06, 0.42, 0.12))
_BLUSH = Look((252, 222, 219), (0.05, 0.12, 0.09), (0.17, 0.72, 0.12), (0.22, 0.28, 0.08), (0.08, 0.40, 0.14))
_VIOLET = Look((228, 182, 192), (0.04, 0.14, 0.14), (0.15, 0.60, 0.09), (0.24, 0.26, 0.06), (0.06, 0.34, 0.12))

PRESETS: dict[str, Preset] = {
    "analyser": Preset(
        "an automated analyser: sharp, clean, 10 px/um",
        (640, 480), (0.098, 0.102), (_ANALYSER,), _times(_NORMAL_BLOOD, 2.0),
        {"red_cell_cover": (0.25, 0.45), "pallor": (0.4, 0.65), "mottle": (0.0, 0.003)},
        {"blur_um": (0.10, 0.14), "refraction": (0.1, 0.4), "unevenness": (0.0, 0.03)},
        {"noise": (0.5, 0.8), "sharpen": (0.3, 1.0)},
    ),
    "clinic": Preset(
        "a bench microscope with its camera: clean fields with several white cells",
        (1280, 960), (0.09, 0.18), (_ANALYSER, _PINK, _ROSE, _PHONE), _times(_NORMAL_BLOOD, 6.0),
        {"red_cell_cover": (0.25, 0.45), "pallor": (0.35, 0.7), "overlap": (0.1, 0.4), "mottle": (0.001, 0.006)},
        {"blur_um": (0.13, 0.25), "refraction": (0.2, 0.8), "unevenness": (0.02, 0.15), "vignette": (0.0, 0.1)},
        {"noise": (0.5, 1.5), "jpeg_quality": (85, 97)},
    ),
    "pale": Preset(
        "weak stain, soft focus, crowded and overlapping red cells, drying artefacts",
        (640, 480), (0.07, 0.08), (_PALE,), _times(_NORMAL_BLOOD, 1.3),
        {"red_cell_cover": (0.45, 0.8), "pallor": (0.3, 0.7), "overlap": (0.4, 0.8), "irregular": (0.2, 0.45),
         "drying": (0.0, 0.25), "debris": (500, 2000), "platelets_per_red": (0.0, 0.06), "mottle": (0.002, 0.005)},
        {"blur_um": (0.2, 0.3), "refraction": (0.0, 0.15), "unevenness": (0.01, 0.06)},
        {"noise": (1.3, 2.0), "noise_grain_px": (0.6, 1.0), "jpeg_quality": (80, 92)},
    ),
    "casts": Preset(
        "yellow, green, cyan, pink and amber backgrounds, ringed red cells",
        (640, 480), (0.12, 0.16), (_YELLOW, _YELLOW, _GREEN, _GREEN, _CYAN, _CYAN, _PINK, _AMBER),
        _times(_NORMAL_BLOOD, 1.4),
        {"red_cell_cover": (0.4, 0.7), "pallor": (0.3, 0.95), "overlap": (0.25, 0.6), "irregular": (0.05, 0.4),
         "platelets_per_red": (0.01, 0.08), "mottle": (0.0, 0.003)},
        {"blur_um": (0.18, 0.45), "refraction": (0.4, 1.2), "unevenness": (0.02, 0.12), "vignette": (0.0, 0.15)},
        {"noise": (0.25, 0.6), "jpeg_quality": (88, 97)},
    ),
    "phone": Preset(
        "close views by a phone on the eyepiece: rosy or dim, colour fringes",
        (576, 576), (0.055, 0.07), (_ROSE, _ROSE, _TWILIGHT), _times(_NORMAL_BLOOD, 1.2),
        {"red_cell_cover": (0.3, 0.45), "pallor": (0.2, 0.5), "overlap": (0.05, 0.3), "irregular": (0.2, 0.4),
         "mottle": (0.002, 0.006), "platelets_per_red": (0.02, 0.12)},
        {"blur_um": (0.16, 0.26), "refraction": (0.2, 0.6), "chromatic_um": (0.0, 0.3), "unevenness": (0.03, 0.12)},
        {"noise": (0.3, 1.8), "noise_grain_px": (0.8, 1.4), "sharpen": (0.0, 0.4), "jpeg_quality": (85, 95)},
    ),
    "eyepiece": Preset(
        "a phone at the eyepiece: round dark-cornered field, small ringed cells, sharpened",
        (1280, 960), (0.12, 0.22), (_PHONE,), _times(_NORMAL_BLOOD, 5.0),
        {"red_cell_cover": (0.4, 0.6), "pallor": (0.6, 1.0), "irregular": (0.2, 0.8), "overlap": (0.1, 0.4),
         "platelets_per_red": (0.01, 0.06), "red_cell_spread_um": (0.45, 0.9), "mottle": (0.001, 0.005)},
        {"blur_um": (0.2, 0.32), "edge_blur_um": (0.0, 0.8), "refraction": (0.15, 0.6), "chromatic_um": (0.0, 0.2),
         "unevenness": (0.05, 0.2), "vignette": (0.1, 0.5), "eyepiece": (0.8, 1.3)},
        {"noise": (1.4, 3.0), "noise_grain_px": (0.6, 1.2), "sharpen": (0.3, 1.2), "jpeg_quality": (75, 92)},
    ),
    "leukemia": Preset(
        "crowds of touching blasts, smudge cells, stained background",
        (640, 480), (0.11, 0.26), (_TAN, _LILAC, _APRICOT, _BLUSH, _VIOLET),
        {"blast": 10.0, "promyelocyte": 0.4, "lymphocyte": 1.0, "smudge_cell": 0.5, "erythroblast": 0.2,
         "neutrophil_segmented": 0.3, "monocyte": 0.3},
        {"red_cell_cover": (0.05, 0.4), "pallor": (0.3, 0.65), "overlap": (0.2, 0.6), "touching": (0.3, 0.9),
         "edge": (0.0, 0.3), "platelets_per_red": (0.0, 0.04), "mottle": (0.002, 0.012)},
        {"blur_um": (0.13, 0.25), "refraction": (0.2, 0.6), "unevenness": (0.03, 0.15), "vignette": (0.0, 0.15)},
        {"noise": (0.9, 2.6), "noise_grain_px": (0.7, 1.2), "sharpen": (0.3, 1.2), "jpeg_quality": (85, 95)},
    ),
    "squeezed": Preset(
        "pixels that are not square, slate-blue red cells",
        (640, 640), (0.125, 0.14), (_SLATE,), {**_times(_NORMAL_BLOOD, 2.0), "blast": 1.0, "smudge_cell": 0.2},
        {"red_cell_cover": (0.2, 0.4), "pallor": (0.2, 0.6), "overlap": (0.3, 0.6), "irregular": (0.1, 0.4),
         "debris": (500, 2500), "mottle": (0.002, 0.006), "platelets_per_red": (0.02, 0.1)},
        {"blur_um": (0.18, 0.28), "refraction": (0.6, 1.2), "unevenness": (0.02, 0.06)},
        {"noise": (1.6, 2.2), "jpeg_quality": (85, 95)},
        squeeze=1.7,
    ),
}  # fmt: skip
"""Presets by name."""


def draw(name: str, seed: int) -> Scene:
    """Draw a scene from a preset.

    Parameters
    ----------
    name : str
        A name of `PRESETS`.
    seed : int
        The same seed draws the same scene.

    Returns
    -------
    Scene
        Size, scale, cells and settings.

    Raises
    ------
    InputError
        There is no such preset.

    Examples
    --------
    >>> field = draw("phone", 3).render(3)
    """
    if name not in PRESETS:
        raise InputError(f"Preset {name!r} is unknown; expected one of {', '.join(PRESETS)}.")
    preset = PRESETS[name]
    # A generator of its own: the field's own chance must not depend on how many settings a preset varies.
    rng = np.random.Generator(np.random.PCG64([seed, *name.encode()]))
    look = preset.looks[int(rng.integers(len(preset.looks)))]
    scale = float(rng.uniform(*preset.um_per_px))
    lamp = rng.normal(1.0, 0.03)
    white = tuple(float(np.clip(level * lamp * rng.normal(1.0, 0.006), 1.0, 255.0)) for level in look.white_point)
    cells = tuple(kind for kind, mean in preset.cells.items() for _ in range(int(rng.poisson(mean))))
    if not cells:
        cells = (next(iter(preset.cells)),)
    settings = Settings(
        Smear(**_drawn(rng, preset.smear)),
        Stain(
            red_cell=_varied(rng, look.red_cell),
            chromatin=_varied(rng, look.chromatin),
            basophilia=_varied(rng, look.basophilia),
            eosin=_varied(rng, look.eosin),
        ),
        Optics(**_drawn(rng, preset.optics)),
        Camera(white_point=(white[0], white[1], white[2]), **_drawn(rng, preset.camera)),
    )
    return Scene(*preset.size, (scale * preset.squeeze, scale), cells, settings)


def _drawn(rng: np.random.Generator, ranges: dict[str, Range]) -> dict[str, Any]:
    values = {name: float(rng.uniform(low, high)) for name, (low, high) in ranges.items()}
    if "jpeg_quality" in values:
        values["jpeg_quality"] = round(values["jpeg_quality"])
    return values


def _varied(rng: np.random.Generator, density: Rgb) -> Rgb:
    """The density a little stronger or weaker, and a little off in hue."""
    strength = rng.normal(1.0, 0.12)
    red, green, blue = (float(value * strength * rng.normal(1.0, 0.03)) for value in density)
    return red, green, blue
