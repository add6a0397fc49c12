"""Coordinates as other programs understand them: supervision, the COCO API, and QuPath by its reading rules."""

from __future__ import annotations

import json
import uuid

import numpy as np
import pytest

from lowcost.convert.conversion import convert
from lowcost.evaluation.analysis import fill
from tests.convert import samples

HALF_PIXELS = [(10.5, 20.0, 40.75, 60.5), (100.0, 100.0, 150.0, 140.0), (2.0, 1.0, 5.0, 3.0)]


def test_supervision_reads_the_same_boxes(tmp_path):
    supervision = pytest.importorskip("supervision")
    source = samples.coco(tmp_path / "set")
    images = tmp_path / "images"
    samples.photograph(images / "x.png")
    for form in ("yolo", "voc"):
        convert(source, form, tmp_path / form)
    yolo = supervision.DetectionDataset.from_yolo(
        str(images), str(tmp_path / "yolo" / "labels"), str(tmp_path / "yolo" / "data.yaml")
    )
    voc = supervision.DetectionDataset.from_pascal_voc(str(images), str(tmp_path / "voc"))
    (_, _, found), (_, _, counted_from_one) = next(iter(yolo)), next(iter(voc))
    assert found.xyxy == pytest.approx(np.array(HALF_PIXELS), abs=1e-4)
    assert [yolo.classes[index] for index in found.class_id] == ["WBC", "RBC", "RBC"]
    # It takes VOC's left and upper edges for numbers of px from 1, as docs/exports.md says.
    assert counted_from_one.xyxy == pytest.approx(np.array(HALF_PIXELS) - [1, 1, 0, 0], abs=1e-4)


def test_supervision_reads_the_same_coco(tmp_path):
    supervision = pytest.importorskip("supervision")
    source = samples.coco(tmp_path)
    convert(source, "coco", tmp_path / "coco.json")
    data = supervision.DetectionDataset.from_coco(str(tmp_path), str(tmp_path / "coco.json"))
    ((_, _, found),) = iter(data)
    assert found.xyxy == pytest.approx(np.array(HALF_PIXELS), abs=1e-4)


def test_what_supervision_writes_is_read(tmp_path):
    supervision = pytest.importorskip("supervision")
    samples.photograph(tmp_path / "images" / "x.png")
    detections = supervision.Detections(xyxy=np.array(HALF_PIXELS, np.float32), class_id=np.array([1, 0, 0]))
    path = str(tmp_path / "images" / "x.png")
    data = supervision.DetectionDataset(["RBC", "WBC"], [path], {path: detections})
    data.as_yolo(None, str(tmp_path / "yolo" / "labels"), str(tmp_path / "yolo" / "data.yaml"))
    data.as_coco(None, str(tmp_path / "coco.json"))
    for source in ("yolo", "coco.json"):
        (found,) = samples.read(tmp_path / source, tmp_path / "images").photographs
        assert [box.label for box in found.boxes] == ["WBC", "RBC", "RBC"]
        assert [box.box for box in found.boxes] == [pytest.approx(box, abs=0.005) for box in HALF_PIXELS]  # five digits


def test_the_coco_api_paints_the_same_pixels(tmp_path, capsys):
    api = pytest.importorskip("pycocotools.coco")
    convert(samples.result(tmp_path), "coco", tmp_path / "coco.json")
    read = api.COCO(str(tmp_path / "coco.json"))
    for number, box in zip(read.getAnnIds(), samples.read(tmp_path / "result.json").photographs[0].boxes, strict=True):
        painted = read.annToMask(read.loadAnns(number)[0]).astype(bool)
        ours = fill([np.array(part) for part in box.shape], painted.shape)
        # Centres of px lie at half px for both; on an outline itself the two may differ.
        assert np.count_nonzero(painted != ours) <= 0.02 * np.count_nonzero(ours)
        rows, columns = np.nonzero(painted)
        middle = (columns.mean() + 0.5, rows.mean() + 0.5)
        assert middle == pytest.approx(((box.box[0] + box.box[2]) / 2, (box.box[1] + box.box[3]) / 2), abs=0.3)


def test_qupath_could_read_it(tmp_path):
    """By the rules of QuPath's GsonTools and PathObjectTypeAdapters: an identifier, a kind of object, one closed ring
    for each part, whole colours, numbers as measurements and texts as metadata."""
    convert(samples.result(tmp_path), "geojson", tmp_path / "shapes")
    for path in (tmp_path / "shapes").glob("*.geojson"):
        content = json.loads(path.read_text())
        assert content["type"] == "FeatureCollection"
        for feature in content["features"]:
            said = feature["properties"]
            assert feature["type"] == "Feature"
            assert uuid.UUID(feature["id"])
            assert said["objectType"] in ("cell", "detection")
            assert (said["objectType"] == "cell") == ("nucleusGeometry" in feature)
            assert all(0 <= value <= 255 for value in said["classification"]["color"])
            assert all(isinstance(value, (int, float)) for value in said["measurements"].values())
            assert all(isinstance(value, str) for value in said["metadata"].values())
            for geometry in (feature["geometry"], feature.get("nucleusGeometry", feature["geometry"])):
                polygons = geometry["coordinates"]
                for polygon in polygons if geometry["type"] == "MultiPolygon" else [polygons]:
                    for ring in polygon:
                        assert ring[0] == ring[-1]
                        assert len(ring) >= 4


def test_what_qupath_writes_is_read(tmp_path):
    """An annotation with a hole, measurements as a list (before 0.4), no identifier, and a point, which is no cell."""
    square, hole = [[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]], [[3, 3], [5, 3], [5, 5], [3, 5], [3, 3]]
    features = [
        {
            "type": "Feature",
            "id": "PathAnnotationObject",
            "geometry": {"type": "Polygon", "coordinates": [square, hole]},
            "properties": {
                "classification": {"name": "Band neutrophil", "colorRGB": -65536},
                "isLocked": False,
                "measurements": [{"name": "nucleus_area", "value": 61.5}],
            },
        },
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [5, 5]}, "properties": {}},
        {
            "type": "Feature",
            "geometry": {"type": "MultiPolygon", "coordinates": [[square], [[[20.5, 1], [22, 1], [22, 3], [20.5, 1]]]]},
            "properties": {"objectType": "annotation"},
        },
    ]
    (tmp_path / "x.geojson").write_text(json.dumps(features))
    labels = samples.read(tmp_path / "x.geojson")
    first, second = labels.photographs[0].boxes
    assert (first.label, first.box, dict(first.measurements)) == (
        "neutrophil_band",
        (1, 1, 9, 9),
        {"nucleus_area": 61.5},
    )
    assert (second.label, len(second.outlines), second.box) == ("unclassified", 2, (1, 1, 22, 9))
    assert labels.remarks == (
        "1 points and lines were left out: only areas are cells",
        "1 holes in outlines were filled: outlines have none here",
    )
