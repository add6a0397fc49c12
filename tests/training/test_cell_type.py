from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install lowcost[train]")

from lowcost import runtime
from lowcost.bundle import Bundle
from lowcost.crop import UM_PER_PX, network_input
from lowcost.datasets import catalogue
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.strength import Strength
from lowcost.training import card, cell_type, checkpoint, export, network, temperature, views
from lowcost.training.augmentation import augment

STRENGTH = Strength.load(Bundle.load(), UM_PER_PX)


@pytest.fixture(autouse=True)
def _few_blocks(monkeypatch):
    """A network that is built in a second; how it is trained is the same."""
    monkeypatch.setattr(network, "BLOCKS", ((16, 2), (16, 1), (24, 2)))


@pytest.fixture(scope="module")
def data():
    """Twenty-six rendered views: dark discs whose size tells the class."""
    classes = len(views.CLASSES)
    images = np.full((2 * classes, views.EDGE, views.EDGE, 3), 240, np.uint8)
    rows, columns = np.mgrid[: views.EDGE, : views.EDGE] - (views.EDGE - 1) / 2
    for number, image in enumerate(images):
        image[np.hypot(rows, columns) < 6 + 2 * (number % classes)] = (120, 60, 150)
    allowed = np.tile(np.eye(classes, dtype=bool), (2, 1))
    part = np.repeat(["train", "dev"], classes)
    source, name, group = (np.full(len(images), text) for text in ("pbc", "disc", ""))
    attributes = np.random.default_rng(0).integers(-1, 2, (len(images), 11)).astype(np.int8)
    return views.Views(images, allowed, source, part, name, group, attributes)


def test_augmentation_repeats_and_varies(data):
    first, again, other = (augment(data.images[4], data.images[9], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_batches_repeat_and_epochs_differ(data):
    settings = cell_type.Settings(steps=1, batch=4)
    one, again, next_epoch = (cell_type.Batches(data, settings, STRENGTH, epoch) for epoch in (0, 0, 1))
    assert (one[0][0] == again[0][0]).all()
    assert (one[0][0] != next_epoch[0][0]).any()


def test_training_view_is_cropped_as_the_product_does():
    view = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    assert (cell_type.middle(views.halve(view)[None])[0] == network_input(view)).all()


def test_folding_the_normalisation_changes_nothing():
    model = network.build(5, 0.0)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3)).astype(np.uint8)
    expected = model.predict(cell_type.normalised(pixels), verbose=0)
    found, embedding = network.fold_input(model).predict(pixels.astype(np.float32), batch_size=1, verbose=0)
    assert embedding.shape == (1, network.BLOCKS[-1][0])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_int8_follows_the_trained_network(data, tmp_path):
    settings = cell_type.Settings(epochs=1, steps=3, batch=16, calibration=8)
    model = cell_type.train(data, settings, STRENGTH, tmp_path / "checkpoint.npz")
    crops = cell_type.middle(data.images)
    crops[0, 0, :2] = [[0], [255]]
    content = export.to_int8(model, crops)
    interpreter = runtime.find().load(content)
    entry, output = interpreter.get_input_details()[0], runtime.outputs(interpreter)[0]
    scale, zero = output["quantization"]
    assert entry["quantization"] == (1.0, 0)
    assert export.logit_scale(content) == scale
    found = []
    for crop in crops:
        interpreter.set_tensor(entry["index"], crop[None])
        interpreter.invoke()
        found.append((interpreter.get_tensor(output["index"])[0].astype(float) - zero) * scale)
    expected = model.predict(cell_type.normalised(crops), verbose=0)
    assert np.abs(np.array(found) - expected).mean() < 0.1 * np.ptp(expected)


def test_temperature_is_found_again():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20000, 5))
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (random.random((20000, 1)) < probability.cumsum(axis=1)).argmax(axis=1)
    assert temperature.fit(3.0 * logits, np.eye(5, dtype=bool)[truth]) == pytest.approx(3.0, rel=0.05)


def test_parts_depend_on_the_name_alone(tmp_path):
    names = [tmp_path / f"{number}.jpg" for number in range(2000)]
    parts = [views.part_of(name) for name in names]
    assert parts == [views.part_of(name.parent / "other" / name.name) for name in names]
    assert [parts.count(part) / len(parts) for part in ("train", "dev", "test")] == pytest.approx(
        [0.7, 0.1, 0.2], abs=0.03
    )


