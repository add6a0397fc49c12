"""A whole-slide image, opened with tiffslide, or with OpenSlide where that is installed and alone knows it."""

from __future__ import annotations

import math
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import DependencyError, InputError
from lowcost.image import decoding, reading, resolution
from lowcost.image.resample import block_mean

ENDINGS = (".bif", ".mrxs", ".ndpi", ".scn", ".svs", ".svslide", ".vms", ".vmu")
"""By which a file is known as a whole slide; a TIFF file is asked for its size."""

_TIFF = (".tif", ".tiff", ".btf", ".tf8")


def recognises(path: str | os.PathLike[str], file: IO[bytes] | None = None) -> bool:
    """Whether a file is a whole slide: by its ending, or a TIFF file that is too large to be read as one photograph.

    Parameters
    ----------
    path : path
        Its name.
    file : binary file, optional
        Its content, where it is no file of this machine.
    """
    name = os.fspath(path).lower()
    if not name.endswith(_TIFF):
        return name.endswith(ENDINGS)
    from tifffile import TiffFile

    try:
        with TiffFile(file or path) as tiff:
            page = tiff.pages.first
            return bool(page.imagewidth * page.imagelength > reading.Limits().max_pixels)
    except Exception:  # whatever is wrong with it is said by whoever reads it
        return False


class Slide:
    """An open whole-slide image; use it in a ``with`` statement.

    Parameters
    ----------
    path : path or address
        A file, or what `fsspec` opens.
    um_per_px : float, optional
        Micrometres per px of its finest level; by default read from its metadata.

    Attributes
    ----------
    name : str
        File name.
    width, height : int
        Of the finest level, px.
    um_per_px : (float, float)
        Of the finest level, along x and y.
    downsamples : tuple of float
        px of the finest level per px of each level.

    Raises
    ------
    InputError
        It cannot be read, or its scale is neither given nor in its metadata.
    DependencyError
        `tiffslide` is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], um_per_px: float | None = None) -> None:
        self.name = os.fspath(path).replace("\\", "/").rsplit("/", 1)[-1]
        self._file = _opened(os.fspath(path), self.name)
        self.width, self.height = (int(size) for size in self._file.dimensions)
        self.downsamples = tuple(float(factor) for factor in self._file.level_downsamples)
        known = (um_per_px, um_per_px) if um_per_px is not None else _um_per_px(self._file.properties)
        if known is None:
            self.close()
            raise InputError(
                f"{self.name} does not say its scale: give um per px of its finest level (--um-per-px), "
                "such as 0.25 for a scan with a 40x objective"
            )
        self.um_per_px: tuple[float, float] = known

    def __enter__(self) -> Slide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def level(self, um_per_px: float) -> int:
        """Return the coarsest level whose px are no larger than this, the finest one where all are."""
        wanted = um_per_px / max(self.um_per_px)
        fitting = [level for level, factor in enumerate(self.downsamples) if factor <= wanted * 1.001]
        return max(fitting, key=lambda level: self.downsamples[level], default=0)

    def read(self, x: int, y: int, width: int, height: int, level: int = 0) -> NDArray[np.uint8]:
        """Read a rectangle that lies within the slide.

        Parameters
        ----------
        x, y, width, height : int
            Left top corner and size, px of `level`.
        level : int
            From 0, the finest.

        Returns
        -------
        (height, width, 3) uint8 array
            Red, green and blue, what was not scanned white.

        Raises
        ------
        InputError
            It cannot be decoded, or has no 8-bit colours.
        """
        factor = self.downsamples[level]
        location = (round(x * factor), round(y * factor))
        try:
            if type(self._file).__module__.startswith("openslide"):
                pixels = np.asarray(self._file.read_region(location, level, (width, height)))
            else:
                pixels = self._file.read_region(location, level, (width, height), as_array=True)
        except Exception as error:
            raise InputError(
                f"{self.name} is damaged at x {x}, y {y}: {width} x {height} px there cannot be decoded; copy it again"
            ) from error
        if pixels.dtype != np.uint8 or pixels.shape[2:] not in ((1,), (3,), (4,)):
            raise InputError(
                f"{self.name} has pixels of {pixels.dtype} in {pixels.shape[-1]} channels, "
                "expected 8-bit RGB: export it again as such"
            )
        pixels = np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        return decoding.to_rgb8(pixels)[0]

    def look(self, x: int, y: int, width: int, height: int, um_per_px: float) -> NDArray[np.uint8]:
        """Read a rectangle of the finest level, shrunk to px that are about as large as these.

        Returns
        -------
        (h, w, 3) uint8 array
            Red, green and blue.
        """
        level = self.level(um_per_px)
        factor = self.downsamples[level]
        size = (max(1, int(width / factor)), max(1, int(height / factor)))
        pixels = self.read(int(x / factor), int(y / factor), *size, level)
        step = max(1, math.floor(um_per_px / (max(self.um_per_px) * factor) + 0.01))
        return block_mean(pixels, min(step, *size))


def _opened(path: str, name: str) -> Any:
    """The slide as tiffslide's object, or OpenSlide's, which has the same methods."""
    if "://" not in path and not Path(path).is_file():
        raise InputError(f"{name} does not exist: check the spelling and the folder")
    try:
        from tiffslide import TiffSlide
    except ImportError as error:
        raise DependencyError(
            f"{name} is a whole slide, which needs tiffslide: run `pip install lowcost[wholeslide]`"
        ) from error
    try:
        slide = TiffSlide(path)
        try:
            slide.properties, slide.level_downsamples  # noqa: B018 - what is wrong with it shows here
        except Exception:
            slide.close()
            raise
    except Exception as error:
        slide = _by_openslide(path)
        if slide is None:
            raise InputError(
                f"{name} is no whole slide that tiffslide can read: expected a tiled TIFF, OME-TIFF, SVS or the like; "
                "install openslide-python and openslide-bin for others"
            ) from error
    return slide


def _by_openslide(path: str) -> Any:
    """The slide as OpenSlide's object, None where it is not installed or does not know it."""
    try:
        import openslide

        return openslide.OpenSlide(path)
    except Exception:
        return None


def _um_per_px(properties: Any) -> tuple[float, float] | None:
    """The scale that the metadata give, where it can be that of a microscope."""
    for vendor in ("tiffslide", "openslide"):
        scale = properties.get(f"{vendor}.mpp-x"), properties.get(f"{vendor}.mpp-y")
        if None not in scale:
            found = float(scale[0]), float(scale[1])
            return found if resolution.is_plausible(found) else None
    found_ome = resolution.from_ome(str(properties.get("tiff.ImageDescription", "")))
    return found_ome if found_ome and resolution.is_plausible(found_ome) else None
