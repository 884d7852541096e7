"""What waits for the desk: messages of devices, bounded and in turn, and calls of the server's own threads."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cutpoint.wire import DeviceId, Leaf
from edge_server.gateway import Arrival

WhenFull = Literal["refuse", "drop-oldest"]
Call = Callable[[], None]

_WORK = frozenset({Leaf.ACT, Leaf.TELE})
# More would keep finished work waiting behind new work.
_MOST_A_TURN = 32


@dataclass(frozen=True, slots=True)
class Turn:
    """What the desk does next, in this order."""

    calls: tuple[Call, ...]
    refused: tuple[Arrival, ...]
    arrivals: tuple[Arrival, ...]


class Inbox:
    """At most `size` messages of work and as many again of state, about and notes; half of them of one device.

    Devices take turns, a message each; a device's own messages stay in order. When all places for work are taken,
    room is made at the device that has most waiting, unless that is the newcomer's: `refuse` puts its last activation,
    or the newcomer, among the refused, whom the desk answers before anything else; `drop-oldest` drops its first in
    silence. Refused beyond `size` are dropped unanswered.

    Calls are not bounded here: what is called back is bounded by what was asked for.
    """

    def __init__(self, size: int, when_full: WhenFull) -> None:
        self._size, self._when_full = size, when_full
        self._ready = threading.Condition(threading.Lock())
        self._waiting: OrderedDict[DeviceId, deque[Arrival]] = OrderedDict()
        self._work = 0
        self._words = 0
        self._refused: deque[Arrival] = deque()
        self._calls: deque[Call] = deque()
        self._hears = True
        self._closed = False
        self.drops: Counter[str] = Counter()

    def put(self, arrival: Arrival) -> None:
        """Take a message or account for its loss; never blocks for longer than a reader holds the lock."""
        with self._ready:
            if not self._hears:
                self.drops["inbox_closed"] += 1
                return
            of_device = self._waiting.get(arrival.device)
            held = 0 if of_device is None else _work_of(of_device)
            if arrival.leaf not in _WORK:
                if self._words >= self._size:
                    self.drops["inbox_full"] += 1
                    return
            elif held >= self._most_of_one() or self._work >= self._size:
                if not self._make_room(arrival, held):
                    self._ready.notify()
                    return
                of_device = self._waiting.get(arrival.device)
            if of_device is None:
                of_device = self._waiting[arrival.device] = deque()
            of_device.append(arrival)
            self._count(arrival, 1)
            self._ready.notify()

    def call(self, function: Call) -> None:
        """Have a function run on the desk's thread, soon. Dropped once closed."""
        with self._ready:
            if not self._closed:
                self._calls.append(function)
                self._ready.notify()

    def get(self, timeout_s: float) -> Turn | None:
        """What is next; an empty turn after `timeout_s` without anything, None once closed."""
        with self._ready:
            if not (self._waiting or self._refused or self._calls or self._closed):
                self._ready.wait(timeout_s)
            if self._closed:
                return None
            calls, refused = tuple(self._calls), tuple(self._refused)
            self._calls.clear()
            self._refused.clear()
            return Turn(calls, refused, self._next_arrivals())

    def hear_no_more(self) -> None:
        """Take no message any more; what is here and what is called goes on."""
        with self._ready:
            self._hears = False

    def close(self) -> None:
        """Take nothing more and let `get` return None; what is still waiting is dropped and counted."""
        with self._ready:
            self._hears, self._closed = False, True
            self.drops["inbox_closed"] += self._work + self._words + len(self._refused)
            self._waiting.clear()
            self._refused.clear()
            self._calls.clear()
            self._work = self._words = 0
            self._ready.notify_all()

    def __len__(self) -> int:
        return self._work + self._words

    def _next_arrivals(self) -> tuple[Arrival, ...]:
        taken: list[Arrival] = []
        while self._waiting and len(taken) < _MOST_A_TURN:
            device, of_device = next(iter(self._waiting.items()))
            arrival = of_device.popleft()
            self._count(arrival, -1)
            taken.append(arrival)
            if of_device:
                self._waiting.move_to_end(device)
            else:
                del self._waiting[device]
        return tuple(taken)

    def _most_of_one(self) -> int:
        return max(1, self._size // 2)

    def _make_room(self, newcomer: Arrival, held: int) -> bool:
        """Whether there is room for the newcomer now; if not, it is accounted for."""
        device, longest = newcomer.device, held
        if held < self._most_of_one():
            device, longest = max(
                ((device, _work_of(waiting)) for device, waiting in self._waiting.items()),
                key=lambda one: one[1],
            )
        if self._when_full == "drop-oldest":
            self.drops["inbox_dropped_oldest"] += 1
            self._remove(device, 0)
            return True
        if longest <= held + 1:
            self._refuse(newcomer)
            return False
        self._refuse(self._remove(device, -1))
        return True

    def _remove(self, device: DeviceId, end: int) -> Arrival:
        """Take a message of work away from one end of a device's."""
        of_device = self._waiting[device]
        places = range(len(of_device)) if end == 0 else reversed(range(len(of_device)))
        place = next(place for place in places if of_device[place].leaf in _WORK)
        removed = of_device[place]
        del of_device[place]
        if not of_device:
            del self._waiting[device]
        self._count(removed, -1)
        return removed

    def _refuse(self, arrival: Arrival) -> None:
        if arrival.leaf is Leaf.ACT and len(self._refused) < self._size:
            self.drops["inbox_refused"] += 1
            self._refused.append(arrival)
        else:
            self.drops["inbox_full"] += 1

    def _count(self, arrival: Arrival, by: int) -> None:
        if arrival.leaf in _WORK:
            self._work += by
        else:
            self._words += by


def _work_of(waiting: Iterable[Arrival]) -> int:
    return sum(arrival.leaf in _WORK for arrival in waiting)