def test_no_set_that_may_not_train_is_listed():
    assert all(catalogue.CATALOGUE[name].card.may_train for name in views.TRAINING_SETS)


class Stopped(Exception):
    """What interrupts a training in these tests."""


def test_the_same_seed_gives_the_same_weights_also_after_an_interruption(data, tmp_path, monkeypatch):
    settings = cell_type.Settings(epochs=2, steps=2, batch=8)
    whole = cell_type.train(data, settings, STRENGTH, tmp_path / "whole.npz").get_weights()
    again = cell_type.train(data, settings, STRENGTH, tmp_path / "again.npz").get_weights()
    assert all((a == b).all() for a, b in zip(whole, again, strict=True))

    batches = []

    def stop(self, batch, logs=None):
        batches.append(batch)
        if len(batches) == 3:
            raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(checkpoint.Progress, "on_train_batch_end", stop)
        cell_type.train(data, settings, STRENGTH, tmp_path / "stopped.npz")
    assert batches == [0, 1, 0]
    resumed = cell_type.train(data, settings, STRENGTH, tmp_path / "stopped.npz").get_weights()
    assert all((a == b).all() for a, b in zip(whole, resumed, strict=True))


def test_a_checkpoint_of_another_training_is_refused(data, tmp_path):
    settings = cell_type.Settings(epochs=1, steps=1, batch=4)
    cell_type.train(data, settings, STRENGTH, tmp_path / "c.npz")
    with pytest.raises(InputError, match="other settings"):
        cell_type.train(data, replace(settings, seed=8), STRENGTH, tmp_path / "c.npz")
    (tmp_path / "c.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="damaged"):
        cell_type.train(data, settings, STRENGTH, tmp_path / "c.npz")


def test_the_network_has_the_classes_that_were_labelled(data, tmp_path):
    some = data.where(data.allowed[:, [0, 7, 8]].any(axis=1))
    assert cell_type.present(some) == ("neutrophil_segmented", "lymphocyte", "monocyte")
    model = cell_type.train(some, cell_type.Settings(epochs=1, steps=1, batch=4), STRENGTH, tmp_path / "c.npz")
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [([0], "at least two classes"), ([0, 1], "at least 10")],
)
def test_views_that_do_not_suffice(data, chosen, message):
    with pytest.raises(InputError, match=message):
        cell_type.check(data.where(data.allowed[:, chosen].any(axis=1)))


def test_a_class_without_cells_that_choose(data):
    many = views.Views(**{name: np.concatenate([values] * 10) for name, values in vars(data).items()})
    part = np.where(np.arange(len(many.part)) % 5 == 0, "test", many.part)
    part[many.allowed[:, 3] & (part == "dev")] = "train"
    with pytest.raises(InputError, match="no dev cells of myelocyte"):
        cell_type.check(replace(many, part=part))


def test_figures_of_the_shipped_card():
    def cells(*pairs):
        allowed = [frozenset(truth.split("/")) for truth, _ in pairs]
        names = [name for _, name in pairs]
        return naming.collect(allowed, names, names, [{name: 0.9} for name in names], [""] * len(pairs))

    neutrophil = "neutrophil_band/neutrophil_segmented"
    test = {
        "pbc": cells(("myelocyte", "promyelocyte"), ("lymphocyte", "lymphocyte"), ("artefact", "blast")),
        "bone_marrow": cells(("blast", "blast"), ("lymphocyte", "blast"), ("monocyte", "monocyte")),
        "bccd": cells((neutrophil, "neutrophil_band"), ("platelet", "platelet")),
        "raabin_dev": cells((neutrophil, "neutrophil_segmented"), ("basophil", "unidentified")),
    }
    found = {name: value.split(" ")[0] for name, value in card.figures(test)}
    assert found["PBC test, 8 published classes, accuracy (n = 2)"] == "1.000"
    assert found["PBC test, 11 fine classes, accuracy (n = 2)"] == "0.500"
    assert found["PBC test, cells called blast (none is; n = 2)"] == "0.000"
    assert found["Marrow test, blasts found (n = 1)"] == "1.000"
    assert found["Marrow test, lymphocytes called blast (n = 1)"] == "1.000"
    assert found["BCCD test, leukocytes of 5 types and platelets, accuracy (n = 2)"] == "1.000"
    assert found["Raabin, camera never seen, balanced accuracy over 5 types (n = 2)"] == "0.500"
