import numpy as np
import pytest

pytest.importorskip("lightgbm")

from lowcost import features
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.datasets import pbc
from lowcost.training import attributes, boosting
from lowcost.training.target import open_target


@pytest.fixture(scope="module")
def some(shared_data, tmp_path_factory):
    cells = [cell for cell in pbc.cells(shared_data) if cell.split == "val"]
    return attributes.measure(cells[::20], Bundle.load().folder, tmp_path_factory.mktemp("cells"))


def test_cells_are_measured_as_the_product_does(some):
    assert len(some.cells) >= 49
    assert some.rows.shape == (len(some.cells), len(features.NAMES))
    area = some.rows[:, features.NAMES.index("cell_area")]
    assert 100 < np.median(area) < 220
    assert len(some.part("val").cells) == len(some.cells)
    assert not some.part("test").cells


def test_heads_tell_what_the_labels_say(some):
    told = AttributeHeads.load(Bundle.load()).predict(some.rows)
    right = [
        np.mean([cell[name].value == value for cell, value in zip(told, some.values(name), strict=True)])
        for name in pbc.ATTRIBUTE_NAMES
    ]
    # On all 1,028 validation cells it is 0.93; 51 cells scatter.
    assert np.mean(right) > 0.87


def test_score_is_a_table(some):
    heads = AttributeHeads.load(Bundle.load())
    table = attributes.score(attributes.told(heads, some), "title")
    assert [row["attribute"] for row in table.rows] == list(pbc.ATTRIBUTE_NAMES)
    assert table.notes[0].startswith("Mean macro-F1: 0.")


def test_heads_are_written_together_and_load(some, tmp_path, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 3)
    place = open_target(tmp_path / "bundle")
    attributes.write(attributes.train(some, 1), place, "A card.")
    told = attributes.told(AttributeHeads.load(Bundle.load(tmp_path / "bundle")), some)
    assert set(told) == set(pbc.ATTRIBUTE_NAMES)
    assert "A card." in (tmp_path / "bundle" / "CARD.md").read_text()
