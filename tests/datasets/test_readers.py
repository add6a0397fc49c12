from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowcost.datasets import (
    bccd,
    bone_marrow,
    deepbionet_dev,
    layouts,
    lld_dev,
    pbc,
    phone,
    raabin_dev,
    zheng1,
)
from lowcost.datasets.catalogue import CATALOGUE
from lowcost.datasets.types import LEUKOCYTES, NEUTROPHILS, read_masks, read_pixels
from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES


def test_bccd_prefers_the_corrected_boxes_and_clips_them(sets: Path) -> None:
    first, second = bccd.fields(sets)
    assert first.leukocytes().tolist() == [[100, 50, 640, 480]]
    assert second.leukocytes().tolist() == [[0, 0, 10, 10]]
    assert [box.label for box in first.boxes] == ["WBC", "RBC", "Platelets"]
    assert [box.is_leukocyte for box in first.boxes] == [True, False, False]
    assert first.split == second.split == "test"
    assert first.types == (NEUTROPHILS, frozenset({"eosinophil"}))
    assert second.types == ()


def test_bccd_masks_are_nucleus_within_cell(sets: Path) -> None:
    first, second = bccd.fields(sets)
    masks = first.masks()
    assert masks is not None
    assert masks.nucleus.sum() == 400
    assert masks.cell.sum() == 2500
    assert not (masks.nucleus & ~masks.cell).any()
    assert second.masks() is None


def test_deepbionet_keeps_labels_as_published(sets: Path) -> None:
    (field,) = deepbionet_dev.fields(sets)
    assert [(box.label, box.is_leukocyte) for box in field.boxes] == [("WBC", True), ("dog", False)]


def test_raabin_gives_the_type_to_a_single_leukocyte_only(sets: Path) -> None:
    single, double = raabin_dev.fields(sets)
    np.testing.assert_allclose(single.leukocytes(), [[230, 172.5, 345, 402.5]])
    assert single.boxes[0].types == NEUTROPHILS
    assert {box.types for box in double.boxes} == {LEUKOCYTES}
    assert double.boxes[1].box[0] == 0.0
    assert (single.group, double.group) == ("s1", "s2")


def test_lld_reads_attribute_codes_and_drops_the_missing_ones(sets: Path) -> None:
    (field,) = lld_dev.fields(sets)
    blast, artefact = field.boxes
    assert blast.types == {"blast"}
    assert blast.attributes == {
        "lld_cell_size": 2,
        "nuclear_chromatin": 0,
        "nucleolus": 1,
        "cytoplasm": 0,
        "cytoplasmic_basophilia": 1,
    }
    assert not artefact.is_leukocyte
    assert artefact.attributes == {}
    assert field.group == "4"


def test_zheng_has_one_type_and_a_mask(sets: Path) -> None:
    (field,) = zheng1.fields(sets)
    assert field.types == (frozenset({"lymphocyte"}),)
    masks = field.masks()
    assert masks is not None
    assert masks.cell.all()
    assert not masks.nucleus.any()


def test_pbc_joins_types_attributes_and_split(sets: Path) -> None:
    cell, platelet = pbc.cells(sets)
    assert cell.types == {"neutrophil_segmented"}
    assert (cell.split, cell.um_per_px) == ("test", 0.1)
    assert set(cell.attributes) == set(pbc.ATTRIBUTE_NAMES)
    assert cell.attributes["nucleus_shape"] == "segmented-multilobed"
    assert (platelet.split, platelet.attributes) == ("", {})
    assert pbc.second_annotator(sets)["neutrophil/SNE_1.jpg"]["cell_size"] == "big"


def test_bone_marrow_types_are_the_folders(sets: Path) -> None:
    types = {cell.label: cell.types for cell in bone_marrow.cells(sets)}
    assert types["blast"] == {"blast"}
    assert types["not_identifiable"] == LEUKOCYTES


def test_phone_sets_have_no_labels(sets: Path) -> None:
    (eyepiece,), (leukemia,) = phone.fields(sets, card=phone.FIELDS), phone.fields(sets, card=phone.LEUKEMIA)
    assert eyepiece.leukocytes().shape == (0, 4)
    assert leukemia.group == "20161113"
    assert leukemia.pixels().shape == (480, 640, 3)


@pytest.mark.parametrize("name", CATALOGUE)
def test_cards_name_licence_and_use(name: str) -> None:
    card = CATALOGUE[name].card
    assert card.name == name
    assert all((card.title, card.licence, card.source, card.holds, card.get, card.split))
    assert isinstance(card.may_train, bool)


