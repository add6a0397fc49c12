import dataclasses
import hashlib
from types import SimpleNamespace

import numpy as np
import pytest

from lowcost import attributes, features
from lowcost.attributes import AttributeHeads, Mapping, Parameters, Rule
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier
from lowcost.crop import network_input
from lowcost.errors import BundleError
from lowcost.result import NETWORK
from lowcost.taxonomy import ATTRIBUTES, EVIDENCE_LEVELS, NOT_ASSESSABLE
from lowcost.training.model_text import shrink
from tests.features.cells import BLUE, band, disc, drawn, ellipse, lobed

lightgbm = pytest.importorskip("lightgbm")


@pytest.fixture(scope="module")
def heads():
    return AttributeHeads.load(Bundle.load())


CELLS = ((disc(30), disc(60)), (lobed(3, 4), disc(62)), (band(14), ellipse(70, 50)), (disc(28), disc(32)))


@pytest.fixture(scope="module")
def rows():
    return np.stack([features.compute(drawn(*cell), *cell) for cell in CELLS])


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load(Bundle.load())


@pytest.fixture(scope="module")
def embedding(classifier):
    return classifier.network(np.stack([network_input(drawn(*cell)) for cell in CELLS])).embedding


def model(values, seed=0, names=features.NAMES, telling=0):
    generator = np.random.default_rng(seed)
    data = generator.normal(size=(200, len(names)))
    parameters = {"verbosity": -1, "num_threads": 1, "num_leaves": 4, "min_data_in_leaf": 5, "objective": "binary"}
    if values > 2:
        parameters |= {"objective": "multiclass", "num_class": values}
    codes = np.digitize(data[:, telling], np.linspace(-1, 1, values - 1) if values > 2 else [0])
    return lightgbm.train(parameters, lightgbm.Dataset(data, codes, feature_name=list(names)), 8).model_to_string()


def made(offsets, mapped=None, rules=None, models=None, own_network=True):
    parameters = Parameters(0.3, offsets, mapped or {}, rules or {})
    models = models or {name: model(len(ATTRIBUTES[name].values)) for name in offsets}
    return AttributeHeads(parameters, models, own_network)


def test_every_attribute_of_every_cell(heads, rows, embedding):
    told = heads.predict(rows, embedding)
    assert len(told) == len(rows)
    for cell in told:
        assert list(cell) == list(ATTRIBUTES)
        for name, found in cell.items():
            assert found.name == name
            assert found.value in (*ATTRIBUTES[name].values, NOT_ASSESSABLE)
            assert found.evidence in EVIDENCE_LEVELS
            assert (found.probability is None) == (found.evidence.startswith("rule"))
            assert len(found.reasons) <= 3
            for reason in found.reasons:
                assert reason.feature in features.NAMES or reason.feature == NETWORK
                assert reason.value is None if reason.feature == NETWORK else np.isfinite(reason.value)
            weights = [abs(reason.weight) for reason in found.reasons]
            assert weights == sorted(weights, reverse=True)


def test_the_trained_eleven_say_so(heads, rows, embedding):
    for name, found in heads.predict(rows, embedding)[0].items():
        assert (found.evidence == "trained") == (ATTRIBUTES[name].scheme == "WBCAtt")


def test_a_cell_does_not_depend_on_its_company(heads, rows, embedding):
    together = heads.predict(rows, embedding)
    assert together == [heads.predict(rows[i : i + 1], embedding[i : i + 1])[0] for i in range(len(rows))]


def test_obvious_cells(heads, rows, embedding, classifier):
    # Drawn cells are no smear: only what survives every training is asked of them.
    _, lobes, curved, small = heads.predict(rows, embedding)
    plain = disc(30), disc(36)
    view = drawn(*plain, cytoplasm=BLUE)
    seen = classifier.network(network_input(view)[None])
    lymphocyte = heads.predict(features.compute(view, *plain)[None], seen.embedding)[0]
    assert lymphocyte["nuclear_shape"].value == "regular"
    assert lymphocyte["granularity"].value == "no"
    assert lymphocyte["cytoplasmic_basophilia"].value == "moderate"
    assert lobes["nucleus_shape"].value.startswith("segmented")
    assert {lobes["nuclear_shape"].value, curved["nuclear_shape"].value} == {"irregular"}
    assert small["cell_size"].value == "small"
    assert small["lld_cell_size"].value == "small"
    assert lobes["nuclear_cytoplasmic_ratio"].value == "low"


