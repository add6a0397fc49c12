"""Decoding of image files: which format it is, how large, on what scale, and its pixels as 8-bit RGB.

Pillow reads every header, which costs no decoding, and the rarer pixel forms; OpenCV decodes the common ones (grey and
RGB in JPEG, PNG and WebP), because it is faster and needs half the memory, and 16 bits, of which Pillow keeps 8.
Formats are opened through their own Pillow classes: `PIL.Image.open` would try every plug-in and warn about sizes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.errors import DependencyError, InputError
from lowcost.image.resolution import um_per_px

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_ONE_AT_A_TIME = Lock()

EXPECTED = "a JPEG, PNG, BMP, TIFF, WebP or HEIC file"
"""The formats that can be read, in words."""

_PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "WebP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "HEIC": ("pillow_heif", "HeifImageFile"),
}
_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"<": "a web page or other text",
    b"FUJIFILMCCD-RAW": "RAW",
    b"IIU\0": "RAW",
    b"IIRO": "RAW",
    b"IIRS": "RAW",
    b"MMOR": "RAW",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_ORIENTATION_TAG, _BITS_TAG, _PLANES_TAG = 274, 258, 284
_REDUCED_TAG, _PHOTOMETRIC_TAG, _SAMPLE_TAG, _DNG_TAG = 254, 262, 339, 50706
_MOSAIC = 32803
_NUMBERS = {2: "signed integers", 3: "floating-point numbers", 5: "complex integers", 6: "complex numbers"}
"""Forms of a TIFF's samples that are not read, by their code in its tags."""
_JPEG_END = b"\xff\xd9"
_PILLOW_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")


@dataclass(frozen=True)
class Header:
    """What a file says about itself, before any pixel is decoded.

    Attributes
    ----------
    format : str
        ``"JPEG"``, ``"PNG"``, ``"BMP"``, ``"TIFF"``, ``"WebP"`` or ``"HEIC"``.
    size : (int, int)
        Width and height, px, as stored in the file.
    orientation : int
        EXIF orientation, 1-8, that remains to be applied to the decoded pixels.
    um_per_px : (float, float) or None
        Plausible micrometres per px along x and y after orientation.
    pillow : PIL.ImageFile.ImageFile
        The opened file, of the format's own class.
    """

    format: str
    size: tuple[int, int]
    orientation: int
    um_per_px: tuple[float, float] | None
    pillow: Any


def open_header(data: bytes, name: str) -> Header:
    """Read the header of an image file.

    Parameters
    ----------
    data : bytes
        The whole file, not empty.
    name : str
        What error messages call it.

    Raises
    ------
    InputError
        It is no image, of a format that is not read, or its header is damaged.
    DependencyError
        It is HEIC and `pillow-heif` is not installed.
    """
    kind = _kind(data)
    if kind == "RAW":
        raise _raw(name)
    if kind not in _PLUGINS:
        raise InputError(f"{name} is not an image that can be read: it is {kind}, expected {EXPECTED}")
    module, plugin = _PLUGINS[kind]
    try:
        opener = getattr(import_module(module), plugin)
    except ImportError as error:
        raise DependencyError(
            f"{name} is HEIC, which needs pillow-heif: run `pip install lowcost[heif]` or save it as JPEG"
        ) from error
    with _damage_named(name, kind):
        if kind == "TIFF":
            _check_tiff(data, name)
        pillow = opener(BytesIO(data))
        orientation = _orientation(pillow)
        scale = um_per_px(pillow)
    if scale and orientation >= 5:
        scale = scale[1], scale[0]
    # Both decoders of TIFF orient its pixels themselves; HEIC is oriented when it is opened.
    return Header(kind, pillow.size, 1 if kind == "TIFF" else orientation, scale, pillow)


