"""Every format, mode and depth comes back as the pixels that were written, and damaged data never as a traceback."""

from __future__ import annotations

import random
from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from lowcost.errors import InputError
from lowcost.image import decoding
from lowcost.image.reading import Limits, read

# Pillow warns of damaged metadata.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

HEIGHT, WIDTH = 48, 64


def picture() -> np.ndarray:
    """A smooth picture with another value in every pixel's channels, so that a turn or a swap shows."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([40 + 3 * x, 250 - 4 * y, 60 + x + y], axis=-1).astype(np.uint8)


RGB = picture()
GREY = RGB[..., 0].copy()
ALPHA = np.where(np.arange(WIDTH) < WIDTH // 2, 255, 100).astype(np.uint8) * np.ones((HEIGHT, 1), np.uint8)
BLACK_AND_WHITE = np.where(GREY > 120, 255, 0).astype(np.uint8)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., None] / 255.0
    return np.round(rgb * share + 255 * (1 - share)).astype(np.uint8)


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


def pillow(image: PillowImage.Image, form: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def opencv(array: np.ndarray, suffix: str) -> bytes:
    if array.ndim == 3:
        array = cv2.cvtColor(array, cv2.COLOR_RGBA2BGRA if array.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    return cv2.imencode(suffix, array)[1].tobytes()


def tiff(array: np.ndarray, **options: object) -> bytes:
    stream = BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def of(mode: str) -> PillowImage.Image:
    """The picture in one of Pillow's modes."""
    if mode == "LA":
        return PillowImage.merge("LA", [PillowImage.fromarray(GREY), PillowImage.fromarray(ALPHA)])
    if mode == "RGBA":
        return PillowImage.fromarray(np.dstack([RGB, ALPHA]))
    if mode == "1":
        return PillowImage.fromarray(BLACK_AND_WHITE).convert("1")
    return PillowImage.fromarray(GREY if mode == "L" else RGB).convert(mode)


DEEP = RGB.astype(np.uint16) * 257
DEEP_ALPHA = np.dstack([DEEP, ALPHA.astype(np.uint16) * 257])
PALETTE = np.asarray(of("P").convert("RGB"))
CMYK = np.asarray(of("CMYK").convert("RGB"))

EXACT = {
    "png rgb": (pillow(of("RGB"), "PNG"), RGB),
    "png grey": (pillow(of("L"), "PNG"), grey(GREY)),
    "png 1 bit": (pillow(of("1"), "PNG"), grey(BLACK_AND_WHITE)),
    "png palette": (pillow(of("P"), "PNG"), PALETTE),
    "png rgba": (pillow(of("RGBA"), "PNG"), on_white(RGB, ALPHA)),
    "png grey alpha": (pillow(of("LA"), "PNG"), on_white(grey(GREY), ALPHA)),
    "png transparent colour": (pillow(of("L"), "PNG", transparency=40), grey(np.where(GREY == 40, 255, GREY))),
    "png 16 grey": (opencv(DEEP[..., 0], ".png"), grey(GREY)),
    "png 16 rgb": (opencv(DEEP, ".png"), RGB),
    "png 16 rgba": (opencv(DEEP_ALPHA, ".png"), on_white(RGB, ALPHA)),
    "bmp rgb": (pillow(of("RGB"), "BMP"), RGB),
    "bmp grey": (pillow(of("L"), "BMP"), grey(GREY)),
    "bmp palette": (pillow(of("P"), "BMP"), PALETTE),
    "bmp 1 bit": (pillow(of("1"), "BMP"), grey(BLACK_AND_WHITE)),
    "tiff rgb": (pillow(of("RGB"), "TIFF"), RGB),
    "tiff grey": (pillow(of("L"), "TIFF"), grey(GREY)),
    "tiff 1 bit": (pillow(of("1"), "TIFF"), grey(BLACK_AND_WHITE)),
    "tiff palette": (pillow(of("P"), "TIFF"), PALETTE),
    "tiff rgba": (pillow(of("RGBA"), "TIFF"), on_white(RGB, ALPHA)),
    "tiff cmyk": (pillow(of("CMYK"), "TIFF"), CMYK),
    "tiff lzw": (pillow(of("RGB"), "TIFF", compression="tiff_lzw"), RGB),
    "tiff deflate": (pillow(of("RGB"), "TIFF", compression="tiff_adobe_deflate"), RGB),
    "tiff tiles": (tiff(RGB, photometric="rgb", tile=(16, 16)), RGB),
    "tiff planes": (tiff(np.moveaxis(RGB, 2, 0), photometric="rgb", planarconfig="separate"), RGB),
    "tiff 16 grey": (tiff(DEEP[..., 0], photometric="minisblack"), grey(GREY)),
    "tiff 16 rgb": (tiff(DEEP, photometric="rgb"), RGB),
    "tiff 16 rgb deflate": (tiff(DEEP, photometric="rgb", compression="zlib"), RGB),
    "tiff 16 big endian": (tiff(DEEP, photometric="rgb", byteorder=">"), RGB),
    "bigtiff 16": (tiff(DEEP, photometric="rgb", bigtiff=True), RGB),
    "webp rgb": (pillow(of("RGB"), "WEBP", lossless=True), RGB),
    "webp rgba": (pillow(of("RGBA"), "WEBP", lossless=True, exact=True), on_white(RGB, ALPHA)),
}
LOSSY = {
    "jpeg rgb": (pillow(of("RGB"), "JPEG", quality=95, subsampling=0), RGB),
    "jpeg progressive": (pillow(of("RGB"), "JPEG", quality=95, progressive=True, subsampling=0), RGB),
    "jpeg grey": (pillow(of("L"), "JPEG", quality=95), grey(GREY)),
    "jpeg cmyk": (pillow(of("CMYK"), "JPEG", quality=98), CMYK),
    "tiff jpeg": (pillow(of("RGB"), "TIFF", compression="jpeg", quality=95), RGB),
    "webp lossy": (pillow(of("RGB"), "WEBP", quality=95), RGB),
}
VALID = {name: data for name, (data, _) in (EXACT | LOSSY).items()}


