"""Where the time of the desk goes."""

from __future__ import annotations

import time
from collections import Counter


class Laps:
    """Processor time of one thread by stage; the thread calls `lap` at the end of each."""

    __slots__ = ("_last_ns", "spent_ns")

    def __init__(self) -> None:
        self.spent_ns: Counter[str] = Counter()
        self._last_ns = 0

    def begin(self) -> None:
        """What came before belongs to no stage."""
        self._last_ns = time.thread_time_ns()

    def lap(self, stage: str) -> None:
        """The time since the last call belongs to `stage`."""
        now_ns = time.thread_time_ns()
        self.spent_ns[stage] += now_ns - self._last_ns
        self._last_ns = now_ns
