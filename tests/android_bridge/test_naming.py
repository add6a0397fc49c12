"""From a cell's view to its name, its attributes and the differential: Java and Python say the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from lowcost import conformal, crop, differential, features, novelty, reliability, taxonomy
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle, seal
from lowcost.classifier import Classifier, Parameters, Prediction, decide
from lowcost.export.json import dumps
from lowcost.morphology import Model, Shift
from lowcost.pipeline import Analyzer
from lowcost.result import SmearResult
from lowcost.strength import Strength
from tests import fields, smears
from tests.android_bridge.bridge import JavaError
from tests.profiles import profile


@pytest.fixture(scope="module")
def bundle(repository: Path) -> Bundle:
    return Bundle.load(repository / "models" / "lowcost-1")


def changed(bundle: Bundle, folder: Path, change) -> Bundle:
    """A copy of a bundle whose parameters were changed, sealed again."""
    shutil.copytree(bundle.folder, folder)
    index = json.loads((folder / "bundle.json").read_text())
    change(index["parameters"])
    (folder / "bundle.json").write_text(json.dumps(index))
    seal(folder)
    return Bundle.load(folder)


@pytest.fixture(scope="module")
def corrected(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with a correction as `lowcost train heads` makes them."""

    def add(parameters: dict) -> None:
        classes, random = parameters["classifier"]["classes"], np.random.default_rng(2)
        inputs = [*classes, *features.NAMES[:40:3]]
        parameters["correction"] = {
            "inputs": inputs,
            "centre": random.normal(0, 20, len(inputs)).tolist(),
            "spread": random.uniform(1, 30, len(inputs)).tolist(),
            "limit": 3.0,
            "classes": ["lymphocyte", "monocyte", "blast"],
            "bias": [4.25, -3.5, -0.75],
            "weights": random.normal(0, 4, (3, len(inputs))).tolist(),
        }

    return changed(bundle, tmp_path_factory.mktemp("corrected") / "bundle", add)


