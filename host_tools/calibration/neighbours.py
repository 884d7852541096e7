"""Predictions and activities of levels, for all elements at once, as docs/codecs.md defines them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.codec import Activity, Prediction

Levels = npt.NDArray[np.uint8]
"""(frames, height, width, channels)."""
Wide = npt.NDArray[np.int16]
LARGEST_THRESHOLD = 255


def left(levels: Levels, zero: int) -> Wide:
    """For each element the level at its left."""
    moved = np.full(levels.shape, zero, np.int16)
    moved[:, :, 1:] = levels[:, :, :-1]
    return moved


def upper(levels: Levels, zero: int) -> Wide:
    """For each element the level above."""
    moved = np.full(levels.shape, zero, np.int16)
    moved[:, 1:] = levels[:, :-1]
    return moved


def upper_left(levels: Levels, zero: int) -> Wide:
    """For each element the level above at the left."""
    moved = np.full(levels.shape, zero, np.int16)
    moved[:, 1:, 1:] = levels[:, :-1, :-1]
    return moved


def predicted(levels: Levels, zero: int, prediction: Prediction, reference: Levels | None = None) -> Wide:
    """What is expected of each element. reference: the levels of the frame that changes are against."""
    if prediction is Prediction.LEFT:
        return left(levels, zero)
    if prediction is Prediction.UPPER:
        return upper(levels, zero)
    if prediction is Prediction.AVERAGE:
        return (left(levels, zero) + upper(levels, zero)) >> 1
    if prediction is Prediction.REFERENCE:
        assert reference is not None
        return reference.astype(np.int16)
    return np.zeros(levels.shape, np.int16)


def activity(levels: Levels, zero: int, kind: Activity, reference: Levels | None = None) -> Wide:
    """How much happens around each element, at most 255: no threshold lies higher."""
    a, b = left(levels, zero), upper(levels, zero)
    if kind is Activity.MAGNITUDE:
        around: Wide = np.abs(a - zero) + np.abs(b - zero)
    elif kind is Activity.GRADIENT:
        c = upper_left(levels, zero)
        around = np.abs(a - c) + np.abs(b - c)
    else:
        assert reference is not None
        around = np.abs(a - left(reference, zero)) + np.abs(b - upper(reference, zero))
    limited: Wide = np.minimum(around, LARGEST_THRESHOLD)
    return limited
