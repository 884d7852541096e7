"""Which elements share a table: thresholds on the activity around an element, and groups of channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.calibration.frequencies import Counts, entropy_bits
from host_tools.calibration.neighbours import LARGEST_THRESHOLD, Wide

MOST_BINS = 40
"""Of the activity, between which a threshold may lie."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """What is coded, for all elements of all frames: each one's symbol and the activity around it."""

    symbols: npt.NDArray[np.uint8]
    activity: Wide
    levels: int

    @property
    def frames(self) -> int:
        return len(self.symbols)

    def by_activity(self) -> Counts:
        """Counts (256, levels)."""
        flat = self.activity.astype(np.int32).ravel() * self.levels + self.symbols.ravel()
        count = np.bincount(flat, minlength=(LARGEST_THRESHOLD + 1) * self.levels)
        return count.reshape(-1, self.levels).astype(np.float64)

    def by_channel(self, thresholds: tuple[int, ...]) -> Counts:
        """Counts (channels, contexts, levels)."""
        channels, contexts = self.symbols.shape[-1], len(thresholds) + 1
        context = context_of(thresholds)[self.activity]
        flat = (np.arange(channels, dtype=np.int32) * contexts + context) * self.levels + self.symbols
        count = np.bincount(flat.ravel(), minlength=channels * contexts * self.levels)
        return count.reshape(channels, contexts, self.levels).astype(np.float64)


def context_of(thresholds: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """The context of each activity from 0 to 255: how many thresholds it reaches."""
    return np.searchsorted(
        np.array(thresholds, np.int32), np.arange(LARGEST_THRESHOLD + 1, dtype=np.int32), side="right"
    ).astype(np.int32)


def best_thresholds(by_activity: Counts, contexts: int) -> tuple[int, ...]:
    """The contexts - 1 thresholds, or fewer where fewer are as good, that leave the least entropy.

    by_activity: counts (256, symbols). Optimal over `MOST_BINS` bins of about as many elements each, by dynamic
    programming over where the last context begins.
    """
    begins = _bins(by_activity.sum(axis=1))
    sums = np.concatenate(
        (np.zeros((1, by_activity.shape[1])), np.add.reduceat(by_activity, begins).cumsum(axis=0))
    )
    count = len(begins)
    cost = np.full((count, count + 1), np.inf)
    for first in range(count):
        cost[first, first + 1 :] = entropy_bits(sums[first + 1 :] - sums[first])
    best, came = cost[0].copy(), []
    for _ in range(min(contexts, count) - 1):
        through = best[:count, None] + cost
        through[0] = np.inf
        came.append(through.argmin(axis=0))
        best = through.min(axis=0)
    cuts, end = [], count
    for back in reversed(came):
        end = int(back[end])
        cuts.append(int(begins[end]))
    return tuple(sorted(cuts))


def _bins(elements: Counts) -> npt.NDArray[np.int64]:
    """Activities at which a bin begins, the first is 0; no bin is empty."""
    seen = np.flatnonzero(elements)
    begins = seen.copy()
    if len(seen):
        begins[0] = 0
    if len(begins) > MOST_BINS:
        share = elements[seen].cumsum() / elements.sum()
        kept = np.searchsorted(share, np.arange(1, MOST_BINS) / MOST_BINS, side="left") + 1
        begins = np.unique(begins[np.concatenate(([0], kept[kept < len(begins)]))])
    return begins if len(begins) else np.zeros(1, np.int64)


def merged_channels(by_channel: Counts, groups: int) -> list[list[int]]:
    """Channels in so many groups, or as many as there are channels, by merging the two that lose least.

    by_channel: counts (channels, contexts, symbols). The groups are ordered by their first channel.
    """
    members = [[channel] for channel in range(len(by_channel))]
    counts = list(by_channel)
    own = [float(entropy_bits(one).sum()) for one in counts]
    price = np.full((len(counts), len(counts)), np.inf)
    for first in range(len(counts)):
        for second in range(first + 1, len(counts)):
            price[first, second] = (
                float(entropy_bits(counts[first] + counts[second]).sum()) - own[first] - own[second]
            )
    left = len(counts)
    while left > groups:
        first, second = (int(one) for one in np.unravel_index(price.argmin(), price.shape))
        members[first] += members[second]
        counts[first] = counts[first] + counts[second]
        own[first] = float(entropy_bits(counts[first]).sum())
        members[second] = []
        price[second, :] = price[:, second] = np.inf
        for other in range(len(counts)):
            if other != first and members[other]:
                at = (min(first, other), max(first, other))
                price[at] = float(entropy_bits(counts[first] + counts[other]).sum()) - own[first] - own[other]
        left -= 1
    return sorted(sorted(group) for group in members if group)
