from __future__ import annotations

import sys

import numpy as np
import pytest
from tifffile import TiffWriter

from lowcost import wholeslide
from lowcost.errors import DependencyError, InputError
from lowcost.image import reading
from lowcost.wholeslide import Region, Slide
from lowcost.wholeslide.region import MONOLAYER
from tests.wholeslide import slides
from tests.wholeslide.slides import EDGE, UM_PER_PX

REGION = Region(3072, 0, 3456, 2000, 1, 4.0001, (96, 0, 3360, 1904), (0.25, 0.251), (251, 240, 233), MONOLAYER)


@pytest.fixture(scope="module")
def lossless(tmp_path_factory):
    return slides.written(tmp_path_factory.mktemp("slide"), slides.zones(), [[0, 1], [2, 3]], quality=None)


def tiff(path, pixels, **options):
    with TiffWriter(path) as file:
        file.write(pixels, tile=(256, 256), photometric="rgb" if pixels.ndim == 3 else "minisblack", **options)
    return path


def test_pixels_and_scale_are_those_that_were_written(lossless):
    first, second, third, fourth = slides.zones()
    with Slide(lossless) as slide:
        assert (slide.name, slide.width, slide.height) == ("slide.ome.tif", 2 * EDGE, 2 * EDGE)
        assert slide.um_per_px == (UM_PER_PX, UM_PER_PX)
        assert slide.downsamples == (1, 4, 16)
        whole = np.block([[[first], [second]], [[third], [fourth]]])
        assert np.array_equal(
            slide.read(EDGE - 100, EDGE - 50, 300, 200), whole[EDGE - 50 : EDGE + 150, EDGE - 100 : EDGE + 200]
        )
        quarter = slide.read(0, 0, EDGE // 4, EDGE // 4, 1)
        assert np.abs(quarter - first.reshape(EDGE // 4, 4, EDGE // 4, 4, 3).mean(axis=(1, 3))).max() <= 0.5


@pytest.mark.parametrize(("um_per_px", "level"), [(0.1, 0), (0.25, 0), (0.9, 0), (1.0, 1), (3.0, 1), (4.0, 2), (99, 2)])
def test_the_level_is_the_coarsest_that_is_fine_enough(lossless, um_per_px, level):
    with Slide(lossless) as slide:
        assert slide.level(um_per_px) == level
        assert slide.look(0, 0, EDGE, EDGE, um_per_px).shape[0] >= EDGE * UM_PER_PX / max(um_per_px, UM_PER_PX) - 1


def test_a_scale_that_is_given_goes_first(lossless):
    with Slide(lossless, 0.5) as slide:
        assert slide.um_per_px == (0.5, 0.5)


@pytest.mark.parametrize(
    "options", [{}, {"resolution": (72, 72), "resolutionunit": "INCH"}, {"metadata": {"PhysicalSizeX": 40.0}}]
)
def test_a_slide_that_does_not_say_its_scale(tmp_path, options):
    path = tiff(tmp_path / "slide.tif", np.zeros((512, 512, 3), np.uint8), **options)
    with pytest.raises(InputError, match=r"^slide.tif does not say its scale: give um per px .*--um-per-px"):
        Slide(path)


def test_a_scale_in_the_tags_of_resolution(tmp_path):
    path = tiff(
        tmp_path / "slide.tif",
        np.zeros((512, 512, 3), np.uint8),
        resolution=(40000, 40000),
        resolutionunit="CENTIMETER",
    )
    with Slide(path) as slide:
        assert slide.um_per_px == pytest.approx((0.25, 0.25))


def test_what_is_no_slide_is_refused(tmp_path):
    (tmp_path / "notes.svs").write_text("none")
    for name, reason in {"notes.svs": "is no whole slide that tiffslide can read", "no.svs": "does not exist"}.items():
        with pytest.raises(InputError, match=f"^{name} {reason}"):
            Slide(tmp_path / name)


def test_pixels_that_are_no_colours_of_8_bits(tmp_path):
    path = tiff(tmp_path / "deep.tif", np.zeros((512, 512, 3), np.uint16))
    with Slide(path, 0.25) as slide, pytest.raises(InputError, match="expected 8-bit RGB"):
        slide.read(0, 0, 100, 100)


def test_a_slide_that_was_cut_short(lossless, tmp_path):
    path = slides.written(tmp_path, slides.zones(), [[0, 1], [2, 3]])
    data = bytearray(path.read_bytes())
    with Slide(path) as slide:
        offset = slide._file._tifffile.pages.first.dataoffsets[0]
    data[offset : offset + 4000] = bytes(4000)
    path.write_bytes(data)
    with Slide(path) as slide, pytest.raises(InputError, match=r"^slide.ome.tif is damaged at x 0, y 0"):
        slide.read(0, 0, 100, 100)


def test_a_missing_tiffslide_names_the_command(lossless, monkeypatch):
    monkeypatch.setitem(sys.modules, "tiffslide", None)
    with pytest.raises(DependencyError, match=r"pip install lowcost\[wholeslide\]"):
        Slide(lossless)


def test_which_files_are_whole_slides(tmp_path, monkeypatch):
    monkeypatch.setattr(reading.Limits.__init__, "__defaults__", (2**29, 500 * 500, 32))
    large = tiff(tmp_path / "large.TIF", np.zeros((512, 512, 3), np.uint8))
    small = tiff(tmp_path / "small.tif", np.zeros((256, 512, 3), np.uint8))
    (tmp_path / "bad.tif").write_text("none")
    named = {"a.svs": True, "A.NDPI": True, "a.jpg": False, large: True, small: False, tmp_path / "bad.tif": False}
    assert {path: wholeslide.recognises(path) for path in named} == named


def test_a_region_is_a_line_of_text():
    assert str(REGION) == (
        "x=3072 y=0 w=3456 h=2000 level=1 downsample=4.0001 core=96,0,3360,1904 um=0.25x0.251 white=251,240,233 "
        "monolayer"
    )
    assert Region.parse(str(REGION)) == REGION
    with pytest.raises(InputError, match="is no region of a whole slide"):
        Region.parse("x=1 y=2")


def test_openslide_reads_what_tiffslide_does_not(tmp_path, monkeypatch):
    pytest.importorskip("openslide")
    import tiffslide

    def refuse(path):
        raise tiffslide.TiffFileError("unknown")

    monkeypatch.setattr(tiffslide, "TiffSlide", refuse)
    pixels = slides.zones()[slides.MONOLAYER]
    path = tiff(tmp_path / "slide.tif", pixels, metadata=None, resolution=(40000, 40000), resolutionunit="CENTIMETER")
    with Slide(path) as slide:
        assert slide.um_per_px == pytest.approx((0.25, 0.25))
        assert np.array_equal(slide.read(100, 200, 300, 250), pixels[200:450, 100:400])
