"""Multipliers of integer kernels, as TensorFlow Lite computes them from scales."""

from __future__ import annotations

import math

import numpy as np

INT8_MIN, INT8_MAX = -128, 127


def quantised_multiplier(real: float) -> tuple[int, int]:
    """A Q31 mantissa in [2^30, 2^31) and a shift, so that real = mantissa / 2^31 * 2^shift.

    `QuantizeMultiplier` of LiteRT's quantization_util.cc: frexp, half away from zero, flushed to zero below 2^-31.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    mantissa = math.floor(abs(fraction) * (1 << 31) + 0.5) * (1 if fraction >= 0 else -1)
    if abs(mantissa) == 1 << 31:
        mantissa //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return (1 << 31) - 1, 30
    return mantissa, shift


def float32(value: float) -> float:
    """The nearest float32, where a kernel computes in single precision."""
    return float(np.float32(value))


def activation_range(activation: int, scale: float, zero_point: int) -> tuple[int, int]:
    """Least and most int8 of a fused activation (schema.fbs, ActivationFunctionType: 0 NONE, 1 RELU, 2 RELU_N1_TO_1,
    3 RELU6), as `CalculateActivationRangeQuantized`.

    Raises ValueError for another activation.
    """

    def quantised(real: float) -> int:
        # Half away from zero, in single precision: TfLiteRound.
        scaled = float(np.float32(real) / np.float32(scale))
        return zero_point + int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))

    match activation:
        case 0:
            return INT8_MIN, INT8_MAX
        case 1:
            return max(INT8_MIN, quantised(0.0)), INT8_MAX
        case 2:
            return max(INT8_MIN, quantised(-1.0)), min(INT8_MAX, quantised(1.0))
        case 3:
            return max(INT8_MIN, quantised(0.0)), min(INT8_MAX, quantised(6.0))
    raise ValueError(f"activation {activation} is none that int8 kernels fuse")
