"""Post-training quantisation to int8, weights and activations, and a check of what came out."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fomo_digits import network
from models.fomo_digits.needs import need


def quantise(model: Any, calibration: npt.NDArray[np.uint8]) -> bytes:
    """A full-integer .tflite of `model` (logits) with softmax: int8 (1, side, side, 3) to int8 (1, grid, grid, 11).

    `calibration` is (N, side, side, 3) uint8. Its first picture is given one black and one white pixel, so that
    the input's scale is 1/255 and its zero point -128 exactly: an int8 input is the uint8 pixel minus 128.
    """
    tf = need("tensorflow")
    shipped = network.with_softmax(model)
    pictures = calibration.astype(np.float32) / 255
    pictures[0, 0, 0], pictures[0, 0, 1] = 0, 1
    converter = tf.lite.TFLiteConverter.from_keras_model(shipped)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([picture[None]] for picture in pictures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # The converter prints the graph that it exports, a line for each of a hundred variables.
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        return bytes(converter.convert())
