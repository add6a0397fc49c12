"""The scale that a file's metadata give, where it can be that of a microscope."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

PLAUSIBLE_UM_PER_PX = (0.02, 2.0)
"""Scales of blood films under objectives of 4x to 100x; densities meant for printers (72 to 2400 dpi) lie far above."""

_UM_PER_INCH = 25400.0
_X_RESOLUTION, _Y_RESOLUTION, _DESCRIPTION = 282, 283, 270
_UM_NAMES = r"(?:micron|microns|micrometer|um|µm|μm|\\u00B5m)"
_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_UM_PER_UNIT = {"nm": 1e-3, "um": 1.0, "µm": 1.0, "μm": 1.0, "mm": 1e3}


def um_per_px(pillow: ImageFile) -> tuple[float, float] | None:
    """Micrometres per px along x and y from the metadata of an opened file.

    Parameters
    ----------
    pillow : PIL.ImageFile.ImageFile
        The opened file, nothing decoded yet.

    Returns
    -------
    (float, float) or None
        From OME-XML, ImageJ's calibration or the pixel density, the first that is there and plausible for a
        microscope on both axes. Exactly 1 um/px does not count: programs write it that were never told the scale.
    """
    tags = getattr(pillow, "tag_v2", {})
    description = str(tags.get(_DESCRIPTION, ""))
    # Pillow reads tags as Latin-1, but XML is UTF-8.
    xml = description.encode("latin-1", "replace").decode("utf-8", "replace")
    for scale in (from_ome(xml), _from_imagej(description, tags), _from_density(pillow.info)):
        if scale and is_plausible(scale):
            return scale
    return None


def is_plausible(scale: tuple[float, float]) -> bool:
    """Whether um per px along x and y can be those of a microscope, and are not what programs write by default."""
    low, high = PLAUSIBLE_UM_PER_PX
    return all(math.isfinite(value) and low <= value <= high and value != 1.0 for value in scale)


def from_ome(xml: str) -> tuple[float, float] | None:
    """``PhysicalSizeX`` and ``Y`` of the first image of an OME-XML description; their default unit is um."""
    pixels = re.search(r"<(?:\w+:)?Pixels\b[^>]*>", xml)
    if not pixels:
        return None
    values = []
    for axis in "XY":
        size = re.search(rf'\bPhysicalSize{axis}="{_NUMBER}"', pixels[0])
        unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]*)"', pixels[0])
        factor = _UM_PER_UNIT.get(unit[1]) if unit else 1.0
        if not size or factor is None:
            return None
        values.append(float(size[1]) * factor)
    return values[0], values[1]


def _from_imagej(description: str, tags: Any) -> tuple[float, float] | None:
    """ImageJ writes the unit into the description and px per unit into the resolution tags."""
    if not description.startswith("ImageJ=") or not re.search(rf"^unit={_UM_NAMES}\s*$", description, re.MULTILINE):
        return None
    x, y = (float(tags.get(tag, 0)) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    return (1.0 / x, 1.0 / y) if x > 0 and y > 0 else None


def _from_density(info: dict[Any, Any]) -> tuple[float, float] | None:
    """Pixels per inch, to which Pillow converts the density of every format that states its unit."""
    if "dpi" not in info:
        return None
    x, y = (float(value) for value in info["dpi"])
    return (_UM_PER_INCH / x, _UM_PER_INCH / y) if x > 0 and y > 0 else None
