"""Class scores: the labels of a classifier, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.answer.errors import OutputError, RuleError
from cutpoint.answer.levels import FLOAT32, LOWEST, check_finite, levels


@dataclass(frozen=True, slots=True)
class Class:
    """One label of a classifier: its index and its score (or logit), a float32 value."""

    label: int
    score: float


def decode(scores: npt.NDArray[Any], *, scale: float, zero_point: int, top: int = 5) -> tuple[Class, ...]:
    """The `top` labels with the highest scores, best first; of equal scores the lower label first.

    `scores`: logits or probabilities of shape (C,), (1, C) or (1, 1, 1, C), int8, uint8 or float32; `scale`
    and `zero_point` are ignored for float32. No softmax is applied. Raises `OutputError` for another shape or
    dtype or a number that is not finite, `RuleError` when `top` is not positive or the quantisation is out of
    range.
    """
    if top < 1:
        raise RuleError(f"top is {top}; at least one class must be asked for")
    if not scores.ndim or not scores.size or scores.size != scores.shape[-1]:
        raise OutputError(
            f"class scores have shape (C,) or (1, C), these are {scores.shape}; "
            "is the output kind 'fomo' or 'raw'?"
        )
    flat = scores.reshape(-1)
    if flat.dtype == FLOAT32:
        check_finite(flat)
        best = np.argsort(-flat, kind="stable")[:top].tolist()
        return tuple(Class(label, float(flat[label])) for label in best)
    if flat.dtype not in LOWEST:
        raise OutputError(f"class scores are int8, uint8 or float32, these are {flat.dtype}")
    real, low = levels(flat.dtype, scale, zero_point), LOWEST[flat.dtype]
    best = np.argsort(-flat.astype(np.int16), kind="stable")[:top].tolist()
    return tuple(Class(label, real[int(flat[label]) - low]) for label in best)
