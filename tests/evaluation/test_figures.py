"""The tables, from an analyzer that knows the answers and one that finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost.datasets import pbc
from lowcost.datasets.types import LEUKOCYTES, LabelledBox, LabelledCell, LabelledField
from lowcost.evaluation import attributes, contact_sheet, faults, figures, labelled_set, scale, suite
from lowcost.evaluation.analysis import Analysed, analyse
from lowcost.result import AttributeValue, Cell, Differential, Failure, Field, Scale, Share, SmearResult


def _cell(box: tuple[int, int, int, int], kind: str = "lymphocyte", values: dict[str, str] | None = None) -> Cell:
    x0, y0, x1, y1 = box
    outline = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    named = {name: AttributeValue(name, value, 1.0, "trained") for name, value in (values or {}).items()}
    return Cell(1, box, outline, (outline,), kind, 1.0, {}, False, named, {})


def _field(cells: Sequence[Cell], width: int, height: int, ruler: Scale, verdict: str = "accepted") -> Field:
    return Field("f", "", width, height, verdict, (), {}, ruler, (240, 240, 240), {}, tuple(cells))


def _result(field: Field | None) -> SmearResult:
    nothing = Share(0, 0, 0.0, 0.0, 100.0)
    differential = Differential(0, {}, nothing, {}, nothing, nothing, "")
    failures = () if field else (Failure("f", "It cannot be read."),)
    return SmearResult((field,) if field else (), differential, failures, {})


class Knowing:
    """Finds the 20x20 square at the upper left and measures um/px as 64 over the width."""

    def analyze(self, images: Sequence[Path | np.ndarray], *, um_per_px: float | None = None) -> SmearResult:
        image = images[0] if isinstance(images[0], np.ndarray) else cv2.imread(str(images[0]))
        height, width = image.shape[:2]
        ruler = Scale(64 / width, 64 / width, "red cells", 1.0) if um_per_px is None else Scale(1, 1, "given", 1.0)
        square = _cell((0, 0, 20, 20))
        centre = _cell((width // 2 - 9, height // 2 - 9, width // 2 + 9, height // 2 + 9), values={"cell_size": "big"})
        return _result(_field([square, centre] if um_per_px else [square], width, height, ruler))


class Blind:
    """Reads nothing."""

    def analyze(self, images: Sequence[Path | np.ndarray], *, um_per_px: float | None = None) -> SmearResult:
        return _result(None)


@pytest.fixture
def field(tmp_path: Path) -> LabelledField:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 64, 3), 200, np.uint8))
    mask = np.zeros((48, 64), np.uint8)
    mask[:20, :20], mask[:20, :10] = 155, 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    boxes = (LabelledBox((0, 0, 20, 20), "Lymphocyte", frozenset({"lymphocyte"})),)
    return LabelledField("s", tmp_path / "a.png", boxes, tmp_path / "mask.png")


def test_detection_table(field: LabelledField) -> None:
    rows = figures.detected("s", "S", analyse(Knowing(), [field]), (0.98, 0.93)).rows
    assert [row["criterion"] for row in rows] == ["centre inside the box", "IoU of boxes >= 0.5"]
    assert all(row["missed"] == row["spurious"] == 0 for row in rows)
    assert rows[-1]["goal"] == 0.93


def test_unreadable_image_counts_as_missed(field: LabelledField) -> None:
    table = figures.detected("s", "S", analyse(Blind(), [field]))
    assert table.rows[0]["missed"] == 1
    assert "not analysed" in table.notes[-1]
    (row,) = figures.counted("s", "S", analyse(Blind(), [field])).rows
    assert (row["verdict"], row["reasons"]) == ("failed", "It cannot be read.")


def test_rejected_field_is_named(field: LabelledField) -> None:
    ruler = Scale(1, 1, "unknown", 0.0)
    analysed = [Analysed(field, _field([], 64, 48, ruler, "rejected"))]
    assert "1 images were rejected" in figures.detected("s", "S", analysed).notes[-1]
    (row,) = figures.counted("s", "S", analysed).rows
    assert row["um/px"] is None


def test_segmentation_table(field: LabelledField) -> None:
    nucleus, cell = figures.segmented("s", "S", analyse(Knowing(), [field]), (0.9, 0.9)).rows
    assert nucleus["median"] == pytest.approx(2 / 3)
    assert cell["median"] == 1.0
    nucleus, cell = figures.segmented("s", "S", analyse(Blind(), [field])).rows
    assert nucleus["nothing found"] == 1


def test_type_table(field: LabelledField) -> None:
    overall, by_class, by_coverage = figures.recognised("s", "S", analyse(Knowing(), [field]))
    assert (overall.rows[0]["cells"], overall.rows[0]["accuracy (95 % interval)"].value) == (1, 1.0)
    assert by_class.rows[0]["label allows"] == "lymphocyte"
    assert by_coverage.rows[-1]["cells kept"] == 1
    slide = replace(field, group="slide 1")
    assert figures.recognised("s", "S", analyse(Knowing(), [slide]))[2].rows[0]["slide"] == "slide 1"
    untyped = LabelledField("s", field.path, (LabelledBox((0, 0, 20, 20), "WBC", LEUKOCYTES),))
    assert figures.recognised("s", "S", analyse(Knowing(), [untyped])) == []


def test_tables_of_a_set_of_ones_own(field: LabelledField) -> None:
    names = [table.name for table in labelled_set.tables(Knowing(), "mine", [field])]
    assert names == ["mine", "mine_masks", "mine_types", "mine_types_by_class", "mine_types_by_coverage"]
    cells = [
        LabelledCell("mine", field.path, name, frozenset({name}), um_per_px=1.0) for name in ("lymphocyte", "blast")
    ]
    overall, by_class, _, found = labelled_set.tables(Knowing(), "mine", cells)
    assert overall.rows[0]["accuracy (95 % interval)"].value == 0.5
    assert [row["label allows"] for row in by_class.rows] == ["blast", "lymphocyte"]
    assert by_class.rows[0]["most often taken for"] == "lymphocyte (1)"
    assert found.rows[0]["something found in the middle"] == 2
    assert [table.name for table in labelled_set.tables(Blind(), "mine", cells)] == ["mine_found"]


def test_scale_follows_a_perfect_ruler(field: LabelledField) -> None:
    ratios = scale.follows(Knowing(), [field], (1.0, 0.5))
    np.testing.assert_allclose(ratios, 1.0)
    assert np.isnan(scale.follows(Blind(), [field], (1.0, 0.5))).all()
    rows = figures.scale_followed(Knowing(), {"s": [field]}).rows
    assert rows[0]["within 5 %"] == 1.0
    assert figures.scale_followed(Blind(), {"s": [field]}).rows[0]["median deviation"] is None


def test_central_cell_of_a_view() -> None:
    ruler = Scale(1, 1, "given", 1.0)
    small, large, platelet = _cell((4, 4, 7, 7)), _cell((3, 3, 9, 9)), _cell((0, 0, 10, 10), "platelet")
    assert attributes.central(_field([small, large, platelet], 10, 10, ruler), 10, 10) is large
    assert attributes.central(_field([platelet], 10, 10, ruler), 10, 10) is None


def test_attribute_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 64, 3), 200, np.uint8))
    labels = dict.fromkeys(pbc.ATTRIBUTE_NAMES, "x") | {"cell_size": "big"}
    cells = [
        pbc.LabelledCell("pbc", tmp_path / "a.png", "SNE", frozenset(), labels, split, 0.1)
        for split in ("train", "test")
    ]
    monkeypatch.setattr(pbc, "cells", lambda root: cells)
    monkeypatch.setattr(pbc, "second_annotator", lambda root: {f"{tmp_path.name}/a.png": labels})
    table = figures.attributed(Knowing(), tmp_path)
    rows = {row["attribute"]: row for row in table.rows}
    assert rows["cell_size"]["accuracy"] == 1.0
    assert rows["granularity"]["accuracy"] == 0.0
    assert rows["granularity"]["type alone"] == rows["granularity"]["second expert"] == 1.0
    assert (rows["mean"]["goal"], rows["cell_size"]["goal"], rows["granularity"]["goal"]) == (0.93, 0.86, None)
    assert "on 0 views" in table.notes[0]


def test_contact_sheet_shows_misses_and_spurious_findings(field: LabelledField) -> None:
    drawn = contact_sheet.tile(field, faults.truth(field), [[30, 30, 45, 45]], "iou", 128)
    assert drawn.shape == (96, 128, 3)
    colours = {tuple(int(value) for value in pixel) for pixel in drawn.reshape(-1, 3)}
    assert {contact_sheet.YELLOW, contact_sheet.RED} <= colours
    assert contact_sheet.disagrees(faults.truth(field), [[30, 30, 45, 45]], "iou")
    assert not contact_sheet.disagrees(faults.truth(field), [[0, 0, 20, 20]], "iou")
    (sheet,) = contact_sheet.sheets([drawn] * 3, 2, 2)
    assert sheet.shape == (200, 264, 3)


def test_rendered_scale_is_relative_to_the_truth() -> None:
    assert scale.rendered_error(Knowing(), 0, 0.2) == pytest.approx(-0.5)
    assert scale.rendered_error(Blind(), 0, 0.2) is None
    (row,) = figures.scale_rendered(Blind(), [5.0], [0]).rows
    assert (row["fields"], row["with a measured scale"], row["mean error"]) == (1, 0, None)


def test_contact_sheets_of_a_real_set(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contact_sheet.main(["lld_dev", "--data", str(shared_data), "--out", str(tmp_path), "--width", "80"])
    assert [path.name for path in tmp_path.iterdir()] == ["lld_dev_01.png"]
    assert "lld_dev_01.png" in capsys.readouterr().out


def test_circumstances_name_what_is_needed_to_repeat_a_figure() -> None:
    facts = suite.circumstances("bundle", "abc", "lowcost evaluate")
    assert facts["bundle sha256"] == "abc"
    assert facts["machine"]
    assert "numpy version" in facts
