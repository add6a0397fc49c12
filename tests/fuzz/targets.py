"""What is fuzzed: each target reads bytes as the package reads a file, and may refuse them by a `LowcostError` alone.

Seeds are drawn or written here; no photograph is among them.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from random import Random

import cv2
import numpy as np

from lowcost import (
    conformal,
    device,
    differential,
    export,
    features,
    novelty,
    reliability,
    report,
    synth,
    taxonomy,
    trees,
)
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.classifier import Parameters as ClassifierParameters
from lowcost.correction import Correction
from lowcost.datasets.catalogue import find
from lowcost.device import Device, Profile
from lowcost.errors import LowcostError
from lowcost.export import fhir
from lowcost.image.reading import Limits, read
from lowcost.morphology import Morphology
from lowcost.report import Heading
from lowcost.result import Failure
from lowcost.strength import Strength
from tests import smears
from tests.datasets import copies, published, test_own
from tests.fuzz import mutation
from tests.profiles import profile


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes
    ----------
    seeds : callable
        Gives inputs that it accepts.
    run : callable
        Reads an input.
    mutate : callable
        Changes one.
    """

    seeds: Callable[[], list[bytes]]
    run: Callable[[bytes], None]
    mutate: mutation.Mutate


@cache
def _folder() -> Path:
    """A folder in memory where there is one: some hundred files are written in a second."""
    folder = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


# image ----------------------------------------------------------------------------------------------------------------

_LIMITS = Limits(max_bytes=2**20, max_pixels=2**20)


def _images() -> list[bytes]:
    from PIL import Image as PillowImage
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    pixels = synth.render(1, width=64, height=48, um_per_px=0.2, cells=("lymphocyte",)).pixels
    picture = PillowImage.fromarray(pixels)
    exif = PillowImage.Exif()
    exif[274], exif[282], exif[296] = 6, 5000, 3
    tags = ImageFileDirectory_v2()
    tags[270] = '<OME><Image><Pixels PhysicalSizeX="0.1" PhysicalSizeY="0.1"/></Image></OME>'
    found = []

    def save(form: str, image: PillowImage.Image = picture, **options: object) -> None:
        stream = BytesIO()
        image.save(stream, form, **options)
        found.append(stream.getvalue())

    save("JPEG", exif=exif)
    save("JPEG", progressive=True)
    save("JPEG", picture.convert("L"))
    save("JPEG", picture.convert("CMYK"))
    for mode in ("RGB", "L", "P", "RGBA", "LA", "1"):
        save("PNG", picture.convert(mode), dpi=(100000, 100000))
    save("BMP")
    save("BMP", picture.convert("P"))
    save("TIFF", tiffinfo=tags)
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits", "group4"):
        save("TIFF", picture.convert("1") if compression == "group4" else picture, compression=compression)
    save("TIFF", big_tiff=True)
    save("WebP", lossless=True)
    save("WebP", picture.convert("RGBA"))
    save("WebP", save_all=True, append_images=[picture.rotate(180)])
    deep = pixels.astype(np.uint16) * 257
    found += [cv2.imencode(suffix, deep)[1].tobytes() for suffix in (".png", ".tif")]
    try:
        import pillow_heif
    except ImportError:
        return found
    stream = BytesIO()
    pillow_heif.from_pillow(picture).save(stream)
    return [*found, stream.getvalue()]


def _read_image(data: bytes) -> None:
    path = _folder() / "image"
    path.write_bytes(data)
    try:
        image = read(data, limits=_LIMITS)
    except LowcostError:
        read(path, limits=_LIMITS)
        raise AssertionError("bytes are refused, the file of them is read") from None
    assert image.pixels.dtype == np.uint8
    assert image.pixels.ndim == 3
    assert image.pixels.shape[2] == 3
    assert read(path, limits=_LIMITS).picture_sha256 == image.picture_sha256


# bundle ---------------------------------------------------------------------------------------------------------------


