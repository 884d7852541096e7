"""Operators that make one element out of one: each becomes a table of 256 elements, computed as TFLM computes them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cutpoint.graph.stream.fixed_point import (
    Ints,
    hyperbolic_tangent,
    logistic,
    rounding_high_product,
    rounding_shift,
    scaled,
)
from cutpoint.graph.stream.lines import Kind, LineOperator, row_by_row
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import INT8_MAX, INT8_MIN, activation_range, quantised_multiplier

INTEGER_BITS = 4
"""Of the inputs of LOGISTIC and TANH (LiteRT's integer_ops/logistic.h, tanh.h)."""
LARGEST_FACTOR = float(1 << 30)
SMALLEST_EXPONENT = -15
"""HARD_SWISH works on 16 bits: smaller multipliers shift everything out."""


def lower_relu(given: Lowering) -> LineOperator:
    """RELU, scaled to the output (`CalculateReluOpData`)."""
    (scale, zero), (made, made_zero) = _quantisations(given)
    values = made_zero + _scaled(given, _inputs(given) - zero, float(np.float32(scale) / np.float32(made)))
    return table(given, np.clip(values, *activation_range(1, made, made_zero)))


def lower_relu6(given: Lowering) -> LineOperator:
    """RELU6 between the input's own 0 and 6, whatever the output's scale (`Relu6Prepare`)."""
    (scale, zero), _ = _quantisations(given)
    return table(given, np.clip(_inputs(given), *activation_range(3, scale, zero)))


def lower_leaky_relu(given: Lowering) -> LineOperator:
    """LEAKY_RELU, its factors in single precision (`CalculateOpDataLeakyRelu`)."""
    (scale, zero), (made, made_zero) = _quantisations(given)
    single, alpha = np.float32(scale), np.float32(given.options.alpha)
    values = _inputs(given) - zero
    positive = _scaled(given, values, float(single / np.float32(made)))
    below = float(single * alpha / np.float32(made))
    negative = math.copysign(1, below) * _scaled(given, values, abs(below))
    chosen = np.where(values >= 0, positive, negative).astype(np.int64)
    return table(given, np.clip(made_zero + chosen, INT8_MIN, INT8_MAX))


def lower_hard_swish(given: Lowering) -> LineOperator:
    """HARD_SWISH, on 16 bits (`HardSwishPrepare`, LiteRT's reference/hard_swish.h)."""
    (scale, zero), (made, made_zero) = _quantisations(given)
    fine = np.float32(1 / 128) * np.float32(scale)
    multiplier, exponent = quantised_multiplier(float(fine / np.float32(made)))
    relu_multiplier, relu_exponent = quantised_multiplier(float(fine / np.float32(3 / 32768)))
    if not SMALLEST_EXPONENT <= exponent <= 0 or relu_exponent < SMALLEST_EXPONENT:
        given.refuse(f"its scales {scale} and {made} are too far apart")
    values = (_inputs(given) - zero) << 7
    on_output = _high_product_16(values, _upper_half(multiplier))
    share = values
    if relu_exponent > 0:
        share = _int16(share << min(relu_exponent - 1, 31))
    share = _high_product_16(share, _upper_half(relu_multiplier))
    share = _int16(share << 1) if relu_exponent > 0 else rounding_shift(share, -relu_exponent)
    share = (share + (1 << 15)) >> 1
    # Rounded to zero, which is what cancels the bias of the roundings before.
    products = np.trunc(share * on_output / (1 << 15)).astype(np.int64)
    return table(given, np.clip(rounding_shift(products, -exponent) + made_zero, INT8_MIN, INT8_MAX))


def lower_logistic(given: Lowering) -> LineOperator:
    """LOGISTIC to scale 1/256 and zero point -128, of which TFLM asks for the second and computes with both."""
    if given.quantisation(given.output())[1] != INT8_MIN:
        given.refuse("its output's zero point is not -128")
    values, radius, fixed = _fixed(given)
    made = rounding_shift(logistic(fixed, INTEGER_BITS), 23) + INT8_MIN
    return table(given, _saturated(values, radius, np.clip(made, INT8_MIN, INT8_MAX)))


def lower_tanh(given: Lowering) -> LineOperator:
    """TANH to scale 1/128 and zero point 0, with which TFLM computes without asking."""
    values, radius, fixed = _fixed(given)
    made = rounding_shift(hyperbolic_tangent(fixed, INTEGER_BITS), 24)
    return table(given, _saturated(values, radius, np.clip(made, INT8_MIN, INT8_MAX)))


def lower_requantize(given: Lowering) -> LineOperator:
    """QUANTIZE of int8 or uint8 to int8, and of int8 to uint8 (LiteRT's reference/requantize.h)."""
    (scale, zero), (made, made_zero) = _quantisations(given)
    types = given.input(0).dtype.name, given.output().dtype.name
    if types not in (("int8", "int8"), ("uint8", "int8"), ("int8", "uint8")):
        given.refuse(f"it turns {types[0]} into {types[1]}, which TFLM does not")
    limits = np.iinfo(types[1])
    values = made_zero + _scaled(given, _inputs(given) - zero, scale / made)
    return table(given, np.clip(values, limits.min, limits.max))


def lower_dequantize(given: Lowering) -> LineOperator:
    """DEQUANTIZE of int8 or uint8 to float32, in double precision and then rounded."""
    if given.output().dtype != np.float32:
        given.refuse(f"it makes {given.output().dtype.name}, the engine float32")
    scale, zero = given.quantisation(given.input(0))
    return table(given, (scale * (_inputs(given) - zero)).astype(np.float32))


def table(given: Lowering, elements: npt.NDArray[np.generic]) -> LineOperator:
    """The operator that maps int8 -128 to 127, or uint8 0 to 255, to these 256 elements."""
    read, made = given.activation(0, "int8", "uint8"), given.lines(given.output(), "int8", "float32", "uint8")
    if (read.rows, read.width, read.channels) != (made.rows, made.width, made.channels):
        given.refuse("its output has another shape than its input")
    # The engine looks bytes up as they lie: int8 -1 is 255.
    ordered = np.roll(elements, -128) if read.dtype == np.int8 else elements
    return LineOperator(
        kind=Kind.TABLE,
        inputs=(row_by_row(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(),
        blob=ordered.astype(made.dtype).tobytes(),
    )


def _inputs(given: Lowering) -> Ints:
    """Every input, ascending."""
    read = given.activation(0, "int8", "uint8")
    least = INT8_MIN if read.dtype == np.int8 else 0
    return np.arange(least, least + 256, dtype=np.int64)


def _quantisations(given: Lowering) -> tuple[tuple[float, int], tuple[float, int]]:
    return given.quantisation(given.input(0)), given.quantisation(given.output())


def _scaled(given: Lowering, values: Ints, factor: float) -> Ints:
    if factor >= LARGEST_FACTOR:
        given.refuse("its scales are too far apart")
    return scaled(values, *quantised_multiplier(factor))


def _fixed(given: Lowering) -> tuple[Ints, int, Ints]:
    """Inputs less their zero point; the size at which they saturate; those below it in fixed point, the rest as 0."""
    scale, zero = given.quantisation(given.input(0))
    fraction, shift = math.frexp(scale * (1 << (31 - INTEGER_BITS)))
    if shift < 0:
        given.refuse(f"its input's scale {scale} is too small")
    radius = math.floor(((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << shift))
    values = _inputs(given) - zero
    within = np.where(abs(values) < radius, values, 0)
    return values, radius, scaled(within, math.floor(fraction * (1 << 31) + 0.5), min(shift, 31))


def _saturated(values: Ints, radius: int, made: Ints) -> Ints:
    return np.where(values <= -radius, INT8_MIN, np.where(values >= radius, INT8_MAX, made))


def _int16(values: Ints) -> Ints:
    return np.clip(values, -(1 << 15), (1 << 15) - 1)


def _high_product_16(a: Ints, b: int) -> Ints:
    """a * b / 2^15, halves upwards."""
    return rounding_high_product(a << 16, b)


def _upper_half(multiplier: int) -> int:
    """A multiplier of 15 fractional bits (`DownScaleInt32ToInt16Multiplier`)."""
    return min((multiplier + (1 << 15)) >> 16, (1 << 15) - 1)
