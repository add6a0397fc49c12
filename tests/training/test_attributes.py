from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("lightgbm")

from lowcost import features
from lowcost.attributes import AttributeHeads, inputs, network
from lowcost.bundle import Bundle
from lowcost.datasets import pbc
from lowcost.errors import InputError
from lowcost.taxonomy import NOT_ASSESSABLE
from lowcost.training import attributes, boosting, sources
from lowcost.training.target import open_target


@pytest.fixture(scope="module")
def some(shared_data, tmp_path_factory):
    cells = [cell for cell in pbc.cells(shared_data) if cell.split == "val"]
    return attributes.measure(cells[::20], Bundle.load().folder, tmp_path_factory.mktemp("cells"))


def test_cells_are_measured_as_the_product_does(some):
    assert len(some.cells) >= 49
    assert some.rows.shape == (len(some.cells), len(features.NAMES))
    assert some.embedding.shape[:2] == (len(some.cells), 4)
    assert some.inputs.shape == (len(some.cells), 4, len(inputs(some.embedding.shape[2])))
    assert some.features_alone().inputs.shape == (len(some.cells), 1, len(features.NAMES))
    assert np.array_equal(some.inputs[:, 1, : len(features.NAMES)], some.rows, equal_nan=True)
    area = some.rows[:, features.NAMES.index("cell_area")]
    assert 100 < np.median(area) < 220
    assert len(some.part("val").cells) == len(some.cells)
    assert not some.part("test").cells


def test_heads_tell_what_the_labels_say(some):
    told = AttributeHeads.load(Bundle.load()).predict(some.rows, some.embedding[:, 0])
    right = [
        np.mean([cell[name].value == value for cell, value in zip(told, some.values(name), strict=True)])
        for name in pbc.ATTRIBUTE_NAMES
    ]
    # On all 1,028 validation cells it is 0.93; 51 cells scatter.
    assert np.mean(right) > 0.87


def test_score_is_a_table(some):
    heads = AttributeHeads.load(Bundle.load())
    table = attributes.score(attributes.told(heads, some), "name", "title")
    assert [row["attribute"] for row in table.rows] == list(pbc.ATTRIBUTE_NAMES)
    assert table.notes[0].startswith("Mean macro-F1: 0.")


@pytest.mark.parametrize("alone", [False, True])
def test_heads_are_written_together_and_load(some, alone, tmp_path, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 3)
    place = open_target(tmp_path / "bundle")
    cells = some.features_alone() if alone else some
    attributes.write(attributes.train(cells, cells, 1), place, "" if alone else network(Bundle.load()), "A card.")
    heads = AttributeHeads.load(Bundle.load(tmp_path / "bundle"))
    assert {head.width for head in heads.heads} == {cells.inputs.shape[2]}
    told = attributes.told(heads, some)
    assert set(told) == set(pbc.ATTRIBUTE_NAMES)
    assert all(NOT_ASSESSABLE not in found.best for found in told.values())
    assert "A card." in (tmp_path / "bundle" / "CARD.md").read_text()


def test_the_command_makes_both_kinds_of_heads(shared_data, tmp_path, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 2)
    source = sources.read(shared_data / "pbc")
    few = [cell for cell in source.pictures if cell.split in ("train", "val")][::300]
    made = attributes.run([replace(source, pictures=few)], open_target(tmp_path / "bundle"), tmp_path)
    assert made.written
    assert made.summary.count("Mean macro-F1") == 2
    own, alone = (Bundle.load(tmp_path / name) for name in ("bundle", attributes.ALONE))
    assert own.parameters["attributes"]["network"] == network(own)
    assert alone.parameters["attributes"]["network"] == ""
    widths = [max(head.width for head in AttributeHeads.load(bundle).heads) for bundle in (own, alone)]
    assert widths[0] > widths[1] == len(features.NAMES)


def test_cells_for_validation_are_needed(shared_data, tmp_path):
    source = sources.read(shared_data / "pbc")
    few = [cell for cell in source.pictures if cell.split == "train"][:3]
    with pytest.raises(InputError, match=r"val\.csv"):
        attributes.run([replace(source, pictures=few)], open_target(tmp_path / "bundle"), tmp_path)
