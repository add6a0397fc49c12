"""Images in archives, whole and hostile ones."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from lowcost.batch import sources
from lowcost.batch.item import Item
from lowcost.errors import InputError

PNG = cv2.imencode(".png", np.full((40, 50, 3), 200, np.uint8))[1].tobytes()
FILES = {"7/b.png": PNG, "7/a.png": PNG, "notes.txt": b"x", "__MACOSX/7/a.png": b"x", "7/.hidden.png": b"x"}


def packed(path, files=FILES):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return str(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.TGZ"])
def test_images_are_listed_and_read_in_any_order(name, tmp_path):
    path = packed(tmp_path / name.lower())
    parts = sources.parts(path)
    assert parts == ["member:7/a.png", "member:7/b.png"]
    for part in reversed(parts):
        image = sources.load(Item("s", "a.png", path, part))
        assert (image.pixels.shape, image.name) == ((40, 50, 3), part[-5:])


def test_an_archive_in_an_object_store_is_read_there(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="needs the extra fsspec")
    with fsspec.open("memory://bucket/a.zip", "wb") as stream:
        stream.write(Path(packed(tmp_path / "a.zip")).read_bytes())
    assert sources.parts("memory://bucket/a.zip") == ["member:7/a.png", "member:7/b.png"]
    assert sources.load(Item("s", "a.png", "memory://bucket/a.zip", "member:7/a.png")).pixels.shape == (40, 50, 3)


def test_an_archive_without_images_is_said(tmp_path):
    with pytest.raises(InputError, match="holds no image: expected files such as"):
        sources.parts(packed(tmp_path / "a.zip", {"notes.txt": b"x"}))


def huge():
    """A TIFF file that is too large for a photograph."""
    stream = io.BytesIO()
    pixels = np.zeros((9216, 9216), np.uint8)
    tifffile.imwrite(stream, pixels, tile=(1024, 1024), compression="zlib", photometric="minisblack")
    return stream.getvalue()


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_what_holds_images_itself_is_said_to_be_unpacked(name, tmp_path):
    inner = {"1/S.svs": b"x", "1/s.mp4": b"x", "1/in.zip": b"x", "1/.in.zip": b"x", "1/S.ome.tif": huge()}
    path = packed(tmp_path / name, inner | {"1/a.png": PNG})
    parts = sources.parts(path)
    assert parts == [f"member:1/{each}" for each in ("S.ome.tif", "S.svs", "a.png", "in.zip", "s.mp4")]
    for part in parts:
        item = Item("s", "a", path, part)
        if part.endswith("a.png"):
            sources.load(item)
            continue
        with pytest.raises(InputError, match=rf"^{item.which} in {path} holds images itself: .*: unpack it and name"):
            sources.load(item)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
def test_a_damaged_archive_is_said(name, tmp_path):
    path = packed(tmp_path / name)
    whole = Path(path).read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2], whole[:60] + bytes(80) + whole[140:]):
        Path(path).write_bytes(damaged)
        try:
            items = [Item("s", "a", path, part) for part in sources.parts(path)]
            for item in items:
                sources.load(item)
        except InputError as error:
            assert path in str(error) or "a.png" in str(error)
        else:
            assert name == "a.tar"  # of a plain tar, what is before the damage can be read


def test_a_damaged_name_in_an_archive_is_said(tmp_path):
    path = packed(tmp_path / "a.zip", {"\N{MICRO SIGN}.png": PNG})
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole.replace("\N{MICRO SIGN}".encode(), b"\xff\xff"))
    with pytest.raises(InputError, match="it is damaged or cut short: copy it again"):
        sources.parts(path)


def test_an_image_that_claims_too_much_or_is_encrypted_or_gone_is_said(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.png": bytes(2**20), "b.png": PNG})
    data = bytearray(Path(path).read_bytes())
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x01\x02"))
    data[entry + 24 : entry + 28] = (2**31 - 1).to_bytes(4, "little")
    Path(path).write_bytes(data)
    with pytest.raises(InputError, match=r"a\.png in .*a\.zip is 2048 MiB, more than the limit of 512 MiB"):
        sources.load(Item("s", "a.png", path, "member:a.png"))
    with pytest.raises(InputError, match=r"c\.png in .*a\.zip does not exist"):
        sources.load(Item("s", "c.png", path, "member:c.png"))
    data[entry + 8] |= 1
    data[entry + 24 : entry + 28] = (2**20).to_bytes(4, "little")
    Path(path).write_bytes(data)
    with pytest.raises(InputError, match=r"a\.png in .*a\.zip cannot be read: it is encrypted: pack it again"):
        sources.load(Item("s", "a.png", path, "member:a.png"))