@pytest.fixture(scope="module")
def reliable(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle, its classifier's errors known, whether or not they were counted since it was last trained."""

    def count(parameters: dict) -> None:
        parameters["reliability"] = asdict(reliability.naming(bundle))
        parameters["differential"] |= {"confusion": smears.CONFUSION, "confusion_rounds": 60}

    return changed(bundle, tmp_path_factory.mktemp("reliable") / "bundle", count)


def crops(number: int) -> np.ndarray:
    """Cells as far as the network can tell: dark discs of many densities on many grounds, with noise."""
    random = np.random.default_rng(6)
    y, x = np.mgrid[:96, :96] - 48
    found = np.empty((number, 96, 96, 3), np.uint8)
    for pixels in found:
        ground, dark = random.integers(120, 250, 3), random.integers(0, 220, 3)
        inside = np.hypot(x - random.integers(-8, 9), y) < random.integers(4, 40)
        noise = random.normal(0, random.choice([1, 8, 30]), (96, 96, 3))
        pixels[:] = np.clip(np.where(inside[..., None], dark, ground) + noise, 0, 255)
    return found


def rows(bundle: Bundle, number: int) -> np.ndarray:
    """Features below, between, on and beyond the levels of the linear model, some of them undefined."""
    random = np.random.default_rng(7)
    levels = np.array(bundle.document("morphology.json", Model).levels)
    ranks = random.integers(levels.shape[1], size=(number, len(levels)))
    found = levels[np.arange(len(levels)), ranks] * random.choice([1, 1, 0.97, 1.04], ranks.shape)
    found[random.random(found.shape) < 0.03] = 0.0
    found[random.random(found.shape) < 0.05] = np.nan
    found[random.random(found.shape) < 0.01] = np.inf
    return found


def same_predictions(answer: dict, predictions: tuple[Prediction, ...] | list[Prediction]) -> None:
    assert answer["types"] == [prediction.type for prediction in predictions]
    assert answer["logits"].tolist() == [list(prediction.logits) for prediction in predictions]
    assert answer["probability"].tolist() == [prediction.probability for prediction in predictions]
    expected = [list(prediction.probabilities.values()) for prediction in predictions]
    assert answer["probabilities"].tolist() == expected


def test_names(java):
    found = java("taxonomy")
    types = [[t.name, t.label, t.is_leukocyte, t.is_blast_equivalent, t.loinc] for t in taxonomy.CELL_TYPES.values()]
    assert found["types"] == types
    attributes = [[a.name, a.label, a.scheme, list(a.values)] for a in taxonomy.ATTRIBUTES.values()]
    assert found["attributes"] == attributes
    assert found["notice"] == taxonomy.RESEARCH_USE_NOTICE


def test_crops(java):
    view = np.random.default_rng(3).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    assert np.array_equal(java("crop", view=view)["crop"], crop.network_input(view))
    with pytest.raises(JavaError, match="a view must be 256 x 256 px, got 255 x 256"):
        java("crop", view=view[:, :255])


def test_strength(java, bundle):
    strength, some = Strength.load(bundle, crop.UM_PER_PX), crops(200)
    some = np.concatenate([some, [np.full((96, 96, 3), value, np.uint8) for value in range(0, 256, 5)]])
    found = java("strength", bundle=str(bundle.folder), crops=some)["crops"]
    assert np.array_equal(found, np.stack([strength.level(pixels) for pixels in some]))


@pytest.mark.parametrize("kind", ["shipped", "corrected", "shifted", "recalibrated"])
def test_types(java, bundle, corrected, kind):
    used = corrected if kind == "corrected" else bundle
    random, device = np.random.default_rng(11), {}
    shift = recalibration = None
    if kind == "recalibrated":
        recalibration = profile(used).recalibration
        own = replace(profile(used), shift=None)
        device["profile"] = np.frombuffer(own.dumps(), np.uint8)
    if kind == "shifted":
        width = len(used.parameters["classifier"]["classes"])
        shift = Shift(
            tuple(random.normal(0, 0.5, len(features.NAMES))), tuple(random.integers(-40, 41, width).tolist())
        )
        device["profile"] = np.frombuffer(replace(profile(used), shift=shift, recalibration=None).dumps(), np.uint8)
    classifier, some, measured = Classifier.load(used, shift, recalibration), crops(120), rows(used, 120)
    seen = classifier.network(some)
    found = java("classifier", bundle=str(used.folder), crops=some, rows=measured, **device)
    assert np.array_equal(found["network"].view(np.int8), seen.logits)
    assert np.array_equal(found["embedding"].view(np.int8), seen.embedding)
    predictions = classifier.predict(seen, measured)
    assert len({prediction.type for prediction in predictions}) >= 4  # the comparison is of something
    same_predictions(found, predictions)


def test_decisions(java, bundle):
    """Every road through the decision, equals included."""
    random = np.random.default_rng(4)
    parameters = bundle.section("classifier", Parameters)
    logits = random.integers(-128, 128, (3000, len(parameters.classes))).astype(np.int32)
    logits[::3] = logits[::3] // 16 * 4
    logits[::7] = random.integers(-2, 3, logits[::7].shape)
    found = java("classifier.decide", bundle=str(bundle.folder), logits=logits)
    same_predictions(found, [decide(own, parameters) for own in logits.tolist()])


def same_attributes(found: list[dict], expected: list[dict]) -> None:
    for cell, known in zip(found, expected, strict=True):
        assert list(cell) == list(known)
        for name, (value, probability, evidence, reasons) in cell.items():
            own = known[name]
            assert (value, evidence) == (own.value, own.evidence), name
            assert (probability is None) == (own.probability is None)
            if probability is not None:
                assert probability == pytest.approx(own.probability, rel=1e-12, abs=1e-12)
            assert [reason[:2] for reason in reasons] == [[reason.feature, reason.value] for reason in own.reasons]
            weights = [reason.weight for reason in own.reasons]
            assert [reason[2] for reason in reasons] == pytest.approx(weights, rel=1e-9)


def test_attributes(java, bundle):
    heads, measured = AttributeHeads.load(bundle), rows(bundle, 60)
    embedding = np.random.default_rng(5).integers(-128, 128, (60, 192)).astype(np.int8)
    folder = str(bundle.folder)
    found = java("attributes", bundle=folder, rows=measured, embedding=embedding, assessable=True)
    same_attributes(found["cells"], heads.predict(measured, embedding))
    without = java("attributes", bundle=folder, rows=measured, assessable=True)
    same_attributes(without["cells"], heads.predict(measured))
    unable = java("attributes", bundle=folder, rows=measured, embedding=embedding, assessable=False)
    same_attributes(unable["cells"], heads.predict(measured, embedding, [False] * len(measured)))


def test_attributes_of_another_network(java, bundle, tmp_path):
    def forget(parameters: dict) -> None:
        parameters["attributes"]["network"] = "0" * 64

    used = changed(bundle, tmp_path / "bundle", forget)
    measured, embedding = rows(bundle, 3), np.zeros((3, 192), np.int8)
    found = java("attributes", bundle=str(used.folder), rows=measured, embedding=embedding, assessable=True)
    expected = AttributeHeads.load(used).predict(measured, embedding)
    assert expected[0]["cell_size"].value == taxonomy.NOT_ASSESSABLE
    same_attributes(found["cells"], expected)


def test_doubts(java, bundle):
    """Possible types and novelty of cells with measured, missing and no features."""
    random, measured = np.random.default_rng(8), rows(bundle, 200)
    parameters = bundle.section("classifier", Parameters)
    limits, strange = conformal.load(bundle), novelty.load(bundle)
    assert limits is not None
    assert strange is not None
    cells, possible, new = [], [], []
    centre = np.array(next(iter(strange.kinds.values())))
    for number in range(200):
        prediction = decide(random.integers(-60, 60, len(parameters.classes)).tolist(), parameters)
        values = dict(zip(features.NAMES, measured[number].tolist(), strict=True))
        near = centre + random.normal(0, random.choice([0.1, 1, 3]), len(centre)) * np.array(strange.spread)
        values |= dict(zip(strange.features, near.tolist(), strict=True)) if number % 3 else {}
        values = {name: value for name, value in values.items() if np.isfinite(value)} if number % 20 else {}
        cells.append({"type": prediction.type, "probabilities": prediction.probabilities, "features": values})
        possible.append(list(conformal.possible_types(prediction.type, prediction.probabilities, limits)))
        new.append(novelty.of_cell(values, strange))
    ranks = [value for value in new if value is not None]
    found = java("doubts", bundle=str(bundle.folder), cells=cells, ranks=np.array(ranks))
    assert found["possible_types"] == possible
    assert found["novelty"] == new
    assert len(set(ranks)) > 20
    assert found["field"] == novelty.of_field(ranks)
    assert found["reliable"] == reliability.holds(bundle)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("classifier", "type_limit", 0.5), ("classifier", "leukocyte_limit", 0.2), ("reliability", "network", "0" * 64)],
)
def test_errors_of_another_classifier_are_not_this_ones(java, reliable, tmp_path, section, name, value):
    assert java("doubts", bundle=str(reliable.folder), cells=[])["reliable"] is True
    used = changed(reliable, tmp_path / "bundle", lambda parameters: parameters[section].update({name: value}))
    assert not reliability.holds(used)
    assert java("doubts", bundle=str(used.folder), cells=[])["reliable"] is False