def decode(
    header: Header, data: bytes, name: str, path: str | os.PathLike[str] | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Decode the pixels of an opened file, the first picture if it holds several.

    Parameters
    ----------
    header : Header
        Of this file.
    data : bytes
        The whole file.
    name : str
        What error messages call it.
    path : path, optional
        Where the same bytes lie in a file: a large JPEG is decoded from there in less time and half the memory.

    Returns
    -------
    pixels : (h, w, 3) uint8 array
        Red, green and blue, oriented, C-contiguous.
    note : str
        What a person should know; else empty.

    Raises
    ------
    InputError
        The pixel data are damaged, cut short, or of a kind that is not read.
    """
    notes = []
    with _damage_named(name, header.format):
        if getattr(header.pillow, "is_animated", False):
            notes.append("the file holds several pictures, of which the first was read")
        pixels, note = _decoded(header, data, name, path)
        pixels = _oriented(pixels, header.orientation)
    if note:
        notes.append(note)
    return pixels, "; ".join(notes)


def to_rgb8(array: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    """Bring an array of pixels to 8-bit RGB.

    Parameters
    ----------
    array : (h, w), (h, w, 3) or (h, w, 4) uint8 or uint16 array
        Grey, RGB or RGBA, C-contiguous.

    Returns
    -------
    pixels : (h, w, 3) uint8 array
        The upper 8 of the bits in use, on white where transparent; `array` itself if it is already of this form.
    note : str
        How many bits are in use, if that is not 8 or 16.
    """
    note = ""
    if array.dtype == np.uint16:
        highest = int(array[..., :3].max() if array.ndim == 3 else array.max())
        bits = next(bits for bits in (10, 12, 14, 16) if highest < 1 << bits)
        if array.ndim == 3 and array.shape[2] == 4:
            bits = 16  # an opaque alpha channel uses all of them
        if bits < 16:
            note = f"16-bit values use {bits} bits and were read as such"
        array = (array >> (bits - 8)).astype(np.uint8)
    if array.ndim == 2:
        return np.asarray(cv2.cvtColor(array, cv2.COLOR_GRAY2RGB), np.uint8), note
    if array.shape[2] == 4:
        return _on_white(array), note
    return array, note


def _kind(data: bytes) -> str:
    """The format by its first bytes, or words for what it is instead."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:12] == b"ftypcrx " or (data.startswith(b"II*\0") and data[8:10] == b"CR"):
        return "RAW"
    if data[4:8] == b"ftyp":
        return "HEIC" if data[8:12] in _HEIC_BRANDS else "a film or an unsupported relative of HEIC"
    return next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "of no known format")


