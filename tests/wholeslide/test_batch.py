"""A whole slide through ``lowcost batch``."""

from __future__ import annotations

import json
import re
import sys
import zipfile

import cv2
import numpy as np
import pytest

from lowcost import Analyzer, cli, wholeslide
from lowcost.batch.store import Store
from lowcost.programme import pictures
from lowcost.report.pictures import CROP_PX
from lowcost.wholeslide import overview
from tests.wholeslide import slides


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    blocks = tuple(slides.field(seed, 0.3, 14).pixels for seed in (1, 2))
    path = slides.written(tmp_path_factory.mktemp("slide"), blocks, [[0, 1]])
    return path.rename(path.with_name("smear.svs"))  # a TIFF file of this size would be taken for a photograph


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(overview, "TILE_PX", 620)


def test_the_store_holds_every_cell_once(slide, tmp_path, capsys):
    arguments = ["batch", str(slide), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert cli.main(arguments) == 0
    analyzer = Analyzer.load()
    tiles = [(wholeslide.field(analyzer, slide, region), region) for region in wholeslide.regions(slide)]
    expected = sorted(cell.box for found in wholeslide.merge(tiles) for cell in found.cells)
    assert sum(len(found.cells) for found, _ in tiles) > len(expected)
    with Store.open(tmp_path / "out") as store:
        (row,) = store.slides()
        assert (row.slide, row.fields, row.failures) == ("smear.svs", len(tiles), 0)
        assert sorted(cell.box for _, found in store.fields() for cell in found.cells) == expected
    (result,) = (tmp_path / "out").glob("slides/*/result.json")
    assert sum(len(found["cells"]) for found in json.loads(result.read_text())["fields"]) == len(expected)
    capsys.readouterr()
    assert cli.main(arguments) == 0
    assert "nothing" in "".join(capsys.readouterr())


def test_cells_to_look_at_first_are_cut_from_the_slide(slide, tmp_path, monkeypatch):
    assert cli.main(["batch", str(slide), "--out", str(tmp_path), "--workers", "1"]) == 0
    with Store.open(tmp_path) as store:
        types = {cell.type for _, found in store.fields() for cell in found.cells}
        monkeypatch.setattr(pictures, "BLASTS", types)
        shown = pictures.take(store, "smear.svs")
    assert len(shown) == pictures.MOST
    for each in shown:
        pixels = cv2.imdecode(np.frombuffer(each.jpeg, np.uint8), cv2.IMREAD_COLOR)
        middle = pixels[CROP_PX // 3 : -CROP_PX // 3, CROP_PX // 3 : -CROP_PX // 3]
        assert middle.mean() < pixels.mean()  # the cell is where its picture was cut


def test_a_programme_gives_places_on_the_slide(slide, tmp_path, monkeypatch):
    (tmp_path / "copy.svs").hardlink_to(slide)
    table = tmp_path / "march.csv"
    table.write_text(f"slide,path\nS-1,{slide}\nS-1,{tmp_path / 'copy.svs'}\n")
    store, out = tmp_path / "store", tmp_path / "out"
    assert cli.main(["batch", "--manifest", str(table), "--out", str(store), "--workers", "1"]) == 0
    with Store.open(store) as opened:
        found = list(opened.fields("S-1"))
    monkeypatch.setattr(pictures, "BLASTS", {cell.type for _, field in found for cell in field.cells})
    assert cli.main(["programme", str(store), "--out", str(out), "--geojson", "--coco"]) == 0
    truth = [
        (column * slides.EDGE + (x0 + x1) / 2, (y0 + y1) / 2)
        for column, seed in enumerate((1, 2))
        for x0, y0, x1, y1 in (cell.box for cell in slides.field(seed, 0.3, 14).leukocytes)
    ]
    with zipfile.ZipFile(out / "geojson" / "S-1.zip") as archive:
        outlines = {name: json.loads(archive.read(name))["features"] for name in archive.namelist()}
    assert sorted(outlines) == ["copy.geojson", "smear.geojson"]
    assert sum(map(len, outlines.values())) == sum(len(field.cells) for _, field in found)
    for features in outlines.values():
        boxes = np.array([each["bbox"] for each in features])
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        near = [np.abs(middles - each).max(axis=1).min() < 2.0 / slides.UM_PER_PX for each in truth]
        assert sum(near) >= max(20, len(features) - 2)  # platelets may be among them
    images = json.loads((out / "coco" / "S-1.json").read_text())["images"]
    assert sorted(each["file_name"] for each in images) == ["copy.svs", "smear.svs"]
    text = (out / "report.html").read_text(encoding="utf-8")
    places = re.findall(r"</bdi>, at x ([\d,]+), y ([\d,]+) px</small>", text)
    assert len(places) == pictures.MOST
    for place in np.array([[int(each.replace(",", "")) for each in place] for place in places]):
        assert np.abs(middles - place).max(axis=1).min() <= 1
    assert "geojson/S-1.zip holds the outlines" in text
    assert re.search(r"5 of \d+ tiles, and how to see the cells on the slide", text)
    assert "downsample=" not in text
    assert "lowcost analyze reads" not in text


def test_another_scale_gives_other_tiles(slide, tmp_path):
    numbers = set()
    for scale in (None, 0.2):
        given = ["--um-per-px", str(scale)] if scale else []
        assert cli.main(["batch", str(slide), "--out", str(tmp_path / "out"), "--workers", "1", *given]) == 0
        with Store.open(tmp_path / "out") as store:
            parts = {item.which for item, _ in store.fields()}
        assert parts == {str(region) for region in wholeslide.regions(slide, scale)}
        numbers.add(len(parts))
    assert len(numbers) == 2


def test_a_slide_that_cannot_be_read_is_named_and_the_others_are_analysed(slide, tmp_path, capsys, monkeypatch):
    (tmp_path / "bad.svs").write_text("none")
    (tmp_path / "good.svs").hardlink_to(slide)
    assert cli.main(["batch", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]) == 1
    assert "bad.svs is no whole slide that tiffslide can read" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tiffslide", None)
    assert cli.main(["batch", str(slide), "--out", str(tmp_path / "other"), "--workers", "1"]) == 2
    assert "pip install lowcost[wholeslide]" in capsys.readouterr().err
