"""What is shown of one lossy setting, over all devices that follow it."""

from __future__ import annotations

from collections import deque

from cutpoint.answer import Agreed
from edge_server.events import Audited

REMEMBERED = 512
"""The agreement is of this many audits, the newest."""


class AuditFigures:
    """Fed by one thread, read by another."""

    __slots__ = ("_seen", "calibrated", "count")

    def __init__(self) -> None:
        self.count = 0
        """Audits since the start."""
        self.calibrated = 0.0
        self._seen: deque[Agreed] = deque(maxlen=REMEMBERED)

    def take(self, event: Audited) -> None:
        """One more audit."""
        self.count += 1
        self.calibrated = event.calibrated
        self._seen.append(event.agreed)

    @property
    def agreement(self) -> float | None:
        """Of the devices' answers with exact ones, 0 to 1; None while nothing was found by either."""
        seen = list(self._seen)
        whole = sum(one.whole for one in seen)
        return sum(one.part for one in seen) / whole if whole > 0 else None
