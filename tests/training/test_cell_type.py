import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install lowcost[train]")

from lowcost import runtime
from lowcost.crop import network_input
from lowcost.datasets import bccd, bone_marrow, pbc
from lowcost.training import card, cell_type, export, network, views
from lowcost.training.augmentation import augment


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
    return views.Views(images, allowed, source, part, name, group)


def test_augmentation_repeats_and_varies(data):
    first, again, other = (augment(data.images[4], data.images[9], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_batches_repeat_and_epochs_differ(data):
    settings = cell_type.Settings(steps=1, batch=4)
    one, two = cell_type.Batches(data, settings), cell_type.Batches(data, settings)
    assert (one[0][0] == two[0][0]).all()
    two.on_epoch_end()
    assert (one[0][0] != two[0][0]).any()


def test_training_view_is_cropped_as_the_product_does():
    view = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    assert (cell_type.middle(views.halve(view)[None])[0] == network_input(view)).all()


def test_folding_the_normalisation_changes_nothing():
    model = network.build(5, 0.0)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3)).astype(np.uint8)
    expected = model.predict(cell_type.normalised(pixels), verbose=0)
    found = network.fold_input(model).predict(pixels.astype(np.float32), batch_size=1, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_int8_follows_the_trained_network(data):
    settings = cell_type.Settings(epochs=1, steps=3, batch=16, calibration=8)
    model = cell_type.train(data, settings)
    crops = cell_type.middle(data.images)
    crops[0, 0, :2] = [[0], [255]]
    content = export.to_int8(model, crops)
    interpreter = runtime.find().load(content)
    entry, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
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
    assert cell_type.fit_temperature(3.0 * logits, np.eye(5, dtype=bool)[truth]) == pytest.approx(3.0, rel=0.05)


def test_parts_depend_on_the_name_alone(tmp_path):
    names = [tmp_path / f"{number}.jpg" for number in range(2000)]
    parts = [views.part_of(name) for name in names]
    assert parts == [views.part_of(name.parent / "other" / name.name) for name in names]
    assert [parts.count(part) / len(parts) for part in ("train", "dev", "test")] == pytest.approx(
        [0.7, 0.1, 0.2], abs=0.03
    )


def test_no_set_that_may_not_train_is_listed():
    assert tuple(s.CARD.name for s in (pbc, bone_marrow, bccd) if s.CARD.may_train) == cell_type.TRAINING_SETS


def test_calibration_error_of_a_known_case(data):
    probabilities = np.full((26, 13), 0.1 / 12)
    probabilities[:, 0] = 0.9
    scored = card.Scored(data, probabilities, np.full(26, "lymphocyte"))
    assert card._calibration_error(scored).startswith(f"{0.9 - 2 / 26:.3f}")
