"""Scales in metadata: those of microscopes are believed, those of printers are not."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from lowcost.image.reading import read

PIXELS = np.full((48, 64, 3), 200, np.uint8)
DPI_OF_A_TENTH = 254_000.0
"""Pixels per inch at 0.1 um/px."""


def pillow(form, **options):
    stream = BytesIO()
    PillowImage.fromarray(PIXELS).save(stream, form, **options)
    return stream.getvalue()


def tiff(**options):
    stream = BytesIO()
    tifffile.imwrite(stream, PIXELS, photometric="rgb", metadata=None, **options)
    return stream.getvalue()


def ome(attributes):
    # Bytes, since OME-XML is UTF-8 and TIFF's strings are ASCII.
    text = f'<OME><Image ID="Image:0"><Pixels ID="Pixels:0" {attributes} SizeX="64"/></Image></OME>'
    return tiff(description=text.encode())


@pytest.mark.parametrize(
    "data",
    [
        pillow("PNG", dpi=(DPI_OF_A_TENTH, DPI_OF_A_TENTH)),
        pillow("BMP", dpi=(DPI_OF_A_TENTH, DPI_OF_A_TENTH)),
        pillow("TIFF", dpi=(DPI_OF_A_TENTH, DPI_OF_A_TENTH)),
        tiff(resolution=(100_000, 100_000), resolutionunit="centimeter"),
        ome('PhysicalSizeX="0.1" PhysicalSizeY="0.1"'),
        ome('PhysicalSizeX="0.1" PhysicalSizeXUnit="µm" PhysicalSizeY="1.0E-1" PhysicalSizeYUnit="µm"'),
        ome('PhysicalSizeX="100" PhysicalSizeXUnit="nm" PhysicalSizeY="100" PhysicalSizeYUnit="nm"'),
        tiff(description="ImageJ=1.54f\nunit=micron\n", resolution=(10, 10), resolutionunit="none"),
        tiff(description="ImageJ=1.54f\nunit=\\u00B5m\n", resolution=(10, 10), resolutionunit="none"),
    ],
)
def test_a_microscope_scale_is_read(data):
    # Densities are stored as whole numbers in some formats.
    assert read(data).um_per_px == pytest.approx((0.1, 0.1), rel=1e-4)


def test_unequal_axes_are_kept_and_turned_with_the_picture():
    exif = PillowImage.Exif()
    dpi = (DPI_OF_A_TENTH, DPI_OF_A_TENTH / 2)
    assert read(pillow("PNG", dpi=dpi)).um_per_px == pytest.approx((0.1, 0.2), rel=1e-4)
    exif[0x0112] = 6
    assert read(pillow("PNG", dpi=dpi, exif=exif)).um_per_px == pytest.approx((0.2, 0.1), rel=1e-4)


@pytest.mark.parametrize("dpi", [1, 72, 96, 150, 300, 600, 1200, 2400, 4800, 3_000_000])
def test_a_printers_density_is_no_scale(dpi):
    assert read(pillow("PNG", dpi=(dpi, dpi))).um_per_px is None
    assert read(pillow("TIFF", dpi=(dpi, dpi))).um_per_px is None


@pytest.mark.parametrize(
    "data",
    [
        pillow("PNG"),
        pillow("JPEG", dpi=(300, 300)),
        tiff(resolution=(10, 10), resolutionunit="none"),
        tiff(description="ImageJ=1.54f\nunit=pixel\n", resolution=(10, 10), resolutionunit="none"),
        tiff(description="ImageJ=1.54f\nunit=inch\n", resolution=(300, 300), resolutionunit="inch"),
        ome('PhysicalSizeX="1" PhysicalSizeY="1"'),
        ome('PhysicalSizeX="0.1"'),
        ome('PhysicalSizeX="0.1" PhysicalSizeXUnit="pixel" PhysicalSizeY="0.1" PhysicalSizeYUnit="pixel"'),
        ome('PhysicalSizeX="1e999" PhysicalSizeY="nan"'),
    ],
)
def test_what_is_no_calibration_is_none(data):
    assert read(data).um_per_px is None
