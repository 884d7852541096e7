"""Devices that run the firmware's session on recorded tensors over real MQTT, and keep a ledger of their answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from cutpoint import _core
from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.wire import DEFAULT_ROOT, DeviceId, DType, Leaf, Topics, decode
from cutpoint.wire.messages import Result

Live = list[tuple[int, int, bytes, int]]
TICK_S = 0.005


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: `at` and `took` in seconds, by whom, and whether it is the right one."""

    sequence: int
    at: float
    took: float
    by: str
    right: bool


class Recorded:
    """A picture's live tensors at every cut, and what the whole network says of it."""

    def __init__(self, bundle: Bundle, picture: Sequence[object]) -> None:
        self.bundle = bundle
        model = bundle.model()
        self._live: dict[int, Live] = {}
        for cut in bundle.cuts:
            arrays = (
                list(picture) if cut.k == 0 else open_runner(model.split(cut.k)[0], "reference").run(picture)  # type: ignore[arg-type]
            )
            self._live[cut.k] = [
                (tensor.index, int(DType.of(array.dtype)), array.tobytes(), tensor.zero_point or 0)  # type: ignore[attr-defined]
                for tensor, array in zip(cut.tensors, arrays, strict=True)
            ]
            if cut.k == bundle.n:
                self.answer = bundle.answer_rule.decode(arrays)  # type: ignore[arg-type]

    def live(self, cut: int) -> Live:
        return self._live[cut]


@dataclass
class HonestDevice:
    """Asks once a `period_s` unless an inference is in flight. Everything under its lock."""

    name: str
    recorded: Recorded
    broker: tuple[str, int]
    cut: int
    deadline_ms: int
    ledger: list[Answered] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        bundle, topics, id = self.recorded.bundle, Topics(DEFAULT_ROOT), DeviceId(self.name)
        about = f'{{"model": "{bundle.model_id.hex()}", "operators": {bundle.n}, "boot": 1, "chip": "host"}}'
        self.session = _core.Session(
            _core.SessionConfig(
                model_id=bytes(bundle.model_id),
                boot=1,
                operators=bundle.n,
                on_board=bundle.n,
                cut=self.cut,
                deadline_ms=self.deadline_ms,
                about=about,
            ),
            _core.MonotonicClock(),
        )
        self._topics = {leaf.value: topics.of(id, leaf) for leaf in Leaf}
        self.bus = MqttBus(*self.broker, client_id=self.name, reconnect_s=(0.05, 0.3))
        self.bus.on_message = self._arrived
        self.bus.on_connect = self._connected
        self.bus.subscribe_all([self._topics["res"], self._topics["plan"]], 1)
        self.bus.connect()

    def ask(self) -> None:
        with self._lock:
            if not self.session.busy:
                self._began = time.monotonic()
                self.asked.append(self.session.input())
                self._pump()

    def tick(self) -> None:
        with self._lock:
            self.session.tick()
            self._pump()

    def _connected(self) -> None:
        with self._lock:
            self.session.connected()
            self._pump()

    def _arrived(self, _topic: str, payload: bytes) -> None:
        with self._lock:
            self.session.frame(payload)
            self._pump()

    def _pump(self) -> None:
        while (action := self.session.poll()) is not None:
            if isinstance(action, _core.Publish):
                self.bus.publish(self._topics[action.leaf], action.payload, action.qos, action.retain)
            elif isinstance(action, _core.Run):
                micros = [0] * (action.last - action.first)
                self.session.ran(action.first, action.last, True, micros, self.recorded.live(action.last))
            elif isinstance(action, _core.Deliver):
                now = time.monotonic()
                self.ledger.append(
                    Answered(action.sequence, now, now - self._began, action.by, self._right(action))
                )

    def _right(self, delivered: _core.Deliver) -> bool:
        if delivered.by == "device":
            # Its outputs are those of the recording.
            return True
        if delivered.result_frame is None:
            return False
        said = decode(delivered.result_frame)
        return isinstance(said, Result) and said.answer == self.recorded.answer


class HonestFleet:
    """All devices ask in turn, `per_s` times a second each, until `end`."""

    def __init__(self, devices: Sequence[HonestDevice], per_s: float) -> None:
        self.devices = devices
        self._period_s = 1.0 / per_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="fleet", daemon=True)
        self._thread.start()

    def answers(self, by: str, since: float = 0.0) -> list[Answered]:
        return [
            one for device in self.devices for one in tuple(device.ledger) if one.by == by and one.at >= since
        ]

    def end(self) -> None:
        """Ask no more, let what is in flight be answered, and leave."""
        self._ended.set()
        self._thread.join()
        for device in self.devices:
            device.bus.close()

    def check(self, slack_s: float = 0.25) -> None:
        """Every inference was answered once, right, and within the deadline."""
        for device in self.devices:
            assert [one.sequence for one in device.ledger] == device.asked, device.name
            assert all(one.right for one in device.ledger), device.name
            late = [one for one in device.ledger if one.took > device.deadline_ms / 1000 + slack_s]
            assert not late, (device.name, late)

    def _work(self) -> None:
        due = [time.monotonic() + self._period_s * i / len(self.devices) for i in range(len(self.devices))]
        while not self._ended.wait(TICK_S) or any(device.session.busy for device in self.devices):
            now = time.monotonic()
            for number, device in enumerate(self.devices):
                device.tick()
                if now >= due[number] and not self._ended.is_set():
                    due[number] += self._period_s
                    device.ask()
