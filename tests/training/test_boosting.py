import numpy as np
import pytest

pytest.importorskip("lightgbm")

from sklearn.metrics import f1_score

from lowcost.training import boosting


def test_macro_f1_agrees_with_scikit_learn():
    generator = np.random.default_rng(2)
    codes, predicted = generator.integers(0, 4, 300), generator.integers(0, 4, 300)
    assert boosting.macro_f1(codes, predicted, 4) == pytest.approx(f1_score(codes, predicted, average="macro"))


def test_offsets_help_the_rare_value():
    generator = np.random.default_rng(3)
    codes = (generator.random(4000) < 0.08).astype(int)
    raw = 1.2 * codes + generator.normal(0, 0.7, 4000) - 1.6
    scores = np.stack((np.zeros(4000), raw), axis=1)
    offsets = boosting.best_offsets(scores, codes)
    assert offsets[0] == 0
    assert offsets[1] > 0.2
    plain = boosting.macro_f1(codes, scores.argmax(axis=1), 2)
    assert boosting.macro_f1(codes, (scores + offsets).argmax(axis=1), 2) > plain + 0.02


@pytest.mark.parametrize("values", [2, 3])
def test_a_head_learns(values, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 30)
    generator = np.random.default_rng(4)
    rows = generator.normal(size=(600, 6))
    codes = np.digitize(rows[:, 2], [-0.5, 0.5][: values - 1])
    learning, held_out = boosting.Cells(rows[:400, None], codes[:400]), boosting.Cells(rows[400:, None], codes[400:])
    fitted = boosting.fit(learning, held_out, values, [f"f{i}" for i in range(6)], 1)
    assert 1 <= fitted.rounds <= 30
    assert len(fitted.offsets) == values
    import lightgbm

    booster = lightgbm.Booster(model_str=fitted.text)
    assert booster.num_trees() == fitted.rounds * (1 if values == 2 else values)
    told = booster.predict(rows[400:])
    found = (told > 0.5).astype(int) if values == 2 else told.argmax(axis=1)
    assert (found == codes[400:]).mean() > 0.9


def test_a_column_that_knows_the_learning_cells_by_heart_is_not_followed_far(monkeypatch):
    """As an embedding may, whose network learnt from the same cells: the others show what it is worth."""
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 100)
    generator = np.random.default_rng(5)
    rows, codes = generator.normal(size=(800, 2)), generator.integers(0, 2, 800)
    rows[:400, 1] += 4 * codes[:400]
    learning, held_out = boosting.Cells(rows[:400, None], codes[:400]), boosting.Cells(rows[400:, None], codes[400:])
    assert boosting.fit(learning, held_out, 2, ["chance", "heart"], 1).rounds <= 3


def test_copies_of_cells_are_no_further_cells(monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROUNDS", 20)
    monkeypatch.setattr(boosting, "PARAMETERS", boosting.PARAMETERS | {"bagging_freq": 0})
    generator = np.random.default_rng(6)
    rows = generator.normal(size=(600, 1, 4))
    codes = (rows[:, 0, 1] + generator.normal(0, 0.5, 600) > 0).astype(int)
    held_out = boosting.Cells(rows[400:], codes[400:])
    once, twice = (
        boosting.fit(boosting.Cells(np.repeat(rows[:400], copies, axis=1), codes[:400]), held_out, 2, list("abcd"), 1)
        for copies in (1, 2)
    )
    assert once.rounds == twice.rounds
    assert once.offsets == twice.offsets
