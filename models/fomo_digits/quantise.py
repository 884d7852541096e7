"""The trained network in int8, with the softmax that devices and edge expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.convert import full_int8
from models.fomo_digits import network


def quantise(model: Any, calibration: npt.NDArray[np.uint8]) -> bytes:
    """A full-integer .tflite of `model` (logits) with softmax: int8 (1, side, side, 3) to int8 (1, grid, grid, 11).

    `calibration` is (N, side, side, 3) uint8. Its first picture is given one black and one white pixel, so that
    the input's scale is 1/255 and its zero point -128 exactly: an int8 input is the uint8 pixel minus 128.
    """
    pictures = calibration.astype(np.float32) / 255
    pictures[0, 0, 0], pictures[0, 0, 1] = 0, 1
    return full_int8(network.with_softmax(model), pictures)
