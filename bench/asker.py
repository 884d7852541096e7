"""Devices without manners: one client that asks for many of them, whenever it is told to."""

from __future__ import annotations

import threading
from time import perf_counter

from bench.fleet import Live
from cutpoint.bus import MqttBus
from cutpoint.codec import CodecId, DType
from cutpoint.graph import Bundle
from cutpoint.wire import (
    DEFAULT_ROOT,
    About,
    Activation,
    DeviceId,
    Flag,
    Leaf,
    ModelId,
    Presence,
    TensorRecord,
    Topics,
    about_json,
    encode,
    read_header,
    state_json,
)


class Asker:
    """Sends one recorded activation under the names of devices, and notes when the answers come."""

    def __init__(self, bundle: Bundle, cut: int, live: Live, broker: tuple[str, int]) -> None:
        self._bundle, self._cut = bundle, cut
        self._tensors = tuple(
            TensorRecord(index, DType(code), data, fill=fill) for index, code, data, fill in live
        )
        self._topics = Topics(DEFAULT_ROOT)
        self._sequence = 0
        self._answered: dict[tuple[str, int], float] = {}
        self._came = threading.Condition()
        self._bus = MqttBus(*broker, client_id="bench-asker")
        self._bus.on_message = self._arrived
        self._bus.subscribe(self._topics.all(Leaf.RES))
        self._bus.connect()

    def announce(self, device: str) -> None:
        """Say that the device is there, and what it is."""
        id, bundle = DeviceId(device), self._bundle
        about = About(model=bundle.model_id.hex(), operators=bundle.n, boot=1, chip="host")
        self._bus.publish(self._topics.state(id), state_json(Presence.ONLINE, 1), 1, True)
        self._bus.publish(self._topics.about(id), about_json(about), 1, True)

    def ask(self, device: str) -> int:
        """Ask once; the sequence number, which is no other question's."""
        self._sequence += 1
        model = ModelId(bytes(self._bundle.model_id))
        message = Activation(
            model, 1, self._sequence, self._cut, CodecId.RAW, Flag(0), 0, self._tensors, None
        )
        for frame in encode(message):
            self._bus.publish(self._topics.act(DeviceId(device)), frame)
        return self._sequence

    def first_answer(self, device: str, since: int) -> tuple[int, float] | None:
        """The first question from `since` on that was answered, and when (`perf_counter`); None until then."""
        with self._came:
            times = [
                (sequence, at)
                for (name, sequence), at in self._answered.items()
                if name == device and sequence >= since
            ]
        return min(times, key=lambda one: one[1], default=None)

    def asks_until_answered(self, device: str, *, every_s: float, most_s: float) -> tuple[int, float]:
        """Ask again and again; how many questions stayed unanswered, and when the first answer came.

        Raises:
            SystemExit: nobody answered within `most_s`.
        """
        began, first = perf_counter(), self.ask(device)
        while (answer := self.first_answer(device, first)) is None:
            if perf_counter() - began > most_s:
                raise SystemExit(f"{device} was not answered within {most_s:g} s")
            with self._came:
                self._came.wait(every_s)
            if self.first_answer(device, first) is None:
                self.ask(device)
        return answer[0] - first, answer[1]

    def leave(self) -> None:
        """Ask no more."""
        self._bus.close()

    def _arrived(self, topic: str, payload: bytes) -> None:
        now = perf_counter()
        with self._came:
            device = str(self._topics.parse(topic)[0])
            self._answered.setdefault((device, read_header(payload).sequence), now)
            self._came.notify_all()
