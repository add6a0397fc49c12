"""The plugin of napari, through its manifest and without a window."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

import lowcost.napari
from lowcost.convert.conversion import convert
from lowcost.export import to_json
from lowcost.result import Scale
from tests.convert import samples
from tests.smears import cell, field, smear

MANIFEST = Path(lowcost.napari.__file__).with_name("napari.yaml")


@pytest.fixture
def result(tmp_path):
    photograph = samples.photograph(tmp_path / "a.png")
    pixel = dataclasses.replace(
        cell(2, "blast"), box=(300, 200, 302, 201), polygon=((300, 200), (302, 200), (302, 201), (300, 201))
    )
    shown = field([cell(1), pixel], "a.png")
    digest = hashlib.sha256(photograph.read_bytes()).hexdigest()
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "result.json"
    to_json(smear([dataclasses.replace(shown, sha256=digest), field([cell(1)], "b.png")]), path)
    return path


def test_napari_finds_the_reader_for_a_result(result):
    npe2 = pytest.importorskip("npe2")
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    manager = npe2.PluginManager.instance()
    if manifest.name not in manager:  # installed, it is found by its entry point
        manager.register(manifest)
    found = npe2.read([str(result)], plugin_name="lowcost", stack=False)
    assert [kind for _, _, kind in found] == ["image", "labels", "shapes", "labels", "shapes"]


def test_a_field_is_image_labels_and_outlines(result):
    (pixels, image, _), (labels, _, _), (shapes, told, _), *hidden = lowcost.napari.reader(str(result))(str(result))
    assert pixels.shape == (480, 640, 3)
    assert image["scale"] == (0.1, 0.1)
    assert image["units"] == told["units"] == "um"
    assert labels.shape == (480, 640)
    assert np.argwhere(labels == 2).tolist() == [[200, 300], [200, 301]]
    assert np.count_nonzero(labels == 1) == pytest.approx(np.pi * 40**2, rel=0.02)
    # Rows and columns, from the centre of the first px.
    assert shapes[1].tolist() == [[199.5, 299.5], [199.5, 301.5], [200.5, 301.5], [200.5, 299.5]]
    assert told["features"]["type"] == ["Lymphocyte", "Blast"]
    assert told["features"]["probability"] == [0.97, 0.97]
    assert len(told["edge_color"]) == len(told["features"]["cell_shape"]) == 2
    assert [layer[1]["visible"] for layer in hidden] == [False, False]


def test_without_a_scale_layers_are_in_px(tmp_path):
    unknown = dataclasses.replace(field([cell(1)], "a.png"), scale=Scale(0.0, 0.0, "unknown", 0.0))
    to_json(smear([unknown]), tmp_path / "result.json")
    for _, told, _ in lowcost.napari.layers(str(tmp_path / "result.json")):
        assert told["scale"] == (1.0, 1.0)
        assert "units" not in told


def test_another_photograph_of_the_same_name_is_not_shown(result):
    samples.photograph(result.parent.parent / "a.png", (64, 64))
    assert [kind for _, _, kind in lowcost.napari.layers(str(result))][:2] == ["labels", "shapes"]


def test_labels_of_others_open_as_they_are_converted(result):
    convert(result, "coco", result.parent / "coco.json")
    convert(result, "geojson", result.parent / "shapes")
    several = [str(result.parent / "shapes" / "a.geojson"), str(result.parent / "coco.json")]
    assert len(lowcost.napari.reader(several)(several)) == 2 + 5


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": 1}'])
def test_other_files_are_left_to_other_plugins(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    assert lowcost.napari.reader(str(tmp_path / "x.json")) is None
    assert lowcost.napari.reader(str(tmp_path / "no.json")) is None
