"""What each nucleated cell looks like, in numbers: one `Morphology` per cell type.

Diameters are those of cells spread on a dry smear (Bain, Blood Cells, 6th ed., doi:10.1002/9781119820307; CLSI H20-A2),
checked against the Barcelona PBC set at 10 px/um; amounts are in units of the pigments of `settings.Stain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Granules:
    """Granules of the cytoplasm.

    Attributes
    ----------
    cover : Range
        Share of the cytoplasm's area that they would cover without overlap.
    radius_um : Range
        Their size.
    chromatin, eosin : float
        Pigment in each, in the units of `settings.Stain`.
    over_nucleus : bool
        Whether they also lie on the nucleus.
    """

    cover: Range
    radius_um: Range
    chromatin: float
    eosin: float
    over_nucleus: bool = False


@dataclass(frozen=True)
class Morphology:
    """How one cell type is drawn.

    Attributes
    ----------
    diameter_um : Range
        Diameter of the spread cell.
    nucleus_form : str
        ``"round"``, ``"indented"``, ``"folded"``, ``"band"`` or ``"segmented"``.
    nucleus_share : Range
        Share of the cell's area that the nucleus takes.
    eccentricity : Range
        0 a nucleus in the middle, 1 against the membrane.
    notch : Range
        Relative depth of the indentation.
    lobe_weights : dict of int to float
        How often a segmented nucleus has so many lobes.
    chromatin : Range
        Amount of chromatin.
    coarse, clump_um : Range
        Contrast and distance of its clumps.
    nucleoli : (int, int)
        Smallest and largest number.
    basophilia, eosin : Range
        Pigments spread through the cytoplasm.
    mottled : float
        Contrast of the cytoplasm's texture.
    granules : tuple of Granules
        Its granules.
    vacuoles : (int, int)
        Smallest and largest number.
    hof : float
        Pallor of the cytoplasm beside the nucleus (Golgi zone), 0-1.
    irregular : float
        Relative amplitude of the waves of the cell's outline.
    ruffled_um : float
        Amplitude of its fine ruffles.
    """

    diameter_um: Range
    nucleus_form: str
    nucleus_share: Range
    chromatin: Range
    coarse: Range
    clump_um: Range
    basophilia: Range
    eosin: Range = (0.0, 0.02)
    mottled: float = 0.12
    eccentricity: Range = (0.1, 0.6)
    notch: Range = (0.0, 0.0)
    lobe_weights: tuple[tuple[int, float], ...] = ()
    nucleoli: tuple[int, int] = (0, 0)
    granules: tuple[Granules, ...] = ()
    vacuoles: tuple[int, int] = (0, 0)
    hof: float = 0.0
    irregular: float = 0.03
    ruffled_um: float = 0.07


_FINE = Granules((0.3, 0.7), (0.10, 0.19), 0.07, 0.08)
_AZUROPHIL = Granules((0.15, 0.45), (0.14, 0.26), 0.4, 0.08, over_nucleus=True)
_SPARSE_AZUROPHIL = Granules((0.02, 0.15), (0.12, 0.24), 0.3, 0.08)

MORPHOLOGY: dict[str, Morphology] = {
    "neutrophil_segmented": Morphology(
        (11.5, 14.5), "segmented", (0.34, 0.45), (0.88, 1.05), (0.35, 0.6), (0.8, 1.2), (0.08, 0.2), (0.08, 0.2),
        mottled=0.16, lobe_weights=((2, 0.16), (3, 0.46), (4, 0.30), (5, 0.08)), granules=(_FINE,), vacuoles=(0, 1),
    ),
    "neutrophil_band": Morphology(
        (11.5, 15.0), "band", (0.34, 0.42), (0.85, 1.0), (0.35, 0.55), (0.8, 1.2), (0.08, 0.22), (0.08, 0.2),
        mottled=0.16, granules=(_FINE,),
    ),
    "metamyelocyte": Morphology(
        (12.0, 16.0), "indented", (0.42, 0.54), (0.8, 0.95), (0.35, 0.5), (0.8, 1.2), (0.15, 0.3), (0.06, 0.16),
        mottled=0.16, eccentricity=(0.4, 0.9), notch=(0.3, 0.5), granules=(_FINE,),
    ),
    "myelocyte": Morphology(
        (12.5, 17.5), "round", (0.44, 0.6), (0.75, 0.92), (0.3, 0.45), (0.8, 1.1), (0.22, 0.42), (0.03, 0.12),
        mottled=0.16, eccentricity=(0.5, 1.0), granules=(_FINE, _SPARSE_AZUROPHIL), hof=0.25, irregular=0.04,
    ),
    "promyelocyte": Morphology(
        (15.0, 20.0), "round", (0.52, 0.68), (0.68, 0.85), (0.22, 0.36), (0.7, 1.0), (0.32, 0.55),
        mottled=0.16, eccentricity=(0.5, 1.0), nucleoli=(1, 2), granules=(_AZUROPHIL,), hof=0.45, irregular=0.04,
    ),
    "eosinophil": Morphology(
        (12.0, 15.5), "segmented", (0.28, 0.38), (0.82, 0.98), (0.35, 0.55), (0.8, 1.2), (0.05, 0.12), (0.4, 0.6),
        mottled=0.1, lobe_weights=((2, 0.8), (3, 0.2)), granules=(Granules((1.8, 3.2), (0.2, 0.32), 0.02, 0.42),),
    ),
    "basophil": Morphology(
        (10.5, 14.0), "segmented", (0.42, 0.56), (0.55, 0.8), (0.2, 0.35), (0.9, 1.3), (0.1, 0.3), (0.02, 0.12),
        mottled=0.3, lobe_weights=((2, 0.7), (3, 0.3)), irregular=0.035,
        granules=(Granules((1.8, 3.4), (0.24, 0.44), 0.45, 0.02, over_nucleus=True),),
    ),
    "lymphocyte": Morphology(
        (7.6, 11.5), "round", (0.68, 0.9), (0.8, 1.05), (0.25, 0.45), (0.8, 1.3), (0.35, 0.7),
        mottled=0.18, eccentricity=(0.3, 1.0), irregular=0.035, ruffled_um=0.12,
    ),
    "monocyte": Morphology(
        (13.0, 18.0), "folded", (0.42, 0.56), (0.68, 0.86), (0.3, 0.5), (0.7, 1.0), (0.28, 0.45), (0.02, 0.06),
        mottled=0.16, eccentricity=(0.2, 0.7), notch=(0.25, 0.6), irregular=0.045, ruffled_um=0.1,
        granules=(Granules((0.1, 0.3), (0.08, 0.14), 0.12, 0.08),), vacuoles=(0, 14),
    ),
    "blast": Morphology(
        (10.5, 17.0), "round", (0.76, 0.95), (0.55, 0.95), (0.28, 0.55), (0.7, 1.2), (0.35, 0.9),
        mottled=0.16, eccentricity=(0.3, 1.0), nucleoli=(1, 4), irregular=0.04, ruffled_um=0.06,
    ),
    "erythroblast": Morphology(
        (7.5, 10.5), "round", (0.28, 0.46), (1.0, 1.15), (0.25, 0.5), (0.9, 1.3), (0.2, 0.45), (0.06, 0.2),
        mottled=0.08, eccentricity=(0.2, 0.9), irregular=0.035,
    ),
}  # fmt: skip
"""Morphology by cell type."""
