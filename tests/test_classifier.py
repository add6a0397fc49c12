import dataclasses
import json
import threading

import numpy as np
import pytest
from scipy.special import softmax

from lowcost import features, runtime
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier, Parameters, decide
from lowcost.errors import BundleError, InputError
from lowcost.taxonomy import CELL_TYPES

OPERATORS = {"QUANTIZE", "PAD", "CONV_2D", "DEPTHWISE_CONV_2D", "MEAN", "FULLY_CONNECTED"}


@pytest.fixture(scope="module")
def bundle(repository):
    return Bundle.load(repository / "models" / "lowcost-1")


@pytest.fixture(scope="module")
def classifier(bundle):
    return Classifier.load(bundle)


def crops(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 96, 96, 3)).astype(np.uint8)


def rows(count):
    return np.random.default_rng(1).normal(size=(count, len(features.NAMES)))


def pattern(number):
    """A drawn cell from integers alone, so that any language can repeat it."""
    row, column = np.mgrid[:96, :96] - 48
    crop = np.full((96, 96, 3), 240, np.int64)
    crop[row * row + column * column < (22 + 2 * number) ** 2] = (190 - 10 * number, 170, 215)
    for shift in (-8, 0, 8)[: 1 + number % 3]:
        crop[(row - shift) ** 2 + (column + shift) ** 2 < (20 - 4 * (number % 3)) ** 2] = (110, 50 + 5 * number, 150)
    crop += ((row * 7 + column * 13 + row * column * (number + 1)) % 17 - 8)[..., None]
    return np.clip(crop, 0, 255).astype(np.uint8)


@pytest.fixture
def three():
    """Parameters of three classes: two leukocytes and a platelet; one unit of logit is ln 2 = a factor of 2."""
    return Parameters(
        file="",
        classes=("lymphocyte", "monocyte", "platelet"),
        logit_scale=1.0,
        temperature=1.0,
        softmax_table=tuple(0.5**k for k in range(256)),
        leukocyte_limit=0.5,
        stages=(),
        type_limit=0.6,
    )


