"""An edge that does what a test tells it: right answers, but late, twice, spoilt, refused, or not at all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import numpy as np

from cutpoint.bus import Bus
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.wire import (
    Activation,
    CodecId,
    Command,
    CommandMessage,
    DeviceId,
    Flag,
    Leaf,
    Message,
    ModelId,
    Plan,
    Receiver,
    Result,
    Status,
    Topics,
    encode,
)

Reply = Callable[["ScriptedEdge", Activation], None]


class ScriptedEdge:
    """Collects activations in `seen`; `reply` decides what comes back. Everything else a device said is in `heard`."""

    def __init__(self, bus: Bus, bundle: Bundle, device: str) -> None:
        self.bundle, self.device = bundle, DeviceId(device)
        self.model = ModelId(bytes(bundle.model_id))
        self.reply: Reply = answer
        self.seen: queue.Queue[Activation] = queue.Queue()
        self.heard: queue.Queue[tuple[Leaf, bytes]] = queue.Queue()
        self._bus, self._topics = bus, Topics()
        self._receiver = Receiver()
        self._inbox: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        bus.on_message = lambda topic, data: self._inbox.put((topic, data))
        for leaf, qos in ((Leaf.ACT, 0), (Leaf.STATE, 1), (Leaf.ABOUT, 1), (Leaf.TELE, 0)):
            bus.subscribe(self._topics.of(self.device, leaf), qos)
        bus.connect()
        self._thread = threading.Thread(target=self._work, name="scripted-edge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._bus.close()
        self._inbox.put(None)
        self._thread.join(5)

    def result(self, activation: Activation, status: Status = Status.OK, edge_us: int = 100) -> Result:
        """The right answer to an activation, or an acknowledgement, or a refusal."""
        answer = None
        if status is Status.OK and Flag.ANSWERED not in activation.flags:
            cut = self.bundle.cuts[activation.cut]
            arrays = [
                np.frombuffer(record.data, record.dtype.numpy).reshape(tensor.shape)
                for record, tensor in zip(activation.tensors, cut.tensors, strict=True)
            ]
            tail = open_runner(self.bundle.model().extract(activation.cut, self.bundle.n), "reference")
            answer = self.bundle.answer_rule.decode(tail.run(arrays))
        return Result(
            self.model, activation.boot, activation.sequence, activation.cut, status, edge_us, answer
        )

    def send(self, message: Message) -> None:
        leaf = {Result: Leaf.RES, Plan: Leaf.PLAN, CommandMessage: Leaf.CMD}[type(message)]
        for frame in encode(message):
            self.send_raw(leaf, frame, retain=leaf is Leaf.PLAN)

    def send_raw(self, leaf: Leaf, frame: bytes, *, retain: bool = False) -> None:
        self._bus.publish(self._topics.of(self.device, leaf), frame, 0 if leaf is Leaf.RES else 1, retain)

    def plan(
        self,
        cut: int,
        *,
        epoch: int = 1,
        codec: CodecId = CodecId.RAW,
        flags: Flag = Flag.TIMINGS,
        deadline_ms: int = 5000,
        model: ModelId | None = None,
    ) -> None:
        self.send(Plan(model or self.model, epoch, cut, codec, flags, deadline_ms))

    def command(self, command: Command | int, *, boot: int, sequence: int = 1) -> None:
        self.send(CommandMessage(self.model, boot, sequence, command))

    def _work(self) -> None:
        while (item := self._inbox.get()) is not None:
            topic, data = item
            _, leaf = self._topics.parse(topic)
            if leaf is not Leaf.ACT:
                self.heard.put((leaf, data))
                continue
            message = self._receiver.push(data)
            if isinstance(message, Activation):
                self.seen.put(message)
                self.reply(self, message)


def answer(edge: ScriptedEdge, activation: Activation) -> None:
    """As it should be."""
    edge.send(edge.result(activation))


def silence(_edge: ScriptedEdge, _activation: Activation) -> None:
    """An edge that is not there."""


def refuse(status: Status) -> Reply:
    return lambda edge, activation: edge.send(edge.result(activation, status))


def twice(edge: ScriptedEdge, activation: Activation) -> None:
    for _ in range(2):
        edge.send(edge.result(activation))


def spoilt_then_right(edge: ScriptedEdge, activation: Activation) -> None:
    """First with every kind of damage, then the answer itself."""
    (frame,) = encode(edge.result(activation))
    for place in (0, 5, 13, 24, 40):
        spoilt = bytearray(frame)
        spoilt[place % len(frame)] ^= 0x10
        edge.send_raw(Leaf.RES, bytes(spoilt))
    edge.send_raw(Leaf.RES, frame[:20])
    edge.send_raw(Leaf.RES, b"")
    edge.send_raw(Leaf.RES, frame)
