"""Makes a PC take the time that a board would: waits the rest, and says when it was too slow itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from host_tools.device.profile import Profile
from host_tools.device.workload import Workload


@dataclass(frozen=True, slots=True)
class Paced:
    """Microseconds of each operator to report, and by how much this computer exceeded their sum."""

    operators_us: tuple[int, ...]
    overran_us: int

    @property
    def total_us(self) -> int:
        return sum(self.operators_us)


class PacedRange:
    """A range in slices at a board's tempo; without one (`drawn_us` None) nothing waits."""

    def __init__(self, pace: Pace, drawn_us: tuple[int, ...] | None) -> None:
        self._pace = pace
        self._drawn_us = drawn_us
        self._overran_us = 0.0

    @property
    def modelled(self) -> bool:
        """Whether times are a board's."""
        return self._drawn_us is not None

    def ahead_us(self, shares: Sequence[float], worked_us: int) -> float:
        """How much sooner than the board this computer is, so much of each operator being done; below 0: later."""
        if self._drawn_us is None:
            return 0.0
        return sum(share * us for share, us in zip(shares, self._drawn_us, strict=True)) - worked_us

    def keep(self, shares: Sequence[float], worked_us: int) -> None:
        """At the end of a slice: wait until the board would be there."""
        ahead_us = self.ahead_us(shares, worked_us)
        self._overran_us = max(0.0, -ahead_us)
        if ahead_us > 0:
            self._pace.wait(ahead_us)

    def ended(self, measured_us: Sequence[int]) -> Paced:
        """What to report: the board's times, or what was measured where there is no board."""
        if self._drawn_us is None:
            return Paced(tuple(measured_us), 0)
        overran_us = round(self._overran_us) if measured_us else 0
        self._pace.overruns += overran_us > 0
        return Paced(self._drawn_us, overran_us)


class Pace:
    """One board's tempo. With profile `host` nothing waits and what was measured is what is reported."""

    def __init__(self, profile: Profile, workloads: Sequence[Workload], *, seed: int = 0) -> None:
        self.overruns = 0
        self._profile = profile
        self._rng = np.random.default_rng(seed)
        self._modelled_us = tuple(profile.operator_us(work) for work in workloads) if profile.modelled else ()
        self._stopped = threading.Event()

    def keep(self, first: int, measured_us: Sequence[int], elapsed_us: int) -> Paced:
        """After operators from `first` on took `measured_us` here, `elapsed_us` in all: wait for the rest.

        Modelled times carry the board's jitter, a draw an operator. When this computer took longer than the
        board would, nothing can wait: `overruns` counts it, and the modelled times are reported all the
        same.
        """
        if not self._profile.modelled:
            return Paced(tuple(measured_us), 0)
        wanted = self._modelled_us[first : first + len(measured_us)]
        drawn = tuple(self._profile.jittered(time_us, self._rng) for time_us in wanted)
        left_us = sum(drawn) - elapsed_us
        if left_us > 0:
            self._stopped.wait(left_us / 1e6)
            return Paced(drawn, 0)
        overran_us = -left_us if measured_us else 0
        self.overruns += overran_us > 0
        return Paced(drawn, overran_us)

    def slices(self, first: int, last: int) -> PacedRange:
        """The tempo of operators [first, last) that run in slices: a line of an operator takes an equal part of it."""
        wanted = self._modelled_us[first:last]
        drawn = tuple(self._profile.jittered(time_us, self._rng) for time_us in wanted)
        return PacedRange(self, drawn if self._profile.modelled else None)

    def wait(self, us: float) -> None:
        """Until so much has passed, or a stop."""
        self._stopped.wait(us / 1e6)

    def start(self) -> None:
        """Wait again, after a stop."""
        self._stopped.clear()

    def stop(self) -> None:
        """Cut the present wait short, and do not wait any more."""
        self._stopped.set()

    def expected_us(self, first: int, last: int) -> float | None:
        """Modelled microseconds of operators [first, last) without jitter; None when nothing is modelled."""
        return sum(self._modelled_us[first:last]) if self._profile.modelled else None
