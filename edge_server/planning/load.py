"""Watches what the runners have to do, for the price of the edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from statistics import median_low

from cutpoint.plan.load import LoadPrice, Work
from cutpoint.wire import DeviceId, Status
from edge_server.backend import Backend
from edge_server.events import Answered, Event

# A device counts for no more than this many usual ones: a flood waits behind everybody's turn, and moves nobody.
_MOST_SHARES = 8
_SECOND_S = 1.0
_REFUSED = frozenset({Status.OVERLOADED, Status.TOO_LATE})


class LoadWatch:
    """Counts jobs from the events of the desk, and moves the price at every tick. Belongs to the desk's thread.

    `under_way` says how many jobs wait or run: what came is what was concluded, and by how much those have grown.
    """

    def __init__(self, backend: Backend, price: LoadPrice, under_way: Callable[[], int]) -> None:
        self._backend = backend
        self._under_way = under_way
        self._left = 0
        self._price = price
        self._busy_us = 0
        self._arrived, self._finished, self._waits, self._waited_us = 0, 0, 0, 0
        self._second: Counter[DeviceId] = Counter()
        self._second_from_s = 0.0
        self._most = 1 << 30

    def seen(self, event: Event) -> None:
        """Take what came of one inference."""
        if not isinstance(event, Answered) or not (event.batch or event.status in _REFUSED):
            return
        self._finished += event.batch > 0
        self._second[event.device] += 1
        if self._second[event.device] > self._most:
            return
        self._arrived += 1
        if event.batch:
            self._waits += 1
            self._waited_us += event.stages.queue

    def tick(self, now_s: float) -> None:
        """Bring the price up to date; `now_s` is `time.monotonic()`."""
        busy_us, left = self._backend.busy_us, self._under_way()
        # Below 0 when those of a flood are concluded, of which most did not count when they came.
        work = Work(
            max(self._arrived + left - self._left, 0),
            self._finished,
            max(busy_us - self._busy_us, 0),
            self._waited_us / self._waits if self._waits else 0.0,
        )
        self._busy_us, self._left = busy_us, left
        self._arrived, self._finished, self._waits, self._waited_us = 0, 0, 0, 0
        self._price.update(work, self._backend.capacity, now_s)
        if now_s - self._second_from_s >= _SECOND_S:
            self._second_from_s = now_s
            if self._second:
                self._most = _MOST_SHARES * median_low(self._second.values())
            self._second.clear()
