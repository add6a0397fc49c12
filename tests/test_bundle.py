"""A bundle is used as it was sealed or not at all, and each fault has its own sentence."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass, field

import pytest

from lowcost.bundle import FORMAT, Bundle, seal
from lowcost.errors import BundleError


@dataclass(frozen=True)
class Band:
    low: int
    high: int


@dataclass(frozen=True)
class Parameters:
    radius_um: float
    rounds: int
    label: str
    enabled: bool
    table: tuple[int, ...]
    pair: tuple[float, float]
    weights: dict[str, float]
    band: Band
    bands: tuple[Band, ...] = ()
    limit: float | None = None
    names: tuple[str, ...] = field(default_factory=tuple)


VALUES = {
    "radius_um": 3,
    "rounds": 2,
    "label": "x",
    "enabled": True,
    "table": [1, 2, 3],
    "pair": [0.5, 1],
    "weights": {"a": 1},
    "band": {"low": 1, "high": 2},
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "small"
    (path / "attributes").mkdir(parents=True)
    (path / "attributes" / "cell_size.txt").write_text("tree")
    (path / "cell_type.tflite").write_bytes(b"\x00network")
    (path / ".hidden").write_text("not part of it")
    write(path, {"format": FORMAT, "name": "small", "version": "1.0", "parameters": {"scale": VALUES}, "files": {}})
    seal(path)
    return path


def write(path, index):
    (path / "bundle.json").write_text(index if isinstance(index, str) else json.dumps(index))


def change(path, **entries):
    """Change entries of a bundle whose maker seals it himself: the seal fits, `files` is what is given."""
    index = json.loads((path / "bundle.json").read_text()) | entries | {"seal": "0" * 64}
    text = json.dumps(index)
    before, _, after = text.rpartition("0" * 64)
    write(path, before + hashlib.sha256(text.encode()).hexdigest() + after)


def test_a_sealed_bundle_loads(folder):
    bundle = Bundle.load(folder)
    assert (bundle.name, bundle.version) == ("small", "1.0")
    assert bundle.file("cell_type.tflite") == b"\x00network"
    assert sorted(bundle.files) == ["attributes/cell_size.txt", "cell_type.tflite"]
    assert bundle.digest == hashlib.sha256((folder / "bundle.json").read_bytes()).hexdigest()
    assert "network" not in repr(bundle)


def test_sealing_is_deterministic_and_leaves_nothing_behind(folder):
    before = (folder / "bundle.json").read_bytes()
    assert seal(folder) == hashlib.sha256(before).hexdigest()
    assert (folder / "bundle.json").read_bytes() == before
    assert before.endswith(b"}\n")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [".hidden", "attributes", "bundle.json", "cell_type.tflite"]


def test_the_digest_follows_every_file(folder):
    before = seal(folder)
    (folder / "cell_type.tflite").write_bytes(b"\x00another")
    assert seal(folder) != before


def test_a_section_gets_its_types(folder):
    parameters = Bundle.load(folder).section("scale", Parameters)
    assert parameters == Parameters(3.0, 2, "x", True, (1, 2, 3), (0.5, 1.0), {"a": 1.0}, Band(1, 2))
    assert type(parameters.radius_um) is float
    assert type(parameters.pair[1]) is float
    assert type(parameters.weights["a"]) is float


def test_optional_entries_of_a_section(folder):
    entries = VALUES | {"bands": [{"low": 3, "high": 4}], "limit": None, "names": ["a"]}
    change(folder, parameters={"scale": entries})
    parameters = Bundle.load(folder).section("scale", Parameters)
    assert parameters.bands == (Band(3, 4),)
    assert parameters.limit is None
    assert parameters.names == ("a",)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"rounds": 2.0}, r"scale\.rounds is 2\.0, expected int"),
        ({"rounds": True}, r"scale\.rounds is true, expected int"),
        ({"radius_um": "3"}, r'scale\.radius_um is "3", expected float'),
        ({"radius_um": True}, r"scale\.radius_um is true, expected float"),
        ({"radius_um": 10**400}, r"scale\.radius_um is 10{39}, expected float"),
        ({"label": None}, r"scale\.label is null, expected str"),
        ({"table": 3}, r"scale\.table is 3, expected a list"),
        ({"table": [1, "a"]}, r'scale\.table\[1\] is "a", expected int'),
        ({"pair": [1, 2, 3]}, r"scale\.pair has 3 values, expected 2"),
        ({"weights": [1]}, r"scale\.weights is \[1\], expected a table"),
        ({"band": 4}, r"scale\.band is 4, expected a table"),
        ({"band": {"low": 1}}, r"scale\.band\.high is missing"),
        ({"limit": "x"}, r'scale\.limit is "x", expected float'),
        ({"unheard": 1}, r"scale\.unheard is not known"),
    ],
)
def test_parameters_of_the_wrong_kind_are_named(folder, entries, sentence):
    change(folder, parameters={"scale": VALUES | entries})
    with pytest.raises(BundleError, match=sentence):
        Bundle.load(folder).section("scale", Parameters)


def test_a_number_beyond_any_double_is_named(folder):
    bundle = Bundle.load(folder)
    bundle.parameters["scale"]["radius_um"] = json.loads("1e9999")
    with pytest.raises(BundleError, match=r"scale\.radius_um is Infinity, expected float"):
        bundle.section("scale", Parameters)


def test_an_index_too_deep_to_read_is_damaged(folder):
    write(folder, "[" * 100_000)
    with pytest.raises(BundleError, match="damaged or cut short"):
        Bundle.load(folder)


def test_a_missing_parameter_section_and_file_are_named(folder):
    change(folder, parameters={"scale": {key: VALUES[key] for key in VALUES if key != "rounds"}})
    bundle = Bundle.load(folder)
    with pytest.raises(BundleError, match=r"scale\.rounds is missing"):
        bundle.section("scale", Parameters)
    with pytest.raises(BundleError, match="no parameters for 'stain'"):
        bundle.section("stain", Parameters)
    with pytest.raises(BundleError, match=r"lists no file 'cells\.tflite'"):
        bundle.file("cells.tflite")


def test_what_names_no_folder_is_refused():
    with pytest.raises(BundleError, match="a bundle is named by its folder, got 3"):
        Bundle.load(3)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/hostname", "attributes/../../outside", "a\\b", "a\0b", "\ud800", "link"]
)
def test_names_that_leave_the_folder_are_refused(folder, name):
    (folder.parent / "outside").write_text("secret")
    (folder / "link").symlink_to(folder.parent / "outside")
    change(folder, files={name: hashlib.sha256(b"secret").hexdigest()})
    with pytest.raises(BundleError, match="outside its folder: do not trust"):
        Bundle.load(folder)


def test_faults_of_files(folder):
    network = folder / "cell_type.tflite"
    for content in (b"\x00netw", b"\x00Network", b""):
        network.write_bytes(content)
        with pytest.raises(BundleError, match=r"'cell_type\.tflite'.*not the one that was sealed"):
            Bundle.load(folder)
    network.unlink()
    with pytest.raises(BundleError, match=r"lacks its file 'cell_type\.tflite'"):
        Bundle.load(folder)
    network.mkdir()
    with pytest.raises(BundleError, match=r"'cell_type\.tflite'.*cannot be read: Is a directory"):
        Bundle.load(folder)


def test_an_index_that_was_changed_since_it_was_sealed(folder):
    good = (folder / "bundle.json").read_text()
    index = json.loads(good)
    changed = [
        good.replace('"rounds": 2', '"rounds": 3'),
        good.replace('"version": "1.0"', '"version": "1.1"'),
        good + " ",
        json.dumps({key: index[key] for key in index if key != "seal"}),
        *(json.dumps(index | {"seal": seal}) for seal in ("", "0" * 64, index["seal"], index["seal"][:-1], 3, None)),
    ]
    for content in changed:
        write(folder, content)
        with pytest.raises(
            BundleError, match="changed since the bundle was sealed.*or, if the change is yours, seal it"
        ):
            Bundle.load(folder)
        seal(folder)
        assert Bundle.load(folder).name == "small"


def test_the_seal_is_the_digest_with_zeros_in_its_place(folder):
    raw = (folder / "bundle.json").read_bytes()
    stated = json.loads(raw)["seal"]
    assert hashlib.sha256(raw.replace(stated.encode(), b"0" * 64)).hexdigest() == stated


def test_a_parameter_may_look_like_a_seal(folder):
    change(folder, parameters={"scale": VALUES | {"label": "0" * 64}})
    seal(folder)
    assert Bundle.load(folder).section("scale", Parameters).label == "0" * 64
    change(folder, parameters={"scale": VALUES | {"label": json.loads((folder / "bundle.json").read_text())["seal"]}})
    seal(folder)
    assert Bundle.load(folder).name == "small"


def test_faults_of_the_index(folder):
    good = json.loads((folder / "bundle.json").read_text())
    cases = {
        "damaged or cut short": ["", '{"format": 1', "\x00", '{"format": NaN}'],
        "states no format version": ["[]", "3", "{}", '{"format": "1"}', '{"format": true}'],
        "upgrade lowcost": [good | {"format": FORMAT + 1}],
        "use a newer bundle": [good | {"format": FORMAT - 1}],
        "has no 'files'": [{key: good[key] for key in good if key != "files"}],
        "files is .*, expected a table": [good | {"files": ["cell_type.tflite"]}],
        r"files\.a is 3, expected str": [good | {"files": {"a": 3}}],
        "name is 3, expected str": [good | {"name": 3}],
    }
    for sentence, contents in cases.items():
        for content in contents:
            write(folder, content)
            with pytest.raises(BundleError, match=sentence):
                Bundle.load(folder)


def test_what_decides_results_has_a_digest_of_its_own(tmp_path):
    bundle = Bundle("b", "1", "ab" * 32, tmp_path, {"scale": {"radius_um": 3}}, {"CARD.md": b"old", "a.txt": b"tree"})
    same = dataclasses.replace(bundle, digest="cd" * 32, files={"a.txt": b"tree", "CARD.md": b"new"})
    assert same.results_digest == bundle.results_digest
    others = {"parameters": {"scale": {"radius_um": 4}}}, {"files": {"a.txt": b"shrub"}}, {"files": {"b.txt": b"tree"}}
    digests = {dataclasses.replace(bundle, **other).results_digest for other in others}
    assert len(digests | {bundle.results_digest}) == 4


def test_a_folder_that_is_none(tmp_path, folder):
    with pytest.raises(BundleError, match="there is no bundle at"):
        Bundle.load(tmp_path / "absent")
    with pytest.raises(BundleError, match="there is no bundle at"):
        Bundle.load(folder / "bundle.json")
    with pytest.raises(BundleError, match=r"holds no bundle\.json"):
        Bundle.load(tmp_path)


def test_the_bundle_of_the_package_is_sealed_and_quick():
    Bundle.load()
    start = time.perf_counter()
    bundle = Bundle.load()
    assert time.perf_counter() - start < 0.1
    assert bundle.name == "lowcost-1"
    assert sum(len(content) for content in bundle.files.values()) < 4 * 2**20
