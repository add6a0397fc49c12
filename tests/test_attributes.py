import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from lowcost import attributes, features
from lowcost.attributes import AttributeHeads, Mapping, Parameters, Rule
from lowcost.bundle import Bundle
from lowcost.errors import BundleError
from lowcost.taxonomy import ATTRIBUTES, EVIDENCE_LEVELS, NOT_ASSESSABLE
from lowcost.training.model_text import shrink
from tests.features.cells import BLUE, band, disc, drawn, ellipse, lobed

lightgbm = pytest.importorskip("lightgbm")


@pytest.fixture(scope="module")
def heads():
    return AttributeHeads.load(Bundle.load())


@pytest.fixture(scope="module")
def rows():
    cells = [(disc(30), disc(60)), (lobed(3, 4), disc(62)), (band(14), ellipse(70, 50)), (disc(28), disc(32))]
    return np.stack([features.compute(drawn(*cell), *cell) for cell in cells])


def model(values, seed=0, names=features.NAMES):
    generator = np.random.default_rng(seed)
    data = generator.normal(size=(200, len(names)))
    parameters = {"verbosity": -1, "num_threads": 1, "num_leaves": 4, "min_data_in_leaf": 5, "objective": "binary"}
    if values > 2:
        parameters |= {"objective": "multiclass", "num_class": values}
    codes = np.digitize(data[:, 0], np.linspace(-1, 1, values - 1) if values > 2 else [0])
    return lightgbm.train(parameters, lightgbm.Dataset(data, codes, feature_name=list(names)), 8).model_to_string()


def made(offsets, mapped=None, rules=None, models=None):
    parameters = Parameters(0.3, offsets, mapped or {}, rules or {})
    return AttributeHeads(parameters, models or {name: model(len(ATTRIBUTES[name].values)) for name in offsets})


def test_every_attribute_of_every_cell(heads, rows):
    told = heads.predict(rows)
    assert len(told) == len(rows)
    for cell in told:
        assert list(cell) == list(ATTRIBUTES)
        for name, found in cell.items():
            assert found.name == name
            assert found.value in (*ATTRIBUTES[name].values, NOT_ASSESSABLE)
            assert found.evidence in EVIDENCE_LEVELS
            assert (found.probability is None) == (found.evidence.startswith("rule"))
            assert len(found.reasons) <= 3
            assert all(np.isfinite(reason.value) and reason.feature in features.NAMES for reason in found.reasons)
            weights = [abs(reason.weight) for reason in found.reasons]
            assert weights == sorted(weights, reverse=True)


def test_the_trained_eleven_say_so(heads, rows):
    for name, found in heads.predict(rows)[0].items():
        assert (found.evidence == "trained") == (ATTRIBUTES[name].scheme == "WBCAtt")


def test_a_cell_does_not_depend_on_its_company(heads, rows):
    together = heads.predict(rows)
    assert together == [heads.predict(rows[i : i + 1])[0] for i in range(len(rows))]


def test_obvious_cells(heads, rows):
    # Drawn cells are no smear: only what survives every training is asked of them.
    _, lobes, curved, small = heads.predict(rows)
    plain = disc(30), disc(36)
    lymphocyte = heads.predict(features.compute(drawn(*plain, cytoplasm=BLUE), *plain)[None])[0]
    assert lymphocyte["nuclear_shape"].value == "regular"
    assert lymphocyte["granularity"].value == "no"
    assert lymphocyte["cytoplasmic_basophilia"].value == "moderate"
    assert lobes["nucleus_shape"].value.startswith("segmented")
    assert {lobes["nuclear_shape"].value, curved["nuclear_shape"].value} == {"irregular"}
    assert small["cell_size"].value == "small"
    assert small["lld_cell_size"].value == "small"
    assert lobes["nuclear_cytoplasmic_ratio"].value == "low"


def test_what_the_image_cannot_carry(heads, rows):
    able, unable = heads.predict(rows[:2], [True, False])
    assert all(found.value == NOT_ASSESSABLE for found in unable.values())
    assert all(found.probability is None and not found.reasons for found in unable.values())
    assert able["cell_size"].value != NOT_ASSESSABLE


def test_no_cells(heads):
    assert heads.predict(np.zeros((0, len(features.NAMES)))) == []


