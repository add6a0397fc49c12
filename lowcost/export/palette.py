"""The colours of cell types, shared by overlays and reports.

The eight of M. Okabe and K. Ito (2008), Color Universal Design, which people with any colour vision tell apart; types
of one family share a colour, and wherever a colour stands the type's name stands beside it.
"""

from __future__ import annotations

Colour = tuple[int, int, int]

_NEUTROPHIL: Colour = (0, 114, 178)
_IMMATURE: Colour = (86, 180, 233)
_EOSINOPHIL: Colour = (230, 159, 0)
_BASOPHIL: Colour = (204, 121, 167)
_LYMPHOCYTE: Colour = (0, 158, 115)
_MONOCYTE: Colour = (240, 228, 66)
_BLAST: Colour = (213, 94, 0)
_UNIDENTIFIED: Colour = (255, 255, 255)
_OTHER: Colour = (170, 170, 170)

COLOURS: dict[str, Colour] = {
    "neutrophil_segmented": _NEUTROPHIL,
    "neutrophil_band": _NEUTROPHIL,
    "metamyelocyte": _IMMATURE,
    "myelocyte": _IMMATURE,
    "promyelocyte": _IMMATURE,
    "eosinophil": _EOSINOPHIL,
    "basophil": _BASOPHIL,
    "lymphocyte": _LYMPHOCYTE,
    "monocyte": _MONOCYTE,
    "blast": _BLAST,
    "unidentified": _UNIDENTIFIED,
    "erythroblast": _OTHER,
    "smudge_cell": _OTHER,
    "platelet": _OTHER,
    "platelet_clump": _OTHER,
    "artefact": _OTHER,
}
"""Red, green and blue of every cell type, 0-255."""

VERDICTS: dict[str, Colour] = {"accepted": (0, 110, 80), "doubtful": (150, 90, 0), "rejected": (170, 30, 30)}
"""Red, green and blue of a field's verdict, dark enough for white words on them."""


def ink_on(colour: Colour) -> Colour:
    """Return black or white, whichever reads better on a colour (W3C relative luminance, linearised as a square)."""
    red, green, blue = (value / 255 for value in colour)
    luminance = 0.2126 * red**2 + 0.7152 * green**2 + 0.0722 * blue**2
    return (0, 0, 0) if luminance > 0.2 else (255, 255, 255)