@pytest.mark.parametrize("name", CATALOGUE)
def test_absent_set_is_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No folder|missing"):
        CATALOGUE[name].read(tmp_path)


def test_damaged_files_are_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "x.xml"
    broken.write_text("<annotation><size></size></annotation>")
    with pytest.raises(InputError, match="not a VOC annotation"):
        layouts.voc(broken, lambda label: frozenset())
    broken.write_text("no xml")
    with pytest.raises(InputError, match="not a VOC annotation"):
        layouts.voc(broken, lambda label: frozenset())
    broken.write_text("0 0.5 0.5\n")
    with pytest.raises(InputError, match="line 1"):
        list(layouts.yolo(broken, 10, 10))
    with pytest.raises(InputError, match="as an image"):
        read_pixels(broken)
    with pytest.raises(InputError, match="as a mask"):
        read_masks(broken)


FAULTS = {
    "no number": ("bccd/image_level_types.csv", ",Image,Category\n,x,NEUTROPHIL\n"),
    "no column": ("bccd/image_level_types.csv", ",Number,Category\n,0,NEUTROPHIL\n"),
    "unknown type": ("bccd/image_level_types.csv", ",Image,Category\n,0,DOG\n"),
    "short row": ("bccd/image_level_types.csv", ",Image,Category\n,\n"),
    "endless cell": ("bccd/image_level_types.csv", f",Image,Category\n,0,{'x' * 200_000}\n"),
    "no class number": ("zheng1/types.csv", "image ID,class label\nx,2\n"),
    "no type": ("raabin_dev/metadata.csv", "file,slide\na.png,s1\n"),
    "class beyond the last": ("raabin_dev/labels/a.txt", "3 0.5 0.5 0.2 0.4\n"),
    "class before the first": ("raabin_dev/labels/a.txt", "-1 0.5 0.5 0.2 0.4\n"),
    "class of two": ("lld_dev/labels/4_8_1000_ALL.txt", "2 0.5 0.5 0.1 0.2\n14 0.2 0.2 0.1 0.1\n"),
    "no attributes": ("lld_dev/attributes.csv", "image\n4_8_1000_ALL.png\n4_8_1000_ALL.png\n"),
    "endless attribute": ("lld_dev/attributes.csv", None),
    "no path": ("pbc/attributes/test.csv", "img_name,label\nSNE_1.jpg,Neutrophil\n"),
}
"""Files of the sets that are not as published, as fuzzing made them."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_not_as_published_is_one_sentence(fault: str, sets: Path) -> None:
    name, content = FAULTS[fault]
    before = (sets / name).read_text()
    (sets / name).write_text(before.replace(",2,0,2,", ",inf,0,2,") if content is None else content)
    with pytest.raises(InputError, match=Path(name).name):
        CATALOGUE[name.split("/")[0]].read(sets)


def test_a_crop_that_is_no_number_is_one_sentence(sets: Path) -> None:
    (sets / "zheng1" / "images" / "001.png").rename(sets / "zheng1" / "images" / "one.png")
    with pytest.raises(InputError, match="one.png"):
        zheng1.fields(sets)


def test_published_sets_are_complete(shared_data: Path) -> None:
    fields = bccd.fields(shared_data)
    assert len(fields) == 364
    assert [sum(field.split == split for field in fields) for split in ("train", "val", "test")] == [205, 87, 72]
    assert all(field.mask_path is not None for field in fields)
    assert len(raabin_dev.fields(shared_data)) == 206
    assert len(deepbionet_dev.fields(shared_data)) == 150
    assert sum(len(field.leukocytes()) for field in lld_dev.fields(shared_data)) == 26
    assert len(zheng1.fields(shared_data)) == 300
    cells = pbc.cells(shared_data)
    assert [sum(cell.split == split for cell in cells) for split in ("train", "val", "test")] == [6160, 1029, 3095]
    assert all(cell.types <= set(CELL_TYPES) for cell in [*cells, *bone_marrow.cells(shared_data)])


def test_published_leukocytes_lie_on_their_images(shared_data: Path) -> None:
    for reader, width, height in (
        (bccd, 640, 480),
        (deepbionet_dev, 640, 480),
        (raabin_dev, 575, 575),
        (lld_dev, 640, 640),
    ):
        boxes = np.concatenate([field.leukocytes() for field in reader.fields(shared_data)])
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2] <= width).all()
        assert (boxes[:, 3] <= height).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