def rewritten(java, bundle: Bundle, result: SmearResult) -> str:
    text = np.frombuffer(dumps(result).encode(), np.uint8)
    return java("result", bundle=str(bundle.folder), result=text)["result"].tobytes().decode()


def test_results_of_slides(java, reliable):
    """The differential of slides of every composition, computed and written anew: the same text."""
    random = np.random.default_rng(9)
    parameters = reliable.section("differential", differential.Parameters)
    kinds = list(taxonomy.CELL_TYPES)
    for size in (0, 1, 2, 17, 99, 100, 199, 200, 400):
        shares = random.dirichlet(np.full(len(kinds), random.choice([0.1, 1.0])))
        drawn = random.choice(kinds, size, p=shares).tolist()
        found = [smears.cell(number + 1, kind) for number, kind in enumerate(drawn)]
        slide = [smears.field(found[: size // 2]), smears.field(found[size // 2 :], "ü 2.png", "doubtful")]
        slide.append(smears.field(found[:3], "unused.png", "rejected"))
        result = smears.smear(slide, [smears.Failure("a\n.png", "is no image")], parameters)
        assert rewritten(java, reliable, result) == dumps(result)


def test_results_without_known_errors(java, bundle, tmp_path):
    used = changed(bundle, tmp_path / "bundle", lambda parameters: parameters.pop("reliability", None))
    parameters = replace(bundle.section("differential", differential.Parameters), confusion={})
    result = smears.smear([smears.field([smears.cell(n, "blast") for n in range(1, 30)])], (), parameters)
    assert "with_errors" not in dumps(result)
    assert rewritten(java, used, result) == dumps(result)


def test_results_with_types_that_no_held_out_cell_was_taken_for(java, reliable, tmp_path):
    def forget(parameters: dict) -> None:
        for named in parameters["differential"]["confusion"].values():
            named.pop("metamyelocyte", None)
        parameters["differential"]["confusion"]["basophil"] = {}

    used = changed(reliable, tmp_path / "bundle", forget)
    kinds = ["metamyelocyte", "basophil", "basophil", "lymphocyte", "lymphocyte", "monocyte"]
    slide = [smears.field([smears.cell(number + 1, kind) for number, kind in enumerate(kinds)])]
    result = smears.smear(slide, (), used.section("differential", differential.Parameters))
    assert rewritten(java, used, result) == dumps(result)


def test_a_real_result(java, bundle):
    result = Analyzer.load(bundle.folder).analyze(fields.row().pixels, um_per_px=0.12)
    assert len(result.cells) >= 4
    assert rewritten(java, bundle, result) == dumps(result)
