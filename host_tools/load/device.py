"""A light device: the firmware's own session, tensors that were recorded, and one connection without a thread."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import paho.mqtt.client as paho

from cutpoint import _core
from cutpoint.wire import DeviceId, Leaf, Topics
from host_tools.load.client import Client, Will
from host_tools.load.recording import Recording

START_US = 1 << 42
"""What a device's clock shows beyond this machine's: 50 days, so that it can be set back and show no time before 0."""
MOST_WAITING = 8
"""Pictures that wait while an inference is in flight; a further one is skipped and counted, as by a camera."""


class Outcomes(Protocol):
    """Who is told what becomes of inferences."""

    def asked(self, device: LightDevice, sequence: int, picture: int) -> None: ...

    def delivered(self, device: LightDevice, delivery: _core.Deliver) -> None: ...


@dataclass(frozen=True, slots=True)
class Manner:
    """What all devices of a fleet have in common. `cut` holds until a plan comes."""

    root: str
    cut: int
    boot: int
    deadline_ms: int = 1000
    keepalive_s: int = 30
    chunk_bytes: int = 4096
    isolate_after: int = 3
    probe_first_ms: int = 1000
    probe_max_ms: int = 60_000
    login: tuple[str | None, str | None] = field(default=(None, None), repr=False)


@dataclass(slots=True)
class Flying:
    """The inference in flight."""

    sequence: int
    picture: int
    scheduled_ns: int
    sent_ns: int


@dataclass(slots=True, eq=False)
class LightDevice:
    """Everything on one thread, the fleet's. Times are nanoseconds of `time.monotonic_ns`, moved by `skew_us`."""

    name: str
    place: int
    recording: Recording = field(repr=False)
    manner: Manner = field(repr=False)
    outcomes: Outcomes = field(repr=False)
    session: _core.Session = field(init=False, repr=False)
    client: Client = field(init=False, repr=False)
    flying: Flying | None = None
    waiting: deque[int] = field(default_factory=deque)
    skipped: int = 0
    asked: int = 0
    skew_us: int = START_US
    wake_ns: int = 0
    begin_again_ns: int = 0
    attempts: int = 0
    eager: bool = False
    """Asks again as soon as it is answered: a closed loop, for a rate that nothing but the edge limits."""
    watched: int = 0
    """What the fleet's selector watches the socket for; 0 while it does not."""
    fell: bool = False
    """The connection is gone, and the fleet has not dealt with it yet."""
    _clock: _core.ManualClock = field(default_factory=_core.ManualClock, repr=False)
    _topics: dict[str, str] = field(init=False, repr=False)
    _now_ns: int = 0

    def __post_init__(self) -> None:
        recording, manner = self.recording, self.manner
        topics, id = Topics(manner.root), DeviceId(self.name)
        self._topics = {leaf.value: topics.of(id, leaf) for leaf in Leaf}
        self.session = _core.Session(
            _core.SessionConfig(
                model_id=recording.model_id,
                boot=manner.boot,
                operators=recording.operators,
                on_board=recording.max_cut,
                cut=min(manner.cut, recording.max_cut),
                deadline_ms=manner.deadline_ms,
                isolate_after=manner.isolate_after,
                probe_first_ms=manner.probe_first_ms,
                probe_max_ms=manner.probe_max_ms,
                chunk_bytes=manner.chunk_bytes,
                about=json.dumps(self._about()),
                result_capacity=recording.result_bytes,
            ),
            self._clock,
        )
        will = self.session.will()
        self.client = Client(
            f"load-{self.name}",
            [(self._topics["res"], 0), (self._topics["plan"], 1), (self._topics["cmd"], 1)],
            will=Will(self._topics[will.leaf], will.payload, will.qos, will.retain),
            login=manner.login,
            keepalive_s=manner.keepalive_s,
        )
        self.client.on_up = self._up
        self.client.on_message = self._arrived

    def at(self, now_ns: int) -> None:
        """What time it is, before anything else happens to this device."""
        self._now_ns = now_ns
        self._clock.set(now_ns // 1000 + self.skew_us)

    def take_picture(self, scheduled_ns: int) -> None:
        """An arrival of the schedule: begin, or wait for the inference in flight."""
        if self.flying is None and not self.session.busy:
            self._begin(scheduled_ns)
        elif len(self.waiting) < MOST_WAITING:
            self.waiting.append(scheduled_ns)
        else:
            self.skipped += 1

    def tick(self) -> None:
        """Let deadlines and probes pass."""
        self.session.tick()
        self.pump()

    def lost(self) -> None:
        """The connection is gone."""
        self.session.disconnected()
        self.pump()

    def leave(self) -> None:
        """Say `sleeping`, and go."""
        if self.client.up:
            self.session.sleeping()
            self.pump()
        self.client.leave()
        self.lost()

    def pump(self) -> None:
        """Do everything that the session asks for now."""
        session = self.session
        while True:
            while (action := session.poll()) is not None:
                kind = type(action)
                if kind is _core.Publish:
                    self._publish(action)  # type: ignore[arg-type]
                elif kind is _core.Run:
                    self._run(action.first, action.last)  # type: ignore[union-attr]
                elif kind is _core.Deliver:
                    self.outcomes.delivered(self, action)  # type: ignore[arg-type]
                    self.flying = None
                elif kind is _core.Command:
                    session.unsupported_command()
            if self.eager and not self.waiting:
                self.waiting.append(self._now_ns)
            if not self.waiting or self.flying is not None or session.busy:
                return
            self._begin_next(self.waiting.popleft())

    def next_wakeup_ns(self) -> int | None:
        """When `tick` is due, on the fleet's clock."""
        when = self.session.next_wakeup_us()
        return None if when is None else (when - self.skew_us) * 1000

    def _begin(self, scheduled_ns: int) -> None:
        self._begin_next(scheduled_ns)
        self.pump()

    def _begin_next(self, scheduled_ns: int) -> None:
        picture = (self.place + self.asked) % len(self.recording.pictures)
        self.asked += 1
        self.flying = Flying(self.session.input(), picture, scheduled_ns, self._now_ns)
        self.outcomes.asked(self, self.flying.sequence, picture)

    def _publish(self, action: _core.Publish) -> None:
        if not self.client.publish(self._topics[action.leaf], action.payload, action.qos, action.retain):
            self.session.unsent()

    def _run(self, first: int, last: int) -> None:
        flying = self.flying
        assert flying is not None, f"operators [{first}, {last}) asked for without an inference"
        live = self.recording.pictures[flying.picture].live[last] if first == 0 else ()
        self.session.ran(first, last, True, self.recording.operators_us[first:last], live)

    def _up(self) -> None:
        self.attempts = 0
        self.session.connected()
        self.pump()

    def _arrived(self, message: paho.MQTTMessage) -> None:
        self.session.frame(message.payload)
        self.pump()

    def _about(self) -> dict[str, object]:
        recording, manner = self.recording, self.manner
        return {
            "firmware": "cutpoint-load",
            "chip": recording.chip,
            "modelled": True,
            "model": recording.model_id.hex(),
            "operators": recording.max_cut,
            "engine": "recorded",
            "codecs": ["raw", "bitmap"],
            "max_payload": manner.chunk_bytes,
            "boot": manner.boot,
        }
