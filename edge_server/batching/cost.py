"""What a tail costs alone and in company."""

from __future__ import annotations

from collections.abc import Mapping

LEAST_GAIN = 1.05
"""Less is noise, and not worth the memory of a second interpreter."""


class BatchCost:
    """Microseconds of one invocation by the number of jobs in it; `{1: us}` for a tail that gains nothing.

    Belongs to the queue, which reads it under its lock. The single cost follows what is measured while serving.
    """

    __slots__ = ("_alpha", "_by_size", "single_us", "sizes")

    def __init__(self, by_size: Mapping[int, float], *, alpha: float = 0.1) -> None:
        self._by_size = dict(by_size)
        self._alpha = alpha
        self.single_us = self._by_size[1]
        self.sizes = tuple(sorted(self._by_size))

    @property
    def largest(self) -> int:
        """Most jobs that one invocation takes with a gain."""
        return self.sizes[-1]

    def seen(self, jobs: int, us: float) -> None:
        """A batch of `jobs` took this long."""
        self.single_us += self._alpha * (us / jobs - self.single_us)

    def saved_us(self, jobs: int) -> float:
        """What `jobs` together save against one after the other, by the measurement that was made at the start."""
        size = max(size for size in self.sizes if size <= max(jobs, 1))
        return max(0.0, size * self._by_size[1] - self._by_size[size])


def worthwhile(by_size: Mapping[int, float]) -> dict[int, float]:
    """The sizes whose invocation is at least `LEAST_GAIN` cheaper for each job than every smaller size's."""
    kept = {1: by_size[1]}
    for size in sorted(by_size):
        if by_size[size] / size * LEAST_GAIN <= min(us / of for of, us in kept.items()):
            kept[size] = by_size[size]
    return kept
