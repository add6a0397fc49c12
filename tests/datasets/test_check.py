"""Recognising, counting and checking sets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost.datasets import duplicates
from lowcost.datasets.catalogue import CATALOGUE, find
from lowcost.datasets.check import KINDS, Report, check
from lowcost.errors import InputError
from tests.datasets import published
from tests.datasets.test_own import coco_set, folder_set, voc_set, yolo_set


def lld_set(root: Path) -> Path:
    published.lld_subset(root, "L_40X_C2")
    return published.lld_subset(root, "H_100X_C1").parent


WRITERS: dict[str, Callable[[Path], object]] = {
    "lld": lld_set,
    "mll23": published.mll23_set,
    "bone_marrow": published.bone_marrow_set,
    "munich_aml": published.munich_aml_set,
    "wbcatt": published.wbcatt_set,
    "pbc": published.pbc_set,
    "raabin": published.raabin_set,
    "bccd": published.bccd_set,
    "txl_pbc": published.txl_set,
    "zheng": published.zheng_set,
    "coco": coco_set,
    "yolo": yolo_set,
    "voc": voc_set,
    "folders": folder_set,
}


def kinds(report: Report) -> dict[str, int]:
    return {kind: count for kind in KINDS if (count := sum(found.kind == kind for found in report.findings))}


@pytest.mark.parametrize("name", WRITERS)
def test_every_layout_is_recognised(name: str, tmp_path: Path) -> None:
    root = tmp_path / "some set"
    WRITERS[name](root)
    folder, entry = find(root)
    assert entry.card.name == (name if name in CATALOGUE else "some set")
    assert folder in (root, root / "TXL_PBC")
    labels = {box.label for record in entry.read(folder, []) for box in getattr(record, "boxes", ())}
    assert all(entry.knows(label) for label in labels)


def test_development_sets_are_recognised(sets: Path) -> None:
    for folder in sets.iterdir():
        assert find(folder)[1].card.name == folder.name
    with pytest.raises(InputError, match=r"holds \d+ sets \(bccd, bone_marrow"):
        find(sets)
    with pytest.raises(InputError, match="is no folder"):
        find(sets / "nowhere")


@pytest.mark.parametrize("name", ["mll23", "bone_marrow", "munich_aml", "pbc", "coco", "yolo", "voc"])
def test_nothing_is_wrong_with_a_sound_set(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / "sound")
    report = check(tmp_path / "sound")
    assert report.findings == ()
    assert report.images == sum(report.splits.values()) > 1


def test_counts_by_class_split_and_slide(tmp_path: Path) -> None:
    report = check(published.raabin_set(tmp_path))
    assert report.splits == {"test": 5, "test-B": 2, "train": 5}
    assert report.labels["Neutrophil"] == {"test": 1, "test-B": 1, "train": 1}
    assert report.groups == {"test": 5, "test-B": 1, "train": 4}
    assert [(found.kind, found.what) for found in report.findings] == [
        ("leak of a group", "group 95-5-4-1 is in test and train.")
    ]


def test_patients_in_two_splits_are_a_leak(tmp_path: Path) -> None:
    folder = published.lld_subset(tmp_path, "H_40X_C1")
    assert check(tmp_path).findings == ()
    for kind in ("Images/test/{}.png", "txt_labels/AttriDet/test/{}.txt"):
        (folder / kind.format("5_36_40_400_ALL")).rename(folder / kind.format("4_36_40_400_ALL"))
    assert kinds(check(tmp_path)) == {"leak of a group": 1}


def test_copies_within_and_across_splits(tmp_path: Path) -> None:
    for number, (split, kind) in enumerate([("train", "blast"), ("train", "monocyte"), ("test", "blast")] * 8):
        published.write(tmp_path / split / kind / f"{number}.png", published.cell(number, 200))
    assert check(tmp_path).findings == ()
    shutil.copy(tmp_path / "train" / "blast" / "0.png", tmp_path / "train" / "monocyte" / "copy.png")
    shutil.copy(tmp_path / "train" / "blast" / "3.png", tmp_path / "test" / "blast" / "leak.png")
    pixels = cv2.imread(str(tmp_path / "train" / "blast" / "6.png"))
    assert pixels is not None
    altered = np.clip(cv2.resize(pixels[4:, :-5], (320, 320)) * 0.9 + 10, 0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "test" / "blast" / "again.jpg"), altered, [cv2.IMWRITE_JPEG_QUALITY, 70])
    report = check(tmp_path)
    assert kinds(report) == {"exact duplicate": 2, "near duplicate": 1, "leak of a file": 2}
    assert {found.where for found in report.findings if found.kind == "leak of a file"} == {
        "test/blast/again.jpg",
        "test/blast/leak.png",
    }


def test_impossible_boxes_and_unknown_classes(tmp_path: Path) -> None:
    pixels, boxes = published.tiles()[0]
    published.write(tmp_path / "a.png", pixels)
    objects = [("lymphocyte", box) for box in boxes]
    objects += [("lymphocyte", (30.0 * x, 4.0, 30.0 * x + 28, 30.0)) for x in range(20)]
    published.voc(tmp_path / "a.xml", objects, 640, 640)
    assert check(tmp_path).findings == ()
    x0, y0, x1, y1 = boxes[0]
    faults = {
        "box outside": (600.0, 50.0, 660.0, 100.0),
        "empty box": (700.0, 50.0, 760.0, 100.0),
        "huge box": (0.0, 0.0, 640.0, 640.0),
        "double box": (x0 + 1, y0, x1, y1 + 1),
    }
    for kind, box in faults.items():
        published.voc(tmp_path / "a.xml", [*objects, ("lymphocyte", box)], 640, 640)
        report = check(tmp_path)
        assert kinds(report) == {kind: 1}
        assert report.findings[0].where == "a.png"
    published.voc(tmp_path / "a.xml", [*objects, ("RBC", (9, 9, 20, 20)), ("dog", (9, 400, 40, 440))], 640, 640)
    report = check(tmp_path)
    assert kinds(report) == {"unknown class": 1}
    assert report.findings[0].what == "'dog', 1 in all: maps to no type."


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    published.mll23_set(tmp_path)
    (tmp_path / "monocyte" / "broken.tif").write_bytes(b"II*\0nothing")
    (tmp_path / "monocyte" / "empty.tif").write_bytes(b"")
    report = check(tmp_path)
    assert kinds(report) == {"unreadable file": 2}
    assert report.findings[0].where == "monocyte/broken.tif"


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_files_that_a_broken_copy_cut_off(ending: str, tmp_path: Path) -> None:
    for number in range(3):
        path = published.write(tmp_path / "blast" / f"{number}.{ending}", published.cell(number, 200))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    other = tmp_path / "blast" / f"0.{ending}"
    other.write_bytes(other.read_bytes() + b"SEFT" * 40)  # some cameras add to the end
    report = check(tmp_path)
    assert [(found.kind, found.where) for found in report.findings] == [("unreadable file", f"blast/2.{ending}")]


def test_an_image_that_two_splits_name_is_a_leak(tmp_path: Path) -> None:
    coco_set(tmp_path)
    for path in (tmp_path / "annotations").iterdir():
        path.write_text(path.read_text().replace("val.png", "train.png"))
    assert [(found.kind, found.where) for found in check(tmp_path).findings] == [("leak of a file", "images/train.png")]


def test_missing_files(tmp_path: Path) -> None:
    assert kinds(check(published.wbcatt_set(tmp_path))) == {"missing file": 1}


def test_turned_pictures_are_not_taken_for_copies() -> None:
    shapes = [duplicates._shape(cv2.cvtColor(cv2.resize(published.cell(i, 64), (16, 16)), 7)) for i in range(60)]
    correlations = np.stack(shapes) @ np.stack(shapes).T - np.eye(60)
    assert correlations.max() < duplicates.COARSE


def test_plain_pictures_are_not_compared(tmp_path: Path) -> None:
    paths = [published.write(tmp_path / f"{value}.png", np.full((64, 64, 3), value, np.uint8)) for value in (9, 99)]
    assert duplicates.exact(paths) == []
    assert duplicates.near(paths, list(duplicates.thumbnails(paths))) == []


def test_the_steps_tell_how_far_they_are(tmp_path: Path) -> None:
    published.mll23_set(tmp_path)
    told: dict[str, list[int]] = {}

    def progress(step: str, length: int) -> Callable[[int], object]:
        assert length == 18
        told[step] = []
        return told[step].append

    check(tmp_path, progress)
    assert {step: sum(counts) for step, counts in told.items()} == {"reading": 18, "comparing": 18}


# ---------------------------------------------------------------- real sets


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bccd", {"empty box": 2, "double box": 7, "near duplicate": 1, "leak of a file": 1}),
        ("deepbionet_dev", {"double box": 2}),
        ("raabin_dev", {"double box": 1}),
        ("lld_dev", {}),
        ("zheng1", {"exact duplicate": 1, "near duplicate": 3}),
        ("phone_fields", {}),
        ("phone_leukemia", {}),
    ],
)
def test_what_is_wrong_with_the_development_sets(name: str, expected: dict[str, int], shared_data: Path) -> None:
    """Looked at by eye: the pairs are the same cells, and BCCD 00037 (train) and 00038 (val) the same field."""
    report = check(shared_data / name)
    assert report.card.name == name
    assert kinds(report) == expected


def test_the_page_about_sets_names_licences_as_the_cards_do(repository: Path) -> None:
    page = (repository / "docs" / "datasets.md").read_text()
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, entry in CATALOGUE.items():
        assert f"`{name}`" in page
        if name in rows:
            assert f"| {entry.card.licence} | {'yes' if entry.card.may_train else 'no'} |" in rows[name]
    assert len(rows) == 10
