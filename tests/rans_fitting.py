"""Tables fitted to tensors, as a calibration would, for the tests of rans and delta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from rans_reference import Levels, Model, Table, Tensor, symbols_of

TOTAL = 1 << 12


def frequencies_of(counts: npt.NDArray[np.int64]) -> tuple[int, ...]:
    """Counts scaled to sum to 4,096 with none below 1; the largest takes what rounding left."""
    scaled = np.maximum(1, np.floor(counts / max(1, counts.sum()) * TOTAL)).astype(np.int64)
    while (over := int(scaled.sum()) - TOTAL) > 0:
        scaled[np.argmax(scaled)] -= min(over, int(scaled.max()) - 1)
    scaled[np.argmax(scaled)] += TOTAL - int(scaled.sum())
    return tuple(int(one) for one in scaled)


def table_of(counts: npt.NDArray[np.int64], symbols: int) -> Table:
    """`counts` of each (level - prediction) mod M, into `symbols` around 0 and an escape unless all have one."""
    levels = len(counts)
    offset = 0 if symbols == levels else min(symbols // 2, levels - 1)
    rolled = np.roll(counts, offset)
    kept = rolled if symbols == levels else np.append(rolled[:symbols], rolled[symbols:].sum())
    return Table(offset, frequencies_of(kept))


def fitted(
    tensor: Tensor,
    model: Model,
    frames: Sequence[Levels],
    symbols: int,
    references: Sequence[Levels] | None = None,
) -> Model:
    """`model` with tables for these levels; how many tables it has comes from its (empty) ones."""
    blank = replace(model, tables=tuple(Table(0, ()) for _ in model.tables))
    counts = np.zeros((len(model.tables), tensor.levels), np.int64)
    for i, levels in enumerate(frames):
        found, which = symbols_of(tensor, blank, levels, None if references is None else references[i])
        np.add.at(counts, (which.ravel(), found.ravel()), 1)
    return replace(model, tables=tuple(table_of(one, symbols) for one in counts))


def smooth_frames(rng: np.random.Generator, count: int, shape: tuple[int, int, int]) -> list[bytes]:
    """int8 tensors with the correlation of real activations: noise blurred over space, channel gains, a ReLU."""
    height, width, channels = shape
    frames = []
    for _ in range(count):
        noise = rng.normal(0, 1, (height + 2, width + 2, channels))
        blurred = sum(noise[y : y + height, x : x + width] for y in range(3) for x in range(3)) / 3
        values = blurred * np.linspace(8, 40, channels) - 100
        frames.append(np.clip(np.round(values), -128, 127).astype(np.int8).tobytes())
    return frames