@contextmanager
def _damage_named(name: str, kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one sentence: on damaged data they raise anything, not a known few."""
    try:
        with _quiet() if kind == "TIFF" else nullcontext():
            yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{name} is damaged or cut short: its {kind} data cannot be decoded; copy or export it again"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from standard error what libtiff writes there of damaged data, past Python: our sentence says it.

    The descriptor is the whole process's: one thread at a time, and no longer than a file takes.
    """
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(2)
        except OSError:  # nothing to keep clean
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_tiff(data: bytes, name: str) -> None:
    """Refuse a TIFF of a form that Pillow would take for damaged, or of which it would read the thumbnail."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2(data[: 16 if b"+" in data[2:4] else 8])  # BigTIFF has the longer header
    file = BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    if _DNG_TAG in tags or tags.get(_REDUCED_TAG, 0) & 1 or tags.get(_PHOTOMETRIC_TAG) == _MOSAIC:
        raise _raw(name)
    bits = max(tags.get(_BITS_TAG, (1,)))
    samples = max(tags.get(_SAMPLE_TAG, (1,)))
    if samples in _NUMBERS or bits > 16:
        numbers = _NUMBERS.get(samples, "integers")
        raise InputError(f"{name} holds {numbers} of {bits} bits, expected 8 or 16 bits: save it as 8- or 16-bit RGB")


def _raw(name: str) -> InputError:
    return InputError(f"{name} is a camera's RAW file: open it in the camera's program and save it as JPEG or TIFF")


def _orientation(pillow: ImageFile) -> int:
    """EXIF orientation, 1-8; 1 where there is none, or none that can be read: that does not spoil the pixels."""
    from PIL.Image import Image as PillowImage

    try:
        # The base class's method: that of PNG would decode the pixels to look behind them.
        orientation: Any = PillowImage.getexif(pillow).get(_ORIENTATION_TAG)
    except Exception:
        return 1
    return int(orientation) if orientation in range(1, 9) else 1


def _decoded(
    header: Header, data: bytes, name: str, path: str | os.PathLike[str] | None
) -> tuple[NDArray[np.uint8], str]:
    pillow = header.pillow
    plain = pillow.mode in ("L", "RGB") and "transparency" not in pillow.info
    if header.format == "PNG":
        # Length and checksums, of which OpenCV would complain on standard error. It uses up what it is called on.
        type(pillow)(BytesIO(data)).verify()
    if header.format == "JPEG" and plain:
        # OpenCV fills up a JPEG that was cut short; Pillow has read as far as the first scan, which must end.
        if data.rfind(_JPEG_END) < pillow.fp.tell():
            raise ValueError("no end of image")
        pixels = None if path is None else _in_place(path, header.size)
        return _by_opencv(data, cv2.IMREAD_COLOR_RGB) if pixels is None else pixels, ""
    if _is_deep(header):
        return _deep(header, data, name)
    if header.format in ("PNG", "WebP") and plain and not pillow.is_animated:
        return _by_opencv(data, cv2.IMREAD_COLOR_RGB), ""
    if pillow.mode not in _PILLOW_MODES:
        raise _unknown_pixels(name, pillow.mode)
    if pillow.has_transparency_data:
        return _on_white(np.asarray(pillow.convert("RGBA"))), ""
    return np.asarray(pillow if pillow.mode == "RGB" else pillow.convert("RGB")), ""


def _is_deep(header: Header) -> bool:
    """Whether pixels have 16 bits."""
    if header.format == "TIFF":
        return 16 in header.pillow.tag_v2.get(_BITS_TAG, ())
    # Pillow's name of the stored form of a pixel, such as "RGB;16B".
    return header.format == "PNG" and ";16" in header.pillow.tile[0][3]


def _deep(header: Header, data: bytes, name: str) -> tuple[NDArray[np.uint8], str]:
    """Pixels of 16 bits, of which OpenCV keeps all and Pillow the upper 8."""
    if header.format == "TIFF" and header.pillow.tag_v2.get(_PLANES_TAG) == 2:
        raise InputError(f"{name} stores 16-bit colours in separate planes: save it as interleaved RGB")
    array = _by_opencv(data, cv2.IMREAD_UNCHANGED)
    if array.dtype != np.uint16:
        raise _unknown_pixels(name, array.dtype.name)
    if array.ndim == 3:
        swap = cv2.COLOR_BGRA2RGBA if array.shape[2] == 4 else cv2.COLOR_BGR2RGB
        array = np.asarray(cv2.cvtColor(array, swap))
    return to_rgb8(array)


def _unknown_pixels(name: str, kind: str) -> InputError:
    return InputError(f"{name} has pixels of the kind {kind!r}, expected grey or RGB: save it as 8-bit RGB")


def _by_opencv(data: bytes, flags: int) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise ValueError("OpenCV cannot decode it")
    return np.asarray(pixels)


def _in_place(path: str | os.PathLike[str], size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Decode a file into an array that numpy made, None where that is not known to have succeeded.

    What OpenCV decodes into memory of its own it copies into numpy's afterwards. For a photograph of 12 megapixels that
    is two fifths of the time, most of it spent on the pages of that memory: numpy asks the system for large ones.
    """
    name = os.fspath(path)
    if not name.isascii():  # Windows opens others by another function
        return None
    pixels = np.empty((size[1], size[0], 3), np.uint8)
    # OpenCV does not say here whether it failed; where it gave up, the last row is as it was.
    unread = np.resize(np.arange(256, dtype=np.uint8), pixels[-1].shape)
    pixels[-1] = unread
    try:
        cv2.imread(name, pixels, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if np.array_equal(pixels[-1], unread) else pixels


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show transparent pixels on white, rounding to nearest."""
    alpha = rgba[..., 3:]
    if alpha.min() == 255:
        return np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8)
    opaque = alpha.astype(np.uint16)
    return ((rgba[..., :3] * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)


def _oriented(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror as EXIF orientation 1-8 tells."""
    if orientation in (5, 6, 7, 8):
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return pixels if flip is None else np.asarray(cv2.flip(pixels, flip), np.uint8)
