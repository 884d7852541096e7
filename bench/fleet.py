"""Devices that replay a recorded head: the core's real session, real frames, a real MQTT connection each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns

from cutpoint import _core
from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from cutpoint.wire import DEFAULT_ROOT, DeviceId, Leaf, Topics

Live = list[tuple[int, int, bytes, int]]


@dataclass(slots=True)
class Tally:
    """What a device saw: round trips in us of answered inferences, and how many stayed unanswered."""

    round_trips_us: list[int] = field(default_factory=list)
    unanswered: int = 0


class RecordedDevice:
    """Asks again as soon as it is answered (closed loop), on its connection's own thread.

    `live` are the tensors that its head would have made; computing them is not what is measured here.
    """

    def __init__(self, name: str, bundle: Bundle, cut: int, live: Live, broker: tuple[str, int]) -> None:
        self.tally = Tally()
        self._cut = cut
        self._live = live
        self._lock = threading.Lock()
        self._running = False
        topics, id = Topics(DEFAULT_ROOT), DeviceId(name)
        self._topics = {
            leaf.value: topics.of(id, leaf) for leaf in (Leaf.STATE, Leaf.ABOUT, Leaf.ACT, Leaf.TELE)
        }
        self._session = _core.Session(
            _core.SessionConfig(
                model_id=bytes(bundle.model_id),
                boot=1,
                operators=bundle.n,
                on_board=cut,
                cut=cut,
                deadline_ms=2000,
                about="{}",
            ),
            _core.MonotonicClock(),
        )
        self._bus = MqttBus(*broker, client_id=f"bench-{name}")
        self._bus.on_message = self._arrived
        self._bus.subscribe(topics.res(id))
        self._bus.connect()
        with self._lock:
            self._session.connected()
            self._pump()

    def begin(self) -> None:
        """Send the first inference."""
        with self._lock:
            self._running = True
            self._session.input()
            self._pump()

    def tick(self) -> None:
        """Let deadlines pass."""
        with self._lock:
            self._session.tick()
            self._pump()

    def end(self) -> None:
        """Send no more, and leave."""
        with self._lock:
            self._running = False
        self._bus.close()

    def _arrived(self, _topic: str, payload: bytes) -> None:
        with self._lock:
            self._session.frame(payload)
            self._pump()

    def _pump(self) -> None:
        while (action := self._session.poll()) is not None:
            if isinstance(action, _core.Publish):
                self._bus.publish(self._topics[action.leaf], action.payload, action.qos, action.retain)
            elif isinstance(action, _core.Run):
                self._session.ran(
                    action.first, action.last, True, [0] * (action.last - action.first), self._live
                )
            elif isinstance(action, _core.Deliver):
                if action.by == "edge" and action.round_trip_us is not None:
                    self.tally.round_trips_us.append(action.round_trip_us)
                else:
                    self.tally.unanswered += 1
                if self._running:
                    self._session.input()


@dataclass(frozen=True, slots=True)
class Load:
    """What a fleet saw in `seconds`."""

    seconds: float
    round_trips_us: tuple[int, ...]
    unanswered: int

    @property
    def per_s(self) -> float:
        """Answered inferences a second."""
        return len(self.round_trips_us) / self.seconds


def drive(
    devices: list[RecordedDevice], *, warm_up_s: float, seconds: float, on_start: Callable[[], None]
) -> Load:
    """Let all devices ask as fast as they are answered; `on_start` is called after the uncounted warm-up."""
    for device in devices:
        device.begin()
    _wait(devices, warm_up_s)
    for device in devices:
        device.tally = Tally()
    on_start()
    began = perf_counter_ns()
    _wait(devices, seconds)
    took = (perf_counter_ns() - began) / 1e9
    tallies = [device.tally for device in devices]
    for device in devices:
        device.end()
    return Load(
        took,
        tuple(us for tally in tallies for us in tally.round_trips_us),
        sum(tally.unanswered for tally in tallies),
    )


def _wait(devices: list[RecordedDevice], seconds: float) -> None:
    end = perf_counter_ns() + int(seconds * 1e9)
    pause = threading.Event()
    while perf_counter_ns() < end:
        pause.wait(0.1)
        for device in devices:
            device.tick()
