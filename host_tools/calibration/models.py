"""Models of rANS for levels that are given: prediction, contexts, groups and tables, by what they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.codec import Activity, Prediction, RansModel
from host_tools.calibration.contexts import Symbols, best_thresholds, merged_channels
from host_tools.calibration.neighbours import Levels, activity, predicted
from host_tools.calibration.windows import fit_tables, table_bytes

MODEL_HEAD_BYTES = 8
STREAM_BYTES = 3.5
"""Of a stream beyond the information in it: the last state's four bytes, which carry about half a byte."""
MOST_GROUPS = 16
FLASH_PRICE = 0.01
"""Bytes that a frame must be smaller by for each byte more of tables: a board has more flash than radio."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a model is built: what varies between candidates."""

    prediction: Prediction
    activity: Activity
    contexts: int
    groups: int = 1


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model, the bytes that it is expected to make of a frame, and its own bytes in the tables file."""

    model: RansModel
    frame_bytes: float
    bytes: int

    @property
    def price(self) -> float:
        return self.frame_bytes + FLASH_PRICE * self.bytes


def lossless_shapes() -> tuple[Shape, ...]:
    """For levels that are the values themselves: every prediction, by the gradient, in up to four contexts."""
    return tuple(
        Shape(prediction, Activity.GRADIENT, contexts)
        for prediction in (Prediction.NONE, Prediction.LEFT, Prediction.UPPER, Prediction.AVERAGE)
        for contexts in (1, 2, 3, 4)
    ) + tuple(Shape(Prediction.NONE, Activity.MAGNITUDE, contexts) for contexts in (2, 4))


def lossy_shapes() -> tuple[Shape, ...]:
    """For a few levels: contexts by the magnitude, with or without groups of channels, or the average predicted."""
    plain = [
        Shape(Prediction.NONE, Activity.MAGNITUDE, contexts, groups)
        for groups in (1, 2, 4)
        for contexts in (1, 2, 3, 4)
    ]
    return (*plain, Shape(Prediction.AVERAGE, Activity.GRADIENT, 4))


def change_shapes() -> tuple[Shape, ...]:
    """For levels against those of the reference frame."""
    return tuple(Shape(Prediction.REFERENCE, Activity.CHANGE, contexts) for contexts in (1, 2, 3, 4))


def fit_best(
    levels: Levels,
    count: int,
    zero: int,
    shapes: Iterable[Shape],
    budget_bytes: int,
    reference: Levels | None = None,
) -> FittedModel:
    """The model that takes least, its own bytes counted by `FLASH_PRICE`.

    levels: (frames, H, W, C), each below count. budget_bytes: for the model in the file. Raises ValueError when no
    shape fits the budget.
    """
    known: dict[tuple[Prediction, Activity], Symbols] = {}
    fitted = []
    for shape in shapes:
        if shape.groups > levels.shape[-1]:
            continue
        key = (shape.prediction, shape.activity)
        if key not in known:
            known[key] = symbols_of(levels, count, zero, *key, reference)
        one = fit(known[key], shape, budget_bytes)
        if one is not None:
            fitted.append(one)
    if not fitted:
        raise ValueError(f"no model fits into {budget_bytes} bytes")
    return min(fitted, key=lambda one: one.price)


def symbols_of(
    levels: Levels,
    count: int,
    zero: int,
    prediction: Prediction,
    kind: Activity,
    reference: Levels | None = None,
) -> Symbols:
    """Symbols without an offset: the level less what was predicted, modulo the number of levels."""
    less = (levels.astype(np.int16) - predicted(levels, zero, prediction, reference)) % count
    return Symbols(less.astype(np.uint8), activity(levels, zero, kind, reference), count)


def fit(symbols: Symbols, shape: Shape, budget_bytes: int) -> FittedModel | None:
    """A model of one shape; None when it does not fit the budget."""
    thresholds = best_thresholds(symbols.by_activity(), shape.contexts) if shape.contexts > 1 else ()
    if len(thresholds) < shape.contexts - 1:
        return None
    by_channel = symbols.by_channel(thresholds)
    groups = merged_channels(by_channel, shape.groups) if shape.groups > 1 else [list(range(len(by_channel)))]
    return _with_groups(symbols, shape, thresholds, by_channel, groups, budget_bytes, sliced=False)


def fit_sliced(
    symbols: Symbols, shape: Shape, groups: Sequence[Sequence[int]], budget_bytes: int
) -> FittedModel | None:
    """A model with a stream for each of the groups, in their order."""
    thresholds = best_thresholds(symbols.by_activity(), shape.contexts) if shape.contexts > 1 else ()
    by_channel = symbols.by_channel(thresholds)
    return _with_groups(symbols, shape, thresholds, by_channel, groups, budget_bytes, sliced=True)


def _with_groups(
    symbols: Symbols,
    shape: Shape,
    thresholds: tuple[int, ...],
    by_channel: npt.NDArray[np.float64],
    groups: Sequence[Sequence[int]],
    budget_bytes: int,
    *,
    sliced: bool,
) -> FittedModel | None:
    channels = len(by_channel)
    group_bytes = -(-channels // 4) * 4 if len(groups) > 1 else 0
    counts = np.concatenate([by_channel[list(group)].sum(axis=0) for group in groups])
    head = MODEL_HEAD_BYTES + group_bytes
    tables, bits = fit_tables(counts, symbols.frames, budget_bytes - head)
    size = head + table_bytes(tables)
    if size > budget_bytes:
        return None
    group_of = bytearray(channels)
    for number, group in enumerate(groups):
        for channel in group:
            group_of[channel] = number
    model = RansModel(
        shape.prediction,
        shape.activity,
        thresholds,
        tables,
        bytes(group_of) if len(groups) > 1 else None,
        sliced,
    )
    streams = len(groups) * (STREAM_BYTES + 2) if sliced else STREAM_BYTES
    return FittedModel(model, bits / 8 + streams, size)
