"""The cell-type network of a bundle, trained with Keras on any backend: ``lowcost train cell-type``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from lowcost import morphology
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier, Parameters
from lowcost.correction import SECTION
from lowcost.crop import CROP_PX, UM_PER_PX
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.errors import InputError
from lowcost.evaluation import naming
from lowcost.strength import Strength
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training import backend, card, record, sources, temperature, views
from lowcost.training.augmentation import augment
from lowcost.training.checkpoint import Checkpoint, Progress
from lowcost.training.fingerprint import fingerprint
from lowcost.training.network import CONTRAST, WHITE, build, with_attributes
from lowcost.training.record import Finished
from lowcost.training.target import Target

FILE = "cell_type.tflite"
STAGES = (("neutrophil_segmented", "neutrophil_band"),)

VALUES = tuple(len(ATTRIBUTES[name].values) for name in ATTRIBUTE_NAMES)
"""Number of values of each attribute that the embedding learns beside the types."""

LEAST_PER_CLASS = 10
"""Cells that a class needs."""


@dataclass(frozen=True)
class Settings:
    """How the network is trained.

    Attributes
    ----------
    seed : int
        Of weights, sampling and augmentation.
    epochs, steps, batch : int
        Epochs, batches per epoch, views per batch.
    learning_rate : float
        At the start; it falls to zero along a cosine.
    smoothing : float
        Share of the target spread over all classes.
    dropout : float
        Share of pooled features dropped.
    attributes : float
        Weight of each attribute's loss against the type's.
    strength : float
        Standard deviation of the log of the stain's strength: what levelling leaves of it.
    balance : float
        A group (type and set) of n views is drawn in proportion to ``n ** balance``: 1 as they are, 0 all alike.
    calibration : int
        Augmented training crops that set the ranges of the int8 activations.
    leukocyte_limit, type_limit : float
        The classifier's limits, chosen on ``dev`` views and Raabin: the second leaves unnamed one cell in fifty of the
        sets trained on and one in five of a camera never seen, and is right more often about the rest.
    """

    seed: int = 7
    epochs: int = 28
    steps: int = 250
    batch: int = 64
    learning_rate: float = 2e-3
    smoothing: float = 0.05
    dropout: float = 0.1
    attributes: float = 0.15
    strength: float = 0.1
    balance: float = 0.5
    calibration: int = 400
    leukocyte_limit: float = 0.15
    type_limit: float = 0.55


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Augmented batches; each is a pure function of seed, epoch and position."""

    def __init__(self, data: views.Views, settings: Settings, strength: Strength, epoch: int = 0) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=20)
        self.data, self.settings, self.strength, self.epoch = data, settings, strength, epoch
        _, group, counts = np.unique(
            np.column_stack([data.allowed.astype(str), data.source]), axis=0, return_inverse=True, return_counts=True
        )
        self.allowed = columns(data, present(data)).astype(np.float32)
        weight = counts[group.ravel()] ** (settings.balance - 1.0)
        self.chance = weight / weight.sum()

    def __len__(self) -> int:
        return self.settings.steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], NDArray[np.float32]]]:
        random = np.random.default_rng((self.settings.seed, self.epoch, index))
        chosen = random.choice(len(self.chance), self.settings.batch, p=self.chance)
        others = random.integers(0, len(self.chance), self.settings.batch)
        crops = [augment(self.data.images[i], self.data.images[j], random) for i, j in zip(chosen, others, strict=True)]
        wanted = self.strength.parameters.density * np.exp(random.normal(0, self.settings.strength, len(crops)))
        levelled = [self.strength.level(crop, int(own)) for crop, own in zip(crops, wanted, strict=True)]
        return normalised(np.stack(levelled)), (self.allowed[chosen], one_hot(self.data.attributes[chosen]))


