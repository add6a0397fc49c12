"""The cell-type network: a small separable CNN of operators that every TFLite runtime and a page of Java can run."""

from __future__ import annotations

import keras

from lowcost.crop import CROP_PX

WHITE = 240.0
CONTRAST = 64.0
"""The network is trained on ``(WHITE - pixel) / CONTRAST``; `fold_input` moves this into the first convolution."""

STEM = 24
BLOCKS = ((48, 2), (64, 1), (64, 1), (112, 2), (112, 1), (112, 1), (192, 2), (192, 1))
"""Channels and stride of each separable block."""

EMBEDDING = "embedding"
"""Name of the layer that holds what the network has seen: the means of its last channels."""

MOMENTUM = 0.9
"""Of the batch statistics; 0.99 gives chance-level validation on short runs."""


def build(classes: int, dropout: float = 0.0, batch: int | None = None) -> keras.Model:
    """Return the untrained network.

    Parameters
    ----------
    classes : int
        Number of logits.
    dropout : float
        Share of the pooled features dropped while training.
    batch : int, optional
        Number of crops it takes at a time; any by default.

    Notes
    -----
    The first convolution pads nothing, so its normalisation can be folded exactly; later ones pad with zero, the value
    of "nothing here" after a rectifier.
    """
    pixels = keras.Input(batch_shape=(batch, CROP_PX, CROP_PX, 3))
    x = keras.layers.Conv2D(STEM, 3, strides=2, padding="valid", name="stem")(pixels)
    x = _finish(x)
    for channels, stride in BLOCKS:
        x = _finish(keras.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = _finish(keras.layers.Conv2D(channels, 1, use_bias=False)(x))
    x = keras.layers.GlobalAveragePooling2D(name=EMBEDDING)(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(pixels, keras.layers.Dense(classes, name="logits")(x))


def with_attributes(model: keras.Model, values: int) -> keras.Model:
    """Return a network with a second output: raw scores of attributes, `values` in all, from the same embedding.

    Learning what a cell looks like beside what it is called makes the embedding serve both. The output is dropped when
    the network is exported.
    """
    scores = keras.layers.Dense(values, name="attributes")(model.get_layer(EMBEDDING).output)
    return keras.Model(model.input, [model.output, scores])


def fold_input(model: keras.Model) -> keras.Model:
    """Return the same network for one raw crop, pixels 0-255 in place of normalised ones: logits and embedding out."""
    folded = build(model.output_shape[-1], batch=1)
    folded.set_weights(model.get_weights())
    kernel, bias = model.get_layer("stem").get_weights()
    folded.get_layer("stem").set_weights([-kernel / CONTRAST, bias + kernel.sum(axis=(0, 1, 2)) * (WHITE / CONTRAST)])
    return keras.Model(folded.input, [folded.output, folded.get_layer(EMBEDDING).output])


def _finish(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=MOMENTUM)(x))