@cache
def _bundle() -> Bundle:
    return Bundle.load()


_MODEL_FILES = ("morphology.json", "attributes/cell_size.txt")


def _bundles() -> list[bytes]:
    bundle = _bundle()
    index = json.loads((bundle.folder / "bundle.json").read_text())
    index["seal"] = "0" * 64
    whole = json.dumps(index).encode()
    return [b"bundle.json\n" + whole, *(name.encode() + b"\n" + bundle.files[name] for name in _MODEL_FILES)]


def _mutate_bundle(data: bytes, random: Random, changed: mutation.Bytewise) -> bytes:
    name, _, content = data.partition(b"\n")
    mutate = mutation.json_tree if name.endswith(b"json") else mutation.text
    return name + b"\n" + mutate(content, random, changed)


def _read_bundle(data: bytes) -> None:
    first, _, content = data.partition(b"\n")
    name = first.decode(errors="replace")
    if name == "morphology.json":
        bundle = dataclasses.replace(_bundle(), files={**_bundle().files, name: content})
        Morphology.load(bundle, bundle.section("classifier", ClassifierParameters).classes)
    elif name == "attributes/cell_size.txt":
        found = trees.read(content.decode(errors="replace"), name)
        rows = np.linspace(-1, 300, 2 * len(found.names)).reshape(2, -1)
        found.scores(rows)
        found.contributions(rows, 0)
    else:
        _read_index(content)


def _read_index(content: bytes) -> None:
    """Read a bundle whose index is sealed as it stands here: its author means it so."""
    folder = _folder() / "bundle"
    if not folder.is_dir():
        shutil.copytree(_bundle().folder, folder)
    before, zeros, after = content.rpartition(b"0" * 64)
    seal = hashlib.sha256(content).hexdigest().encode() if zeros else b""
    (folder / "bundle.json").write_bytes(before + seal + after)
    bundle = Bundle.load(folder)
    CellFinder(bundle)
    classes = bundle.section("classifier", ClassifierParameters).classes
    Strength.load(bundle, 0.25)
    Correction.load(bundle, classes, features.NAMES)
    conformal.load(bundle)
    novelty.load(bundle)
    reliability.holds(bundle)
    bundle.section("differential", differential.Parameters)
    bundle.section("device", device.Parameters)


# device profile -------------------------------------------------------------------------------------------------------


def _profiles() -> list[bytes]:
    whole = dataclasses.replace(profile(_bundle()), edge_width_um=0.8)
    bare = dataclasses.replace(whole, flat_field=None, shift=None, recalibration=None, edge_width_um=None)
    return [each.dumps().replace(each.digest.encode(), b"0" * 64) for each in (whole, bare)]


def _read_profile(data: bytes) -> None:
    path = _folder() / "device.json"
    path.write_bytes(data.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode(), 1))
    found = Profile.load(path)
    Device(found, _bundle())
    path.write_bytes(found.dumps())
    assert Profile.load(path) == found


# labels ---------------------------------------------------------------------------------------------------------------