@pytest.mark.parametrize("name", EXACT)
def test_lossless_forms_come_back_exactly(name):
    data, expected = EXACT[name]
    pixels = read(data).pixels
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    # Half transparent values are rounded by us and truncated by 16-bit arithmetic: at most one apart.
    tolerance = 1 if "16 rgba" in name else 0
    assert np.abs(pixels.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_forms_come_back_nearly(name):
    data, expected = LOSSY[name]
    pixels = read(data).pixels
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).mean() < 3


def test_jpeg_is_decoded_as_pillow_does():
    data, _ = LOSSY["jpeg rgb"]
    reference = np.asarray(PillowImage.open(BytesIO(data)).convert("RGB"))
    assert np.array_equal(read(data).pixels, reference)


def test_heic():
    heif = pytest.importorskip("pillow_heif", reason="HEIC is an extra: pip install lowcost[heif]")
    stream = BytesIO()
    heif.from_pillow(of("RGB")).save(stream, quality=95)
    pixels = read(stream.getvalue()).pixels
    assert pixels.shape == RGB.shape
    assert np.abs(pixels.astype(int) - RGB).mean() < 3


def test_heic_without_the_extra_names_it(monkeypatch):
    import sys

    from lowcost.errors import DependencyError

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(DependencyError, match=r"pip install lowcost\[heif\]"):
        read(b"\0\0\0\x1cftypheic" + bytes(100))


TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", [*TURNS, 0, 9])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(form, orientation):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    pixels = read(pillow(of("RGB"), form, exif=exif, **options)).pixels
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, TURNS.get(orientation, TURNS[1])(RGB))


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_of_jpeg(orientation):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    plain = read(pillow(of("RGB"), "JPEG")).pixels
    assert np.array_equal(read(pillow(of("RGB"), "JPEG", exif=exif)).pixels, TURNS[orientation](plain))


