"""When each device takes its pictures: decided by seed and rate alone, never by how fast anybody answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from cutpoint.errors import UsageError

Arrivals = Literal["poisson", "periodic"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pictures a second of one device, over `duration_s`.

    "poisson": independent gaps with an exponential distribution. "periodic": equal gaps, each device beginning at a
    random point of its first one, as cameras that were switched on at any time.
    """

    rate_per_s: float
    duration_s: float
    arrivals: Arrivals = "poisson"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.rate_per_s <= 10_000:
            raise UsageError(
                f"the rate is {self.rate_per_s:g} a second for each device; give above 0 to 10,000"
            )
        if not 0 < self.duration_s <= 30 * 86_400:
            raise UsageError(f"the duration is {self.duration_s:g} s; give above 0 s to 30 days")
        if self.arrivals not in get_args(Arrivals):
            raise UsageError(f"arrivals are {self.arrivals!r}; known are {', '.join(get_args(Arrivals))}")

    def times_ns(self, device: int) -> Iterator[int]:
        """Nanoseconds after the start at which this device takes a picture, rising; the same at every call."""
        rng = random.Random(f"{self.seed}/{device}")
        gap_s = 1.0 / self.rate_per_s
        periodic = self.arrivals == "periodic"
        at_s = rng.random() * gap_s if periodic else rng.expovariate(self.rate_per_s)
        while at_s < self.duration_s:
            yield int(at_s * 1e9)
            at_s += gap_s if periodic else rng.expovariate(self.rate_per_s)
