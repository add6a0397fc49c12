"""From a trained network to the int8 file of the bundle."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lowcost import runtime
from lowcost.training.network import fold_input


def to_int8(model: keras.Model, calibration: NDArray[np.uint8]) -> bytes:
    """Quantise a network after training: int8 weights per channel, raw uint8 RGB in, int8 logits and embedding out.

    Parameters
    ----------
    model : keras.Model
        As `lowcost.training.network.build` made it.
    calibration : (n, 96, 96, 3) uint8 array
        Network inputs that show what activations occur; together they must hold the values 0 and 255, so that the
        input's scale becomes exactly 1.

    Returns
    -------
    bytes
        Content of the ``.tflite`` file.
    """

    def crops() -> Iterator[list[NDArray[np.float32]]]:
        for crop in calibration:
            yield [crop[None].astype(np.float32)]

    folded = fold_input(model)
    converter = tf.lite.TFLiteConverter.from_keras_model(folded)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = crops
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    with contextlib.redirect_stdout(io.StringIO()):  # the signature of the network, which nobody asked for
        return bytes(converter.convert())


def logit_scale(model: bytes) -> float:
    """Value of one unit of the int8 logits of a ``.tflite`` file."""
    return float(runtime.outputs(runtime.find().load(model))[0]["quantization"][0])
