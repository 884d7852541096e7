"""What happened how often, by reason."""

from __future__ import annotations

import logging
from collections import Counter

from edge_server.logs import log_event

log = logging.getLogger("edge_server")

MOST_REASONS_LOGGED = 10_000


class Counters:
    """Counts for one thread, and a log line for the first of each (device, reason).

    The memory of what was logged is bounded: past `MOST_REASONS_LOGGED` it starts anew, so a flood of invented
    device ids costs repeated lines and no memory.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged: set[tuple[str, str]] = set()

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] += by

    def note(self, device: str, reason: str, detail: object = "") -> None:
        """Count `reason`, and log it if this device has not been logged for it yet."""
        self.counts[reason] += 1
        key = (device, reason)
        if key in self._logged:
            return
        if len(self._logged) >= MOST_REASONS_LOGGED:
            self._logged.clear()
        self._logged.add(key)
        log_event(log, logging.WARNING, reason, device=device, detail=detail)