@pytest.mark.parametrize("name", ["cell_size", "cytoplasm_colour"])
def test_contributions_are_lightgbms_own(heads, rows, name):
    bundle = Bundle.load()
    whole = lightgbm.Booster(model_str=bundle.file(f"attributes/{name}.txt").decode())
    head = next(head for head in heads.heads if head.name == name)
    values, width = len(head.values), len(features.NAMES)
    raw = whole.predict(rows, pred_contrib=True).reshape(len(rows), -1, width + 1)[:, :, :width]
    expected = np.concatenate((-raw, raw), axis=1) if values == 2 else raw
    for value in range(values):
        chosen = (np.arange(len(rows)) + value) % values
        assert np.array_equal(head.contributions(rows, chosen), expected[np.arange(len(rows)), chosen])
    scores = whole.predict(rows, raw_score=True).reshape(len(rows), -1)
    assert np.array_equal(head.scores(rows)[:, -scores.shape[1] :], scores)


def test_offsets_choose_but_leave_the_probability_alone():
    row = np.zeros((1, len(features.NAMES)))
    plain = made({"cell_size": (0.0, 0.0)}).predict(row)[0]["cell_size"]
    other = made({"cell_size": (0.0, -50.0)}).predict(row)[0]["cell_size"]
    pushed = made({"cell_size": (0.0, 50.0)}).predict(row)[0]["cell_size"]
    assert (other.value, pushed.value) == ("big", "small")
    assert other.probability + pushed.probability == pytest.approx(1)
    assert plain.probability == max(other.probability, pushed.probability)


def test_mapped_values_add_their_probabilities():
    mapping = Mapping("cytoplasm_colour", {"light blue": "slight", "blue": "moderate", "purple blue": "moderate"})
    row = np.full((1, len(features.NAMES)), 2.0)
    heads = made({"cytoplasm_colour": (0.0, 0.0, 0.0)}, {"cytoplasmic_basophilia": mapping})
    source, found = heads.predict(row)[0].values()
    assert found.value == "moderate"
    assert found.evidence == "mapped"
    assert found.probability > source.probability
    assert found.reasons == source.reasons


def test_rules_cut_a_feature():
    heads = made({"cell_size": (0.0, 0.0)}, rules={"lld_cell_size": Rule("cell_area", (95.0, 200.0), "literature")})
    for area, expected in ((50, "small"), (95, "medium"), (199, "medium"), (300, "large"), (np.nan, NOT_ASSESSABLE)):
        row = np.zeros((1, len(features.NAMES)))
        row[0, features.NAMES.index("cell_area")] = area
        assert heads.predict(row)[0]["lld_cell_size"].value == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": {"cell_size": model(2, names=[f"f{i}" for i in range(9)])}}, "another feature table"),
        ({"models": {"cell_size": model(3)}}, "other values"),
        ({"models": {"cell_size": "no model"}}, "damaged"),
        ({"models": {"cell_size": model(3).replace("Tree=23\n", "")}}, "damaged"),
        ({"rules": {"nucleolus": Rule("no_such_feature", (1.0,), "")}}, "nucleolus"),
        ({"rules": {"nucleolus": Rule("cell_area", (1.0, 2.0), "")}}, "nucleolus"),
        ({"mapped": {"cytoplasm": Mapping("cell_shape", {"round": "scanty"})}}, "cell_shape"),
        ({"mapped": {"cytoplasm": Mapping("cell_size", {"big": "scanty", "small": "blue"})}}, "cannot take"),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused(change, words):
    with pytest.raises(BundleError, match=words):
        made({"cell_size": (0.0, 0.0)}, **change)


def test_load_reads_what_the_section_names():
    asked = []
    section = Parameters(0.3, {"cell_size": (0.0, 0.0)}, {}, {})
    bundle = SimpleNamespace(
        section=lambda name, kind: section if (name, kind) == ("attributes", Parameters) else None,
        file=lambda name: asked.append(name) or model(2).encode(),
    )
    assert [head.name for head in AttributeHeads.load(bundle).heads] == ["cell_size"]
    assert asked == ["attributes/cell_size.txt"]


@pytest.mark.parametrize("values", [2, 4])
def test_shortened_models_predict_the_same(values):
    text = model(values)
    short = shrink(text)
    row = np.random.default_rng(1).normal(size=(50, len(features.NAMES)))
    long_booster, booster = lightgbm.Booster(model_str=text), lightgbm.Booster(model_str=short)
    assert len(short) < 0.8 * len(text)
    assert booster.predict(row) == pytest.approx(long_booster.predict(row), abs=1e-4)
    assert booster.predict(row, pred_contrib=True) == pytest.approx(
        long_booster.predict(row, pred_contrib=True), abs=1e-4
    )


def test_parameters_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Parameters(0.3, {}, {}, {}).coarsest_um_per_px = 1.0
    assert attributes.REASONS == 3