_SETS: dict[str, tuple[Callable[[Path], object], str]] = {
    "own_coco": (test_own.coco_set, "annotations/instances_train2024.json"),
    "own_yolo": (test_own.yolo_set, "train/labels/train.txt"),
    "own_names": (test_own.yolo_set, "data.yaml"),
    "own_voc": (test_own.voc_set, "Annotations/train.xml"),
    "own_split": (test_own.voc_set, "ImageSets/Main/train.txt"),
    "own_groups": (test_own.folder_set, "groups.csv"),
    "bccd": (published.bccd_set, "BCCD/Annotations/BloodImage_00000.xml"),
    "txl_pbc": (published.txl_set, "TXL_PBC/labels/train/09436e64-f0d3-5bf4-8b7a-a1402cef406e.txt"),
    "zheng": (published.zheng_set, "Class Labels of Dataset 1.csv"),
    "munich_aml": (published.munich_aml_set, "annotations.dat"),
    "wbcatt": (published.wbcatt_set, "submission/pbc_attr_v1_train.csv"),
    "lld": (
        partial(published.lld_subset, subset="H_100X_C1"),
        "H_100X_C1/txt_labels/AttriDet/train/4_35_40_1000_ALL.txt",
    ),
    "bccd_copy": (copies.write, "bccd/image_level_types.csv"),
    "raabin_dev": (copies.write, "raabin_dev/metadata.csv"),
    "raabin_dev_yolo": (copies.write, "raabin_dev/labels/a.txt"),
    "lld_dev": (copies.write, "lld_dev/attributes.csv"),
    "lld_dev_yolo": (copies.write, "lld_dev/labels/4_8_1000_ALL.txt"),
    "zheng1": (copies.write, "zheng1/types.csv"),
    "pbc": (copies.write, "pbc/attributes/test.csv"),
}
"""How each set is written, and the file of it that is changed. Where several sets are written, the one of that file is
read."""


@cache
def _set(name: str) -> tuple[Path, Path, bytes]:
    """Folder of a set, the file that is changed, and its content."""
    write, relative = _SETS[name]
    root = _folder() / name
    root.mkdir()
    write(root)
    path = root / relative
    if name == "own_groups":
        path.write_text("file,group\nblast/train_blast.png,p7\n")
    if name == "wbcatt":  # whose published form lacks an image
        pictures = root / "submission/data/PBC/PBC_dataset_normal_DIB/eosinophil"
        shutil.copy(next(pictures.iterdir()), pictures / "EO_1.jpg")
    if write is copies.write:
        root /= relative.split("/")[0]
        (root / "classes.txt").write_text("WBC\n") if name.startswith("lld") else None
    return root, path, path.read_bytes()


def _labels() -> list[bytes]:
    return [name.encode() + b"\n" + _set(name)[2] for name in _SETS]


def _mutate_labels(data: bytes, random: Random, changed: mutation.Bytewise) -> bytes:
    name, _, content = data.partition(b"\n")
    mutate = mutation.json_tree if name == b"own_coco" else mutation.text
    return name + b"\n" + mutate(content, random, changed)


def _read_labels(data: bytes) -> None:
    first, _, content = data.partition(b"\n")
    name = first.decode(errors="replace")
    if name not in _SETS:
        return
    root, path, before = _set(name)
    path.write_bytes(content)
    try:
        folder, entry = find(root)
        entry.read(folder, [])
        entry.read(folder)
    finally:
        path.write_bytes(before)


# result ---------------------------------------------------------------------------------------------------------------


def _results() -> list[bytes]:
    kinds = list(taxonomy.CELL_TYPES)
    whole = [
        smears.smear(),
        smears.smear([]),
        smears.smear([smears.field(verdict="rejected")], [Failure("a.jpg", "a.jpg is empty")]),
        smears.crowd(4, kinds),
    ]
    return [json.dumps(result.to_dict()).encode() for result in whole]


def _read_result(data: bytes) -> None:
    path, out = _folder() / "result.json", _folder() / "out"
    path.write_bytes(data)
    result = export.from_json(path)
    export.to_json(result, path)
    assert export.from_json(path) == result
    for write in (export.to_csv, export.to_coco, export.to_geojson, export.to_yolo):
        write(result, out)
    fhir.to_fhir(result, Heading(datetime(2026, 1, 2, tzinfo=timezone.utc)), out)
    report.to_html(result, {}, out)


TARGETS = {
    "image": Target(_images, _read_image, mutation.image),
    "bundle": Target(_bundles, _read_bundle, _mutate_bundle),
    "device": Target(_profiles, _read_profile, mutation.json_tree),
    "labels": Target(_labels, _read_labels, _mutate_labels),
    "result": Target(_results, _read_result, mutation.json_tree),
}
"""The targets by name."""
