"""GeoJSON out, as QuPath expects it."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile

from lowcost import export
from lowcost.export import geojson
from lowcost.export.palette import COLOURS
from tests.smears import cell, field, smear


def test_cells_with_nuclei_types_and_measurements():
    shown = field([cell(1), cell(2, "platelet", 300, 200, 12)])
    found = geojson.to_dict(shown)
    whole, platelet = found["features"]
    assert found["type"] == "FeatureCollection"
    (ring,) = whole["geometry"]["coordinates"]
    assert [tuple(point) for point in ring] == [*cell(1).polygon, cell(1).polygon[0]]
    assert whole["nucleusGeometry"]["type"] == "MultiPolygon"
    assert len(whole["nucleusGeometry"]["coordinates"]) == 1
    said = whole["properties"]
    assert said["objectType"] == "cell"
    assert said["classification"] == {"name": "Lymphocyte", "color": list(COLOURS["lymphocyte"])}
    assert said["measurements"] == {"probability": 0.97, **cell(1).features}
    assert said["metadata"]["cell_shape"] == "irregular"
    assert all(isinstance(value, str) for value in said["metadata"].values())
    assert (platelet["properties"]["objectType"], "nucleusGeometry" in platelet) == ("detection", False)
    assert len({whole["id"], platelet["id"]}) == 2
    assert geojson.to_dict(shown) == found


def test_coordinates_count_from_the_outer_corner_of_the_first_pixel():
    whole_first_pixel = dataclasses.replace(cell(1), box=(0, 0, 1, 1), polygon=((0, 0), (1, 0), (1, 1), (0, 1)))
    (feature,) = geojson.to_dict(field([whole_first_pixel]))["features"]
    assert feature["geometry"]["coordinates"] == [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]


def test_an_object_without_an_outline_has_its_box():
    bare = dataclasses.replace(cell(1), polygon=(), nucleus_polygons=((), ((1, 1), (2, 2))))
    (feature,) = geojson.to_dict(field([bare]))["features"]
    assert feature["geometry"]["coordinates"] == [[[60, 60], [140, 60], [140, 140], [60, 140], [60, 60]]]
    assert "nucleusGeometry" not in feature


def test_one_file_for_each_field(tmp_path):
    result = smear([field([cell(1)], "../a.jpg"), field([], "A.png"), field([cell(1)], "\u202e.jpg")])
    export.to_geojson(result, tmp_path / "g.zip")
    with zipfile.ZipFile(tmp_path / "g.zip") as archive:
        assert archive.namelist() == ["a.geojson", "A-2.geojson", "_.geojson"]
        assert [len(json.loads(archive.read(name))["features"]) for name in archive.namelist()] == [1, 0, 1]
    assert (tmp_path / "g.zip").read_bytes() == geojson.archive(result)
    with zipfile.ZipFile(io.BytesIO(geojson.archive(smear([])))) as archive:
        assert archive.namelist() == []
