"""How far two sets of arrays are apart, value by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutpoint.errors import InternalError
from cutpoint.kernels import Array

_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


@dataclass(frozen=True, slots=True)
class Difference:
    """values were compared, differing of them were not the same; largest_step is the largest distance.

    The step is in quantisation steps for integers, in the tensor's own unit for floats. `failed` says why nothing could
    be compared, else it is None.
    """

    values: int
    differing: int
    largest_step: float
    failed: str | None = None

    @property
    def exact(self) -> bool:
        return self.failed is None and self.differing == 0

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.values + other.values,
            self.differing + other.differing,
            max(self.largest_step, other.largest_step),
            self.failed or other.failed,
        )


NOTHING = Difference(0, 0, 0.0)


def compare(seen: Sequence[Array], expected: Sequence[Array]) -> Difference:
    """Compare bit for bit; two NaN count as the same, 0.0 and -0.0 do not."""
    if [(a.shape, a.dtype) for a in seen] != [(a.shape, a.dtype) for a in expected]:
        raise InternalError("two runs of one graph gave tensors of different shapes or types")
    total = NOTHING
    for left, right in zip(seen, expected, strict=True):
        total += _compare(left, right)
    return total


def _compare(left: Array, right: Array) -> Difference:
    left, right = left.ravel(), right.ravel()
    bits = _BITS[left.dtype.itemsize]
    unequal = left.view(bits) != right.view(bits)
    if np.issubdtype(left.dtype, np.floating):
        unequal &= ~(np.isnan(left) & np.isnan(right))
        if not unequal.any():
            return Difference(left.size, 0, 0.0)
        with np.errstate(invalid="ignore"):
            steps = np.abs(left[unequal].astype(np.float64) - right[unequal].astype(np.float64))
        return Difference(
            left.size, int(unequal.sum()), float(np.where(np.isnan(steps), np.inf, steps).max())
        )
    if not unequal.any():
        return Difference(left.size, 0, 0.0)
    # 64-bit values may lie further apart than 64 bits hold.
    wide = object if left.dtype.itemsize == 8 else np.int64
    distance = np.abs(left[unequal].astype(wide) - right[unequal].astype(wide))
    return Difference(left.size, int(unequal.sum()), float(distance.max()))
