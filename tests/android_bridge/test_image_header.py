"""Orientation and scale of JPEG and PNG files are read by Java as by Python."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lowcost.image.decoding import _oriented, open_header
from tests.android_bridge.optics import same

PIXELS = np.random.default_rng(2).integers(0, 256, (24, 40, 3), dtype=np.uint8)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'


def file(kind, **options):
    buffer = BytesIO()
    Image.fromarray(PIXELS).save(buffer, kind, **options)
    return buffer.getvalue()


def exif(**tags):
    found = Image.Exif()
    numbers = {"orientation": 274, "x": 282, "y": 283, "unit": 296}
    for name, value in tags.items():
        found[numbers[name]] = value
    return found


def png_text(name, text):
    info = PngInfo()
    info.add_itxt(name, text)
    return {"pnginfo": info}


FILES = {
    "plain JPEG": lambda: file("JPEG"),
    "plain PNG": lambda: file("PNG"),
    "JPEG for printing": lambda: file("JPEG", dpi=(300, 300)),
    "JPEG with a scale": lambda: file("JPEG", dpi=(60000, 50000)),
    "JPEG with px per cm": lambda: file("JPEG", dpi=(50000, 50000)).replace(b"JFIF\0\1\1\1", b"JFIF\0\1\1\2", 1),
    "JPEG with an aspect alone": lambda: file("JPEG", dpi=(1, 1)).replace(b"JFIF\0\1\1\1", b"JFIF\0\1\1\0", 1),
    "PNG with a scale": lambda: file("PNG", dpi=(254000, 200000)),
    "PNG with 1 um per px": lambda: file("PNG", dpi=(25400, 25400)),
    "PNG with EXIF": lambda: file("PNG", exif=exif(orientation=6), dpi=(254000, 200000)),
    "PNG with XMP": lambda: file("PNG", **png_text("XML:com.adobe.xmp", XMP.decode())),
    "EXIF density": lambda: file("JPEG", exif=exif(x=200000.5, y=1.0, unit=2)),
    "EXIF density per cm": lambda: file("JPEG", exif=exif(x=80000, unit=3, orientation=7)),
    "EXIF density without a unit": lambda: file("JPEG", exif=exif(x=200000, y=200000)),
    "density twice": lambda: file("JPEG", exif=exif(x=200000, unit=2), dpi=(60000, 60000)),
    "XMP": lambda: file("JPEG", xmp=XMP),
    "EXIF before XMP": lambda: file("JPEG", xmp=XMP, exif=exif(orientation=3)),
    "no such orientation": lambda: file("JPEG", exif=exif(orientation=9)),
    "progressive, with a comment": lambda: file(
        "JPEG", progressive=True, comment=b"\xff\xe1", exif=exif(orientation=5)
    ),
    "filled with 0xff": lambda: (lambda raw: raw[:2] + b"\xff\xff\xff" + raw[2:])(
        file("JPEG", exif=exif(orientation=4))
    ),
} | {f"orientation {i}": lambda i=i: file("JPEG", exif=exif(orientation=i), dpi=(60000, 50000)) for i in range(1, 9)}


@pytest.mark.parametrize("name", FILES)
def test_headers(java, name):
    raw = FILES[name]()
    expected = open_header(raw, name)
    found = java("image.header", file=np.frombuffer(raw, np.uint8), image=PIXELS)
    assert found["orientation"] == expected.orientation
    scale = found.get("um_per_px")
    assert (None if scale is None else tuple(scale.tolist())) == expected.um_per_px
    same(found["pixels"], _oriented(PIXELS, expected.orientation), "pixels")


@pytest.mark.parametrize("name", FILES)
def test_files_that_were_cut_short(java, name):
    """Every file has an end, and none of its beginnings has; what follows the end is no matter."""
    raw = FILES[name]()
    assert java("image.header", file=np.frombuffer(raw + b"more", np.uint8))["whole"]
    for size in (2, 30, len(raw) // 2, len(raw) - 2):
        kind = b"\xff\xd8" if raw[:2] == b"\xff\xd8" else b"\x89PNG\r\n\x1a\n"
        cut = raw[: max(size, len(kind))]
        assert not java("image.header", file=np.frombuffer(cut, np.uint8))["whole"]


def test_damaged_headers_are_passed_over(java):
    random = np.random.default_rng(8)
    whole = [FILES[name]() for name in ("EXIF density per cm", "PNG with EXIF", "PNG with XMP", "EXIF before XMP")]
    for raw in whole:
        for size in range(0, len(raw), 7):
            java("image.header", file=np.frombuffer(raw[:size], np.uint8))
        for _ in range(200):
            damaged = np.frombuffer(raw, np.uint8).copy()
            damaged[random.integers(0, min(len(raw), 400), 6)] = random.integers(0, 256, 6)
            assert 1 <= java("image.header", file=damaged)["orientation"] <= 8
