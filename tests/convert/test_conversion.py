"""From every format to every other: what a format holds comes back as it was, and what it does not is said."""

from __future__ import annotations

import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowcost.convert import coco, geojson, yolo
from lowcost.convert.conversion import convert
from lowcost.convert.formats import FORMATS
from lowcost.convert.stream import Labels, Photograph, boxed
from lowcost.datasets import lld, own
from lowcost.errors import InputError
from tests.convert import samples

READ_BACK = {
    "result": "result.json",
    "csv": "cells.csv",
    "geojson": "shapes",
    "coco": "coco.json",
    "yolo": "yolo",
    "yolo-seg": "seg.zip",
    "voc": "voc.zip",
}

VALUES = {
    "outlines": lambda box: box.outlines,
    "nuclei": lambda box: box.nuclei,
    "probabilities": lambda box: box.score,
    "edges that cut": lambda box: box.touches_edge,
    "evidence of attributes": lambda box: {
        name: (each.value, each.probability, each.evidence) for name, each in box.judged.items()
    },
    "WBCAtt attributes": lambda box: box.attributes,
    "reasons of attributes": lambda box: [each.reasons for each in box.judged.values()],
    "features": lambda box: box.measurements,
}


def boxes(labels):
    return [box for each in labels.photographs for box in each.boxes]


@pytest.mark.parametrize("form", READ_BACK)
def test_what_a_format_holds_of_a_result_comes_back(form, tmp_path):
    source = samples.result(tmp_path)
    out = tmp_path / "out" / READ_BACK[form]
    out.parent.mkdir()
    done = convert(source, form, out, tmp_path)
    before, after = samples.read(source), samples.read(out, tmp_path)
    assert done.objects == len(boxes(after)) == 3
    assert [(box.box, box.label) for box in boxes(after)] == [
        (box.box if form != "yolo-seg" or not box.outlines else around(box), box.label) for box in boxes(before)
    ]
    for fact, value in VALUES.items():
        same = [value(box) for box in boxes(after)] == [value(box) for box in boxes(before)]
        held = fact in FORMATS[form].holds
        assert same == held, (fact, held)
        assert (fact in " ".join(done.losses)) == (not held)
    if "photographs without objects" in FORMATS[form].holds:
        assert [each.size for each in after.photographs] == [(640, 480), (333, 77)]
        assert [each.path for each in after.photographs] == [tmp_path / "a.png", tmp_path / "b.c.png"]


def around(box):
    (outline,) = box.outlines
    xs, ys = zip(*outline, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("form", ["geojson", "coco", "yolo", "voc"])
def test_half_pixels_and_classes_of_others_come_back(form, tmp_path):
    source, out = samples.coco(tmp_path), tmp_path / "out.zip" if form != "coco" else tmp_path / "out.json"
    done = convert(source, form, out)
    before, after = samples.read(source), samples.read(out, tmp_path)
    assert [(box.box, box.label, box.types) for box in boxes(after)] == [
        (box.box, box.label, box.types) for box in boxes(before)
    ]
    assert (boxes(after)[1].outlines == boxes(before)[1].outlines) == ("outlines" in FORMATS[form].holds)
    assert done.photographs == 1
    if form != "voc":
        assert after.classes == before.classes == ("RBC", "WBC", "Platelets")


def test_run_lengths_become_outlines_along_pixels(tmp_path):
    convert(samples.coco(tmp_path), "geojson", tmp_path / "x.geojson")
    (found,) = samples.read(tmp_path / "x.geojson").photographs
    assert found.boxes[2].box == (2, 1, 5, 3)
    assert found.boxes[2].outlines == ()  # no more than the box
    written = json.loads((tmp_path / "x.geojson").read_text())["features"][2]["geometry"]
    assert written == {"type": "Polygon", "coordinates": [[[2, 1], [5, 1], [5, 3], [2, 3], [2, 1]]]}


COORDINATE = st.integers(0, 4000).map(lambda quarter: quarter / 4)
OUTLINE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=5, max_size=9, unique=True).map(tuple)
MADE = {"coco": coco.write, "geojson": geojson.write, "yolo-seg": yolo.write_segments}


@pytest.fixture(scope="module")
def photographed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    samples.photograph(folder / "images" / "f.png", (1031, 1009))
    return folder


