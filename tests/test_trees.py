"""`lowcost.trees` against LightGBM itself."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowcost import trees
from lowcost.bundle import Bundle
from lowcost.errors import BundleError
from lowcost.training.model_text import shrink

lightgbm = pytest.importorskip("lightgbm")

WIDTH = 6
SPECIAL = [0.0, -0.0, 1e-36, -1e-36, 1e-35, 1.1e-35, -1.1e-35, np.nan, np.inf, -np.inf, 1e300, -0.5, 0.5]


def table(seed, count=400, missing=0.0, empty=0.0):
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, WIDTH)).round(2)
    rows[generator.random(rows.shape) < empty] = 0.0
    rows[generator.random(rows.shape) < missing] = np.nan
    return rows


def trained(values=1, seed=0, rounds=8, missing=0.0, empty=0.0, rows=None, **settings):
    rows = table(seed, missing=missing, empty=empty) if rows is None else rows
    filled = np.nan_to_num(rows)
    score = filled[:, 0] * filled[:, 1] + filled[:, 2] - np.isnan(rows[:, 3]) + (filled[:, 3] == 0)
    codes = np.digitize(score, np.quantile(score, np.linspace(0, 1, max(values, 2) + 1)[1:-1]))
    aim = {"objective": "binary"} if values == 1 else {"objective": "multiclass", "num_class": values}
    aim |= {"verbosity": -1, "num_threads": 1, "num_leaves": 7, "min_data_in_leaf": 3, "min_data_in_bin": 1}
    data = lightgbm.Dataset(rows, codes, params={"verbosity": -1})
    return lightgbm.train(aim | settings, data, rounds).model_to_string()


@cache
def both(text):
    return trees.read(text, "model"), lightgbm.Booster(model_str=text)


def assert_as_lightgbm(text, rows):
    own, oracle = both(text)
    expected = oracle.predict(rows, raw_score=True).reshape(len(rows), -1)
    assert own.values == expected.shape[1]
    assert own.names == tuple(oracle.feature_name())
    assert np.array_equal(own.scores(rows), expected)
    parts = oracle.predict(rows, pred_contrib=True).reshape(len(rows), own.values, -1)
    for value in range(own.values):
        assert own.contributions(rows, value) == pytest.approx(parts[:, value, :-1], abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("values", [1, 3])
@pytest.mark.parametrize("leaves", [2, 7, 40])
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"missing": 0.2},
        {"empty": 0.4, "zero_as_missing": True},
        {"missing": 0.2, "empty": 0.2, "zero_as_missing": True},
        {"missing": 0.2, "use_missing": False},
        {"bagging_fraction": 0.6, "bagging_freq": 1},
    ],
)
def test_scores_to_the_last_bit_and_contributions(values, leaves, kind):
    text = trained(values, num_leaves=leaves, **kind)
    rows = table(1, count=60, missing=0.1, empty=0.1)
    assert_as_lightgbm(text, rows)
    assert_as_lightgbm(shrink(text), rows)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(SPECIAL) | st.floats(), min_size=WIDTH, max_size=WIDTH), min_size=1))
def test_any_value(rows):
    for model in MODELS:
        assert_as_lightgbm(model, np.array(rows))


MODELS = [
    trained(missing=0.2, empty=0.2),
    trained(empty=0.4, zero_as_missing=True),
    trained(rows=np.random.default_rng(2).choice([-1e-35, 0.0, 1e-36, 1.0, np.nan], size=(400, WIDTH))),
]


def test_paths_that_test_one_feature_again_and_again():
    rows = np.zeros((400, WIDTH))
    rows[:, 0] = np.arange(400)
    data = lightgbm.Dataset(rows, np.sin(rows[:, 0] / 20), params={"verbosity": -1})
    parameters = {"objective": "regression", "num_leaves": 60, "min_data_in_leaf": 2, "verbosity": -1, "num_threads": 1}
    assert_as_lightgbm(lightgbm.train(parameters, data, 3).model_to_string(), rows[::7] + 0.5)


def test_trees_of_one_leaf():
    codes = np.arange(400) % 2
    codes[0] = 2
    data = lightgbm.Dataset(table(0), codes, params={"verbosity": -1})
    parameters = {"objective": "multiclass", "num_class": 3, "num_leaves": 4, "verbosity": -1, "num_threads": 1}
    text = lightgbm.train(parameters | {"min_sum_hessian_in_leaf": 20.0}, data, 3).model_to_string()
    assert "num_leaves=1\n" in text
    assert_as_lightgbm(text, table(1, 20))
    plain = lightgbm.Dataset(table(0), np.full(400, 2.0), params={"verbosity": -1})
    assert_as_lightgbm(
        lightgbm.train({"objective": "regression", "verbosity": -1}, plain, 2).model_to_string(), table(1, 20)
    )


@pytest.mark.parametrize("count", [0, 1, 300])
def test_any_number_of_cells_and_each_on_its_own(count):
    own, rows = trees.read(MODELS[0], "model"), table(4, count)
    scores, parts = own.scores(rows), own.contributions(rows, 0)
    assert (scores.shape, parts.shape) == ((count, 1), (count, WIDTH))
    if count:
        assert np.array_equal(own.scores(rows[-1:]), scores[-1:])
        assert np.array_equal(own.contributions(rows[-1:], 0), parts[-1:])


def test_contributions_add_up_to_the_score():
    own, rows = trees.read(MODELS[0], "model"), table(3, 50)
    rest = own.scores(rows)[:, 0] - own.contributions(rows, 0).sum(axis=1)
    assert rest == pytest.approx(rest[0], abs=1e-12)


def test_the_models_of_the_bundle():
    bundle = Bundle.load()
    for name, content in bundle.files.items():
        if name.endswith(".txt"):
            text = content.decode()
            width = len(trees.read(text, name).names)
            rows = np.random.default_rng(0).normal(size=(5, width)) * 50
            rows[np.random.default_rng(1).random(rows.shape) < 0.1] = np.nan
            assert_as_lightgbm(text, rows)


# ---------------------------------------------------------------- damage

CATEGORICAL = lightgbm.train(
    {"objective": "binary", "verbosity": -1, "min_data_per_group": 1},
    lightgbm.Dataset(np.arange(400)[:, None] % 7, np.arange(400) % 7 % 2, categorical_feature=[0]),
    2,
).model_to_string()


def chain(splits):
    """A tree whose right branch always splits again."""
    numbers = " ".join(map(str, range(1, splits)))
    return (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\n"
        "objective=regression\nfeature_names=a\nfeature_infos=none\n\nTree=0\n"
        f"num_leaves={splits + 1}\nnum_cat=0\n"
        f"split_feature={' '.join('0' * splits)}\nthreshold={' '.join('1' * splits)}\n"
        f"decision_type={' '.join('2' * splits)}\nleft_child={' '.join(str(-i - 1) for i in range(splits))}\n"
        f"right_child={numbers} {-splits - 1}\ninternal_count={' '.join('9' * splits)}\n"
        f"leaf_value={' '.join('1' * (splits + 1))}\nleaf_count={' '.join('1' * (splits + 1))}\n\nend of trees\n"
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "", "end is missing"),
        (lambda text: text[: len(text) // 4], "end is missing"),
        (lambda text: "end of trees", "0 trees"),
        (lambda text: text.replace("Tree=3\n", "", 1), "a tree is missing"),
        (lambda text: text.replace("num_tree_per_iteration=1", "num_tree_per_iteration=3"), "8 trees for 3"),
        (lambda text: text.replace("num_tree_per_iteration=1", "num_tree_per_iteration=0"), "8 trees for 0"),
        (lambda text: text.replace("num_tree_per_iteration=1", "num_tree_per_iteration=x"), "x"),
        (lambda text: text.replace("Tree=0", "average_output\nTree=0"), "averaged"),
        (lambda text: text.replace("is_linear=0", "is_linear=1", 1), "linear"),
        (lambda text: text.replace("threshold=", "treshold=", 1), "incomplete"),
        (lambda text: text.replace("num_leaves=7", "num_leaves=8", 1), "too many or too few"),
        (lambda text: text.replace("num_leaves=7", "num_leaves=99999999999", 1), "too many or too few"),
        (lambda text: text.replace("num_leaves=7", "num_leaves=" + "9" * 30, 1), ""),
        (lambda text: text.replace("num_leaves=7", "num_leaves=0", 1), "without leaves"),
        (lambda text: text.replace("threshold=", "threshold=nan ", 1), "too many or too few"),
        (lambda text: text.replace("leaf_value=", "leaf_value=nan", 1), ""),
        (lambda text: text.replace("leaf_value=", "leaf_value=9e999", 1), ""),
        (lambda text: text.replace("split_feature=", "split_feature=9", 1), "no feature"),
        (lambda text: text.replace("split_feature=", "split_feature=-", 1), ""),
        (lambda text: text.replace("left_child=", "left_child=9", 1), "leads nowhere"),
        (lambda text: text.replace("leaf_count=", "leaf_count=-", 1), "without training cells"),
        (lambda text: CATEGORICAL, "no threshold"),
        (lambda text: chain(trees.DEEPEST + 1), "more than 64 splits"),
        (lambda text: chain(100_000), "more than 64 splits"),
    ],
)
def test_damage_is_named(damage, words):
    with pytest.raises(BundleError, match=rf"^model is damaged \(.*{words}.*\): restore the bundle$"):
        trees.read(damage(MODELS[0]), "model")


def test_the_deepest_tree():
    assert_as_lightgbm(chain(trees.DEEPEST), np.array([[0.5], [1.5]]))


def test_a_split_that_leads_back():
    text = shrink(MODELS[0])
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("left_child="))
    children = lines[at].removeprefix("left_child=").split()
    for wrong in ("0", "-99", children[1]):
        lines[at] = "left_child=" + " ".join([wrong, *children[1:]])
        if wrong != children[0]:
            with pytest.raises(BundleError, match="leads nowhere|twice or never"):
                trees.read("\n".join(lines), "model")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_damage_does_more_than_raise(data):
    text = shrink(MODELS[0])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(at, min(at + 20, len(text))))
        text = text[:at] + data.draw(st.text("0123456789-+.e =\nTnaixl\x00é", max_size=12)) + text[end:]
    try:
        own = trees.read(text, "model")
    except BundleError as error:
        assert str(error).startswith("model is damaged (")
    else:
        rows = np.ones((2, len(own.names)))  # damage may add a name: who uses the model compares them with the table
        assert own.scores(rows).shape == (2, own.values)
        own.contributions(rows, 0)


# ---------------------------------------------------------------- what is not imported


def test_analysis_imports_no_training_library(tmp_path):
    code = (
        "import sys, numpy; from lowcost.synth import render; import cv2\n"
        "field = render(1, width=320, height=320, um_per_px=0.1, cells=['lymphocyte'])\n"
        f"cv2.imwrite({str(tmp_path / 'field.png')!r}, field.pixels[..., ::-1])"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        "import sys; from lowcost.cli import main\n"
        f"code = main(['analyze', {str(tmp_path / 'field.png')!r}, '--out', {str(tmp_path / 'out')!r}])\n"
        "print(code, sorted({'lightgbm', 'sklearn', 'scipy', 'skimage'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "0 []"
    assert '"nuclear_shape"' in (tmp_path / "out" / "result.json").read_text(encoding="utf-8")
