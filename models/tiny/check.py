"""What a finished network must be: MLPerf Tiny's shapes in int8, and alive in every operator."""

from __future__ import annotations

from collections import Counter
from math import prod

import numpy as np
import numpy.typing as npt

import cutpoint
from cutpoint.kernels import Array
from models.convert import ConversionError
from models.tiny.activity import Activity, activations, activity, as_int8
from models.tiny.network import Network

WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
LEAST_LEVELS = 96
"""Of int8's 256: three eighths."""
LEAST_LEVELS_OF_MEANS = 24
"""An average keeps the scale of what it averages and fills less of the range, as what is made of it does."""
MOST_SATURATED = 0.02
LEAST_ANSWERS = 0.75
"""Share of the classes that win for some input."""


def check(model: cutpoint.Model, network: Network, inputs: npt.NDArray[np.float32]) -> None:
    """Raises `ConversionError` naming the first thing that is not as designed.

    `inputs` (N, *shape) are drawn apart from those that calibrated the network.
    """
    _check_shapes(model, network)
    made = activations(model, as_int8(model, inputs))
    _check_activity(activity(model, made))
    _check_answers(made[-1], network)


def parameters(model: cutpoint.Model) -> int:
    """Elements of all weights and biases."""
    constants = {
        index
        for operator in model.operators
        if operator.kind in WEIGHTED
        for index in operator.inputs
        if index >= 0 and model.tensors[index].constant
    }
    return sum(prod(model.tensors[index].shape) for index in constants)


def _check_shapes(model: cutpoint.Model, network: Network) -> None:
    kinds = Counter(operator.kind for operator in model.operators)
    given, made = (model.tensors[side[0]] for side in (model.inputs, model.outputs))
    for right, seen in (
        (kinds == dict(network.kinds), f"operators {dict(kinds)}, not {dict(network.kinds)}"),
        (given.shape == (1, *network.shape), f"an input of shape {given.shape}, not {(1, *network.shape)}"),
        (made.shape == (1, network.classes), f"an output of shape {made.shape}, not {(1, network.classes)}"),
        (given.dtype == made.dtype == np.int8, f"{given.dtype} in, {made.dtype} out, not int8"),
        (model.macs == network.macs, f"{model.macs:,} multiply-accumulates, not {network.macs:,}"),
        (
            parameters(model) == network.parameters,
            f"{parameters(model):,} parameters, not {network.parameters:,}",
        ),
    ):
        if not right:
            raise ConversionError(
                f"the converted {network.name} has {seen}; another TensorFlow release may help"
            )


def _check_activity(seen: list[Activity]) -> None:
    averaged = False
    for entry in seen:
        averaged |= entry.kind == "AVERAGE_POOL_2D"
        least = LEAST_LEVELS_OF_MEANS if averaged else LEAST_LEVELS
        # A probability near 1 is an answer, not an overflow.
        most = 1.0 if entry.kind == "SOFTMAX" else MOST_SATURATED
        for right, shown in (
            (entry.levels >= least, f"{entry.levels} different values, fewer than {least}"),
            (entry.saturated <= most, f"{entry.saturated:.1%} of its values at the end of int8"),
            (not entry.dead, f"{entry.dead} of {entry.channels} channels that never change"),
        ):
            if not right:
                raise ConversionError(
                    f"operator {entry.operator} ({entry.kind}) has {shown}; try another --seed"
                )


def _check_answers(scores: Array, network: Network) -> None:
    winners = np.unique(scores.reshape(len(scores), -1).argmax(axis=1))
    if len(winners) < LEAST_ANSWERS * network.classes:
        raise ConversionError(
            f"{network.name} answers {len(winners)} of its {network.classes} classes; try another --seed"
        )
