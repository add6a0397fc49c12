"""Files made to hurt: in little memory and time they are read, or refused by the exception that is documented.

Random mutations of the network, the trees and JSON stand beside the tests of their readers; here are those of a whole
bundle whose seal is right, and files whose every part is lawful and whose sum is too much.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import flatbuffers
import numpy as np
import pytest

from lowcost.bundle import Bundle, seal
from tests import profiles
from tests.android_bridge.bridge import Java, JavaError

SECONDS = 10.0
"""How long anything may take; machines that run tests are busy."""


@pytest.fixture(scope="module")
def small(classes: list[Path]) -> Iterator[Java]:
    """A process with as much memory as an app on a modest phone has."""
    process = Java(classes, "-Xmx192m", "-Xss512k")
    yield process
    process.close()


@pytest.fixture
def folder(tmp_path: Path, repository: Path) -> Path:
    """A bundle that may be spoilt."""
    return shutil.copytree(repository / "models" / "lowcost-1", tmp_path / "bundle")


def refused(java: Java, stage: str, kinds: str, **arguments: object) -> str:
    """Assert that a stage ends soon with one of some exceptions; return what it says."""
    start = time.monotonic()
    with pytest.raises(JavaError) as caught:
        java(stage, **arguments)
    assert time.monotonic() - start < SECONDS
    assert caught.value.kind in kinds.split(), caught.value
    return caught.value.message


def raw(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)


TYPES = {"uint8": 3, "int8": 9, "int32": 2}


class Network:
    """Writes a `.tflite` file as one likes it.

    Every tensor has the same vectors of `scales` scales and zero points; `operators` are pairs of a tensor read and one
    written, fully connected with the weights of tensor 0 and the bias of tensor 1.
    """

    def __init__(self, tensors: list[tuple[str, list[int]]], operators: list[tuple[int, int]], scales: int = 1) -> None:
        build = self.build = flatbuffers.Builder(1 << 16)
        data = build.CreateByteVector(bytes(int(np.prod(tensors[0][1]))))
        bias = build.CreateByteVector(bytes(4 * int(np.prod(tensors[1][1]))))
        buffers = [self.table(), self.table((0, "offset", data)), self.table((0, "offset", bias))]
        factors = build.CreateNumpyVector(np.ones(scales, np.float32))
        zeros = build.CreateNumpyVector(np.zeros(scales, np.int64))
        quantization = self.table((2, "offset", factors), (3, "offset", zeros))
        made = []
        for number, (kind, shape) in enumerate(tensors):
            size = build.CreateNumpyVector(np.array(shape, np.int32))
            buffer = number + 1 if number < 2 else 0
            made.append(
                self.table(
                    (0, "offset", size),
                    (1, "byte", TYPES[kind]),
                    (2, "int", buffer),
                    (4, "offset", quantization),
                )
            )
        steps = []
        for source, target in operators:
            entries = build.CreateNumpyVector(np.array([source, 0, 1], np.int32))
            results = build.CreateNumpyVector(np.array([target], np.int32))
            steps.append(self.table((1, "offset", entries), (2, "offset", results)))
        code = self.table((0, "byte", 9), (3, "int", 9))
        entry = build.CreateNumpyVector(np.array([2], np.int32))
        result = build.CreateNumpyVector(np.array([operators[-1][1]], np.int32))
        parts = [self.vector(made), entry, result, self.vector(steps)]
        graph = self.table(*((field, "offset", part) for field, part in enumerate(parts)))
        fields = [(1, self.vector([code])), (2, self.vector([graph])), (4, self.vector(buffers))]
        build.Finish(self.table(*((field, "offset", part) for field, part in fields)), b"TFL3")

    def table(self, *fields: tuple[int, str, int]) -> int:
        self.build.StartObject(8)
        for number, kind, value in fields:
            if kind == "offset":
                self.build.PrependUOffsetTRelativeSlot(number, value, 0)
            elif kind == "byte":
                self.build.PrependInt8Slot(number, value, -1)
            else:
                self.build.PrependInt32Slot(number, value, -1)
        return int(self.build.EndObject())

    def vector(self, items: list[int]) -> int:
        self.build.StartVector(4, len(items), 4)
        for item in reversed(items):
            self.build.PrependUOffsetTRelative(item)
        return int(self.build.EndVector())

    def bytes(self) -> bytes:
        return bytes(self.build.Output())


def chain(width: int, length: int, scales: int = 1) -> bytes:
    """A network of fully connected layers that all have the same weights."""
    tensors = [("int8", [width, width]), ("int32", [width]), ("uint8", [1, 1, 1, width])]
    tensors += [("int8", [1, 1, 1, width])] * length
    return Network(tensors, [(2 + i, 3 + i) for i in range(length)], scales).bytes()


def evaluate(java: Java, model: bytes, width: int) -> None:
    java("model.tflite", model=raw(model), crops=np.zeros((1, 1, 1, width), np.uint8))


def test_layers_that_share_their_weights(small):
    """One tensor of the file may serve many operators, each of which keeps weights of its own."""
    evaluate(small, chain(16, 3), 16)
    for width, length in ((512, 900), (64, 900)):
        arguments = {"model": raw(chain(width, length)), "crops": np.zeros((1, 1, 1, width), np.uint8)}
        said = refused(small, "model.tflite", "BundleException$Damaged", **arguments)
        assert "it needs more memory than small computers have" in said


def test_tensors_that_share_their_scales(small):
    """One vector of the file may be the scales of every tensor."""
    arguments = {"model": raw(chain(8, 900, 40_000)), "crops": np.zeros((1, 1, 1, 8), np.uint8)}
    said = refused(small, "model.tflite", "BundleException$Damaged", **arguments)
    assert "scales and zero points do not match" in said


def test_trees_that_claim_much(small, repository):
    text = (repository / "models/lowcost-1/attributes/cell_size.txt").read_text()
    for claim in ("num_leaves=2147483647", "num_leaves=-1", "num_leaves=99999999999999999999", "num_leaves=4000000"):
        changed = text.replace("num_leaves=", claim + "\nmore=", 1)
        model = {"model": raw(changed.encode()), "name": "the model", "rows": np.zeros((1, 500))}
        assert "restore the bundle" in refused(small, "model.trees", "BundleException$Damaged", **model)
    long = "tree\nfeature_names=" + "a " * 500_000 + "\n" + "x=\n" * 500_000 + "end of trees"
    model = {"model": raw(long.encode()), "name": "the model", "rows": np.zeros((1, 1))}
    refused(small, "model.trees", "BundleException$Damaged", **model)


@pytest.mark.parametrize(
    "content", [b"[" + b"[]," * 660_000 + b"[]]", b"[" + b"{}," * 660_000 + b"{}]", b"[" * 2_000_000]
)
def test_json_that_grows(small, content):
    """Two megabytes, the largest table of a bundle, of what takes most memory."""
    try:
        small("json", text=raw(content))
    except JavaError as error:
        assert error.kind == "JsonException"


def test_json_of_long_numbers(small):
    start = time.monotonic()
    for number in (b"1" * 1_000_000 + b".5", b"1e" + b"9" * 1_000_000, b"0." + b"0" * 1_000_000 + b"1"):
        try:
            small("json", text=raw(number))
        except JavaError as error:
            assert error.kind in ("JsonException", "IllegalArgumentException")  # too large to be written again
    assert time.monotonic() - start < SECONDS


def write(folder: Path, index: dict[str, object], **files: bytes) -> None:
    """Write a bundle whose digests and seal are right, whatever its parameters are."""
    for name, content in files.items():
        (folder / f"{name}.json").write_bytes(content)
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in Bundle.load().files}
    content = json.dumps(index | {"files": digests, "seal": "0" * 64}).encode()
    seal = hashlib.sha256(content).hexdigest().encode()
    (folder / "bundle.json").write_bytes(seal.join(content.rsplit(b"0" * 64, 1)))


def test_large_files_of_a_bundle(small, folder):
    write(folder, json.loads((folder / "bundle.json").read_text()), morphology=b"[" + b"[]," * 1_000_000 + b"[]]")
    empty = np.full((32, 32, 3), 240, np.uint8)
    said = refused(small, "analyze", "BundleException$Damaged", bundle=str(folder), image=empty)
    assert "morphology.json of bundle 'lowcost-1' is larger than any table: restore" in said
    for number in range(3):
        (folder / f"more{number}.bin").write_bytes(bytes(12 << 20))
    seal(folder)
    said = refused(small, "bundle", "BundleException$Damaged", bundle=str(folder))
    assert "cannot be read: restore" in said
    (folder / "bundle.json").write_bytes(b" " * (3 << 20))
    refused(small, "bundle", "BundleException$Damaged", bundle=str(folder))


def mutated(random: np.random.Generator, value: object) -> object:
    """The same JSON value with one thing in it exchanged, doubled or left out."""
    if isinstance(value, (dict, list)) and value and random.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[int(random.integers(len(keys)))]
        changed = value.copy()
        if random.random() < 0.1:
            del changed[key]
        else:
            changed[key] = mutated(random, value[key])
        return changed
    others = [None, True, "", "lowcost", 0, -1, 2**31, 1e300, [], {}, [[1.5]], {"a": 1}]
    return others[int(random.integers(len(others)))]


def test_sealed_bundles_that_were_changed(small, folder):
    """Whatever is changed, the models load or the bundle is refused: no other exception, no crash, no hang."""
    random = np.random.default_rng(13)
    index = json.loads((folder / "bundle.json").read_text())
    model = json.loads((folder / "morphology.json").read_text())
    kinds = {f"BundleException{kind}" for kind in ("", "$Damaged", "$Missing", "$OtherFormat", "$TamperedWith")}
    refusals = 0
    for number in range(200):
        if number % 4 == 0:
            write(folder, index, morphology=json.dumps(mutated(random, model)).encode())
        else:
            parameters = mutated(random, index["parameters"])
            write(folder, index | {"parameters": parameters}, morphology=json.dumps(model).encode())
        place = folder.rename(folder.with_name(f"bundle{number}"))  # one that was loaded is kept by its name
        try:
            small("load", bundle=str(place))
        except JavaError as error:
            assert error.kind in kinds, error
            refusals += 1
        place.rename(folder)
    assert refusals > 60


def test_mutated_profiles(small):
    """Sealed profiles with anything in them are used or refused."""
    random = np.random.default_rng(14)
    bundle = Bundle.load()
    whole = profiles.profile(bundle).dumps()
    refusals = 0
    for _ in range(150):
        data = mutated(random, json.loads(whole))
        if isinstance(data, dict) and "digest" in data:
            data["digest"] = "0" * 64
        content = json.dumps(data).encode()
        content = content.replace(b"0" * 64, hashlib.sha256(content).hexdigest().encode(), 1)
        try:
            small("device", profile=raw(content), name="my.json", bundle=str(bundle.folder))
        except JavaError as error:
            assert error.kind == "InputException", error
            refusals += 1
    assert refusals > 60
