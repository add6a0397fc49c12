"""Tiny sets in the layouts of the development copies, drawn on the spot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def _image(path: Path, width: int = 640, height: int = 480, value: int = 200) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), value, np.uint8))


def _voc(path: Path, objects: list[tuple[str, tuple[int, int, int, int]]], width: int = 640, height: int = 480) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    items = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for name, (x0, y0, x1, y1) in objects
    )
    path.write_text(f"<annotation><size><width>{width}</width><height>{height}</height></size>{items}</annotation>")


def write(root: Path) -> Path:
    """Write a small copy of every labelled set's layout into a folder and return it."""
    bccd = root / "bccd"
    for number in (0, 1):
        _image(bccd / "images" / f"BloodImage_{number:05d}.jpg")
        _voc(bccd / "annotations" / f"BloodImage_{number:05d}.xml", [("WBC", (0, 0, 10, 10))])
    _voc(
        bccd / "annotations_corrected" / "BloodImage_00000.xml",
        [("WBC", (100, 50, 700, 480)), ("RBC", (1, 2, 30, 40)), ("Platelets", (5, 5, 9, 9))],
    )
    mask = np.zeros((480, 640), np.uint8)
    mask[10:60, 10:60], mask[20:40, 20:40] = 155, 255
    (bccd / "masks").mkdir()
    cv2.imwrite(str(bccd / "masks" / "BloodImage_00000.png"), mask)
    for split, name in (("train", ""), ("val", ""), ("test", "BloodImage_00000\nBloodImage_00001\n")):
        (bccd / f"{split}.txt").write_text(name)
    (bccd / "image_level_types.csv").write_text(',Image,Category\n,0,"NEUTROPHIL, EOSINOPHIL"\n,1,\n')

    _image(root / "deepbionet_dev" / "images" / "1.jpg")
    _voc(root / "deepbionet_dev" / "annotations" / "1.xml", [("WBC", (1, 1, 50, 50)), ("dog", (9, 9, 20, 20))])

    raabin = root / "raabin_dev"
    for name, lines in (
        ("a", "0 0.5 0.5 0.2 0.4\n1 0.1 0.1 0.1 0.1\n"),
        ("b", "0 0.5 0.5 0.2 0.4\n0 0.1 0.1 0.4 0.1\n"),
    ):
        _image(raabin / "images" / f"{name}.png", 575, 575)
        (raabin / "labels").mkdir(exist_ok=True)
        (raabin / "labels" / f"{name}.txt").write_text(lines)
    (raabin / "metadata.csv").write_text(
        "file,original_name,cell_type,type_source,slide\na.png,a.jpg,neutrophil,dataset,s1\nb.png,b.jpg,basophil,dataset,s2\n"
    )

    lld = root / "lld_dev"
    _image(lld / "images" / "4_8_1000_ALL.png", 640, 640)
    (lld / "labels").mkdir()
    (lld / "labels" / "4_8_1000_ALL.txt").write_text("2 0.5 0.5 0.1 0.2\n0 0.2 0.2 0.1 0.1\n")
    (lld / "attributes.csv").write_text(
        "image,class_id,xc,yc,w,h,Cell_Size,Nuclear_Chromatin,Nuclear_Shape,Nucleolus,Cytoplasm,"
        "Cytoplasmic_Basophilia,Cytoplasmic_Vacuoles\n"
        "4_8_1000_ALL.png,2,0.5,0.5,0.1,0.2,2,0,2,1,0,1,4\n"
        "4_8_1000_ALL.png,0,0.2,0.2,0.1,0.1,4,4,4,4,4,4,4\n"
    )

    zheng = root / "zheng1"
    _image(zheng / "images" / "001.png", 120, 120)
    (zheng / "masks").mkdir()
    cv2.imwrite(str(zheng / "masks" / "001.png"), np.full((120, 120), 128, np.uint8))
    (zheng / "types.csv").write_text("image ID,class label\n1,2\n")

    _image(root / "pbc" / "neutrophil" / "SNE_1.jpg", 256, 256)
    _image(root / "pbc" / "platelet" / "PLATELET_2.jpg", 256, 256)
    for folder in ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte"):
        (root / "pbc" / folder).mkdir()
    header = (
        "img_name,label,cell_size,cell_shape,nucleus_shape,nuclear_cytoplasmic_ratio,chromatin_density,"
        "cytoplasm_vacuole,cytoplasm_texture,cytoplasm_colour,granule_type,granule_colour,granularity,path\n"
    )
    row = (
        "SNE_1.jpg,Neutrophil,big,round,segmented-multilobed,low,densely,no,clear,light blue,small,pink,yes,"
        "neutrophil/SNE_1.jpg\n"
    )
    (root / "pbc" / "attributes").mkdir()
    for name in ("train", "val"):
        (root / "pbc" / "attributes" / f"{name}.csv").write_text(header)
    for name in ("test", "second_annotator"):
        (root / "pbc" / "attributes" / f"{name}.csv").write_text(header + row)

    for name in (
        "blast",
        "eosinophil",
        "lymphocyte",
        "monocyte",
        "neutrophil_segmented",
        "not_identifiable",
        "promyelocyte",
    ):
        _image(root / "bone_marrow" / name / "1.jpg", 250, 250)
    _image(root / "phone_fields" / "x.jpg")
    _image(root / "phone_leukemia" / "20161113_202636.jpg")
    return root
