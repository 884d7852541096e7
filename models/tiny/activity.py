"""How much of their range the activations of an int8 network use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import cutpoint
from cutpoint.kernels import Array, open_runner
from models.convert import ConversionError


@dataclass(frozen=True, slots=True)
class Activity:
    """The values of one operator's output over a set of inputs."""

    operator: int
    kind: str
    levels: int
    """Different values, of 256."""
    saturated: float
    """Share of values at an end of int8 that is not zero: where a ReLU cuts off is not counted."""
    dead: int
    """Channels (of the last dimension) that hold one value only."""
    channels: int


def as_int8(model: cutpoint.Model, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Inputs (N, *shape) as the network's own int8, by the scale and zero point of its input.

    Raises `ConversionError` when the input has not one scale.
    """
    given = model.tensors[model.inputs[0]]
    if given.scale is None or given.zero_point is None:
        raise ConversionError(f"the input has the scales {given.scales}, not one for the whole tensor")
    steps = np.rint(inputs / given.scale) + given.zero_point
    return np.asarray(np.clip(steps, -128, 127), np.int8)


def activations(model: cutpoint.Model, inputs: npt.NDArray[np.int8]) -> list[Array]:
    """The output of every operator for `inputs` (N, *shape): arrays (N, *output shape), by LiteRT's reference kernels.

    Operators run one by one, each on what those before it made.
    """
    made: dict[int, Array] = {model.inputs[0]: inputs[:, None]}
    for operator in model.operators:
        runner = open_runner(model.extract(operator.index, operator.index + 1), "reference")
        live, after = model.live(operator.index), model.live(operator.index + 1)
        runs = [runner.run([made[index][sample] for index in live]) for sample in range(len(inputs))]
        made |= {
            index: np.stack(values) for index, values in zip(after, zip(*runs, strict=True), strict=True)
        }
    return [made[operator.outputs[0]] for operator in model.operators]


def activity(model: cutpoint.Model, made: list[Array]) -> list[Activity]:
    """What the outputs of all operators, as `activations` gives them, use of int8."""
    seen = []
    for operator, values in zip(model.operators, made, strict=True):
        channels = values.reshape(-1, values.shape[-1])
        cut_off = values == -128 if model.tensors[operator.outputs[0]].zero_point != -128 else False
        seen.append(
            Activity(
                operator=operator.index,
                kind=operator.kind,
                levels=len(np.unique(values)),
                saturated=float(np.mean((values == 127) | cut_off)),
                dead=int(np.sum(channels.min(axis=0) == channels.max(axis=0))),
                channels=channels.shape[1],
            )
        )
    return seen
