"""Thousands of light devices on one thread: one selector, one clock, one heap of what is due."""

from __future__ import annotations

import heapq
import random
import selectors
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cutpoint import _core
from host_tools.load.device import LightDevice, Manner
from host_tools.load.histogram import COARSE, Histogram
from host_tools.load.invariant import Ledger
from host_tools.load.recording import Recording
from host_tools.load.schedule import Schedule

LOOKS = 6
"""How often each connection looks at its keepalive within its time."""
SLICES = 20
"""Into so many parts the devices are divided for that, so that no look holds the loop up."""
CONNECTING = 16
"""Connects that may wait for a broker at the same time."""
BACKOFF_S = (0.25, 4.0)
MOST_WAIT_S = 0.05


@dataclass(slots=True)
class Second:
    """What was delivered within one second of the run: latencies from the scheduled time, in us, and by whom."""

    latency_us: Histogram = field(default_factory=lambda: Histogram(COARSE))
    by: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Tally:
    """What a fleet measured. Latencies in us: `scheduled` from when the picture was due, `sent` from when its device
    began it (which hides the time that it waited: coordinated omission); `edge_*` of those that the edge answered,
    `other_*` of all others.
    """

    edge_scheduled: Histogram = field(default_factory=Histogram)
    edge_sent: Histogram = field(default_factory=Histogram)
    other_scheduled: Histogram = field(default_factory=Histogram)
    other_sent: Histogram = field(default_factory=Histogram)
    seconds: dict[int, Second] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    cuts: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    behind: Histogram = field(default_factory=Histogram)

    @property
    def scheduled(self) -> Histogram:
        """Of all inferences."""
        return _sum(self.edge_scheduled, self.other_scheduled)

    @property
    def sent(self) -> Histogram:
        """Of all inferences."""
        return _sum(self.edge_sent, self.other_sent)

    def add(self, other: Tally) -> None:
        """Count everything that another fleet counted."""
        for name in ("edge_scheduled", "edge_sent", "other_scheduled", "other_sent", "behind"):
            getattr(self, name).add(getattr(other, name))
        for name in ("reasons", "cuts", "counts"):
            getattr(self, name).update(getattr(other, name))
        for number, second in other.seconds.items():
            mine = self.seconds.setdefault(number, Second())
            mine.latency_us.add(second.latency_us)
            mine.by.update(second.by)


def _sum(first: Histogram, second: Histogram) -> Histogram:
    both = Histogram()
    both.add(first)
    both.add(second)
    return both