class TestShippedNetwork:
    def test_logits_are_the_recorded_ones(self, classifier, bundle, repository):
        # A new network needs new logits: run tests/data/record_logits.py.
        recorded = json.loads((repository / "tests" / "data" / "cell_type_logits.json").read_text())
        found = classifier.network(np.stack([pattern(n) for n in range(len(recorded["logits"]))]))
        assert found.logits.tolist() == recorded["logits"]

    def test_types_in_and_out(self, classifier):
        entry = classifier._interpreter.get_input_details()[0]
        output = runtime.outputs(classifier._interpreter)[0]
        assert entry["dtype"] == np.uint8
        assert entry["quantization"] == (1.0, 0)
        assert output["dtype"] == np.int8
        assert output["quantization"][0] == classifier.parameters.logit_scale

    def test_the_embedding_is_the_other_output(self, classifier):
        embedding = runtime.outputs(classifier._interpreter)[1]
        assert embedding["dtype"] == np.int8
        assert classifier.network(crops(2)).embedding.shape == (2, int(embedding["shape"][-1]))
        assert len(np.unique(classifier.network(crops(2)).embedding)) > 2

    def test_operators_are_the_portable_ones(self, classifier):
        # DELEGATE is the runtime's own wrapping, not in the file.
        names = {entry["op_name"] for entry in classifier._interpreter._get_ops_details()} - {"DELEGATE"}
        assert names <= OPERATORS

    def test_it_is_small(self, bundle):
        assert len(bundle.file("cell_type.tflite")) < 300_000

    def test_classes_are_known_and_in_order(self, classifier):
        names = classifier.parameters.classes
        assert len(names) == 13
        assert names[0] == "neutrophil_segmented"
        assert names[-1] == "artefact"
        assert set(names) <= set(CELL_TYPES)

    def test_table_is_the_exponential(self, classifier):
        p = classifier.parameters
        expected = np.exp(-np.arange(256) * p.logit_scale / p.temperature)
        np.testing.assert_allclose(p.softmax_table, expected, rtol=1e-14)

    def test_probabilities_are_the_softmax(self, classifier):
        p = classifier.parameters
        for prediction in classifier.predict(classifier.network(crops(4)), rows(4)):
            expected = softmax(np.array(prediction.logits) * p.logit_scale / p.temperature)
            np.testing.assert_allclose(list(prediction.probabilities.values()), expected, rtol=1e-12)
            assert tuple(prediction.probabilities) == p.classes

    def test_each_crop_is_judged_alone(self, classifier):
        many = crops(5)
        together, alone = classifier.network(many), classifier.network(many[3:4])
        assert (together.embedding[3] == alone.embedding[0]).all()
        assert classifier.predict(together, rows(5))[3] == classifier.predict(alone, rows(5)[3:4])[0]

    def test_no_crop_no_prediction(self, classifier):
        assert classifier.predict(classifier.network(np.zeros((0, 96, 96, 3), np.uint8)), rows(0)) == ()

    def test_many_threads_get_the_same(self, classifier):
        many = crops(12)
        expected = classifier.network(many)
        found = [None] * 4

        def work(slot):
            found[slot] = classifier.network(many)

        threads = [threading.Thread(target=work, args=(slot,)) for slot in range(len(found))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for seen in found:
            assert (seen.logits == expected.logits).all()
            assert (seen.embedding == expected.embedding).all()

    @pytest.mark.parametrize(
        "wrong",
        [np.zeros((96, 96, 3), np.uint8), np.zeros((2, 95, 96, 3), np.uint8), np.zeros((1, 96, 96, 3), np.float32)],
    )
    def test_other_arrays_are_refused_in_words(self, classifier, wrong):
        with pytest.raises(InputError, match=r"\(n, 96, 96, 3\) uint8 array, got"):
            classifier.network(wrong)

    @pytest.mark.parametrize(
        "change",
        [
            {"classes": ("lymphocyte", "monocyte")},
            {"softmax_table": (1.0,)},
            {"logit_scale": 123.0},
            {"classes": ("unicorn",) * 13},
        ],
    )
    def test_parameters_of_another_network_are_refused(self, bundle, classifier, change):
        with pytest.raises(BundleError, match="does not fit"):
            Classifier(
                bundle.file("cell_type.tflite"),
                dataclasses.replace(classifier.parameters, **change),
                classifier.strength,
            )


class TestDecision:
    def test_a_clear_type_is_named(self, three):
        prediction = decide([10, 0, 0], three)
        assert prediction.type == "lymphocyte"
        assert prediction.probability == 1 / (1 + 2 * 0.5**10)

    def test_two_likely_types_are_unidentified(self, three):
        prediction = decide([10, 10, 0], three)
        assert prediction.type == "unidentified"
        assert prediction.probability == prediction.probabilities["lymphocyte"]

    def test_doubt_about_the_type_makes_no_leukocyte(self, three):
        assert decide([0, 0, 2], three).type == "platelet"

    def test_leukocyte_classes_count_together(self, three):
        # 1 + 1/4 against 1: more probably a leukocyte, and a lymphocyte among those.
        assert decide([5, 3, 5], three).type == "lymphocyte"

    def test_stages_of_one_type_count_together(self, three):
        classes = ("monocyte", "neutrophil_segmented", "neutrophil_band", "platelet")
        staged = dataclasses.replace(
            three, classes=classes, stages=(("neutrophil_segmented", "neutrophil_band"),), type_limit=0.65
        )
        # 1 against 1 + 1: a neutrophil with two thirds, though no class has more than another.
        prediction = decide([9, 9, 9, -100], staged)
        assert prediction.type == "neutrophil_segmented"
        assert prediction.probability == prediction.probabilities["monocyte"]
        assert decide([9, 9, 9, -100], dataclasses.replace(staged, stages=())).type == "unidentified"

    def test_the_best_stage_is_named_even_below_another_type(self, three):
        classes = ("monocyte", "neutrophil_segmented", "neutrophil_band", "platelet")
        staged = dataclasses.replace(
            three, classes=classes, stages=(("neutrophil_segmented", "neutrophil_band"),), type_limit=0.5
        )
        assert decide([10, 8, 9, -100], dataclasses.replace(staged, type_limit=0.4)).type == "monocyte"
        assert decide([9, 8, 9, -100], staged).type == "neutrophil_band"

    def test_a_cell_that_is_likelier_something_else_has_no_name(self, three):
        # Still a leukocyte, for doubt shall lose none; but a name at 1/5 while a platelet has 4/5 would be nonsense.
        lenient = dataclasses.replace(three, leukocyte_limit=0.15)
        assert decide([3, -100, 5], lenient).type == "unidentified"
        assert decide([5, -100, 5], lenient).type == "lymphocyte"

    def test_limits_are_inclusive(self, three):
        assert decide([5, -100, 5], dataclasses.replace(three, leukocyte_limit=0.5)).type == "lymphocyte"
        assert decide([5, 5, -100], dataclasses.replace(three, type_limit=0.5)).type == "lymphocyte"

    def test_first_of_equals_wins(self, three):
        assert decide([5, 5, -100], dataclasses.replace(three, type_limit=0.0)).type == "lymphocyte"

    def test_farthest_logits(self, three):
        prediction = decide([127, -128, -128], three)
        assert prediction.type == "lymphocyte"
        assert prediction.probabilities["platelet"] == 0.5**255

    def test_probabilities_sum_to_one(self, three):
        assert sum(decide([3, -7, 1], three).probabilities.values()) == pytest.approx(1.0, abs=1e-15)
