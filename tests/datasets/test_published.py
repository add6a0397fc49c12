"""Every reader of a published layout, on drawn files in that layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowcost.datasets import (
    bccd,
    bone_marrow,
    lld,
    mll23,
    mosaic,
    munich_aml,
    pbc,
    raabin,
    raabin_dev,
    txl_pbc,
    wbcatt,
    zheng,
)
from lowcost.datasets.types import LEUKOCYTES, NEUTROPHILS, Finding
from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES
from tests.datasets import published

PATCH = (320.0, 128.0, 640.0, 384.0)


# ---------------------------------------------------------------- LeukemiaAttri and LLD


@pytest.mark.parametrize("subset", lld.SUBSETS)
def test_lld_reads_every_subset_alike_in_all_forms(subset: str, tmp_path: Path) -> None:
    published.lld_subset(tmp_path, subset)
    expected = [boxes for _, boxes in published.tiles()]
    for form in (None, *lld.FORMS):
        train, test = lld.fields(tmp_path, form=form)
        assert (train.split, test.split) == ("train", "test")
        assert (train.group, test.group) == ("4", "5")
        for field, boxes in zip((train, test), expected, strict=True):
            np.testing.assert_allclose(field.leukocytes(), boxes, atol=0.01)
            assert {box.label for box in field.boxes} == {"lymphoblast"}
            assert field.boxes[0].types == {"blast"}
            assert field.annotated is None
            assert field.pixels().shape == (640, 640, 3)
    assert lld.recognises(tmp_path)
    assert lld.recognises(tmp_path / subset)


@pytest.mark.parametrize("form", ["AttriDet", "json"])
def test_lld_codes_four_and_two_are_missing_but_two_is_a_large_cell(form: str, tmp_path: Path) -> None:
    published.lld_subset(tmp_path, "H_100X_C2")
    codes = lld.fields(tmp_path, form=form)[0].boxes[0].attributes
    assert codes == {
        "lld_cell_size": 2,
        "nuclear_chromatin": 1,
        "nuclear_shape": 0,
        "cytoplasmic_basophilia": 1,
        "cytoplasmic_vacuoles": 0,
    }
    assert lld.fields(tmp_path, form="WBC_Detection")[0].boxes[0].attributes == {}


@pytest.mark.parametrize("scale", [1, 640])
def test_lld_sparse_labels_carry_their_patch(scale: int, tmp_path: Path) -> None:
    published.lld_subset(tmp_path, "H_40X_C2", PATCH)
    if scale == 640:  # the same as fractions of the image
        (path,) = (tmp_path / "H_40X_C2" / "txt_labels" / "AttriDet" / "train").iterdir()
        path.write_text(path.read_text().replace("320.0 640.0 128.0 384.0", "0.5 1.0 0.2 0.6"))
    train, test = lld.fields(tmp_path)
    assert train.annotated == PATCH
    assert test.annotated is None
    everything = np.array(published.tiles()[0][1])
    known = train.known(everything)
    assert 0 < known.sum() < len(everything)
    np.testing.assert_allclose(train.leukocytes(), everything[known], atol=0.01)
    assert test.known(everything).all()
    assert train.boxes[0].attributes["lld_cell_size"] == 2


def test_lld_sparse_field_without_a_cell_says_nothing_about_any_place(tmp_path: Path) -> None:
    published.lld_subset(tmp_path, "H_40X_C2", PATCH)
    folder = tmp_path / "H_40X_C2"
    published.write(folder / "Images" / "train" / "4_9_41_400_ALL.png", published.tiles()[1][0])
    published.text(folder / "txt_labels" / "AttriDet" / "train" / "4_9_41_400_ALL.txt")
    empty = next(field for field in lld.fields(tmp_path) if field.name == "4_9_41_400_ALL")
    assert empty.boxes == ()
    assert not empty.known(np.array([[0.0, 0.0, 640.0, 640.0], [0.0, 0.0, 1.0, 1.0]])).any()


@pytest.mark.parametrize("form", lld.FORMS)
def test_lld_reports_missing_images_and_goes_on(form: str, tmp_path: Path) -> None:
    folder = published.lld_subset(tmp_path, "L_10X_C1")
    next((folder / "Images" / "train").iterdir()).unlink()
    with pytest.raises(InputError, match="labelled, but the image is missing"):
        lld.fields(tmp_path, form=form)
    findings: list[Finding] = []
    assert [field.split for field in lld.fields(tmp_path, findings, form)] == ["test"]
    assert [(found.kind, Path(found.where).name) for found in findings] == [("missing file", "4_35_40_100_ALL.png")]


def test_lld_reports_labels_that_are_missing_or_damaged(tmp_path: Path) -> None:
    folder = published.lld_subset(tmp_path, "L_10X_C1")
    path = next((folder / "txt_labels" / "AttriDet" / "train").iterdir())
    for line in ("2 0.5 0.5 0.1", "14 0.5 0.5 0.1 0.1", "2 0.5 0.5 0.1 0.1 7", "2.5 0.5 0.5 0.1 0.1"):
        path.write_text(f"{line}\n")
        with pytest.raises(InputError, match="copy the set again"):
            lld.fields(tmp_path)
    published.text(path, f"2 0.5 0.5 0.1 0.1 0 9 0 9 {'0 ' * 7}", f"2 0.5 0.5 0.1 0.1 0 8 0 8 {'0 ' * 7}")
    with pytest.raises(InputError, match="2 annotated patches"):
        lld.fields(tmp_path)
    findings: list[Finding] = []
    assert len(lld.fields(tmp_path, findings, "none")) == 0
    assert [found.kind for found in findings] == ["missing file"] * 2


def test_lld_names_tell_patient_place_magnification_and_diagnosis() -> None:
    tile = lld.name_of(Path("8_58_108_400_APML.png"))
    assert (tile.patient, tile.numbers, tile.magnification, tile.diagnosis) == ("8", (58, 108), 40, "APML")
    assert lld.name_of(Path("4_15_1000_ALL.png")).numbers == (15,)
    with pytest.raises(InputError, match="not named"):
        lld.name_of(Path("holiday.png"))


def test_cells_on_two_tiles_of_a_mosaic_are_counted_once(tmp_path: Path) -> None:
    published.lld_subset(tmp_path, "H_40X_C1")
    folder = tmp_path / "H_40X_C1"
    for kind in ("Images/test/{}.png", "txt_labels/AttriDet/test/{}.txt"):  # two tiles of one patient
        (folder / kind.format("5_36_40_400_ALL")).rename(folder / kind.format("4_36_40_400_ALL"))
    fields = lld.fields(tmp_path)
    assert [field.tile and (field.tile.x, field.tile.y) for field in fields] == [
        (35 * 512.0, 40 * 512.0),
        (36 * 512.0, 40 * 512.0),
    ]
    truth = len(published.mosaic().leukocytes)
    assert sum(len(field.boxes) for field in fields) > truth
    for some in (fields, fields[::-1]):
        once = mosaic.single(some)
        assert sum(len(field.boxes) for field in once) == truth
        assert [field.path for field in once] == [field.path for field in some]


def test_cells_of_different_mosaics_and_of_lone_fields_stay(tmp_path: Path) -> None:
    published.lld_subset(tmp_path, "H_40X_C1")
    fields = lld.fields(tmp_path)  # patients 4 and 5
    assert mosaic.single(fields) == fields
    lone = published.bccd_set(tmp_path / "bccd")
    assert mosaic.single(bccd.fields(lone)) == bccd.fields(lone)


# ---------------------------------------------------------------- single cells


def test_mll23_has_18_classes_at_25_um(tmp_path: Path) -> None:
    cells = mll23.cells(published.mll23_set(tmp_path))
    assert len(cells) == len(mll23.LABELS) == 18
    types = {cell.label: cell.types for cell in cells}
    assert types["promyelocyte_atypical"] == {"promyelocyte"}
    assert types["normoblast"] == {"erythroblast"}
    assert types["hairy_cell"] == types["plasma_cell"] == frozenset()
    assert all(cell.um_per_px == 25 / 288 and cell.pixels().shape == (288, 288, 3) for cell in cells)


def test_a_class_that_was_not_unpacked_is_noted(tmp_path: Path) -> None:
    published.mll23_set(tmp_path)
    (tmp_path / "hairy_cell" / "hairy_cell_0001.TIF").unlink()
    (tmp_path / "hairy_cell").rmdir()
    findings: list[Finding] = []
    assert len(mll23.cells(tmp_path, findings)) == 17
    assert [found.what for found in findings] == ["The class folder hairy_cell is absent."]
    assert len(mll23.cells(tmp_path)) == 17


def test_bone_marrow_has_21_classes_in_numbered_folders(tmp_path: Path) -> None:
    cells = bone_marrow.cells(published.bone_marrow_set(tmp_path))
    assert len(cells) == 22
    types = {cell.label: cell.types for cell in cells}
    assert len(types) == 21
    assert types["FGC"] == types["PMO"] == {"promyelocyte"}
    assert types["ABE"] == {"eosinophil"}
    assert types["PEB"] == {"erythroblast"}
    assert types["NIF"] == LEUKOCYTES
    assert types["HAC"] == types["PLM"] == types["OTH"] == frozenset()
    assert [cell.path.name for cell in cells if cell.label == "BLA"] == ["BLA_00001.jpg", "BLA_01001.jpg"]


def test_munich_aml_has_15_classes_and_annotations_made_again(tmp_path: Path) -> None:
    root = published.munich_aml_set(tmp_path)
    cells = munich_aml.cells(root)
    types = {cell.label: cell.types for cell in cells}
    assert len(types) == len(cells) == 15
    assert types["MYO"] == types["MOB"] == {"blast"}
    assert types["LYA"] == {"lymphocyte"}
    assert cells[0].pixels().shape == (400, 400, 3)
    assert cells[0].um_per_px == pytest.approx(0.0725, abs=1e-4)
    assert munich_aml.annotators(root) == {"BAS_0001.tiff": ("BAS",), "MYO_0001.tiff": ("MYO", "MYO", "MOB")}
    assert munich_aml.annotators(root / "AML-Cytomorphology") == munich_aml.annotators(root)


def test_pbc_as_published_has_13_prefixes_in_8_folders(tmp_path: Path) -> None:
    cells = pbc.cells(published.pbc_set(tmp_path))
    assert {cell.label for cell in cells} == set(pbc.LABELS)
    assert {cell.path.parent.name for cell in cells} == set(pbc.FOLDERS)
    types = {cell.label: cell.types for cell in cells}
    assert types["BNE"] == {"neutrophil_band"}
    assert types["IG"] == {"metamyelocyte", "myelocyte", "promyelocyte"}
    assert all((cell.split, cell.um_per_px, cell.attributes) == ("", 0.1, {}) for cell in cells)


def test_wbcatt_joins_its_tables_with_the_images(tmp_path: Path) -> None:
    root = published.wbcatt_set(tmp_path)
    with pytest.raises(InputError, match="EO_1.jpg has attributes"):
        wbcatt.cells(root)
    findings: list[Finding] = []
    train, test = wbcatt.cells(root, findings)
    assert (train.split, train.types, train.dataset) == ("train", {"neutrophil_segmented"}, "wbcatt")
    assert (test.split, test.types) == ("test", {"monocyte"})
    assert train.attributes["cytoplasm_colour"] == "light blue"
    assert set(train.attributes) == set(pbc.ATTRIBUTE_NAMES)
    assert [found.kind for found in findings] == ["missing file"]


def test_raabin_has_slides_and_two_test_parts(tmp_path: Path) -> None:
    cells = raabin.cells(published.raabin_set(tmp_path))
    assert [sum(cell.split == part for cell in cells) for part in ("train", "test", "test-B")] == [5, 5, 2]
    assert {cell.label: cell.types for cell in cells}["Neutrophil"] == NEUTROPHILS
    assert {cell.group for cell in cells if cell.split == "test-B"} == {"96-2-1-1"}
    assert {cell.group for cell in cells if cell.label == "Basophil"} == {"20190531", "20190604"}
    (tmp_path / "TestA").rename(tmp_path / "Test-A")
    assert [cell.split for cell in raabin.cells(tmp_path)].count("test") == 5


def test_raabin_slides_are_those_of_the_development_views(shared_data: Path) -> None:
    for field in raabin_dev.fields(shared_data):
        assert raabin.slide_of(field.name) == field.group


# ---------------------------------------------------------------- fields


def test_bccd_as_published(tmp_path: Path) -> None:
    for root in (published.bccd_set(tmp_path), tmp_path / "BCCD"):
        train, val = bccd.fields(root)
        assert (train.split, val.split) == ("train", "val")
        assert [box.label for box in train.boxes].count("RBC") == 1
        expected = [box for box in published.tiles()[0][1] if box[3] <= 480]
        np.testing.assert_allclose(train.leukocytes(), expected)
        assert train.masks() is None
        assert train.types == ()


def test_txl_pbc_takes_sizes_from_the_images(tmp_path: Path) -> None:
    train, _, test = txl_pbc.fields(published.txl_set(tmp_path) / "TXL_PBC")
    np.testing.assert_allclose(train.leukocytes(), published.tiles()[0][1], atol=0.01)
    assert train.boxes[-1].types == {"platelet", "platelet_clump"}
    assert (test.boxes[0].label, test.split) == ("RBC", "test")
    np.testing.assert_allclose(test.boxes[0].box, (9, 9, 99, 99), atol=0.01)
    published.text(tmp_path / "TXL_PBC" / "labels" / "test" / f"{test.name}.txt", "3 0.5 0.5 0.1 0.1")
    with pytest.raises(InputError, match="class 3"):
        txl_pbc.fields(tmp_path / "TXL_PBC")


def test_zheng_has_two_parts_with_masks(tmp_path: Path) -> None:
    fields = zheng.fields(published.zheng_set(tmp_path))
    assert [field.path.parent.name for field in fields] == ["Dataset 1"] * 2 + ["Dataset 2"] * 2
    assert [field.types for field in fields[:2]] == [(frozenset({"lymphocyte"}),), (NEUTROPHILS,)]
    assert [field.um_per_px for field in fields] == [0.19, 0.19, None, None]
    masks = fields[2].masks()
    assert masks is not None
    assert 0 < masks.nucleus.sum() < masks.cell.sum()
    (tmp_path / "Dataset 2" / "001.png").unlink()
    findings: list[Finding] = []
    assert zheng.fields(tmp_path, findings)[2].masks() is None
    assert [found.kind for found in findings] == ["missing file"]


@pytest.mark.parametrize("reader", [lld, mll23, bone_marrow, munich_aml, pbc, raabin, bccd, txl_pbc, zheng])
def test_every_class_maps_to_types_that_exist(reader: object) -> None:
    for types in reader.LABELS.values():  # type: ignore[attr-defined]
        assert types <= set(CELL_TYPES)
