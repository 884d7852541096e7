"""SOFTMAX over channels: the exponentials of all differences, so that the device only adds and divides."""

from __future__ import annotations

import math

import numpy as np

from cutpoint.graph.stream.fixed_point import exponential, rounding_high_product
from cutpoint.graph.stream.lines import Kind, LineOperator, row_by_row
from cutpoint.graph.stream.lowering import Lowering

INTEGER_BITS = 5
"""Of scaled differences, which have 26 fractional bits: LiteRT's softmax.h."""
MOST_CHANNELS = 4096
"""So many equal ones sum up to the largest sum that the kernel holds."""


def lower_softmax(given: Lowering) -> LineOperator:
    """SOFTMAX of int8 to int8 of scale 1/256 and zero point -128, as TFLM asks for."""
    read, made = given.activation(0), given.lines(given.output())
    scale, _ = given.quantisation(given.input(0))
    if given.quantisation(given.output()) != (1 / 256, -128):
        given.refuse("its output's scale is not 1/256, or its zero point not -128")
    if (read.rows, read.width, read.channels) != (made.rows, made.width, made.channels):
        given.refuse("its output has another shape than its input")
    if read.channels > MOST_CHANNELS:
        given.refuse(f"it has {read.channels} channels, at most {MOST_CHANNELS} are supported")
    exponentials = _exponentials(float(given.options.beta), scale)
    if exponentials is None:
        given.refuse(f"its beta {given.options.beta} and its scale {scale} are too small")
    return LineOperator(
        kind=Kind.SOFTMAX,
        inputs=(row_by_row(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(),
        blob=exponentials.astype("<i4").tobytes(),
    )


def _exponentials(beta: float, scale: float) -> np.ndarray | None:
    """exp(-beta * scale * d) with 31 fractional bits for d = 0, 1, ... while it counts; None for too small a scale.

    `PreprocessSoftmaxScaling` and `CalculateInputRadius` of LiteRT's quantization_util.cc.
    """
    factor = min(beta * scale * (1 << (31 - INTEGER_BITS)), (1 << 31) - 1.0)
    if factor <= 1:
        return None
    fraction, shift = math.frexp(factor)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    radius = math.floor(((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << shift))
    differences = np.arange(min(radius, 255) + 1, dtype=np.int64)
    made = exponential(rounding_high_product(-differences << shift, multiplier), INTEGER_BITS)
    return made[: np.flatnonzero(made)[-1] + 1]
