"""The recipe of one network: build, draw weights, convert, check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import cutpoint
from models.convert import full_int8
from models.needs import need
from models.tiny.check import check
from models.tiny.network import Network
from models.tiny.weights import draw_weights

SEED = 2
"""Of the networks that ship."""
WEIGHTS, CALIBRATION, TRIAL = range(3)
"""Streams of a seed: what is drawn for one never shifts another."""
CALIBRATION_INPUTS = 128
TRIAL_INPUTS = 48
"""Inputs that the finished network is checked with; none of them calibrated it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished network and its file."""

    network: Network
    model: cutpoint.Model
    path: Path


def make(network: Network, out: Path, seed: int = SEED) -> Made:
    """Write `out/<name>.tflite`, which the seed decides.

    Raises `PackageMissingError` without TensorFlow, `ConversionError` when the file is not as designed.
    """
    data = convert(network, seed)
    model = cutpoint.load(data)
    check(model, network, trial_inputs(network, seed))
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{network.name}.tflite"
    path.write_bytes(data)
    return Made(network, model, path)


def convert(network: Network, seed: int) -> bytes:
    """The network's .tflite with weights of this seed."""
    need("tensorflow").keras.backend.clear_session()  # names of layers count up within a session
    model = network.build()
    calibration = _inputs(network, seed, CALIBRATION, CALIBRATION_INPUTS)
    draw_weights(model, calibration, np.random.default_rng([seed, WEIGHTS]))
    return full_int8(_of_one(model, network.name), calibration)


def trial_inputs(network: Network, seed: int = SEED, count: int = TRIAL_INPUTS) -> npt.NDArray[np.float32]:
    """Inputs (count, *shape) that no part of the network was made from."""
    return _inputs(network, seed, TRIAL, count)


def _inputs(network: Network, seed: int, stream: int, count: int) -> npt.NDArray[np.float32]:
    return network.draw(np.random.default_rng([seed, stream]), count)


def _of_one(model: Any, name: str) -> Any:
    """The model for one input at a time, so that no shape in the file is open."""
    keras = need("tensorflow").keras
    given = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="input")
    return keras.Model(given, model(given, training=False), name=name)
