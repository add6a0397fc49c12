"""Sets of one's own: COCO, YOLO, VOC and a folder per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowcost.datasets import own
from lowcost.datasets.labels import types_of
from lowcost.datasets.types import LEUKOCYTES, PLATELETS, Finding, LabelledField
from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES
from tests.datasets import published

NAMES = ("Lymphoblast", "Platelets")


def coco_set(root: Path) -> None:
    for split, (pixels, boxes) in zip(("train", "val"), published.tiles(), strict=True):
        published.write(root / "images" / f"{split}.png", pixels)
        objects = [("Lymphoblast", box) for box in boxes]
        published.coco(root / "annotations" / f"instances_{split}2024.json", [(f"{split}.png", objects)], NAMES)


def yolo_set(root: Path) -> None:
    for split, (pixels, boxes) in zip(("train", "valid"), published.tiles(), strict=True):
        published.write(root / split / "images" / f"{split}.png", pixels)
        published.text(root / split / "labels" / f"{split}.txt", *(f"0 {published.yolo(box)}" for box in boxes))
    published.text(root / "data.yaml", "nc: 2", "names: ['Lymphoblast', 'Platelets']")


def voc_set(root: Path) -> None:
    for split, (pixels, boxes) in zip(("train", "val"), published.tiles(), strict=True):
        published.write(root / "JPEGImages" / f"{split}.png", pixels)
        published.voc(root / "Annotations" / f"{split}.xml", [("Lymphoblast", box) for box in boxes], 640, 640)
        published.text(root / "ImageSets" / "Main" / f"{split}.txt", split)


def folder_set(root: Path) -> None:
    for split in ("train", "test"):
        published.folders(root / split, ("Lymphocytes", "blast"), f"{split}_{{}}.png", 200)


WRITERS = {"COCO": coco_set, "YOLO": yolo_set, "VOC": voc_set}


@pytest.mark.parametrize("layout", WRITERS)
def test_fields_of_three_layouts_are_the_same(layout: str, tmp_path: Path) -> None:
    WRITERS[layout](tmp_path)
    published.text(tmp_path / "groups.csv", "file,group", "train.png,slide 1")
    assert own.layout_of(tmp_path) == layout
    fields = own.read(tmp_path)
    assert [field.split for field in fields] == ["train", "val"]
    assert [field.group for field in fields] == ["slide 1", ""]
    for field, (pixels, boxes) in zip(fields, published.tiles(), strict=True):
        assert isinstance(field, LabelledField)
        np.testing.assert_allclose(field.leukocytes(), boxes, atol=0.01)
        assert {box.label for box in field.boxes} == {"Lymphoblast"}
        assert {*field.boxes[0].types} == {"blast"}
        np.testing.assert_array_equal(field.pixels(), pixels)


def test_a_folder_per_class_with_and_without_splits(tmp_path: Path) -> None:
    folder_set(tmp_path)
    assert own.layout_of(tmp_path) == "class folders"
    cells = own.cells(tmp_path)
    assert [(cell.split, cell.label, *cell.types) for cell in cells] == [
        ("test", "Lymphocytes", "lymphocyte"),
        ("test", "blast", "blast"),
        ("train", "Lymphocytes", "lymphocyte"),
        ("train", "blast", "blast"),
    ]
    published.text(tmp_path / "train" / "groups.csv", "file,group", "blast/train_blast.png,p7")
    assert [(cell.split, cell.group) for cell in own.cells(tmp_path / "train")] == [("", ""), ("", "p7")]


@pytest.mark.parametrize(
    "lines",
    [
        ["names: ['Lymphoblast', \"Platelets\"]"],
        ["nc: 2", "names: [Lymphoblast,", "  Platelets]"],
        ["names:", "- Lymphoblast", "- 'Platelets'", "nc: 2"],
        ["names:", "  0: Lymphoblast  # malignant", "  1: Platelets"],
        ["names: {0: Lymphoblast, 1: Platelets}"],
    ],
)
def test_yolo_class_names_as_people_write_them(lines: list[str], tmp_path: Path) -> None:
    published.text(tmp_path / "data.yaml", *lines)
    assert own.class_names(tmp_path) == ["Lymphoblast", "Platelets"]


def test_yolo_beside_the_images_with_classes_txt(tmp_path: Path) -> None:
    pixels, boxes = published.tiles()[0]
    published.write(tmp_path / "a.png", pixels)
    published.write(tmp_path / "empty.png", pixels)
    published.text(tmp_path / "a.txt", f"1 {published.yolo(boxes[0])}")
    with pytest.raises(InputError, match=r"classes\.txt that names them"):
        own.read(tmp_path)
    published.text(tmp_path / "classes.txt", "wbc", "platelet")
    a, empty = own.read(tmp_path)
    assert isinstance(a, LabelledField)
    assert isinstance(empty, LabelledField)
    assert a.boxes[0].types == PLATELETS
    assert empty.boxes == ()
    published.text(tmp_path / "a.txt", f"7 {published.yolo(boxes[0])}")
    labelled = own.yolo_fields(tmp_path)[0].boxes[0]
    assert (labelled.label, labelled.types) == ("class 7", frozenset())


def test_voc_of_two_folders_with_the_same_names(tmp_path: Path) -> None:
    for split, (pixels, _) in zip(("train", "test"), published.tiles(), strict=True):
        published.write(tmp_path / split / "1.png", pixels)
        published.voc(tmp_path / split / "1.xml", [("wbc", (0, 0, 9, 9))], 0, 0)  # some tools state no size
    assert [(field.split, field.path.parent.name) for field in own.voc_fields(tmp_path)] == [
        ("test", "test"),
        ("train", "train"),
    ]


def test_boxes_beyond_the_image_are_clipped_and_kept_as_published(tmp_path: Path) -> None:
    published.write(tmp_path / "a.png", published.tiles()[0][0][:200])
    published.voc(tmp_path / "a.xml", [("wbc", (-3, 10, 50, 260)), ("wbc", (5, 300, 9, 320))], 640, 640)
    cut, lost = own.voc_fields(tmp_path)[0].boxes
    assert (cut.box, cut.published) == ((0, 10, 50, 200), (-3, 10, 50, 260))
    assert lost.box == (5, 200, 9, 200)


def test_sizes_follow_the_orientation_that_a_camera_notes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(published.tiles()[0][0][:200]).save(tmp_path / "a.jpg", exif=exif)
    published.text(tmp_path / "a.txt", "0 0.5 0.5 1 1")
    published.text(tmp_path / "classes.txt", "wbc")
    field = own.yolo_fields(tmp_path)[0]
    assert field.boxes[0].box == (0, 0, 200, 640)
    assert field.pixels().shape == (640, 200, 3)


def test_a_name_that_no_file_can_have_is_a_missing_image(tmp_path: Path) -> None:
    published.coco(tmp_path / "labels.json", [(f"{'a' * 3000}.png", [])], NAMES)
    with pytest.raises(InputError, match=r"names a{3000}\.png, which is not there"):
        own.read(tmp_path)


@pytest.mark.parametrize("layout", WRITERS)
def test_missing_images_and_damaged_labels_are_noted(layout: str, tmp_path: Path) -> None:
    WRITERS[layout](tmp_path)
    next(tmp_path.rglob("train.png")).unlink()
    with pytest.raises(InputError, match=r"not there|is there"):
        own.read(tmp_path)
    findings: list[Finding] = []
    assert [field.split for field in own.read(tmp_path, findings)] == ["val"]
    assert [found.kind for found in findings] == ["missing file"]
    label = next(
        path
        for path in sorted(tmp_path.rglob("*val*"))
        if path.suffix in (".json", ".txt", ".xml") and "Main" not in path.parts
    )
    label.write_text('{"images": [{}], "annotations": [], "categories": []}' if layout == "COCO" else "x")
    findings.clear()
    assert own.read(tmp_path, findings) == []
    assert sorted(found.kind for found in findings)[-1] == "unreadable file"


def test_coordinates_that_are_no_numbers(tmp_path: Path) -> None:
    voc_set(tmp_path)
    path = tmp_path / "Annotations" / "train.xml"
    path.write_text(path.read_text().replace("<xmin>", "<xmin>nan</xmin><xmin>", 1))
    with pytest.raises(InputError, match="expected four numbers"):
        own.read(tmp_path)
    findings: list[Finding] = []
    assert len(own.read(tmp_path, findings)) == 1
    assert [found.kind for found in findings] == ["unreadable file"]


def test_what_is_no_set_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no set that lowcost knows: expected COCO"):
        own.read(tmp_path)
    (tmp_path / "holiday").mkdir()
    published.write(tmp_path / "holiday" / "beach.jpg", published.cell(0, 32))
    assert own.layout_of(tmp_path) is None
    published.text(tmp_path / "groups.csv", "name,patient", "a,b,more")
    (tmp_path / "wbc").mkdir()
    with pytest.raises(InputError, match="expected file and group"):
        own.read(tmp_path)


def test_words_of_labels() -> None:
    for word in ("wbc", "WBCs", "White Blood Cell", "leucocytes"):
        assert types_of(word) == LEUKOCYTES
    for word in ("RBC", "Red blood cells", "plasma cell", "HAC"):
        assert types_of(word) == frozenset()
    assert types_of("Promonocytes") == {"blast"}
    assert types_of("band-neutrophil") == types_of("NGB") == {"neutrophil_band"}
    assert types_of("dog") is None
    for name in CELL_TYPES:
        assert name in (types_of(name) or ())
