"""How far two ways to the same answers agree: one is the reference, the other was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutpoint.answer.answers import Answer, Centroids, Classes, Raw, RawTensor
from cutpoint.answer.errors import RuleError
from cutpoint.answer.fomo import Centroid


@dataclass(frozen=True, slots=True)
class Agreed:
    """What one pair of answers adds: `part` of `whole` agrees. Both are 0 where neither found anything."""

    part: float
    whole: float


def agreed(reference: Answer, seen: Answer) -> Agreed:
    """Compare two answers to one picture.

    Centroids: twice the found ones, of twice the found ones and what only one of the two has, so that the ratio of the
    sums is F1. A centroid is found when the label is the same and the centres lie no further apart, along both axes,
    than half of the smaller box: half a cell, where a box is one cell. Classes: whether the first is the same. Raw: 1
    less the distance, see `distance`, the mean over the tensors. Raises RuleError for answers of two kinds.
    """
    if isinstance(reference, Centroids) and isinstance(seen, Centroids):
        found = _found(reference.items, seen.items)
        return Agreed(2 * found, len(reference.items) + len(seen.items))
    if isinstance(reference, Classes) and isinstance(seen, Classes):
        first = [items[0].label if items else None for items in (reference.items, seen.items)]
        return Agreed(float(first[0] == first[1]), 1)
    if isinstance(reference, Raw) and isinstance(seen, Raw) and len(reference.tensors) == len(seen.tensors):
        pairs = list(zip(reference.tensors, seen.tensors, strict=True))
        far = sum(distance(one, other) for one, other in pairs)
        return Agreed(1 - far / len(pairs) if pairs else 1.0, 1)
    raise RuleError(
        f"an answer of kind {type(seen).__name__.lower()} cannot be held against one of kind "
        f"{type(reference).__name__.lower()} or of other tensors; both must come of one rule"
    )


class Agreement:
    """Running agreement over pictures."""

    def __init__(self) -> None:
        self.pictures = 0
        self._part = self._whole = 0.0

    def add(self, reference: Answer, seen: Answer) -> None:
        """Count one picture; raises RuleError like `agreed`."""
        one = agreed(reference, seen)
        self.pictures += 1
        self._part += one.part
        self._whole += one.whole

    @property
    def value(self) -> float | None:
        """From 0 to 1; None before a picture was counted."""
        if not self.pictures:
            return None
        return self._part / self._whole if self._whole else 1.0


def distance(reference: RawTensor, seen: RawTensor) -> float:
    """From 0, equal, to 1: sum |a - b| of the largest that it could be, sum |a - m| + |b - m|, m the mean of a.

    Neither a scale nor a zero point changes it. 1 where the tensors are of other sizes or a number is not finite.
    """
    if reference.data == seen.data:
        return 0.0
    a, b = (
        np.frombuffer(tensor.data, np.dtype(tensor.dtype).newbyteorder("<")).astype(np.float64)
        for tensor in (reference, seen)
    )
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 1.0
    apart = float(np.abs(a - b).sum())
    most = float(np.abs(a - a.mean()).sum() + np.abs(b - a.mean()).sum())
    return apart / most if apart else 0.0


def _found(reference: Sequence[Centroid], seen: Sequence[Centroid]) -> int:
    """Pairs, one to one: each of `seen`, highest score first, takes the nearest of `reference` that is left."""
    left = list(reference)
    for centroid in sorted(seen, key=lambda centroid: -centroid.score):
        near = [other for other in left if _same(other, centroid)]
        if near:
            left.remove(
                min(near, key=lambda other: (other.x - centroid.x) ** 2 + (other.y - centroid.y) ** 2)
            )
    return len(reference) - len(left)


def _same(one: Centroid, other: Centroid) -> bool:
    return (
        one.label == other.label
        and 2 * abs(one.x - other.x) <= min(one.width, other.width)
        and 2 * abs(one.y - other.y) <= min(one.height, other.height)
    )
