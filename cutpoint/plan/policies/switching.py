"""When a better row is enough better to move a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal

LARGE_GAIN = 0.5


@dataclass(frozen=True, slots=True)
class Switching:
    """What a change of cut has to bring, because estimates are noisy and every change costs a message.

    hysteresis     share of the present price that must be saved
    least_gain_us  microseconds of latency that must be saved as well
    dwell          inferences that a new row is given before it may be left again, unless half its price is
    saved
    """

    hysteresis: float = 0.1
    least_gain_us: float = 500.0
    dwell: int = 3

    def __post_init__(self) -> None:
        if refusal(self.hysteresis, 0.0, 0.99) is not None:
            raise PolicyError(f"hysteresis is {self.hysteresis!r}; expected a share from 0 to 0.99")
        if refusal(self.least_gain_us, 0.0, 600e6) is not None or refusal(self.dwell, 0, 1 << 20) is not None:
            raise PolicyError(f"least gain {self.least_gain_us!r} us or dwell {self.dwell!r} is out of range")

    def holds(self, now: float, best: float, *, least_gain: float, runs: int) -> str:
        """Says why a device at price `now` stays although `best` is on offer; empty when it should move."""
        gain = now - best
        if gain <= self.hysteresis * now:
            return f"under the {100 * self.hysteresis:g} % that a change must bring"
        if gain <= least_gain:
            return "too little in absolute terms"
        if runs < self.dwell and gain < LARGE_GAIN * now:
            return f"changed {runs} inferences ago"
        return ""


def cheapest(objective: npt.NDArray[np.float64]) -> int:
    """Index of the lowest price; the first of equals, which is the lowest cut."""
    return int(np.argmin(objective))
