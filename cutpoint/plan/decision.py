"""What a device is told to do next, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cutpoint.plan.wording import row_name

SHORTEST_DEADLINE_US = 50_000.0
LONGEST_DEADLINE_US = 10_000_000.0
UNKNOWN_LINK_DEADLINE_US = 2_000_000.0


class Occasion(StrEnum):
    """What brought a decision about."""

    POLICY = "policy"
    LOAD = "load"
    EXPLORATION = "exploration"
    FORCED = "forced"
    RETEST = "retest"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; `reason` is a line for a person.

    codec           with the number of its setting where it has any: `raw`, `rans:12`
    deadline_ms     after the last byte was handed over; then the device answers by itself
    expected_us     latency expected of it
    exploration     chosen to learn, not because it is best (exploration, forced runs, re-tests and audits alike)
    report_timings  whether the device shall report timings with every activation
    """

    cut: int
    codec: str
    deadline_ms: int
    reason: str
    exploration: bool
    report_timings: bool
    expected_us: float
    occasion: Occasion = Occasion.POLICY

    def __str__(self) -> str:
        return f"{row_name(self.cut, self.codec)}, deadline {self.deadline_ms} ms: {self.reason}"


def deadline_ms(
    network_us: float, edge_us: float, jitter_us: float, *, known: bool, patience: float = 1.0
) -> int:
    """Milliseconds a device waits: patience x (3 x (network + edge) + 4 x jitter), within 50 ms to 10 s.

    Four deviations are the margin of TCP's retransmission timer, and `patience`, doubled by every missed
    deadline, is its back-off (RFC 6298); three times the expectation leaves room for a figure that is behind
    the times. While the link is not `known` it is at least 2 s, because a deadline missed measures nothing.
    """
    us = patience * (3.0 * (network_us + edge_us) + 4.0 * jitter_us)
    if not known:
        us = max(us, UNKNOWN_LINK_DEADLINE_US)
    return round(min(max(us, SHORTEST_DEADLINE_US), LONGEST_DEADLINE_US) / 1000)