def one_hot(attributes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Targets (n, sum of `VALUES`) of attribute numbers (n, 11): zero throughout where there is no label."""
    parts = [
        np.eye(count, dtype=np.float32)[own] * (own >= 0)[:, None]
        for count, own in zip(VALUES, attributes.T, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def levelled(crops: NDArray[np.uint8], strength: Strength) -> NDArray[np.uint8]:
    """Crops (n, 96, 96, 3) with their stains brought to one strength, as `Classifier` does."""
    return np.array([strength.level(crop) for crop in crops], np.uint8).reshape(crops.shape)


def normalised(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The network's training input: background 0, dark things positive."""
    return ((WHITE - crops.astype(np.float32)) / CONTRAST).astype(np.float32)


def middle(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Network inputs (n, 96, 96, 3) of training views (n, 128, 128, 3), as the product crops them."""
    margin = (views.EDGE - CROP_PX) // 2
    return np.ascontiguousarray(images[:, margin:-margin, margin:-margin])


def present(data: views.Views) -> tuple[str, ...]:
    """Return the classes that training views show: the network's outputs."""
    shown = data.allowed[data.part == "train"].any(axis=0)
    return tuple(name for name, there in zip(views.CLASSES, shown, strict=True) if there)


def columns(data: views.Views, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of some classes each label allows, as an (n, k) array."""
    return data.allowed[:, [views.CLASSES.index(name) for name in classes]]


def train(data: views.Views, settings: Settings, strength: Strength, checkpoint: Path) -> keras.Model:
    """Return a network trained on the ``train`` part; a training that was stopped goes on.

    Parameters
    ----------
    data : Views
        Labelled views with their parts.
    settings : Settings
        How it is trained.
    strength : Strength
        Levels its crops.
    checkpoint : Path
        File for the state after each epoch.

    Raises
    ------
    InputError
        The checkpoint belongs to another training.
    """
    keras.utils.clear_session()  # names of layers, which go into the file, count from the start
    keras.utils.set_random_seed(settings.seed)
    cv2.setNumThreads(1)
    classes = present(data)
    learning, held_out = data.where(data.part == "train"), data.where(data.part == "dev")
    model = build(len(classes), settings.dropout)
    rate = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 10,
        settings.epochs * settings.steps,
        alpha=0.0,
        warmup_target=settings.learning_rate,
        warmup_steps=2 * settings.steps,
    )

    def loss(allowed: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
        # A coarse label (neutrophil) is satisfied by any split of the probability over the classes that it allows.
        log_probability = keras.ops.log_softmax(logits)
        wanted = keras.ops.logsumexp(log_probability + (allowed - 1.0) * 1e4, axis=-1)
        spread = keras.ops.mean(log_probability, axis=-1)
        return -(1.0 - settings.smoothing) * wanted - settings.smoothing * spread

    def hit(allowed: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.take_along_axis(allowed, keras.ops.argmax(logits, axis=-1)[:, None], axis=-1)[:, 0]

    def attribute_loss(wanted: keras.KerasTensor, scores: keras.KerasTensor) -> keras.KerasTensor:
        ends = np.cumsum(VALUES).tolist()
        total = 0.0
        for end, count in zip(ends, VALUES, strict=True):
            own = slice(end - count, end)
            total -= keras.ops.sum(wanted[:, own] * keras.ops.log_softmax(scores[:, own]), axis=-1)
        return settings.attributes * total

    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, clipnorm=1.0)
    both = with_attributes(model, sum(VALUES))
    both.compile(optimizer, [loss, attribute_loss], metrics=[[hit], []])
    data_used = (learning.images, learning.allowed, learning.attributes, held_out.images)
    keeper = Checkpoint(checkpoint, fingerprint(settings, strength.parameters, classes, *data_used))
    done = keeper.restore(both)
    if done == settings.epochs:
        return model
    judging = (
        normalised(levelled(middle(held_out.images), strength)),
        (columns(held_out, classes).astype(np.float32), one_hot(held_out.attributes)),
    )
    progress = Progress(settings.epochs, settings.steps, done)
    for epoch in range(done, settings.epochs):
        # One call per epoch: Keras fetches batches ahead, and would mix those of one epoch with the next one's.
        both.fit(
            Batches(learning, settings, strength, epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            validation_data=judging if epoch % 2 or epoch + 1 == settings.epochs else None,
            callbacks=[keeper, progress],
            shuffle=False,
            verbose=0,
        )
    progress.bar.close()
    return model


def quantised(
    model: keras.Model, data: views.Views, settings: Settings, strength: Strength
) -> tuple[bytes, Parameters]:
    """Return the int8 network and its classifier section; the temperature is fitted on ``dev`` views."""
    from lowcost.training.export import logit_scale, to_int8

    learning = data.where(data.part == "train")
    random = np.random.default_rng((settings.seed, 1))
    chosen = random.choice(len(learning.part), settings.calibration, p=Batches(learning, settings, strength).chance)
    crops = levelled(np.stack([augment(learning.images[i], learning.images[i], random) for i in chosen]), strength)
    crops[0, :2] = np.array([0, 255], np.uint8)[:, None, None]
    content = to_int8(model, crops)
    scale, classes = logit_scale(content), present(data)
    draft = Parameters(
        file=FILE,
        classes=classes,
        logit_scale=scale,
        temperature=1.0,
        softmax_table=(1.0,) * 256,
        leukocyte_limit=settings.leukocyte_limit,
        stages=STAGES,
        type_limit=settings.type_limit,
    )
    held_out = data.where(data.part == "dev")
    logits = Classifier(content, draft, strength).network(middle(held_out.images)).logits
    fitted = temperature.fit(logits.astype(np.float64) * scale, columns(held_out, classes))
    return content, replace(draft, temperature=fitted, softmax_table=temperature.softmax_table(scale, fitted))


def run(
    samples: Sequence[views.Sample], target: Target, work: Path, settings: Settings, described: str, published: bool
) -> Finished:
    """Train, quantise and measure a network and write it into a bundle.

    Parameters
    ----------
    samples : sequence of Sample
        Labelled cells of every part.
    target : Target
        Where it is written.
    work : Path
        Folder for the checkpoint, figures and plots.
    settings : Settings
        How it is trained.
    described : str
        The sets with their licences, for the card.
    published : bool
        Whether these are the sets of the shipped network, whose card has figures of its own.

    Raises
    ------
    InputError
        The labels do not suffice, or the checkpoint belongs to another training.
    """
    base = Bundle.load(target.base)
    strength = Strength.load(base, UM_PER_PX)
    data = views.render(samples, base)
    check(data)
    model = train(data, settings, strength, work / "checkpoint.npz")
    if not backend.can_export():
        return Finished(
            "",
            False,
            f"Trained; the weights lie in {work}. To write the bundle, give the same command with "
            "KERAS_BACKEND=tensorflow, here or where that folder is copied to.",
        )
    content, parameters = quantised(model, data, settings, strength)
    test = data.where(data.part == "test")
    crops = middle(test.images)
    logits = Classifier(content, parameters, strength).network(crops).logits
    floating = model.predict(normalised(levelled(crops, strength)), batch_size=256, verbose=0).argmax(axis=1)
    allowed = [_types(row) for row in test.allowed]
    named = naming.from_logits(logits, allowed, test.group.tolist(), parameters)
    by_source = {name: named.where(test.source == name) for name in dict.fromkeys(test.source.tolist())}
    tables = [table for name, own in by_source.items() for table in naming.tables(name, f"Test cells of {name}", own)]
    facts = {"model": "cell-type", "backend": keras.backend.backend(), "sets": described, **asdict(settings)}
    text = record.write(work, tables, facts)
    record.draw(work, by_source)
    agreement = naming.share(floating == logits.argmax(axis=1))
    if published:
        block = card.published(by_source, agreement, facts)
        target.write(sections(parameters), {FILE: content}, card.PUBLISHED, block)
    else:
        block = card.own(data, parameters.classes, tables, agreement, described, facts)
        target.write(sections(parameters), {FILE: content}, "cell type", block)
    figures = "; ".join(f"{name} {naming.accuracy(own)}" for name, own in by_source.items())
    return Finished(text, True, f"Accuracy on test cells: {figures}. Written: {target.folder}")


def sections(parameters: Parameters) -> dict[str, Any]:
    """Return what changes in ``bundle.json``: what was made for the network before goes with it."""
    return {"classifier": asdict(parameters), SECTION: None, morphology.SECTION: None}


def check(data: views.Views) -> None:
    """Refuse views from which no network can be learnt.

    Raises
    ------
    InputError
        No class, one class, too few cells, or a class without cells that choose.
    """
    labels = np.array([sources.named(_types(row)) for row in data.allowed])
    sources.checked(Counter(labels.tolist()), LEAST_PER_CLASS, "a network")
    for part in ("train", "dev", "test"):
        there = set(labels[data.part == part].tolist())
        absent = sorted(set(labels[data.part == "train"].tolist()) - there) if part == "dev" else []
        if not there or absent:
            what = absent[0] if absent else "the set"
            raise InputError(
                f"There are no {part} cells of {what} (views without background were left out); add some of another "
                "slide or picture."
            )


def _types(row: NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(name for name, own in zip(views.CLASSES, row, strict=True) if own)