@settings(max_examples=40)
@given(outlines=st.lists(OUTLINE, min_size=1, max_size=3), form=st.sampled_from(sorted(MADE)))
def test_any_outline_in_quarter_pixels_comes_back(outlines, form, photographed):
    folder, size = photographed / form, (1031, 1009)
    folder.mkdir(exist_ok=True)
    objects = tuple(boxed("blast", None, [outline]) for outline in outlines)
    labels = Labels((Photograph("", folder / "f.png", objects, file_name="f.png", size=size),), ("WBC", "blast"))
    for name, content in MADE[form](labels):
        path = folder / (name or "set.json")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    back = samples.read(folder if form != "coco" else folder / "set.json", photographed / "images")
    assert [box.outlines for box in boxes(back)] == [(outline,) for outline in outlines]
    assert [box.box for box in boxes(back)] == [box.box for box in objects]


@pytest.mark.parametrize(("form", "labels"), [("lld", "AttriDet"), ("lld-coco", "json")])
def test_leukemiaattri_reads_its_labels(form, labels, tmp_path):
    out, name = tmp_path / "H_100X_C1", "4_35_1000_ALL.png"
    image = samples.photograph(out / "Images" / "train" / name, (640, 640))
    source = {
        "images": [{"id": 1, "file_name": name, "width": 640, "height": 640}],
        "categories": [{"id": n, "name": word} for n, word in enumerate(("lymphoblast", "band", "blast", "RBC"))],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": n, "bbox": [10.5 * n, 20, 30.25, 40.5], "attributes": {}}
            for n in range(4)
        ],
    }
    source["annotations"][0]["attributes"] = {"nuclear_shape": "irregular", "lld_cell_size": "large"}
    (tmp_path / "s.json").write_text(json.dumps(source))
    done = convert(tmp_path / "s.json", form, out)
    (found,) = lld.fields(out, [], labels)
    assert found.path == image
    assert [(box.label, box.box) for box in found.boxes] == [
        ("lymphoblast", pytest.approx((0, 20, 30.25, 60.5))),
        ("neutrophil", pytest.approx((10.5, 20, 40.75, 60.5))),
    ]
    assert found.boxes[0].attributes == {"nuclear_shape": 1, "lld_cell_size": 2}
    assert done.losses == (
        f"{form} has no class for blast (1) and RBC (1): left out",
        f"{form} has other classes: band is neutrophil (1)",
    )
    again = convert(out, "coco", tmp_path / "again.json")
    assert again.objects == 2
    assert "H_100X_C1 has no labels of its test fields" in again.failures[0]


@pytest.mark.parametrize("form", ["lld", "lld-coco"])
def test_leukemiaattri_labels_of_other_photographs_say_what_is_needed(form, tmp_path):
    convert(samples.result(tmp_path), form, tmp_path / "out")
    with pytest.raises(
        InputError, match=r"none of its subsets: name the folder as one \(H_100X_C1\), with the photogr"
    ):
        convert(tmp_path / "out", "coco", tmp_path / "again.json")
    if form == "lld-coco":
        assert convert(tmp_path / "out" / "json_labels", "coco", tmp_path / "again.json").objects == 2


def test_one_photograph_is_a_file_only_where_its_form_has_one(tmp_path):
    source = samples.coco(tmp_path)
    convert(source, "voc", tmp_path / "one.xml")
    with pytest.raises(InputError, match="other.xml is the name of one file, yolo of 1 photographs"):
        convert(source, "yolo", tmp_path / "other.xml")


def of_one_name(path):
    images = [{"id": n, "file_name": f"{folder}/x.png"} for n, folder in enumerate("AB")]
    objects = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 9, 9]} for n in range(2)]
    path.write_text(json.dumps({"images": images, "categories": [{"id": 1, "name": "WBC"}], "annotations": objects}))
    return path


def test_files_of_photographs_of_one_name_are_told(tmp_path):
    for folder in "AB":
        samples.photograph(tmp_path / "photographs" / folder / "x.png")
    source = of_one_name(tmp_path / "s.json")
    done = convert(source, "yolo", tmp_path / "yolo", tmp_path / "photographs")
    assert "yolo has other names of photographs: B/x.png is x-2" in done.losses
    assert (tmp_path / "yolo" / "labels" / "x-2.txt").is_file()


