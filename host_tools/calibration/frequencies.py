"""Static frequencies of 12 bits: the best there are for given counts, and what coding with them takes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

TOTAL_BITS: Final = 12
TOTAL: Final = 1 << TOTAL_BITS
ESCAPED_BITS: Final = 8
"""What an escape adds: the level itself, in even bits."""

Counts = npt.NDArray[np.float64]


def normalised(counts: Counts) -> npt.NDArray[np.int64]:
    """Whole frequencies, each at least 1 and 4,096 together, with the least sum of -count * log2(frequency / 4096).

    That sum is convex in each frequency, so moving single units for as long as one gains ends at the optimum. Counts of
    0 are allowed; at most 4,096 of them.
    """
    total = float(counts.sum())
    exact = counts * (TOTAL / total) if total else np.full(len(counts), TOTAL / len(counts))
    frequencies = np.maximum(1, np.floor(exact)).astype(np.int64)
    while True:
        gain = counts * np.log2((frequencies + 1) / frequencies)
        pain = np.where(
            frequencies > 1, counts * np.log2(frequencies / np.maximum(frequencies - 1, 1)), np.inf
        )
        best, least = int(gain.argmax()), int(pain.argmin())
        missing = TOTAL - int(frequencies.sum())
        if missing > 0:
            frequencies[best] += 1
        elif missing < 0:
            frequencies[least] -= 1
        elif gain[best] > pain[least] + 1e-9:
            frequencies[best] += 1
            frequencies[least] -= 1
        else:
            return frequencies


def coded_bits(counts: Counts, frequencies: npt.NDArray[np.int64]) -> float:
    """What coding so many of each symbol takes, in bits."""
    return float(counts @ (TOTAL_BITS - np.log2(frequencies)))


def entropy_bits(counts: Counts) -> npt.NDArray[np.float64]:
    """Total bits of counts (..., symbols) under their own best code, over the last axis."""
    total = counts.sum(axis=-1, keepdims=True)
    share = np.divide(counts, total, out=np.ones_like(counts), where=counts > 0)
    bits: npt.NDArray[np.float64] = -(counts * np.log2(share)).sum(axis=-1)
    return bits
