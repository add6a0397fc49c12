"""The sets of the field in their published layouts, drawn small: names, keys, columns and sizes as published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import synth
from lowcost.datasets import lld, mll23, munich_aml, pbc
from lowcost.datasets.bone_marrow import LABELS as MARROW
from lowcost.synth import RenderedField

CELLS = {"lymphocyte": 4, "neutrophil_segmented": 4, "monocyte": 3, "blast": 4}
STATED = ("cell_size", "nuclear_chromatio", "nuclear_shape", "nucleolus", "cytoplasm")
ATTRIBUTES = (*STATED, "cytoplasmic_basophilia", "cytoplasmic_vacuoles")
CODES = (2, 1, 0, 2, 4, 1, 0)
"""Codes of every cell in the order of `ATTRIBUTES`: the fourth is "other" and the fifth "not applicable"."""

Box = tuple[float, float, float, float]


@cache
def mosaic() -> RenderedField:
    """A strip of smear of two 640 px tiles that share 128 px."""
    return synth.render(4, width=1152, height=640, um_per_px=0.2, cells=CELLS)


def tiles() -> list[tuple[NDArray[np.uint8], list[Box]]]:
    """The tiles of `mosaic`, with the boxes of the leukocytes on them."""
    result = []
    for x in (0, 512):
        boxes = []
        for item in mosaic().leukocytes:
            x0, y0, x1, y1 = item.box
            if max(x0 - x, 0) < min(x1 - x, 640):
                boxes.append((float(max(x0 - x, 0)), float(y0), float(min(x1 - x, 640)), float(y1)))
        result.append((mosaic().pixels[:, x : x + 640], boxes))
    return result


def cell(number: int, edge: int) -> NDArray[np.uint8]:
    """A picture of one drawn cell; no two numbers below 120 give the same one, turned copies apart."""
    objects = mosaic().leukocytes
    x0, y0, x1, y1 = objects[number % len(objects)].box
    x, y = min(max((x0 + x1) // 2, 64), 1088), min(max((y0 + y1) // 2, 64), 576)
    view = mosaic().pixels[y - 64 : y + 64, x - 64 : x + 64]
    turn = number // len(objects)
    view = np.rot90(view[::-1] if turn & 4 else view, turn & 3)
    return cv2.resize(np.ascontiguousarray(view), (edge, edge), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def write(path: Path, pixels: NDArray[np.uint8]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def text(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def folders(root: Path, names: Sequence[str], file: str, edge: int) -> None:
    """One picture per class; `file` may hold the name of its class."""
    for number, name in enumerate(names):
        write(root / name / file.format(name), cell(number, edge))


def yolo(box: Box, width: int = 640, height: int = 640) -> str:
    x0, y0, x1, y1 = box
    values = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
    return " ".join(f"{value:.6f}" for value in values)


def voc(path: Path, objects: Sequence[tuple[str, Box]], width: int, height: int) -> Path:
    items = "".join(
        f"<object><name>{name}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox>"
        f"<xmin>{x0:.0f}</xmin><ymin>{y0:.0f}</ymin><xmax>{x1:.0f}</xmax><ymax>{y1:.0f}</ymax></bndbox></object>"
        for name, (x0, y0, x1, y1) in objects
    )
    size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    return text(path, f"<annotation><filename>{path.stem}.jpg</filename>{size}{items}</annotation>")


def coco(path: Path, images: Sequence[tuple[str, Sequence[tuple[str, Box]]]], names: Sequence[str]) -> Path:
    """A COCO file of 640x640 images whose annotations carry the attribute keys of LeukemiaAttri."""
    annotations = [
        {
            "id": 0,
            "image_id": number,
            "category_id": names.index(label),
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            **dict(zip(ATTRIBUTES, CODES, strict=True)),
        }
        for number, (_, objects) in enumerate(images)
        for label, box in objects
    ]
    document = {
        "images": [
            {"id": number, "file_name": name, "width": 640, "height": 640} for number, (name, _) in enumerate(images)
        ],
        "annotations": [{**item, "id": number} for number, item in enumerate(annotations)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names)],
    }
    return text(path, json.dumps(document))


def lld_subset(root: Path, subset: str, patch: Box | None = None) -> Path:
    """A subset with one training and one test field of each kind of name, in all forms of labels."""
    magnification = {"100X": "1000", "40X": "400", "10X": "100"}[subset[2:-3]]
    names = [name.replace("_", " ") for name in lld.LABELS]
    for split, (pixels, boxes), number in zip(("train", "test"), tiles(), (35, 36), strict=True):
        stem = f"{number - 31}_{number}_40_{magnification}_ALL"
        write(root / subset / "Images" / split / f"{stem}.png", pixels)
        labels = root / subset / "txt_labels"
        place = "" if patch is None or split == "test" else f"{patch[0]} {patch[2]} {patch[1]} {patch[3]} "
        known = boxes if not place else [box for box in boxes if _in(box, patch)]
        codes = " ".join(str(code) for code in CODES)
        text(labels / "AttriDet" / split / f"{stem}.txt", *(f"2 {yolo(box)} {place}{codes}" for box in known))
        text(labels / "WBC_Detection" / split / f"{stem}.txt", *(f"2 {yolo(box)}" for box in known))
        objects = [("lymphoblast", box) for box in known]
        coco(root / subset / "json_labels" / f"{split}.json", [(f"{stem}.png", objects)], names)
    return root / subset


def _in(box: Box, patch: Box | None) -> bool:
    assert patch is not None
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return patch[0] <= x < patch[2] and patch[1] <= y < patch[3]


def mll23_set(root: Path) -> Path:
    folders(root, tuple(mll23.LABELS), "{}_0001.TIF", 288)
    return root


def bone_marrow_set(root: Path) -> Path:
    codes = [name for name in MARROW if name.isupper()]
    for number, code in enumerate(codes):
        write(root / code / "0001-1000" / f"{code}_00001.jpg", cell(number, 250))
    write(root / "BLA" / "1001-2000" / "BLA_01001.jpg", cell(40, 250))
    return root


def munich_aml_set(root: Path) -> Path:
    folders(root / "AML-Cytomorphology", tuple(munich_aml.LABELS), "{0}_0001.tiff", 400)
    text(root / "annotations.dat", "BAS/BAS_0001.tiff BAS nan nan", "MYO/MYO_0001.tiff MYO MYO MOB")
    return root


def pbc_set(root: Path) -> Path:
    folder = {"SNE": "neutrophil", "BNE": "neutrophil", "NEUTROPHIL": "neutrophil", "EO": "eosinophil"}
    folder |= {"MMY": "ig", "MY": "ig", "PMY": "ig", "IG": "ig", "BA": "basophil", "LY": "lymphocyte"}
    folder |= {"MO": "monocyte", "ERB": "erythroblast", "PLATELET": "platelet"}
    for number, prefix in enumerate(pbc.LABELS):
        write(root / folder[prefix] / f"{prefix}_{1000 + number}.jpg", cell(number, 360))
    return root


WBCATT_HEADER = f"img_name,label,{','.join(pbc.ATTRIBUTE_NAMES)},path"
WBCATT_VALUES = "big,round,segmented-multilobed,low,densely,no,clear,light blue,small,pink,yes"


def wbcatt_set(root: Path) -> Path:
    """The repository with the images where its authors put them; the image of the validation line is missing."""
    pbc_set(root / "submission" / "data" / "PBC" / "PBC_dataset_normal_DIB")
    for part, file in (
        ("train", "neutrophil/SNE_1000.jpg"),
        ("val", "eosinophil/EO_1.jpg"),
        ("test", "monocyte/MO_1010.jpg"),
    ):
        line = f"{Path(file).name},Neutrophil,{WBCATT_VALUES},PBC/PBC_dataset_normal_DIB/{file}"
        text(root / "submission" / f"pbc_attr_v1_{part}.csv", WBCATT_HEADER, line)
    return root


def raabin_set(root: Path) -> Path:
    for number, (part, kind, name) in enumerate(
        (
            ("Train", "Basophil", "20190531_105430_0"),
            ("Train", "Eosinophil", "95-5-4-1_107_2"),
            ("Train", "Lymphocyte", "95-5-4-1_138_1"),
            ("Train", "Monocyte", "95-8-12-3_152_1"),
            ("Train", "Neutrophil", "95-8-3-1_177_1"),
            ("TestA", "Basophil", "20190604_110943_0"),
            ("TestA", "Eosinophil", "95-5-4-1_46_1"),
            ("TestA", "Lymphocyte", "95-5-5-1_165_1"),
            ("TestA", "Monocyte", "95-8-12-4_43_2"),
            ("TestA", "Neutrophil", "95-8-3-2_12_1"),
            ("TestB", "Lymphocyte", "96-2-1-1_3_1"),
            ("TestB", "Neutrophil", "96-2-1-1_9_1"),
        )
    ):
        write(root / part / kind / f"{name}.jpg", cell(number, 575))
    return root


def bccd_set(root: Path) -> Path:
    for number, (part, (pixels, boxes)) in enumerate(zip(("train", "val"), tiles(), strict=True)):
        stem = f"BloodImage_{number:05d}"
        write(root / "BCCD" / "JPEGImages" / f"{stem}.jpg", pixels[:480])
        objects = [("WBC", box) for box in boxes if box[3] <= 480]
        voc(root / "BCCD" / "Annotations" / f"{stem}.xml", [*objects, ("RBC", (5, 5, 40, 40))], 640, 480)
        text(root / "BCCD" / "ImageSets" / "Main" / f"{part}.txt", stem)
    text(root / "BCCD" / "ImageSets" / "Main" / "test.txt")
    return root


def txl_set(root: Path) -> Path:
    names = ("09436e64-f0d3-5bf4-8b7a-a1402cef406e", "0e7d7e94-bb72-5813-92cd-df08a161f8b1")
    for part, stem, (pixels, boxes) in zip(("train", "val"), names, tiles(), strict=True):
        write(root / "TXL_PBC" / "images" / part / f"{stem}.jpg", pixels)
        lines = [f"0 {yolo(box)}" for box in boxes]
        text(root / "TXL_PBC" / "labels" / part / f"{stem}.txt", *lines, f"2 {yolo((9, 9, 30, 30))}")
    stem = "102f074b-4c29-5893-b69f-aff6d3d48f1f"
    write(root / "TXL_PBC" / "images" / "test" / f"{stem}.jpg", cell(3, 575))
    text(root / "TXL_PBC" / "labels" / "test" / f"{stem}.txt", f"1 {yolo((9, 9, 99, 99), 575, 575)}")
    text(root / "TXL_PBC" / "data.yaml", "train: ./images/train/", "nc: 3", "names: ['WBC', 'RBC','Platelets']")
    return root


def zheng_set(root: Path) -> Path:
    for part, edge in (("Dataset 1", 120), ("Dataset 2", 300)):
        for number, kind in ((1, 2), (2, 1)):
            pixels = cell(number, edge)
            write(root / part / f"{number:03d}.bmp", pixels)
            mask = np.where(pixels[..., 1] < 120, 255, np.where(pixels[..., 1] < 190, 128, 0)).astype(np.uint8)
            write(root / part / f"{number:03d}.png", np.dstack([mask] * 3))
            with (root / f"Class Labels of {part}.csv").open("a") as file:
                file.write(f"image ID,class label\n{number},{kind}\n" if number == 1 else f"{number},{kind}\n")
    return root
