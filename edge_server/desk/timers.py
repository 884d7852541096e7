"""What the desk is to do at a time, besides what comes in."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Call = Callable[[], None]


class Timers:
    """Calls with the `time.perf_counter_ns()` at which each is due. Belongs to the desk's thread."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Call]] = []
        self._numbered = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def at(self, due_ns: int, call: Call) -> None:
        """Have `call` made at `due_ns`, or as soon as the desk turns after it."""
        self._numbered += 1
        heapq.heappush(self._waiting, (due_ns, self._numbered, call))

    def wait_s(self, now_ns: int, most_s: float) -> float:
        """How long the desk may sleep: until the next call is due, at most `most_s`."""
        if not self._waiting:
            return most_s
        return min(max(self._waiting[0][0] - now_ns, 0) / 1e9, most_s)

    def due(self, now_ns: int) -> list[Call]:
        """The calls whose time has come, the earliest first; they are handed over once."""
        calls: list[Call] = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            calls.append(heapq.heappop(self._waiting)[2])
        return calls