@pytest.mark.parametrize("form", ["yolo", "folders", "coco"])
def test_one_file_is_not_two_photographs(form, tmp_path):
    samples.photograph(tmp_path / "photographs" / "x.png")
    with pytest.raises(
        InputError, match="A/x.png and B/x.png are both found as .*x.png: give the folder that has both"
    ):
        convert(of_one_name(tmp_path / "s.json"), form, tmp_path / "out", tmp_path / "photographs")


def test_pictures_in_a_folder_for_each_class(tmp_path):
    source = samples.result(tmp_path)
    done = convert(source, "folders", tmp_path / "cells")
    found = own.cells(tmp_path / "cells")
    assert [(each.label, each.path.name, each.pixels().shape) for each in found] == [
        ("lymphocyte", "a-1.png", (260, 260, 3)),
        ("neutrophil_segmented", "a-2.png", (320, 320, 3)),
        ("platelet", "a-3.png", (320, 300, 3)),
    ]
    assert "folders does not hold outlines, nuclei, probabilities" in done.losses[0]
    convert(tmp_path / "cells", "coco", tmp_path / "cells.json")
    back = samples.read(tmp_path / "cells.json")
    assert [(each.boxes[0].label, each.boxes[0].box) for each in back.photographs][2] == ("platelet", (0, 0, 300, 320))


def test_photographs_of_a_yolo_set_without_labels_have_no_objects(tmp_path):
    source = samples.result(tmp_path)
    convert(source, "yolo", tmp_path / "yolo")
    for name in ("a.png", "b.c.png", "unlabelled.png"):
        samples.photograph(tmp_path / "yolo" / "images" / name)
    found = samples.read(tmp_path / "yolo").photographs
    assert [(each.file_name, len(each.boxes)) for each in found] == [
        ("a.png", 3),
        ("b.c.png", 0),
        ("unlabelled.png", 0),
    ]


def test_an_empty_box_still_has_a_picture(tmp_path):
    samples.photograph(tmp_path / "x.png")
    bounds = "<xmin>504</xmin><ymin>337</ymin><xmax>504</xmax><ymax>337</ymax>"
    (tmp_path / "x.xml").write_text(f"<a><object><name>RBC</name><bndbox>{bounds}</bndbox></object></a>")
    convert(tmp_path / "x.xml", "folders", tmp_path / "cells")
    assert own.cells(tmp_path / "cells")[0].pixels().shape == (32, 32, 3)


def test_a_result_of_other_labels_says_that_nothing_was_measured(tmp_path):
    done = convert(samples.coco(tmp_path), "result", tmp_path / "result.json")
    (found,) = samples.read(tmp_path / "result.json").photographs
    assert [box.label for box in found.boxes] == ["unidentified"]
    assert found.field.verdict == "doubtful"
    assert found.field.scale.source == "unknown"
    assert found.field.sha256 != "0" * 64
    assert found.boxes[0].box == (10, 20, 41, 61)
    assert done.losses == (
        "result has no class for RBC (2): left out",
        "result has other classes: WBC is unidentified (1)",
        "result does not hold fractions of a px in boxes: left out",
    )


