"""How one rollout goes: who changed over, who failed, and when it is enough."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint.wire import DeviceId

MOST_FAILED_IN_A_ROW = 3
MOST_FAILED_SHARE = 0.2
LEAST_FOR_A_SHARE = 10
"""Devices that must have ended before their share of failures is judged."""
FIRST_BACKOFF_S = 60.0
MOST_BACKOFF_S = 3600.0


@dataclass(slots=True)
class Progress:
    """Of one rollout at one share, in either direction; a changed share begins anew."""

    moved: int = 0
    failed: int = 0
    unfit: set[DeviceId] = field(default_factory=set)
    in_a_row: int = 0
    halted: str | None = None

    def succeed(self) -> None:
        self.moved += 1
        self.in_a_row = 0

    def fail(self) -> bool:
        """Count a failure; True when this one halts the rollout."""
        self.failed += 1
        self.in_a_row += 1
        if self.halted is not None:
            return False
        ended = self.failed + self.moved
        if self.in_a_row >= MOST_FAILED_IN_A_ROW:
            self.halted = f"{self.in_a_row} devices in a row did not take the model"
        elif ended >= LEAST_FOR_A_SHARE and self.failed > MOST_FAILED_SHARE * ended:
            self.halted = f"{self.failed} of {ended} devices did not take the model"
        return self.halted is not None


@dataclass(slots=True)
class Backoff:
    """A device that failed is left alone until `until`, twice as long each time."""

    until: float
    wait_s: float

    def again(self, now: float) -> None:
        self.wait_s = min(2 * self.wait_s, MOST_BACKOFF_S)
        self.until = now + self.wait_s
