"""Levels for the bytes of a tensor: identity, dead zone and steps, entropy-constrained, even bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.codec import Activity, DType, Prediction, Quantiser
from host_tools.calibration.contexts import best_thresholds, context_of
from host_tools.calibration.models import symbols_of
from host_tools.calibration.neighbours import Levels, activity

ROUNDS = 8
MOST_LEVELS = 32
OTHER_LEVEL_BITS = 18.0
"""Price of a level that was not seen in a context: beyond the rarest that 12-bit frequencies code."""

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Values:
    """How often each of a tensor's 256 values comes, lowest value first, and which is its zero point's.

    counts: (256,). rank: of the zero point among the values. dtype: int8 or uint8.
    """

    counts: Numbers
    rank: int
    dtype: DType

    @property
    def spread(self) -> float:
        """Root mean square of the distance to the zero point."""
        apart = np.arange(256) - self.rank
        return float(np.sqrt((self.counts @ apart**2) / max(self.counts.sum(), 1)))


def ranked(elements: Bytes, dtype: DType) -> Bytes:
    """Elements as unsigned bytes to their ranks, lowest value first."""
    return (elements ^ 0x80).astype(np.uint8) if dtype is DType.INT8 else elements


def values_of(elements: Bytes, dtype: DType, zero_point: int) -> Values:
    """Count the values of elements, unsigned bytes of any shape."""
    counts = np.bincount(ranked(elements, dtype).ravel(), minlength=256).astype(np.float64)
    return Values(counts, zero_point + (128 if dtype is DType.INT8 else 0), dtype)


def identity(values: Values) -> Quantiser:
    """A level for each value: nothing is lost."""
    return _quantiser(np.arange(256), values)


def dead_zone(values: Values, step: float, rounding: float, most: int = MOST_LEVELS) -> Quantiser:
    """Even steps from the zero point: level = sign * floor(|d| / step + rounding); 0.5 rounds, less is a dead zone."""
    apart = np.arange(256) - values.rank
    level = np.sign(apart) * np.floor(np.abs(apart) / step + rounding)
    # Outermost levels take what lies beyond them.
    reach = most // 2
    lowest = max(-reach, int(level.min()))
    level = np.clip(level, lowest, lowest + most - 1)
    return _quantiser(level, values)


def even(values: Values, bits: int) -> Quantiser:
    """2^bits levels of one width over the range that leaves the least squared error; values beyond are clipped."""
    count = 1 << bits
    rank = np.arange(256)
    seen = np.flatnonzero(values.counts)
    low, high = int(seen[0]), int(seen[-1])
    best: tuple[float, npt.NDArray[np.int64]] | None = None
    for inside in np.linspace(1.0, 0.4, 25):
        below = (values.rank - low) * inside
        width = max(((values.rank - low) + (high - values.rank)) * inside / count, 1e-9)
        level = np.clip(np.floor((rank - (values.rank - below)) / width), 0, count - 1).astype(np.int64)
        error = _error(level, values)
        if best is None or error < best[0] - 1e-9:
            best = error, level
    assert best is not None
    return _quantiser(best[1], values)


def least_error(values: Values, bits: int) -> Quantiser:
    """2^bits levels of any width that leave the least squared error of all.

    Dynamic programming over where the last level begins; source: J. Bruce, "Optimum quantization", MIT (1965).
    """
    rank = np.arange(256, dtype=np.float64)
    sums = [np.concatenate(([0.0], (values.counts * rank**power).cumsum())) for power in range(3)]
    count, first, second = (one[None, :] - one[:, None] for one in sums)
    error = np.maximum(second - first**2 / np.maximum(count, 1), 0)
    error[np.tril_indices(257)] = np.inf
    best, came = error[0].copy(), []
    for _ in range((1 << bits) - 1):
        through = best[:, None] + error
        came.append(through.argmin(axis=0))
        best = through.min(axis=0)
    level, end = np.zeros(256, np.int64), 256
    for number, back in enumerate(reversed(came)):
        begin = int(back[end])
        level[begin:end] = len(came) - number
        end = begin
    return _quantiser(level, values)


def entropy_constrained(
    elements: Bytes, values: Values, step: float, *, contexts: int = 4, price: float = 1.0
) -> Quantiser:
    """Levels that leave the least of squared error + lambda * bits, begun at even steps.

    elements: (frames, H, W, C) unsigned bytes. lambda = price * step^2 * ln 2 / 6, the slope of an even quantiser of
    that step. Bits are those of rANS in contexts by the magnitude, averaged over the contexts that elements of a value
    stand in. Source: P. Chou, T. Lookabaugh, R. Gray, "Entropy-constrained vector quantization", IEEE Trans. ASSP 37
    (1989); the contexts are ours.
    """
    weight = price * step**2 * np.log(2) / 6
    rank = ranked(elements, values.dtype)
    quantiser = dead_zone(values, step, 0.4)
    for _ in range(ROUNDS):
        levels = levels_of(elements, quantiser)
        count = len(quantiser.to_value)
        around = activity(levels, quantiser.zero_level, Activity.MAGNITUDE)
        symbols = symbols_of(levels, count, quantiser.zero_level, Prediction.NONE, Activity.MAGNITUDE)
        context = context_of(best_thresholds(symbols.by_activity(), contexts))[around]
        most = int(context.max()) + 1
        in_context = np.bincount((context * 256 + rank).ravel(), minlength=most * 256).reshape(most, 256)
        coded = np.bincount((context * count + levels).ravel(), minlength=most * count).reshape(most, count)
        bits = np.minimum(
            -np.log2(np.maximum(coded, 1e-9) / np.maximum(coded.sum(axis=1, keepdims=True), 1)),
            OTHER_LEVEL_BITS,
        )
        stands = in_context / np.maximum(in_context.sum(axis=0, keepdims=True), 1)
        empty = in_context.sum(axis=0) == 0
        stands[-1, empty] = 1.0
        cost = stands.T @ bits
        _, centres = _centres(np.frombuffer(quantiser.to_level, np.uint8)[_by_rank(values)], values)
        apart = (np.arange(256)[:, None] - centres[None, :]) ** 2
        level = (apart + weight * cost).argmin(axis=1)
        fresh = _quantiser(level, values)
        if fresh == quantiser:
            break
        quantiser = fresh
    return quantiser


def levels_of(elements: Bytes, quantiser: Quantiser) -> Levels:
    """Levels of elements, unsigned bytes of any shape."""
    return np.frombuffer(quantiser.to_level, np.uint8)[elements]


def restored(elements: Bytes, quantiser: Quantiser) -> Bytes:
    """What a receiver has of elements: the values of their levels, as unsigned bytes."""
    to_value = np.frombuffer(quantiser.to_value, np.uint8)
    return to_value[np.frombuffer(quantiser.to_level, np.uint8)][elements]


def _quantiser(level: npt.NDArray[np.generic], values: Values) -> Quantiser:
    """Levels by rank, any numbers that grow with it, as a quantiser: used ones numbered from 0, centres rounded."""
    names, numbered = np.unique(level, return_inverse=True)
    _, centres = _centres(numbered, values)
    flip = 0x80 if values.dtype is DType.INT8 else 0
    to_value = np.rint(centres).astype(np.uint8) ^ flip
    to_level = np.empty(256, np.uint8)
    to_level[_by_rank(values)] = numbered
    assert len(names) <= 256
    return Quantiser(to_level.tobytes(), to_value.astype(np.uint8).tobytes(), int(numbered[values.rank]))


def _by_rank(values: Values) -> npt.NDArray[np.int64]:
    """The unsigned byte of each rank."""
    return np.arange(256) ^ (0x80 if values.dtype is DType.INT8 else 0)


def _centres(level: npt.NDArray[np.generic], values: Values) -> tuple[npt.NDArray[np.int64], Numbers]:
    """Used levels and the mean rank of each; where none of its values was ever seen, the middle of them."""
    names, numbered = np.unique(level, return_inverse=True)
    rank = np.arange(256, dtype=np.float64)
    seen = np.bincount(numbered, values.counts, len(names))
    middle = np.bincount(numbered, rank, len(names)) / np.bincount(numbered, minlength=len(names))
    mean = np.bincount(numbered, values.counts * rank, len(names)) / np.maximum(seen, 1)
    return names.astype(np.int64), np.where(seen > 0, mean, middle)


def _error(level: npt.NDArray[np.int64], values: Values) -> float:
    names, centres = _centres(level, values)
    restored_rank = centres[np.searchsorted(names, level)]
    return float(values.counts @ (np.arange(256) - restored_rank) ** 2)
