"""A histogram of latencies in buckets whose width grows with the value, as HdrHistogram's do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PRECISE = 7
"""Bits of each value that are kept: a bucket is at most 1 / 128 = 0.8 % wide."""
COARSE = 5
"""For one histogram a second over hours: 3 %."""

# The library `hdrhistogram` would do; ours is sparse (a second of an hour's run costs its few buckets only), records in
# 0.4 us, and merges what several processes counted.


@dataclass(slots=True)
class Histogram:
    """Counts of whole numbers from 0 on (microseconds here). Values below 2^bits are kept exactly."""

    bits: int = PRECISE
    counts: dict[int, int] = field(default_factory=dict)
    most: int = 0

    @property
    def total(self) -> int:
        """How many values were counted."""
        return sum(self.counts.values())

    def record(self, value: int) -> None:
        """Count one value; one below 0 counts as 0."""
        if value < 0:  # not max(), and no total kept: this is called for every latency of every inference
            value = 0
        elif value > self.most:
            self.most = value
        shift = value.bit_length() - self.bits - 1
        bucket = value if shift <= 0 else (shift << self.bits) + (value >> shift)
        counts = self.counts
        counts[bucket] = counts.get(bucket, 0) + 1

    def add(self, other: Histogram) -> None:
        """Count everything that another one counted. ValueError for another precision."""
        if other.bits != self.bits:
            raise ValueError(f"a histogram of {other.bits} bits does not fit one of {self.bits}")
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.most = max(self.most, other.most)

    @classmethod
    def of(cls, values: Iterable[int], bits: int = PRECISE) -> Histogram:
        """The histogram of these values."""
        made = cls(bits)
        for value in values:
            made.record(value)
        return made

    def percentile(self, share: float) -> int | None:
        """The smallest bucket's upper end that at least `share` of the values do not exceed; None when empty."""
        if not self.counts:
            return None
        return next(value for value, reached in self.curve() if reached >= share - 1e-12)

    def curve(self) -> Iterator[tuple[int, float]]:
        """(upper end of a bucket, share of the values up to there), rising."""
        reached, total = 0, self.total
        for bucket in sorted(self.counts):
            reached += self.counts[bucket]
            yield min(self._upper(bucket), self.most), reached / total

    def mean(self) -> float | None:
        """Mean of the buckets' upper ends; None when empty."""
        if not self.counts:
            return None
        return math.fsum(self._upper(bucket) * count for bucket, count in self.counts.items()) / self.total

    def _upper(self, bucket: int) -> int:
        if bucket < 1 << (self.bits + 1):
            return bucket
        shift = (bucket >> self.bits) - 1
        return ((bucket - (shift << self.bits) + 1) << shift) - 1
