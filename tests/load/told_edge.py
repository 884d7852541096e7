"""An edge for many devices that knows the right answers from the recording, and gives what it is told to give."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cutpoint.bus import MqttBus
from cutpoint.wire import Activation, DeviceId, Receiver, Result, Status, Topics, encode
from host_tools.load.recording import Recording

Reply = Callable[["ToldEdge", DeviceId, Activation], None]


class ToldEdge:
    """Everything happens on the bus's thread; `reply` may be set at any time."""

    def __init__(self, bus: MqttBus, recording: Recording) -> None:
        self.reply: Reply = rightly
        self.heard: list[tuple[str, Activation]] = []
        self.recording = recording
        self._topics = Topics("cutpoint/1")
        self._receivers: dict[str, Receiver] = {}
        self._bus = bus
        self._lock = threading.Lock()
        bus.on_message = self._take
        bus.subscribe(f"{self._topics.root}/+/act")
        bus.connect()

    def picture_of(self, activation: Activation) -> int:
        """Which recorded picture these tensors are of."""
        data = [bytes(tensor.data) for tensor in activation.tensors]
        return next(
            number
            for number, recorded in enumerate(self.recording.pictures)
            if [tensor[2] for tensor in recorded.live[activation.cut]] == data
        )

    def answer(
        self, device: DeviceId, activation: Activation, picture: int, sequence: int | None = None
    ) -> None:
        """Send the answer of a picture for this inference, or another one."""
        result = Result(
            activation.model,
            activation.boot,
            activation.sequence if sequence is None else sequence,
            activation.cut,
            Status.OK,
            10,
            self.recording.pictures[picture].answer,
        )
        for frame in encode(result):
            self._bus.publish(self._topics.res(device), frame)

    def close(self) -> None:
        self._bus.close()

    def _take(self, topic: str, payload: bytes) -> None:
        device, _ = self._topics.parse(topic)
        message = self._receivers.setdefault(topic, Receiver()).push(payload)
        if isinstance(message, Activation):
            self.heard.append((str(device), message))
            self.reply(self, device, message)


def rightly(edge: ToldEdge, device: DeviceId, activation: Activation) -> None:
    """The right answer, once."""
    edge.answer(device, activation, edge.picture_of(activation))


def of_another_picture(edge: ToldEdge, device: DeviceId, activation: Activation) -> None:
    """An answer that is well formed, and wrong."""
    edge.answer(device, activation, (edge.picture_of(activation) + 1) % len(edge.recording.pictures))


def twice_differently(edge: ToldEdge, device: DeviceId, activation: Activation) -> None:
    """The right answer, and then another one."""
    rightly(edge, device, activation)
    of_another_picture(edge, device, activation)


def unasked(edge: ToldEdge, device: DeviceId, activation: Activation) -> None:
    """An answer to an inference that is still to come."""
    rightly(edge, device, activation)
    edge.answer(device, activation, edge.picture_of(activation), activation.sequence + 40)


def to_a_neighbour(edge: ToldEdge, device: DeviceId, activation: Activation) -> None:
    """Every answer goes to another device, which asked something else at the same number."""
    number = int(str(device).rpartition("-")[2])
    edge.answer(DeviceId(f"dev-{number ^ 1}"), activation, edge.picture_of(activation))


def silently(_edge: ToldEdge, _device: DeviceId, _activation: Activation) -> None:
    """An edge that is not there."""