class Fleet:
    """Owns its devices, their connections and their ledger; everything happens in `run`, on the caller's thread.

    `orders` may be appended to by other threads: functions that the loop calls with the fleet, between two events.
    """

    def __init__(
        self,
        names: Sequence[str],
        recording: Recording,
        manner: Manner,
        broker: tuple[str, int],
        *,
        exact: bool = True,
        connects_per_s: float = 1000.0,
        first_place: int = 0,
    ) -> None:
        self.ledger = Ledger(recording, whole=recording.max_cut == recording.operators, exact=exact)
        self.tally = Tally()
        self.orders: deque[Callable[[Fleet], None]] = deque()
        self._broker = broker
        self._boot = manner.boot
        self._look_ns = int(manner.keepalive_s * 1e9 / LOOKS / SLICES)
        self._slice = 0
        self._connecting = ThreadPoolExecutor(CONNECTING, "load-connect")
        self._began_ns: int | None = None
        self._selector = selectors.DefaultSelector()
        self._rng = random.Random(first_place)
        self._due: list[tuple[int, int, Callable[[int], None]]] = []
        self._tie = 0
        self._first: list[tuple[LightDevice, Iterator[int], int]] = []
        self._prepared: Schedule | None = None
        self._gap_ns = int(1e9 / connects_per_s)
        self._connect_free_ns = 0
        self.devices = [
            LightDevice(name, first_place + place, recording, manner, self)
            for place, name in enumerate(names)
        ]
        for device in self.devices:
            device.client.on_closing = partial(self._unwatch, device)
        self._on_board = recording.max_cut

    @property
    def online(self) -> int:
        """How many devices are connected."""
        return sum(device.client.up for device in self.devices)

    @property
    def flying(self) -> int:
        """How many inferences are in flight or wait."""
        return sum((device.flying is not None) + len(device.waiting) for device in self.devices)

    def connect(self, within_s: float) -> int:
        """Connect all devices, and return how many are connected after at most so many seconds."""
        end_ns = time.monotonic_ns() + int(within_s * 1e9)
        self._look(time.monotonic_ns())
        for device in self.devices:
            self._connect_later(device, 0)
        while self.online < len(self.devices) and time.monotonic_ns() < end_ns:
            self._turn(end_ns)
        return self.online

    def prepare(self, schedule: Schedule) -> None:
        """Draw every device's first arrival: for thousands that takes longer than the first of them may wait."""
        self._first = []
        for device in self.devices:
            times = schedule.times_ns(device.place)
            if (first_ns := next(times, None)) is not None:
                self._first.append((device, times, first_ns))
        self._prepared = schedule

    def run(self, schedule: Schedule, began_ns: int, *, going_on: Callable[[], bool] = lambda: True) -> None:
        """Ask by the schedule, counted from `began_ns`, until its end or until `going_on` says no."""
        if self._prepared is not schedule:
            self.prepare(schedule)
        self._prepared = None
        self._began_ns = began_ns
        end_ns = began_ns + int(schedule.duration_s * 1e9)
        for device, times, first_ns in self._first:
            self._at(began_ns + first_ns, _Arrival(self, device, times, began_ns, began_ns + first_ns))
        while time.monotonic_ns() < end_ns and going_on():
            self._turn(end_ns)

    def saturate(self, seconds: float) -> None:
        """Every device asks as fast as it is answered; latencies then say nothing of a schedule."""
        self._began_ns = time.monotonic_ns()
        end_ns = self._began_ns + int(seconds * 1e9)
        for device in self.devices:
            device.eager = True
            device.at(time.monotonic_ns())
            device.pump()
            self.settle(device)
        while time.monotonic_ns() < end_ns:
            self._turn(end_ns)
        for device in self.devices:
            device.eager = False

    def drain(self, within_s: float) -> None:
        """Ask no more, and wait for what is in flight."""
        self._due = [entry for entry in self._due if not isinstance(entry[2], _Arrival)]
        heapq.heapify(self._due)
        for device in self.devices:
            self.tally.counts["skipped"] += len(device.waiting)
            device.waiting.clear()
        end_ns = time.monotonic_ns() + int(within_s * 1e9)
        while self.flying and time.monotonic_ns() < end_ns:
            self._turn(end_ns)

    def skew(self, share: float, seconds: float) -> None:
        """The clocks of this share of the devices jump, to the future or back."""
        for device in self.devices:
            if self._rng.random() < share:
                device.skew_us += round(seconds * 1e6)
                device.at(time.monotonic_ns())
                device.tick()
                device.wake_ns = 0
                self.settle(device)

    def close(self) -> None:
        """Everybody leaves in good order; the ledger is closed."""
        self._connecting.shutdown(cancel_futures=True)
        for device in self.devices:
            device.at(time.monotonic_ns())
            device.leave()
            self.tally.counts["skipped"] += device.skipped
            for name, count in device.session.counters.items():
                if count:
                    self.tally.counts[name] += count
        self._selector.close()
        self.ledger.finish()

    # What devices tell (Outcomes).

    def asked(self, device: LightDevice, sequence: int, picture: int) -> None:
        self.ledger.ask(device.name, self._boot, sequence, picture)

    def delivered(self, device: LightDevice, delivery: _core.Deliver) -> None:
        by = delivery.by
        self.ledger.deliver(device.name, delivery.sequence, by, delivery.result_frame)
        flying = device.flying
        if flying is None or flying.sequence != delivery.sequence:
            return
        now_ns = time.monotonic_ns()
        scheduled_us, sent_us = (now_ns - flying.scheduled_ns) // 1000, (now_ns - flying.sent_ns) // 1000
        tally = self.tally
        if by == "edge":
            tally.edge_scheduled.record(scheduled_us)
            tally.edge_sent.record(sent_us)
        else:
            tally.other_scheduled.record(scheduled_us)
            tally.other_sent.record(sent_us)
        tally.reasons[delivery.reason] += 1
        tally.cuts[delivery.cut] += 1
        if self._began_ns is not None:
            number = (now_ns - self._began_ns) // 1_000_000_000
            second = tally.seconds.get(number)
            if second is None:
                second = tally.seconds[number] = Second()
            second.latency_us.record(scheduled_us)
            second.by[by] += 1

    # The loop.

    def _turn(self, end_ns: int) -> None:
        """Do what is due, then wait for the next thing to happen, and do that."""
        while self.orders:
            self.orders.popleft()(self)
        due, now_ns = self._due, time.monotonic_ns()
        while due and due[0][0] <= now_ns:
            heapq.heappop(due)[2](now_ns)
        wait_s = ((due[0][0] if due and due[0][0] < end_ns else end_ns) - time.monotonic_ns()) / 1e9
        for key, events in self._selector.select(min(wait_s, MOST_WAIT_S) if wait_s > 0 else 0):
            self._ready(key.data, events)

    def _at(self, when_ns: int, action: Callable[[int], None]) -> None:
        self._tie += 1
        heapq.heappush(self._due, (when_ns, self._tie, action))

    def settle(self, device: LightDevice) -> None:
        """After anything happened to a device: come back to it after a loss, and watch for what it waits for."""
        if device.fell:
            device.fell = False
            self.tally.counts["connections_lost"] += 1
            device.lost()
            self._connect_again(device)
        wake_ns = device.next_wakeup_ns()
        if wake_ns is not None and (device.wake_ns == 0 or wake_ns < device.wake_ns):
            device.wake_ns = wake_ns
            self._at(wake_ns, partial(self._wake, device))
        if device.watched:
            wants = selectors.EVENT_READ | (selectors.EVENT_WRITE if device.client.wants_write else 0)
            if wants != device.watched:
                device.watched = wants
                self._selector.modify(device.client.sock, wants, device)

    def _wake(self, device: LightDevice, now_ns: int) -> None:
        # Of several entries the earliest counts; the others find nothing due.
        if device.wake_ns == 0 or device.wake_ns > now_ns:
            return
        device.wake_ns = 0
        device.at(now_ns)
        due_ns = device.next_wakeup_ns()
        if due_ns is not None and due_ns <= now_ns:
            device.tick()
        self.settle(device)

    def _ready(self, device: LightDevice, events: int) -> None:
        device.at(time.monotonic_ns())
        if events & selectors.EVENT_READ:
            device.client.readable()
        if events & selectors.EVENT_WRITE:
            device.client.writable()
        self.settle(device)

    # Connections.

    def _connect_later(self, device: LightDevice, after_ns: int) -> None:
        """In turn: a fleet that comes back all at once would be a storm of its own making."""
        wanted_ns = time.monotonic_ns() + after_ns
        when_ns = max(wanted_ns, self._connect_free_ns)
        self._connect_free_ns = when_ns + self._gap_ns
        self._at(when_ns, partial(self._connect, device))

    def _connect(self, device: LightDevice, _now_ns: int) -> None:
        self._connecting.submit(self._reach, device)

    def _reach(self, device: LightDevice) -> None:
        """On a thread of its own, since a broker that hangs keeps paho waiting; the loop goes on from there."""
        reached = device.client.connect(self._broker)
        self.orders.append(lambda _fleet: self._reached(device, reached))

    def _reached(self, device: LightDevice, reached: bool) -> None:
        if not reached:
            self.tally.counts["connects_failed"] += 1
            self._connect_again(device)
            return
        device.watched = selectors.EVENT_READ
        self._selector.register(device.client.sock, device.watched, device)

    def _connect_again(self, device: LightDevice) -> None:
        least, most = BACKOFF_S
        after_s = min(most, least * 2**device.attempts) * (1 + self._rng.random())
        device.attempts += 1
        self._connect_later(device, int(after_s * 1e9))

    def _unwatch(self, device: LightDevice, sock: Any) -> None:
        """paho is about to close this socket."""
        if device.watched:
            self._selector.unregister(sock)
            device.watched = 0
            device.fell = True

    def _look(self, now_ns: int) -> None:
        """Keepalives, of one slice of the devices after the other."""
        for device in self.devices[self._slice :: SLICES]:
            if device.watched:
                device.client.look()
                if device.fell or device.client.wants_write:
                    device.at(now_ns)
                    self.settle(device)
        self._slice = (self._slice + 1) % SLICES
        self._at(now_ns + self._look_ns, self._look)


@dataclass(slots=True)
class _Arrival:
    """The next picture of one device."""

    fleet: Fleet
    device: LightDevice
    times: Iterator[int]
    began_ns: int
    due_ns: int

    def __call__(self, now_ns: int) -> None:
        fleet, device = self.fleet, self.device
        fleet.tally.behind.record((now_ns - self.due_ns) // 1000)
        device.at(now_ns)
        device.take_picture(self.due_ns)
        fleet.settle(device)
        after_ns = next(self.times, None)
        if after_ns is not None:
            self.due_ns = self.began_ns + after_ns
            fleet._at(self.due_ns, self)
