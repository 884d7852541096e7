"""What is shown of one device: its last plan, how fast it is served, what it lost."""

from __future__ import annotations

from array import array
from math import ceil

from cutpoint.wire import DeviceId, ModelId, Presence
from edge_server.events import PlanDecided
from edge_server.web.rate import Rate

REMEMBERED = 128
"""The percentiles are of this many answers, the newest."""
LONGEST_US = 0xFFFF_FFFF
"""What four bytes hold, an hour and more."""


class DeviceFigures:
    """Fed by one thread, read by another, which may find the newest event half taken.

    Half a kilobyte, and as much again when the device has had `REMEMBERED` answers.
    """

    __slots__ = (
        "_next",
        "_residence",
        "answered",
        "boot",
        "device",
        "drift",
        "drops",
        "model",
        "note",
        "partial",
        "plan",
        "rate",
        "refused",
        "safe_mode",
        "seen_s",
        "state",
    )

    def __init__(self, device: DeviceId, now_s: float) -> None:
        """`now_s` is of the monotonic clock, as everywhere here."""
        self.device = device
        self.state: Presence | None = None
        self.boot = 0
        self.model: ModelId | None = None
        self.plan: PlanDecided | None = None
        self.note = ""
        self.safe_mode = False
        self.answered = 0
        self.partial = 0
        """Of the answers, those from the chunks that came."""
        self.drift: float | None = None
        """Points that the device's lossy setting costs beyond its calibration; None while that is not known."""
        self.refused = 0
        self.drops = 0
        self.seen_s = now_s
        self.rate = Rate(now_s)
        self._residence = array("I")
        self._next = 0

    def took_part(self, now_s: float) -> None:
        """An inference was answered from the chunks that came, at its deadline: no time of the edge's own."""
        self.answered += 1
        self.partial += 1
        self.rate.count(now_s)

    def took(self, edge_us: int, now_s: float) -> None:
        """An inference was answered after `edge_us` in the edge."""
        self.answered += 1
        self.rate.count(now_s)
        residence = self._residence
        edge_us = min(edge_us, LONGEST_US)
        if len(residence) < REMEMBERED:
            residence.append(edge_us)
        else:
            residence[self._next] = edge_us
            self._next = (self._next + 1) % REMEMBERED

    def percentiles_us(self, *shares: float) -> tuple[int, ...] | None:
        """Nearest-rank percentiles of the residence in the edge; None when nothing was answered."""
        ordered = sorted(self._residence[:])
        if not ordered:
            return None
        return tuple(ordered[max(0, ceil(share * len(ordered)) - 1)] for share in shares)
