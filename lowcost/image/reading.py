"""Reading a photograph: a file, its bytes or an array becomes 8-bit RGB pixels, or one sentence says why not."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import InputError
from lowcost.image import decoding

_STRETCHES = 8184, 8192
"""A picture is told from others by the sum of its stretches of so many bytes: what moves by a whole number of the one
moves by none of the other."""


DRAWN = b"tEXtlowcost\0overlay"
"""Kind and text of the chunk of a PNG file by which an overlay of ours is known: what is drawn would pass for cells."""


@dataclass(frozen=True)
class Limits:
    """What is refused before anything is decoded.

    Attributes
    ----------
    max_bytes : int
        Largest file.
    max_pixels : int
        Largest width times height, px.
    min_edge : int
        Smallest width and height, px.
    """

    max_bytes: int = 512 * 2**20
    max_pixels: int = 80_000_000
    min_edge: int = 32


@dataclass(frozen=True, eq=False)
class Image:
    """A photograph as it was read.

    Attributes
    ----------
    pixels : (h, w, 3) uint8 array
        Red, green and blue, C-contiguous, after EXIF orientation; shared with the caller's array where that already
        had this form and possibly read-only, so never to be written to.
    name : str
        File name without its folder, ``"bytes"`` or ``"array"``.
    sha256 : str
        Digest of the file's bytes, or of dtype, shape and pixels of an array.
    um_per_px : (float, float) or None
        Micrometres per px along x and y that the file's metadata give, where they are plausible for a microscope.
    note : str
        What a person should know about the reading (several pictures in the file, 12-bit values); else empty.
    """

    pixels: NDArray[np.uint8]
    name: str
    sha256: str
    um_per_px: tuple[float, float] | None = None
    note: str = ""

    @cached_property
    def picture_sha256(self) -> str:
        """Digest of shape and pixels: the same for a picture that was saved again without loss in another format."""
        # To digest the px themselves takes half as long as to decode them.
        digest = hashlib.sha256(f"{self.pixels.shape} ".encode())
        values = self.pixels.reshape(-1)
        for stretch in _STRETCHES:
            words = values[: values.size // stretch * stretch].view(np.uint64).reshape(-1, stretch // 8)
            digest.update(words.sum(axis=0, dtype=np.uint64).data)
            digest.update(values[words.nbytes :].data)
        return digest.hexdigest()


def read(
    source: str | os.PathLike[str] | bytes | NDArray[Any], *, limits: Limits | None = None, name: str = "bytes"
) -> Image:
    """Read one photograph.

    Parameters
    ----------
    source : path, bytes or array
        A JPEG, PNG, BMP, TIFF, WebP or (with `pillow-heif`) HEIC file, told by its content and not by its name; the
        bytes of one; or a (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA array of uint8 or uint16. Transparent pixels
        are shown on white. Of 16-bit values the upper 8 bits are kept, or of 10-, 12- and 14-bit values in 16-bit
        words the upper 8 bits of those in use.
    limits : Limits, optional
        Sizes to refuse.
    name : str
        What bytes are called, where they come from something that has a name.

    Returns
    -------
    Image
        The pixels and what the file says about itself.

    Raises
    ------
    InputError
        The source cannot be used; the text says why and what to do.
    DependencyError
        The file is HEIC and `pillow-heif` is not installed.
    """
    limits = limits or Limits()
    if isinstance(source, np.ndarray):
        return _from_array(source, limits)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), name, limits)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return _from_bytes(_load(path, limits), _printable(path.name), limits, path)
    raise InputError(
        f"cannot read an image from {type(source).__name__}: "
        + ("pass f.read()" if hasattr(source, "read") else "give a path, the bytes of an image file, or a uint8 array")
    )


def _load(path: Path, limits: Limits) -> bytes:
    """The bytes of a regular file that is not too large."""
    shown = _printable(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{shown} is a folder: name the image files in it, for example {shown}/*.jpg")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{shown} is not a regular file: save the image to a file first")
        _check_bytes(status.st_size, shown, limits)
        return path.read_bytes()
    except FileNotFoundError as error:
        if re.match("[a-z][a-z0-9+.-]+:/", shown):
            raise InputError(f"{shown} is an address, not a file: download the image and name the file") from error
        raise InputError(f"{shown} does not exist: check the spelling and the folder") from error
    except PermissionError as error:
        raise InputError(f"{shown} may not be read: give yourself permission to read it") from error
    except ValueError as error:  # a null character
        raise InputError(f"{shown!r} is no path: give the name of an image file") from error
    except OSError as error:
        reason = "its name is too long" if error.errno == errno.ENAMETOOLONG else error.strerror
        raise InputError(f"{shown} cannot be read: {reason}") from error


def _printable(path: str | Path) -> str:
    """A file name that can be written as UTF-8: on Linux names may hold any bytes."""
    return str(path).encode("utf-8", "replace").decode()


def _from_bytes(data: bytes, name: str, limits: Limits, path: Path | None = None) -> Image:
    _check_bytes(len(data), name, limits)
    if not data:
        raise InputError(f"{name} is empty (0 bytes): copy the image again")
    if DRAWN in data[:128]:
        raise InputError(f"{name} is an overlay that lowcost drew: give the photograph itself")
    header = decoding.open_header(data, name)
    _check_size(*header.size, name, limits)
    pixels, note = decoding.decode(header, data, name, path)
    return Image(pixels, name, hashlib.sha256(data).hexdigest(), header.um_per_px, note)


def _from_array(array: NDArray[Any], limits: Limits) -> Image:
    if array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        advice = "multiply values of 0-1 by 255 and round them" if array.dtype.kind == "f" else "convert it"
        raise InputError(f"the array has dtype {array.dtype}, expected uint8 or uint16: {advice}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(f"the array has shape {array.shape}, expected (h, w), (h, w, 3) or (h, w, 4)")
    _check_size(array.shape[1], array.shape[0], "the array", limits)
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    digest = hashlib.sha256(f"{array.dtype.name} {array.shape} ".encode())
    digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
    pixels, note = decoding.to_rgb8(array)
    return Image(pixels, "array", digest.hexdigest(), None, note)


def _check_bytes(size: int, name: str, limits: Limits) -> None:
    if size > limits.max_bytes:
        raise InputError(
            f"{name} is {size / 2**20:.0f} MiB, more than the limit of {limits.max_bytes / 2**20:.0f} MiB: "
            "crop it or save it compressed"
        )


def _check_size(width: int, height: int, name: str, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise InputError(
            f"{name} has {width} x {height} px, more than the limit of {limits.max_pixels / 1e6:.0f} million: "
            "cut it into fields"
        )
    if min(width, height) < limits.min_edge:
        raise InputError(
            f"{name} has {width} x {height} px, expected at least {limits.min_edge} x {limits.min_edge}: "
            "give the original photograph"
        )