def test_what_the_image_cannot_carry(heads, rows, embedding):
    able, unable = heads.predict(rows[:2], embedding[:2], [True, False])
    assert all(found.value == NOT_ASSESSABLE for found in unable.values())
    assert all(found.probability is None and not found.reasons for found in unable.values())
    assert able["cell_size"].value != NOT_ASSESSABLE


def test_no_cells(heads):
    assert heads.predict(np.zeros((0, len(features.NAMES)))) == []


@pytest.mark.parametrize("name", ["cell_size", "cytoplasm_colour"])
@pytest.mark.parametrize("width", [0, 5])
def test_contributions_are_lightgbms_own(name, width):
    names = attributes.inputs(width)
    values, table = len(ATTRIBUTES[name].values), len(features.NAMES)
    text = model(values, names=names, telling=len(names) - 1)
    whole = lightgbm.Booster(model_str=text)
    head = made({name: (0.0,) * values}, models={name: text}).heads[0]
    rows = np.random.default_rng(3).normal(size=(6, len(names)))
    raw = whole.predict(rows, pred_contrib=True).reshape(len(rows), -1, len(names) + 1)[:, :, :-1]
    expected = np.concatenate((-raw, raw), axis=1) if values == 2 else raw
    for value in range(values):
        chosen = (np.arange(len(rows)) + value) % values
        own, found = expected[np.arange(len(rows)), chosen], head.contributions(rows, chosen)
        assert found[:, :table] == pytest.approx(own[:, :table], abs=1e-12)
        assert found[:, table] == pytest.approx(own[:, table:].sum(axis=1), abs=1e-12)
        assert (width > 0) == found[:, table].any()
    scores = whole.predict(rows, raw_score=True).reshape(len(rows), -1)
    assert np.array_equal(head.scores(rows)[:, -scores.shape[1] :], scores)


SEEING = {"cell_size": model(2, names=attributes.inputs(4), telling=len(features.NAMES) + 2)}
"""A head that follows the third column of an embedding."""


def test_what_the_network_sees_decides_and_is_one_reason():
    rows, heads = np.full((2, len(features.NAMES)), np.nan), made({"cell_size": (0.0, 0.0)}, models=SEEING)
    embedding = np.array([[0, 0, -2, 0], [0, 0, 2, 0]], np.int8)
    low, high = (cell["cell_size"] for cell in heads.predict(rows, embedding))
    assert (low.value, high.value) == ("big", "small")
    for found in (low, high):
        (reason,) = found.reasons
        assert (reason.feature, reason.value) == (NETWORK, None)
        assert reason.weight > 0


def test_without_its_network_a_head_tells_nothing():
    mapping = Mapping("cell_size", {"big": "abundant", "small": "scanty"})
    rule = Rule("cell_area", (95.0, 200.0), "literature")
    rows, embedding = np.zeros((1, len(features.NAMES))), np.zeros((1, 4), np.int8)
    offsets = {"cell_size": (0.0, 0.0), "cell_shape": (0.0, 0.0)}
    for own, seen in ((False, embedding), (True, None)):
        heads = made(
            offsets,
            {"cytoplasm": mapping},
            {"lld_cell_size": rule},
            SEEING | {"cell_shape": model(2)},
            own,
        )
        told = heads.predict(rows, seen)[0]
        assert {name for name, found in told.items() if found.value == NOT_ASSESSABLE} == {"cell_size", "cytoplasm"}
        assert (told["cell_size"].evidence, told["cytoplasm"].evidence) == ("trained", "mapped")
        assert told["cytoplasm"].probability is None
    assert NOT_ASSESSABLE not in {found.value for found in made(offsets).predict(rows, embedding)[0].values()}


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
        ({"models": {"cell_size": model(2, names=[*features.NAMES, "embedding_1"])}}, "another feature table"),
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


@pytest.mark.parametrize("network", [b"the heads' own", b"another"])
def test_load_reads_what_the_section_names_and_knows_the_network(network):
    own = hashlib.sha256(b"the heads' own").hexdigest()
    section = Parameters(0.3, {"cell_size": (0.0, 0.0)}, {}, {}, own)
    files = {"attributes/cell_size.txt": SEEING["cell_size"].encode(), "net.tflite": network}
    bundle = SimpleNamespace(
        section=lambda name, kind: section if (name, kind) == ("attributes", Parameters) else None,
        parameters={"classifier": {"file": "net.tflite"}},
        file=files.__getitem__,
    )
    heads = AttributeHeads.load(bundle)
    assert [head.name for head in heads.heads] == ["cell_size"]
    told = heads.predict(np.zeros((1, len(features.NAMES))), np.zeros((1, 4), np.int8))[0]["cell_size"]
    assert (told.value == NOT_ASSESSABLE) == (network == b"another")


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
