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

    def start(self) -> None:
        """Wait again, after a stop."""
        self._stopped.clear()

    def stop(self) -> None:
        """Cut the present wait short, and do not wait any more."""
        self._stopped.set()

    def expected_us(self, first: int, last: int) -> float | None:
        """Modelled microseconds of operators [first, last) without jitter; None when nothing is modelled."""
        return sum(self._modelled_us[first:last]) if self._profile.modelled else None
