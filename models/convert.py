"""Post-training quantisation to full int8 by TensorFlow's converter."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.errors import CutpointError
from models.needs import need


class ConversionError(CutpointError):
    """The converter made something else than the recipe's network."""


def full_int8(model: Any, calibration: Iterable[npt.NDArray[np.float32]]) -> bytes:
    """A .tflite of a Keras `model` whose batch is 1: int8 in, int8 out, int8 weights and activations.

    `calibration` are inputs without their batch dimension, float32; the converter takes the ranges of activations from
    them. Raises `PackageMissingError` without TensorFlow.
    """
    tf = need("tensorflow")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # The converter prints the graph that it exports, a line for each of a hundred variables.
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        return bytes(converter.convert())
