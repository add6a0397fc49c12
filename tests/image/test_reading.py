"""Sources of every kind, and one clear sentence for each that cannot be used."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost.errors import InputError
from lowcost.image.reading import Limits, read

PIXELS = np.random.default_rng(7).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "field.png"
    cv2.imwrite(str(path), PIXELS[..., ::-1])
    return path


@pytest.mark.parametrize("form", [str, lambda path: path, os.fspath])
def test_a_path(png, form):
    image = read(form(png))
    assert np.array_equal(image.pixels, PIXELS)
    assert image.name == "field.png"
    assert image.sha256 == hashlib.sha256(png.read_bytes()).hexdigest()
    assert image.um_per_px is None
    assert image.note == ""


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_bytes(png, form):
    image = read(form(png.read_bytes()))
    assert np.array_equal(image.pixels, PIXELS)
    assert image.name == "bytes"
    assert image.sha256 == read(png).sha256


def test_content_counts_and_not_the_name(png):
    wrong = png.rename(png.with_suffix(".jpg"))
    assert np.array_equal(read(wrong).pixels, PIXELS)


def test_names_in_other_scripts(png):
    other = png.rename(png.with_name("Ausstrich №1 血涂片.png"))
    assert read(other).name == "Ausstrich №1 血涂片.png"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_a_name_that_is_no_text_can_still_be_written(png):
    odd = png.rename(os.fsdecode(os.fsencode(png.parent) + b"/field\xff.png"))
    assert read(odd).name.encode("utf-8").startswith(b"field")
    odd.unlink()
    with pytest.raises(InputError) as caught:
        read(odd)
    str(caught.value).encode("utf-8")


def test_an_rgb_array_is_not_copied():
    image = read(PIXELS)
    assert np.shares_memory(image.pixels, PIXELS)
    assert image.name == "array"


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (PIXELS[..., 0], np.repeat(PIXELS[..., :1], 3, axis=2)),
        (PIXELS[:, ::-1], PIXELS[:, ::-1]),
        (np.asfortranarray(PIXELS), PIXELS),
        (np.dstack([PIXELS, np.full((48, 64), 255, np.uint8)]), PIXELS),
        (np.dstack([PIXELS, np.zeros((48, 64), np.uint8)]), np.full_like(PIXELS, 255)),
        (PIXELS.astype(np.uint16) * 257, PIXELS),
        ((PIXELS.astype(np.uint16) * 257).astype(">u2"), PIXELS),
        (PIXELS[..., 0].astype(np.uint16) * 257, np.repeat(PIXELS[..., :1], 3, axis=2)),
    ],
)
def test_arrays(array, expected):
    pixels = read(array).pixels
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, expected)


def test_the_digest_of_a_picture_tells_what_was_moved_or_touched():
    flat = np.full((64, 4096, 3), 200, np.uint8)
    pictures = [flat.copy() for _ in range(8)] + [np.full((32, 32, 3), 200, np.uint8)]
    pictures[1][20:40, 100:120] = 90
    pictures[2][22:42, 100:120] = 90  # where sums over whole stretches are the same
    pictures[3][41, 7, 1] += 1
    pictures[4][63, 4095, 2] += 1
    pictures[5] = flat.reshape(4096, 64, 3)
    pictures[6][20:40, 500:520] = 90
    digests = [read(picture).picture_sha256 for picture in pictures]
    assert len(set(digests)) == len(pictures) - 1
    assert digests[0] == digests[7] == read(flat[:, ::-1]).picture_sha256


def test_the_digest_of_an_array_tells_shape_and_type_apart():
    flat = np.zeros((64, 48), np.uint8)
    digests = {read(flat).sha256, read(flat.T).sha256, read(flat.astype(np.uint16)).sha256}
    assert len(digests) == 3
    deep = PIXELS.astype(np.uint16) * 257
    assert read(deep).sha256 == read(deep.astype(">u2")).sha256


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.full((48, 64, 3), np.nan), "dtype float64, expected uint8 or uint16: multiply values of 0-1 by 255"),
        (np.zeros((48, 64), bool), "dtype bool"),
        (np.zeros((48, 64), np.int64), "dtype int64"),
        (np.array([["a"]]), "dtype <U1"),
        (np.zeros((48, 64, 1), np.uint8), r"shape \(48, 64, 1\), expected \(h, w\), \(h, w, 3\)"),
        (np.zeros((48, 64, 2), np.uint8), "shape"),
        (np.zeros((3, 48, 64), np.uint8), "shape"),
        (np.zeros((2, 48, 64, 3), np.uint8), "shape"),
        (np.zeros(64, np.uint8), "shape"),
        (np.zeros((), np.uint8), "shape"),
        (np.zeros((0, 64, 3), np.uint8), "64 x 0 px, expected at least 32 x 32"),
        (np.zeros((1, 1, 3), np.uint8), "1 x 1 px, expected at least"),
        (np.broadcast_to(np.uint8(0), (10**5, 10**5)), "100000 x 100000 px, more than the limit"),
    ],
)
def test_unusable_arrays(array, sentence):
    with pytest.raises(InputError, match=sentence):
        read(array)


@pytest.mark.parametrize("source", [None, 3, 2.5, [[1, 2]], object(), {"a": 1}])
def test_unusable_sources(source):
    with pytest.raises(InputError, match="give a path, the bytes of an image file, or a uint8 array"):
        read(source)


def test_unusable_files(tmp_path):
    cases = {
        "absent.png": ("does not exist", None),
        "empty.png": ("is empty", b""),
        "text.jpg": ("is not an image", b"hello"),
        "page.jpg": ("web page", b"<html>404</html>"),
    }
    for name, (sentence, content) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=sentence) as caught:
            read(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["https://example.org/a.jpg", "s3://bucket/a.png"])
@pytest.mark.parametrize("kind", [str, Path])
def test_addresses(address, kind):
    with pytest.raises(InputError, match=f"^{Path(address)} is an address, not a file: download the image"):
        read(kind(address))


def test_a_folder(tmp_path):
    with pytest.raises(InputError, match="is a folder: name the image files in it"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("x" * 5000, "name is too long"),
        ("nul\0l", "is no path"),
        ("", "is a folder"),
    ],
)
def test_unusable_paths(path, sentence):
    with pytest.raises(InputError, match=sentence):
        read(path)


def test_a_file_as_a_folder(png):
    with pytest.raises(InputError, match="cannot be read: Not a directory"):
        read(png / "deeper.png")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
def test_what_is_no_regular_file_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InputError, match="not a regular file"):
            read(path)


def test_no_permission(png, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)  # a superuser may read everything
    with pytest.raises(InputError, match="may not be read"):
        read(png)


def test_a_link_in_a_circle(tmp_path):
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "loop.png")


def test_limits(png):
    for source in (png, png.read_bytes()):
        with pytest.raises(InputError, match="more than the limit of 0 MiB"):
            read(source, limits=Limits(max_bytes=100))
        with pytest.raises(InputError, match="64 x 48 px, more than the limit"):
            read(source, limits=Limits(max_pixels=1000))
        with pytest.raises(InputError, match="expected at least 50 x 50"):
            read(source, limits=Limits(min_edge=50))
    read(png, limits=Limits(max_bytes=png.stat().st_size, max_pixels=48 * 64, min_edge=48))


def test_real_images_of_every_set(shared_data):
    for folder in sorted(path for path in shared_data.iterdir() if path.is_dir()):
        paths = sorted([*folder.rglob("*.jpg"), *folder.rglob("*.png"), *folder.rglob("*.bmp")])
        for path in paths[:: max(1, len(paths) // 8)]:
            image = read(path)
            assert image.um_per_px is None
            assert image.note == ""
            reference = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            assert np.array_equal(image.pixels, reference)
