"""The bounded queue between a gateway's thread and a worker."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal

from cutpoint.wire import Leaf
from edge_server.gateway import Arrival

WhenFull = Literal["refuse", "drop-oldest"]

_WORK = frozenset({Leaf.ACT, Leaf.TELE})


@dataclass(frozen=True, slots=True)
class Turn:
    """What a worker does next: answer the refused, renew the plans, handle one arrival."""

    arrival: Arrival | None
    refused: tuple[Arrival, ...]
    renewed: bool


class Inbox:
    """Arrivals in order, at most `size` of work and as many again of state and about messages.

    When it is full of work: `refuse` keeps what is there and puts the newcomer among the refused, whom the worker
    answers before anything else; `drop-oldest` makes room. Refused newcomers beyond `size` are dropped unanswered.
    """

    def __init__(self, size: int, when_full: WhenFull) -> None:
        self._size, self._when_full = size, when_full
        self._ready = threading.Condition(threading.Lock())
        self._arrivals: deque[Arrival] = deque()
        self._refused: deque[Arrival] = deque()
        self._renewed = False
        self._closed = False
        self.drops: Counter[str] = Counter()

    def put(self, arrival: Arrival) -> None:
        """Take an arrival or account for its loss; never blocks for longer than a reader holds the lock."""
        with self._ready:
            if self._closed:
                self.drops["inbox_closed"] += 1
                return
            waiting = len(self._arrivals)
            if waiting < self._size or (arrival.leaf not in _WORK and waiting < 2 * self._size):
                self._arrivals.append(arrival)
            elif self._when_full == "drop-oldest":
                self.drops["inbox_dropped_oldest"] += 1
                self._arrivals.popleft()
                self._arrivals.append(arrival)
            elif arrival.leaf is Leaf.ACT and len(self._refused) < self._size:
                self.drops["inbox_refused"] += 1
                self._refused.append(arrival)
            else:
                self.drops["inbox_full"] += 1
            self._ready.notify()

    def renew(self) -> None:
        """Tell the worker that a lost connection to the devices is back."""
        with self._ready:
            self._renewed = True
            self._ready.notify()

    def get(self) -> Turn | None:
        """Wait for what is next; None once closed."""
        with self._ready:
            while not (self._arrivals or self._refused or self._renewed or self._closed):
                self._ready.wait()
            if self._closed:
                return None
            renewed, self._renewed = self._renewed, False
            refused: tuple[Arrival, ...] = ()
            if self._refused:
                refused = tuple(self._refused)
                self._refused.clear()
            return Turn(self._arrivals.popleft() if self._arrivals else None, refused, renewed)

    def close(self) -> None:
        """Take nothing more and let `get` return None; what is still waiting is dropped and counted."""
        with self._ready:
            self._closed = True
            self.drops["inbox_closed"] += len(self._arrivals) + len(self._refused)
            self._arrivals.clear()
            self._refused.clear()
            self._ready.notify_all()

    def __len__(self) -> int:
        return len(self._arrivals)
