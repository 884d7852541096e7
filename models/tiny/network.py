"""What is known of a network before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Draw = Callable[[np.random.Generator, int], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Network:
    """One network of MLPerf Tiny: its shapes, and what MLPerf Tiny's own reference file has."""

    name: str
    """Of the file `<name>.tflite`."""
    task: str
    """What MLPerf Tiny trains it for."""
    shape: tuple[int, int, int]
    """Of the input without its batch: rows, columns, channels."""
    classes: int
    """The output is (1, classes): softmax over them."""
    kinds: tuple[tuple[str, int], ...]
    """Kinds of operators and how many of each.

    MLPerf Tiny's files have one RESHAPE more before the dense layer, which the converter of today folds into it.
    """
    macs: int
    """Multiply-accumulates of one inference, counted as `cutpoint.graph.macs` does."""
    parameters: int
    """Elements of weights and biases, batch normalisation folded in."""
    reference_bytes: int
    """Size of MLPerf Tiny's reference file; it holds the converter's metadata too."""
    build: Callable[[], Any]
    """An untrained Keras model: (N, *shape) float32 to probabilities (N, classes) float32."""
    draw: Draw
    """`draw(rng, count)`: synthetic inputs (count, *shape) float32 of the kind that the task has."""
