from dataclasses import replace

import numpy as np
import pytest

from lowcost import features
from lowcost.morphology import Morphology, Parameters
from lowcost.pipeline import Analyzer
from lowcost.training import held_out, morphology, views
from lowcost.training.augmentation import restained
from lowcost.training.views import Sample

CLASSES = ("lymphocyte", "monocyte")


def _table(cells=120, seed=0):
    """Cells whose first feature tells the type, and whose second only seems to until the stain changes."""
    random = np.random.default_rng(seed)
    names = [CLASSES[number % 2] for number in range(cells)]
    code = np.arange(cells) % 2
    rows = random.normal(0, 0.1, (cells, 1 + morphology.CHANGED, len(features.NAMES)))
    rows[:, :, 0] += code[:, None]
    rows[:, 0, 1] += 3 * code
    rows[:, 1:, 1] += 3 * random.integers(0, 2, (cells, morphology.CHANGED))
    samples = [Sample(None, frozenset({name}), "set", "train", 0.1) for name in names]
    return morphology.Table(samples, rows, np.zeros((cells, 96, 96, 3), np.uint8))


def _fitted(classes=CLASSES):
    table = _table()
    return morphology.train(table, np.zeros((len(table.samples), len(classes)), np.int8), classes)


def test_the_model_rests_on_what_a_change_of_stain_leaves_alone():
    fitted = Morphology(_fitted(), Parameters("morphology.json", 1.0), CLASSES)
    rows = np.zeros((2, len(features.NAMES)))
    rows[:, 0], rows[:, 1] = (1.0, 0.0), (0.0, 3.0)  # a monocyte pale in one's own laboratory, a lymphocyte dark there
    assert fitted.log_odds(fitted.normal_scores(rows)).argmax(axis=1).tolist() == [1, 0]


def test_levels_are_the_quantiles_of_the_training_cells():
    model, table = _fitted(), _table()
    column = table.rows[:, :, 5].ravel()
    ranks = (np.arange(morphology.RANKS) + 0.5) / morphology.RANKS
    np.testing.assert_allclose(model.levels[5], np.quantile(column, ranks), atol=0.05)


def test_the_same_cells_give_the_same_model():
    assert _fitted() == _fitted()


def test_a_changed_view_keeps_its_shape_and_repeats():
    view = np.full((256, 256, 3), 240, np.uint8)
    view[96:160, 96:160] = (110, 60, 150)
    one, again, other = (restained(view, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.shape == view.shape
    assert one.dtype == np.uint8
    assert (one == again).all()
    assert (one != other).any()


@pytest.fixture
def few(shared_data):
    """Some cells of two sets, one of them on a field."""
    samples = views.published(shared_data)
    return (
        samples[:6] + [item for item in samples if item.source == "bccd" and "neutrophil_segmented" in item.types][:2]
    )


def test_cells_are_measured_as_the_product_does_and_only_once(few, repository, tmp_path, monkeypatch):
    bundle = repository / "models" / "lowcost-1"
    table = morphology.measure(few, bundle, tmp_path / "cells.npz", 1)
    assert len(table.samples) >= 6
    assert table.rows.shape[1:] == (1 + morphology.CHANGED, len(features.NAMES))
    area = list(features.NAMES).index("cell_area")
    assert np.ptp(table.rows[:, :, area], axis=1).max() == 0  # changed in stain, not in shape
    assert {sample.scale_known for sample in table.samples} == {True, False}
    field = next(number for number, sample in enumerate(table.samples) if not sample.scale_known)
    [own] = held_out.analysed(Analyzer.load(bundle), [table.samples[field]])
    assert table.rows[field, 0, area] == pytest.approx(own.cell.features["cell_area"], rel=1e-6)
    monkeypatch.setattr(morphology, "_photograph", None)
    kept = morphology.measure(few, bundle, tmp_path / "cells.npz", 1)
    assert (kept.crops == table.crops).all()


def test_blasts_get_odds_of_their_own(monkeypatch):
    classes = ("lymphocyte", "blast")
    table = _table()
    for number, sample in enumerate(table.samples):
        kind = "blast" if "monocyte" in sample.types else "lymphocyte"
        table.samples[number] = replace(sample, types=frozenset({kind}))
    logits = np.zeros((len(table.samples), 2), np.int8)
    given = morphology.train(table, logits, classes).bias
    monkeypatch.setattr(morphology, "BLASTS", 0.0)
    without = morphology.train(table, logits, classes).bias
    assert np.subtract(given, without) == pytest.approx((0.0, 0.8), abs=1e-5)
