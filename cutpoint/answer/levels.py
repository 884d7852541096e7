"""The real values of a quantised tensor, in float32 as a microcontroller computes them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.answer.errors import OutputError, RuleError

FLOAT32 = np.dtype(np.float32)
INT8, UINT8 = np.dtype(np.int8), np.dtype(np.uint8)
LOWEST: dict[np.dtype[Any], int] = {INT8: -128, UINT8: 0}
"""Lowest value of each quantised dtype that an answer may be read from."""


@lru_cache(maxsize=64)
def levels(dtype: np.dtype[Any], scale: float, zero_point: int) -> tuple[float, ...]:
    """The 256 real values of an int8 or uint8 tensor, lowest first: float32(q - zero_point) * float32(scale).

    Every value is a float32, so that it survives a float32 field on the wire. Raises `RuleError` for another
    dtype, a scale that is not a positive finite number, or a zero point outside the dtype's range.
    """
    if dtype not in LOWEST:
        raise RuleError(
            f"an answer is read from int8, uint8 or float32, not from {dtype}; use output kind 'raw'"
        )
    low = LOWEST[dtype]
    if not (math.isfinite(scale) and scale > 0):
        raise RuleError(f"the output's scale is {scale}; a quantised output needs a positive, finite scale")
    if not low <= zero_point <= low + 255:
        raise RuleError(f"the output's zero point is {zero_point}; {dtype} holds {low} to {low + 255}")
    steps = np.arange(low - zero_point, low + 256 - zero_point).astype(np.float32)
    return tuple((steps * np.float32(scale)).tolist())


def check_finite(values: npt.NDArray[Any]) -> None:
    """Raises `OutputError` when a float tensor holds a NaN or an infinity."""
    if values.dtype == FLOAT32 and not np.isfinite(values).all():
        raise OutputError(
            "the output holds a number that is not finite (NaN or infinity); nothing was decoded"
        )
