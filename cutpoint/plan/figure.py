"""The gate every measured number passes before it may touch an average."""

from __future__ import annotations

import math

import numpy as np

REAL = (int, float, np.integer, np.floating)
LONGEST_US = 600e6
"""Ten minutes: nothing that is timed here lasts longer, so anything above is a clock jump."""
MOST_BYTES = 1 << 31


def refusal(value: object, low: float, high: float) -> str | None:
    """Says in one word why `value` is not a figure in [low, high]; None when it is one.

    Words: `type`, `not-finite`, `low`, `high`. A bool is no figure.
    """
    # The usual case first and fast; mypy does not narrow by `type()`, and isinstance would let a bool through.
    if type(value) in (float, int) and low <= value <= high:  # type: ignore[operator]
        return None
    if isinstance(value, bool) or not isinstance(value, REAL):
        return "type"
    if not isinstance(value, int) and not math.isfinite(value):
        return "not-finite"
    if value < low:
        return "low"
    if value > high:
        return "high"
    return None


def is_index(value: object, most: int) -> bool:
    """Whether `value` is a whole number from 0 to `most`; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return False
    return 0 <= int(value) <= most
