"""Trees in Java give the scores of `lowcost.trees` to the last bit, and refuse what that refuses."""

from __future__ import annotations

import numpy as np
import pytest

from lowcost.errors import BundleError
from lowcost.trees import read
from tests.android_bridge.bridge import JavaError


def models(repository) -> list:
    folder = repository / "models" / "lowcost-1"
    return sorted((folder / "attributes").glob("*.txt"))


def told(java, text: str, rows: np.ndarray) -> dict:
    return java("model.trees", model=np.frombuffer(text.encode(), np.uint8), name="the model", rows=rows)


def rows_for(text: str, number: int) -> np.ndarray:
    """Rows that turn either way at the model's splits, that hit thresholds, and that lack values."""
    random = np.random.default_rng(5)
    trees = read(text, "the model")
    rows = np.zeros((number, len(trees.names)))
    for column in range(rows.shape[1]):
        own = trees.threshold[trees.feature == column]
        if own.size:
            rows[:, column] = random.choice(own, number) * random.choice([1, 1, 1 + 1e-15, 0.9, 1.1], number)
    rows[random.random(rows.shape) < 0.05] = np.nan
    rows[random.random(rows.shape) < 0.03] = 0.0
    rows[random.random(rows.shape) < 0.01] = 1e-36
    rows[random.random(rows.shape) < 0.01] = np.inf
    rows[random.random(rows.shape) < 0.01] = -np.inf
    return rows


@pytest.mark.parametrize("number", range(11))
def test_shipped_models(java, repository, number):
    text = models(repository)[number].read_text()
    trees, rows = read(text, "the model"), rows_for(text, 20)
    found = told(java, text, rows)
    assert found["scores"].tobytes() == trees.scores(rows).tobytes()
    for value in range(trees.values):
        np.testing.assert_allclose(
            found["contributions"][:, value], trees.contributions(rows, value), rtol=1e-9, atol=1e-12
        )


LEAF, CHAIN = ("tree", "feature_names=a b", "", "Tree=0"), 70


def test_small_models(java):
    """A leaf alone; a path that tests one feature again and again, as deep as is read, and one deeper."""
    rows = np.array([[0.5, 0.0], [3.5, np.nan], [100.0, 1.0]])
    alone = ["num_leaves=1", "split_feature=", "threshold=", "decision_type=", "left_child=", "right_child="]
    alone += ["leaf_value=0.25", "leaf_count=3", "internal_count=", "", "end of trees"]
    text = "\n".join([*LEAF, *alone])
    assert told(java, text, rows)["scores"].ravel().tolist() == [0.25, 0.25, 0.25]
    for splits in (1, 2, 5, 64):
        text = chain(splits)
        trees, found = read(text, "the model"), told(java, text, rows)
        assert found["scores"].tobytes() == trees.scores(rows).tobytes()
        np.testing.assert_allclose(found["contributions"][:, 0], trees.contributions(rows, 0), rtol=1e-9, atol=1e-12)
    with pytest.raises(JavaError, match="a path of more than 64 splits"):
        told(java, chain(65), rows)


def chain(splits: int) -> str:
    """A tree whose every split but the last has a leaf on its left."""
    lines = [*LEAF, f"num_leaves={splits + 1}"]
    lines.append("split_feature=" + " ".join(str(i % 2) for i in range(splits)))
    lines.append("threshold=" + " ".join(str(i / 2) for i in range(splits)))
    lines.append("decision_type=" + " ".join(str((2, 10, 8, 4)[i % 4]) for i in range(splits)))
    lines.append("left_child=" + " ".join(str(~i) for i in range(splits)))
    lines.append("right_child=" + " ".join([*(str(i + 1) for i in range(splits - 1)), str(~splits)]))
    lines.append("leaf_value=" + " ".join(str(0.1 * i) for i in range(splits + 1)))
    lines.append("leaf_count=" + " ".join("2" for _ in range(splits + 1)))
    lines.append("internal_count=" + " ".join(str(2 * (splits + 1 - i)) for i in range(splits)))
    return "\n".join([*lines, "", "end of trees"])


def test_mutated_models_are_read_as_python_reads_them_or_refused(java):
    random = np.random.default_rng(9)
    whole, rows, refused = chain(4), np.array([[0.5, 1.5], [2.5, 0.0]]), 0
    for number in range(600):
        changed = list(whole if number % 10 else whole[: int(random.integers(len(whole)))])
        for place in random.integers(0, len(changed), random.integers(1, 3)) if changed else ():
            changed[place] = random.choice(list("0123456789 -=\n.eTd"))
        text = "".join(changed)
        try:
            expected = read(text, "the model").scores(rows) if len(read(text, "the model").names) <= 2 else None
        except (BundleError, IndexError):
            expected = None
        try:
            found = told(java, text, rows)["scores"]
        except JavaError as error:
            assert error.kind in ("BundleException$Damaged", "IllegalArgumentException"), error
            found = None
            refused += 1
        if expected is None or found is None:
            assert (expected is None) == (found is None), text
        else:
            assert found.tobytes() == expected.tobytes(), text
    assert refused > 100


def test_reading_is_quick(java, repository):
    seconds = 0.0
    for model in models(repository):
        found = told(java, model.read_text(), np.zeros((0, 500)))
        seconds += found["seconds"]
    assert seconds < 2
