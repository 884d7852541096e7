"""Constants of operators that multiply and accumulate: int8 weights, and what each output channel is scaled by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.graph.model import Tensor
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import activation_range, quantised_multiplier
from cutpoint.graph.stream.window import Axis

BLOCK = 4
"""Output channels whose weights lie together (kBlock of firmware/core/stream/kernels/window.h)."""

Weights = npt.NDArray[np.int8]
Integers = npt.NDArray[np.int64]


def int8_weights(given: Lowering, place: int, dimensions: int) -> Weights:
    """The constant weights of an operator; refuses other types, and zero points other than 0."""
    tensor = given.input(place)
    if tensor.dtype != np.int8 or len(tensor.shape) != dimensions:
        given.refuse(
            f"its weights are {tensor.dtype.name} of {len(tensor.shape)} dimensions, "
            f"int8 of {dimensions} is expected"
        )
    if any(tensor.zero_points):
        given.refuse("its weights have a zero point other than 0")
    return given.constant(place).astype(np.int8)


def biases(given: Lowering, place: int, channels: int) -> Integers:
    """The constant biases, or zeros where the operator has none."""
    if not given.has_input(place):
        return np.zeros(channels, np.int64)
    bias = given.constant(place)
    if bias.dtype != np.int32 or bias.size != channels:
        given.refuse(
            f"it has {bias.size} biases of {bias.dtype.name}, {channels} of int32 are expected for its outputs"
        )
    return bias.reshape(-1).astype(np.int64)


def multipliers(
    given: Lowering, source: Tensor, weights: Tensor, axis: int, channels: int
) -> list[tuple[int, int]]:
    """Multiplier and shift of each output channel, as `PopulateConvolutionQuantizationParams` has them.

    In double precision. The scales of the weights lie along `axis`, or there is one.
    """
    scales = weights.scales
    if len(scales) not in (1, channels) or (len(scales) > 1 and weights.quantised_dimension != axis):
        given.refuse(
            f"its weights have {len(scales)} scales, 1 or one for each of {channels} outputs is expected"
        )
    in_scale, out_scale = given.quantisation(source)[0], given.quantisation(given.output())[0]
    if out_scale == 0:
        given.refuse("its output has a scale of 0")
    return [quantised_multiplier(in_scale * scale / out_scale) for scale in scales] * (
        channels // len(scales)
    )


def window_words(
    given: Lowering,
    source: Tensor,
    rows: Axis,
    columns: Axis,
    bias: Integers,
    sums: Integers,
    factors: list[tuple[int, int]],
) -> tuple[int, ...]:
    """`Window` and `Channel`s of the engine (firmware/core/stream/kernels/window.h, requantise.h).

    bias, sums of weights, and factors: of each output channel. Sums wrap at 32 bits, as those of the engine.
    """
    in_zero = given.quantisation(source)[1]
    out_scale, out_zero = given.quantisation(given.output())
    try:
        least, most = activation_range(given.options.fusedActivationFunction, out_scale, out_zero)
    except ValueError as error:
        given.refuse(str(error))
    channels = np.zeros((-(-len(bias) // BLOCK) * BLOCK, 4), np.int64)
    channels[: len(bias), 0] = bias
    channels[: len(bias), 1] = bias - in_zero * sums
    channels[: len(bias), 2] = [2 * multiplier for multiplier, _ in factors]
    channels[: len(bias), 3] = [-shift - 1 for _, shift in factors]
    return (
        *(rows.kernel, columns.kernel, rows.stride, columns.stride, rows.dilation, columns.dilation),
        *(rows.pad, columns.pad, in_zero, out_zero, least, most),
        *(int(word) for word in channels.astype(np.uint32).astype(np.int32).reshape(-1)),
    )


def blocks(weights: Weights) -> bytes:
    """Weights [OC, KH, KW, IC] in the order [OC / BLOCK, KH, KW, IC, BLOCK], with zeros for channels to fill it up."""
    count, kernel_h, kernel_w, in_channels = weights.shape
    padded = np.pad(weights, ((0, -count % BLOCK), (0, 0), (0, 0), (0, 0)))
    parts = padded.reshape(-1, BLOCK, kernel_h, kernel_w, in_channels)
    return np.ascontiguousarray(parts.transpose(0, 2, 3, 4, 1)).tobytes()