def test_a_zip_archive_is_a_folder(tmp_path):
    source = samples.result(tmp_path)
    for out in ("folder", "archive.zip"):
        convert(source, "voc", tmp_path / out)
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in (tmp_path / "folder").glob("*.xml")
        }


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", "{", "no labels that lowcost knows"),
        ("x.json", '{"images": [], "annotations": [{}], "categories": []}', "not a COCO file"),
        (
            "x.json",
            '{"images": [{"id": 1, "file_name": "a", "um_per_px": 3}], "annotations": [], "categories": []}',
            "damaged",
        ),
        ("x.json", "{}", "no labels"),
        ("x.json", '{"schema_version": "2.0"}', "fields"),
        ("x.geojson", "[" * 100_000, "not the GeoJSON"),
        ("x.geojson", '{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}', "corners"),
        ("x.geojson", '[{"geometry": {"type": "Polygon", "coordinates": [[["a", 2], [1, 3], [4, 4]]]}}]', "GeoJSON"),
        ("x.csv", "a,b\n1,2\n", "no column"),
        ("x.xml", "<annotation><object/></annotation>", "not a VOC"),
        ("x.xml", "<annotation><object><bndbox><xmin>nan</xmin></bndbox></object></annotation>", "not a VOC"),
        ("x.zip", "PK", "no ZIP archive"),
        ("x.txt", "0 1 1 1 1", "no labels"),
    ],
)
def test_damaged_sources_are_one_sentence(name, content, said, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        convert(tmp_path / name, "coco", tmp_path / "out.json")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.json").exists()


CORNERS = {"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9], [1, 1]]]}


def shapes(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ({"name": "Segmented neutrophil", "color": [1, 2, 3]}, "neutrophil_segmented"),
        ({"names": ["Lymphocyte", "Positive"], "color": [1, 2, 3]}, "lymphocyte"),
        ({"names": ["Positive", "WBC"]}, "WBC"),
        ({"names": ["Tumor", "Positive"]}, "Tumor: Positive"),
        ({"names": ["Lymphocyte"]}, "lymphocyte"),
        ("Lymphocyte", "lymphocyte"),
        (None, "unclassified"),
        ({}, "unclassified"),
        ({"name": None}, "unclassified"),
    ],
)
def test_classes_as_qupath_writes_them(said, label, tmp_path):
    feature = {"type": "Feature", "geometry": CORNERS, "properties": {"classification": said}}
    read = samples.read(shapes(tmp_path / "x.geojson", feature))
    assert [box.label for box in boxes(read)] == [label]
    assert read.remarks == (
        (f"the class {': '.join(said['names'])} was read as {label}",)
        if label in ("lymphocyte", "WBC") and isinstance(said, dict) and len(said["names"]) > 1
        else ()
    )


def test_what_qupath_could_not_measure_is_left_out(tmp_path):
    measured = {"Area": 3, "Mean": float("nan"), "Text": "x"}
    feature = {"type": "Feature", "geometry": CORNERS, "properties": {"measurements": measured}}
    assert boxes(samples.read(shapes(tmp_path / "x.geojson", feature)))[0].measurements == {"Area": 3.0}


def test_what_has_no_area_is_counted(tmp_path):
    geometries = (None, {"type": "Point", "coordinates": [1, 1]}, {"type": "Polygon", "coordinates": []})
    features = ({"type": "Feature", "geometry": each} for each in geometries)
    read = samples.read(shapes(tmp_path / "x.geojson", *features))
    assert read.remarks == ("3 points and lines were left out: only areas are cells",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"properties": {"classification": 5}},
            "object 1: its classification is 5, expected a name or a list of names",
        ),
        ({"properties": {"classification": {"names": [1]}}}, "object 1: its classification is [1], expected a name"),
        ({"properties": {"classification": {"names": {"a": 1}}}}, 'its classification is {"a": 1}, expected a name'),
        ({"properties": []}, "object 1: its properties is [], expected names with values"),
        ({"properties": {"measurements": [1]}}, "its measurements is [1], expected a list of names with values"),
        (
            {"properties": {"metadata": {"nuclear_shape": "irregular", "nuclear_shape.probability": "x"}}},
            'the probability of nuclear_shape is "x", expected a number',
        ),
        ({"geometry": "x"}, 'object 1: its geometry is "x", expected names with values'),
        (
            {"geometry": {"type": "polygon", "coordinates": [[1]]}},
            'the type of its geometry is "polygon", expected one',
        ),
        ({"geometry": {"type": "Polygon"}}, "the coordinates of its Polygon are no rings of points [x, y]"),
        ({"geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}, "are no rings of points [x, y]"),
        ({"geometry": {"type": "MultiPolygon", "coordinates": 3}}, "of its MultiPolygon are no rings"),
        ({"bbox": [1, 2]}, "object 1: its bbox has 2 numbers, expected 4"),
        ({"bbox": "x"}, 'object 1: its bbox is "x", expected 4 numbers'),
    ],
)
def test_an_object_of_another_form_is_told_in_words(change, said, tmp_path):
    path = shapes(tmp_path / "x.geojson", {"type": "Feature", "geometry": CORNERS, **change})
    with pytest.raises(InputError) as caught:
        convert(path, "coco", tmp_path / "out.json")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "its text is no JSON"),
        ('{"type": "FeatureCollection"}', "what it gives as features is null, expected a list of them"),
        ('{"type": "FeatureCollection", "features": {}}', "what it gives as features is {}, expected a list of them"),
        ('{"type": "FeatureCollection", "features": [3]}', "what it gives as features is [3], expected a list of them"),
        ('{"type": "Polygon", "coordinates": []}', 'its type is "Polygon", expected a FeatureCollection or Feature'),
        ('{"type": "Feature", "photograph": 3}', "its photograph is 3, expected names with values"),
        ('{"type": "Feature", "photograph": {"size": [1]}}', "the size of its photograph has 1 numbers, expected 2"),
        ('{"type": "Feature", "photograph": {"um_per_px": 1}}', "a scale of 1, expected um per px along x and y"),
        ('{"type": "Feature", "classes": "WBC"}', 'what it gives as classes is "WBC", expected a list of names'),
        ("3", "what it gives as features is 3, expected a list of them"),
    ],
)
def test_a_file_of_another_form_is_told_in_words(content, said, tmp_path):
    (tmp_path / "x.geojson").write_text(content)
    with pytest.raises(InputError) as caught:
        convert(tmp_path / "x.geojson", "coco", tmp_path / "out.json")
    assert str(caught.value) == f"x.geojson is not the GeoJSON of a photograph's objects ({said}): write it anew"