@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_of_16_bit_tiff(orientation):
    data = tiff(DEEP, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    assert np.array_equal(read(data).pixels, TURNS[orientation](RGB))


def test_broken_exif_does_not_spoil_the_pixels():
    data = pillow(of("RGB"), "JPEG", exif=b"Exif\0\0this is no TIFF header at all")
    assert np.array_equal(read(data).pixels, read(pillow(of("RGB"), "JPEG")).pixels)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_fewer_bits_in_16_bit_words_are_noticed(bits):
    deep = RGB.astype(np.uint16) << (bits - 8)
    image = read(tiff(deep, photometric="rgb"))
    assert np.array_equal(image.pixels, RGB)
    assert f"{bits} bits" in image.note


@pytest.mark.parametrize("form", ["TIFF", "WEBP", "PNG"])
def test_the_first_of_several_pictures_is_read_and_said(form):
    options = {"lossless": True} if form == "WEBP" else {}
    second = PillowImage.fromarray(255 - RGB)
    image = read(pillow(of("RGB"), form, save_all=True, append_images=[second], **options))
    assert np.array_equal(image.pixels, RGB)
    assert "several pictures" in image.note


def test_pixel_forms_that_are_not_read_are_named():
    kinds = {np.float32: "floating-point numbers of 32", np.uint32: "integers of 32", np.int16: "signed integers of 16"}
    for dtype, what in kinds.items():
        for array in (RGB, RGB[..., 0]):
            photometric = "rgb" if array.ndim == 3 else "minisblack"
            with pytest.raises(InputError, match=f"{what} bits, expected 8 or 16 bits: save it as 8- or 16-bit RGB"):
                read(tiff(array.astype(dtype), photometric=photometric))
    with pytest.raises(InputError, match="separate planes"):
        read(tiff(np.moveaxis(DEEP, 2, 0), photometric="rgb", planarconfig="separate"))


RAW = {
    "CR2": b"II*\0\x10\0\0\0CR\2\0" + bytes(50),
    "CR3": b"\0\0\0\x18ftypcrx " + bytes(50),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(50),
    "ORF": b"IIRO\x08\0\0\0" + bytes(50),
    "RW2": b"IIU\0\x08\0\0\0" + bytes(50),
    "DNG": tiff(RGB, extratags=[(50706, "B", 4, b"\1\4\0\0", True)]),
    "thumbnail first, as in NEF": tiff(RGB, subfiletype=1),
    "mosaic": tiff(DEEP[..., 0], photometric="CFA"),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_files_of_cameras_are_told(name):
    with pytest.raises(InputError, match="is a camera's RAW file: open it in the camera's program and save it as JPEG"):
        read(RAW[name])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GIF89a" + bytes(50), "GIF"),
        (b"%PDF-1.7" + bytes(50), "PDF"),
        (b"PK\x03\x04" + bytes(50), "ZIP"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\0\0\0\x18ftypmp42" + bytes(50), "film"),
        (b"just a text", "no known format"),
        (b"\0", "no known format"),
    ],
)
def test_what_is_no_image_is_named(data, what):
    with pytest.raises(InputError, match=what):
        read(data)


@pytest.mark.parametrize("name", VALID)
def test_a_file_that_was_cut_short_is_an_error(name):
    data = VALID[name]
    for share in (0.5, 0.9):
        with pytest.raises(InputError, match="damaged or cut short|no known format"):
            read(data[: int(len(data) * share)])


@pytest.mark.parametrize("form", ["jpeg rgb", "png rgb"])
def test_every_cut_of_jpeg_and_png_is_an_error(form):
    data = VALID[form]
    for end in range(1, len(data), 7):
        with pytest.raises(InputError):
            read(data[:end])


def test_a_cut_jpeg_whose_thumbnail_is_whole_is_an_error():
    thumbnail = pillow(of("RGB").resize((32, 24)), "JPEG")
    data = pillow(of("RGB"), "JPEG", exif=b"Exif\0\0" + thumbnail)
    read(data)
    with pytest.raises(InputError, match="cut short"):
        read(data[:-20])


@pytest.mark.parametrize("name", VALID)
def test_mutated_files_raise_nothing_but_input_errors(name):
    """A thousand seeded bytes, bits and cuts per form over the suite; sizes are limited, so nothing can hang."""
    random_numbers = random.Random(name)
    data = VALID[name]
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(random_numbers.choice([1, 2, 10, 50])):
            # Headers are short and matter most.
            reach = len(damaged) if random_numbers.random() < 0.5 else min(len(damaged), 200)
            damaged[random_numbers.randrange(reach)] = random_numbers.randrange(256)
        if random_numbers.random() < 0.3:
            del damaged[random_numbers.randrange(len(damaged)) :]
        try:
            pixels = read(bytes(damaged), limits=Limits(max_pixels=1_000_000)).pixels
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert pixels.ndim == 3
            assert pixels.dtype == np.uint8


@pytest.mark.parametrize("file", ["field.jpg", "Präparat.jpg"])
@pytest.mark.parametrize("name", [name for name in VALID if name.startswith("jpeg")])
def test_a_file_is_read_as_its_bytes_are_whole_or_damaged(name, file, tmp_path):
    """Files are decoded by another function of OpenCV, which does not tell whether it failed."""
    random_numbers = random.Random(name)
    path = tmp_path / file
    for number in range(60):
        data = bytearray(VALID[name])
        for _ in range(min(number, 8)):
            data[random_numbers.randrange(len(data))] = random_numbers.randrange(256)
        path.write_bytes(data)
        try:
            expected = read(bytes(data), limits=Limits(max_pixels=1_000_000)).pixels
        except InputError:
            with pytest.raises(InputError):
                read(path, limits=Limits(max_pixels=1_000_000))
        else:
            assert np.array_equal(read(path, limits=Limits(max_pixels=1_000_000)).pixels, expected)


def test_pixels_are_refused_before_they_are_decoded():
    import tracemalloc
    import warnings
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + checksum

    size = (50_000).to_bytes(4, "big") * 2
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", zlib.compress(bytes(10**6)))
    tracemalloc.start()
    with warnings.catch_warnings(), pytest.raises(InputError, match="50000 x 50000 px, more than the limit"):
        warnings.simplefilter("error")
        read(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_pillows_own_settings_are_left_alone():
    before = PillowImage.MAX_IMAGE_PIXELS, dict(PillowImage.OPEN)
    for data in VALID.values():
        read(data)
    assert (PillowImage.MAX_IMAGE_PIXELS, dict(PillowImage.OPEN)) == before


def test_to_rgb8_returns_rgb_itself():
    assert decoding.to_rgb8(RGB)[0] is RGB


def test_a_damaged_tiff_says_one_sentence_and_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    for compression in ("tiff_lzw", "tiff_deflate"):
        data = bytearray(pillow(PillowImage.fromarray(noise), "TIFF", compression=compression))
        for place in range(60, 2000, 7):
            data[place] ^= 255
        with pytest.raises(InputError, match="damaged"):
            read(bytes(data))
    assert capfd.readouterr() == ("", "")
