"""Fixed point with the roundings of gemmlowp's fixedpoint.h, over arrays of 64-bit integers that hold 32-bit ones.

The functions of integer kernels are tables here, computed by these; the numbers in them are those of the header, from
which the last bits come.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
ONE = (1 << 31) - 1
"""The largest number of 31 fractional bits stands for 1."""

_MINUS_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-1/4), exp(-1/2), exp(-1), exp(-2), ... exp(-16) with 31 fractional bits."""
_MINUS_EIGHTH = 1895147668
"""exp(-1/8)."""
_THIRD = 715827883


def rounding_high_product(a: Ints | int, b: Ints | int) -> Ints:
    """a * b / 2^31, halves upwards (`SaturatingRoundingDoublingHighMul`; not both may be -2^31)."""
    return np.asarray((np.asarray(a, np.int64) * np.asarray(b, np.int64) + (1 << 30)) >> 31)


def rounding_shift(a: Ints, bits: int) -> Ints:
    """a / 2^bits, halves away from zero (`RoundingDivideByPOT`)."""
    if bits == 0:
        return a
    half = 1 << (bits - 1)
    return np.where(a < 0, -((-a + half) >> bits), (a + half) >> bits)


def saturating_left_shift(a: Ints, bits: int) -> Ints:
    """a * 2^bits within 32 bits (`SaturatingRoundingMultiplyByPOT`)."""
    most = ONE >> bits
    return np.where(a > most, ONE, np.where(a < -most, -1 << 31, a << bits))


def exponential(a: Ints, integer_bits: int) -> Ints:
    """exp(a), 31 fractional bits, of a <= 0 with 31 - integer_bits fractional bits (`exp_on_negative_values`)."""
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    within = (a & (quarter - 1)) - quarter
    rest = within - a
    made = _exponential_of_quarter(saturating_left_shift(within, integer_bits))
    for exponent, power in enumerate(_MINUS_POWERS, start=-2):
        if integer_bits > exponent:
            there = rest & (1 << (fractional_bits + exponent)) != 0
            made = np.where(there, rounding_high_product(made, power), made)
    return np.where(a == 0, ONE, made)


def _exponential_of_quarter(a: Ints) -> Ints:
    """exp of [-1/4, 0): Taylor's series around -1/8 to the fourth power."""
    x = a + (1 << 28)
    x2 = rounding_high_product(x, x)
    x3 = rounding_high_product(x2, x)
    x4 = rounding_high_product(x2, x2)
    rest = rounding_shift(rounding_high_product(rounding_shift(x4, 2) + x3, _THIRD) + x2, 1)
    return _MINUS_EIGHTH + rounding_high_product(_MINUS_EIGHTH, x + rest)


def scaled(a: Ints, multiplier: int, shift: int) -> Ints:
    """a * multiplier / 2^31 * 2^shift, a left shift wrapped to 32 bits (`MultiplyByQuantizedMultiplier`)."""
    wide = a << max(shift, 0)
    wrapped = ((wide + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
    return rounding_shift(rounding_high_product(wrapped, multiplier), max(-shift, 0))


def logistic(a: Ints, integer_bits: int) -> Ints:
    """1 / (1 + exp(-a)), 31 fractional bits."""
    positive = saturating_left_shift(_twice_reciprocal(exponential(-abs(a), integer_bits)), 1)
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, ONE - positive))


def hyperbolic_tangent(a: Ints, integer_bits: int) -> Ints:
    """tanh(a), 31 fractional bits: (1 - e) / (1 + e) with e = exp(-2 |a|)."""
    one = 1 << 29
    size = saturating_left_shift(_twice_reciprocal(exponential(-abs(a), integer_bits + 1)) - one, 2)
    return np.where(a == 0, 0, np.where(a > 0, size, -size))


def _twice_reciprocal(a: Ints) -> Ints:
    """2 / (1 + a), 29 fractional bits, of a in [0, 1): three steps of Newton and Raphson from 48/17 - 32/17 a."""
    half = (a + ONE + 1) >> 1
    x = 1515870810 + rounding_high_product(half, -1010580540)
    for _ in range(3):
        error = (1 << 29) - rounding_high_product(half, x)
        x = x + saturating_left_shift(rounding_high_product(x, error), 2)
    return x
