"""JSON, numbers and the bundle in Java are those of Python."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import struct

import numpy as np
import pytest

from lowcost.bundle import Bundle, seal
from tests.android_bridge.bridge import JavaError, sources


def text(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)


def test_the_core_needs_nothing_that_android_lacks():
    allowed = re.compile(
        r"import (static )?(org\.lowcost|java\.(io|util|math|security|nio\.(charset|\w*Buffer|ByteOrder)))\b"
    )
    for file in sources("core"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("import "):
                assert allowed.match(line), f"{file.name}: {line}"
                assert "java.util.stream" not in line, f"{file.name}: streams need Android 7"


def test_numbers_are_written_as_python_writes_them(java):
    random = np.random.default_rng(7)
    bits = random.integers(0, 2**64, 4000, dtype=np.uint64).view(np.float64)
    values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1e16,
        1e15,
        9999999999999998.0,
        1e-4,
        1e-5,
        123456.789,
        5e-324,
        1.7976931348623157e308,
    ]
    values += [2.0**power for power in range(-1074, 1024)]
    values += [math.nextafter(2.0**power, 0.0) for power in range(-1073, 1024, 7)]
    values += bits[np.isfinite(bits)].tolist()
    values += (random.random(4000) * 10.0 ** random.integers(-8, 9, 4000)).tolist()
    values += random.integers(0, 4000, 500).astype(float).tolist()
    values += [round(value, 4) for value in random.random(500).tolist()]
    values += [float(struct.unpack("<d", struct.pack("<Q", small))[0]) for small in range(1, 200)]
    assert java("repr", values=np.array(values))["texts"] == [repr(value) for value in values]
    with pytest.raises(JavaError, match="expected a finite number"):
        java("repr", values=np.array([math.nan]))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        [[], {}, [1, -2, 3.5e-300, True, False, None]],
        {"a": {"b": [1]}, "": 'ü\u20ac\U0001f9ea\x00\x1f\x7f"\\/\b\f\n\r\t'},
        2**63 - 1,
        -(2**63),
        "\ud800",
    ],
)
def test_json_is_written_as_python_writes_it(java, value):
    written = json.dumps(value)
    assert java("json", text=text(written.encode()))["text"].tobytes().decode() == written
    spaced = json.dumps(value, indent=3)
    assert java("json", text=text(spaced.encode()))["text"].tobytes().decode() == written


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b" ",
            b"[1",
            b"{",
            b'{"a"',
            b'{"a":',
            b'{"a": 1',
            b'"a',
            b'"\\',
            b'"\\u12',
            b"tru",
            b"[1,]",
            b'{"a": 1,}',
            b"{1: 2}",
        ),
        *(b"01", b"-", b"1.", b".5", b"1e", b"+1", b"NaN", b"Infinity", b"'a'", b"[1] 2", b"\xff", b'"\x01"', b'"\\x"'),
        *(b"9" * 20, b"[" * 100_000, b'{"a":' * 100_000, b'"\\u00g0"', b"\x00"),
    ],
)
def test_what_is_no_json_is_refused(java, content):
    with pytest.raises(JavaError) as caught:
        java("json", text=text(content))
    assert caught.value.kind == "JsonException"


def test_mutated_json_is_read_as_python_reads_it_or_refused(java, repository):
    random = np.random.default_rng(5)
    whole = (repository / "models" / "lowcost-1" / "bundle.json").read_bytes()
    raw = whole[-6000:-1]
    start = raw.index(b'"morphology": {')
    raw = b"{" + raw[start : raw.rindex(b"}")]
    for _ in range(400):
        changed = bytearray(raw[: int(random.integers(1, len(raw)))] if random.random() < 0.2 else raw)
        for place in random.integers(0, len(changed), random.integers(1, 4)):
            changed[place] = random.choice(np.frombuffer(b'{}[],:"\\0-1e.\x80 nt', np.uint8))
        try:
            expected = json.dumps(json.loads(bytes(changed), parse_constant=lambda name: math.nan + {}[name]))
        except (ValueError, KeyError):
            expected = None
        try:
            found = java("json", text=text(bytes(changed)))["text"].tobytes().decode()
        except JavaError as error:
            assert error.kind == "JsonException", error
            found = None
        assert found == expected


@pytest.fixture
def folder(tmp_path, repository):
    """A bundle that may be spoilt."""
    path = tmp_path / "bundle"
    shutil.copytree(repository / "models" / "lowcost-1", path)
    return path


def test_the_bundle_is_read(java, folder):
    seal(folder)
    known = Bundle.load(folder)
    found = java("bundle", bundle=str(folder))
    assert (found["name"], found["version"], found["digest"]) == (known.name, known.version, known.digest)
    for name, content in known.files.items():
        assert java("bundle.file", bundle=str(folder), file=name)["content"].tobytes() == content
    with pytest.raises(JavaError, match="lists no file 'other'"):
        java("bundle.file", bundle=str(folder), file="other")


def test_a_bundle_in_an_archive(java, folder, tmp_path):
    digest = Bundle.load(folder).digest
    top = shutil.make_archive(str(tmp_path / "top"), "zip", folder)
    assert java("bundle", bundle=top, within="")["digest"] == digest
    deep = shutil.make_archive(str(tmp_path / "deep"), "zip", folder.parent, "bundle")
    assert java("bundle", bundle=deep, within="bundle/")["digest"] == digest
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes((tmp_path / "top.zip").read_bytes()[:-100])
    for archive, within, kind in (
        (top, "bundle/", "Missing"),
        (str(tmp_path / "absent.zip"), "", "Missing"),
        (str(damaged), "", "Damaged"),
    ):
        with pytest.raises(JavaError, match="restore|give the folder") as caught:
            java("bundle", bundle=archive, within=within)
        assert caught.value.kind == f"BundleException${kind}"


def test_each_fault_of_a_bundle_has_its_exception(java, folder, tmp_path):
    index = folder / "bundle.json"
    good, network = index.read_bytes(), (folder / "cell_type.tflite").read_bytes()

    def refused(kind: str, sentence: str, at=folder) -> None:
        with pytest.raises(JavaError, match=sentence) as caught:
            java("bundle", bundle=str(at))
        assert caught.value.kind == f"BundleException${kind}"

    refused("Missing", "holds no bundle.json; give the folder", tmp_path / "absent")
    for content in (b"", good[:-2], good[: len(good) // 2], b"\x00", b"[]", b"{}", b'{"format": "1"}'):
        index.write_bytes(content)
        refused("Damaged", r"bundle\.json of .* (is damaged or cut short|states no format version): restore")
    for version, advice in ((2, "upgrade lowcost"), (0, "use a newer bundle")):
        index.write_bytes(good.replace(b'"format": 1', b'"format": %d' % version))
        refused("OtherFormat", f"has format {version}, this version of lowcost reads 1: {advice}")
    for content in (
        good.replace(b'"white": 240', b'"white": 241'),
        good + b" ",
        good.replace(b'"seal": "', b'"seal": "0'),
    ):
        assert content != good
        index.write_bytes(content)
        refused("TamperedWith", "was changed since the bundle was sealed: restore .* seal it with")
    index.write_bytes(good)
    for content in (network[:-1], b"", network[:1000] + bytes([network[1000] ^ 1]) + network[1001:]):
        (folder / "cell_type.tflite").write_bytes(content)
        refused("TamperedWith", "'cell_type.tflite' .* is not the one that was sealed")
    (folder / "cell_type.tflite").unlink()
    refused("Missing", "lacks its file 'cell_type.tflite': restore")


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "attributes/../../outside", "a\\b", "link"])
def test_names_that_leave_the_folder_are_refused(java, folder, name):
    (folder.parent / "outside").write_text("secret")
    (folder / "link").symlink_to(folder.parent / "outside")

    index = json.loads((folder / "bundle.json").read_text()) | {
        "files": {name: hashlib.sha256(b"secret").hexdigest()},
        "seal": "0" * 64,
    }
    raw = json.dumps(index)
    (folder / "bundle.json").write_text(raw.replace("0" * 64, hashlib.sha256(raw.encode()).hexdigest(), 1))
    with pytest.raises(JavaError, match="outside its folder: do not trust") as caught:
        java("bundle", bundle=str(folder))
    assert caught.value.kind == "BundleException$TamperedWith"