def table(path, rows):
    header = "slide,field_number,field,id,type,probability,x0,y0,x1,y1,touches_edge"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_table_of_one_slide_of_a_batch(tmp_path):
    cells = table(
        tmp_path / "cells.csv",
        ["march/A,1,a.png,1,lymphocyte,,1,1,9,9,false", "march/A,2,b.png,1,blast,,2,2,9,9,false"],
    )
    assert [each.file_name for each in samples.read(cells).photographs] == ["a.png", "b.png"]


def test_a_table_of_several_slides_is_not_mixed(tmp_path):
    cells = table(
        tmp_path / "cells.csv",
        ["march/A,1,smear_001.png,1,lymphocyte,,1,1,9,9,false", "march/B,1,smear_001.png,1,blast,,2,2,9,9,false"],
    )
    with pytest.raises(InputError) as caught:
        convert(cells, "coco", tmp_path / "out.json")
    assert str(caught.value) == (
        "cells.csv is of 2 slides (march/A, march/B), whose photographs may have the same names: convert it slide by "
        "slide, from slides/*/result.json, or write all slides with lowcost programme --coco (or --geojson)"
    )


def test_tables_put_together_are_not_mixed(tmp_path):
    rows = [f",1,{name}.png,1,lymphocyte,,1,1,9,9,false" for name in "ab"]
    assert [len(each.boxes) for each in samples.read(table(tmp_path / "cells.csv", rows)).photographs] == [1, 1]
    with pytest.raises(InputError, match=r"cells.csv has cell 1 of photograph 1 \(a.png\) twice"):
        convert(table(tmp_path / "cells.csv", [rows[0]] * 2), "coco", tmp_path / "out.json")


def test_what_cannot_be_done_says_what_to_do(tmp_path):
    source = samples.result(tmp_path)
    table = tmp_path / "cells.csv"
    convert(source, "csv", table)
    (tmp_path / "alone").mkdir()
    moved = table.rename(tmp_path / "alone" / "cells.csv")
    for said, arguments in {
        "with --images": (moved, "yolo", tmp_path / "yolo"),
        "is not there": (tmp_path / "no.json", "coco", tmp_path / "o.json"),
        "the source itself": (source, "coco", source),
        "is no folder": (source, "coco", tmp_path / "o.json", tmp_path / "no"),
        "o.geojson is the name of one file, geojson of 2 photographs": (source, "geojson", tmp_path / "o.geojson"),
        "x.json is the name of one file, lld-coco of 2": (source, "lld-coco", tmp_path / "x.json"),
        "x.txt is the name of one file, yolo of 2": (source, "yolo", tmp_path / "x.txt"),
        "c.zip is the name of an archive, coco is one file": (source, "coco", tmp_path / "c.zip"),
    }.items():
        with pytest.raises(InputError, match=said):
            convert(*arguments)
    convert(moved, "yolo", tmp_path / "yolo", tmp_path)
    assert (tmp_path / "yolo" / "labels" / "a.txt").read_text().count("\n") == 3
