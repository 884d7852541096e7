"""A device made by hand: heads on reference kernels, frames by cutpoint.wire, no session and no manners."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from cutpoint.bus import Bus
from cutpoint.graph import Bundle, TensorEntry
from cutpoint.kernels import Array, Runner, open_runner
from cutpoint.wire import (
    Activation,
    CodecId,
    DeviceId,
    DType,
    Flag,
    FrameError,
    Key,
    Life,
    ModelId,
    Opener,
    Plan,
    Receiver,
    Result,
    Role,
    Sealer,
    TensorRecord,
    Timings,
    Topics,
    encode,
)

WAIT_S = 30.0
NO_FLAGS = Flag(0)

Picture = tuple[Array, ...]
"""One array for each input of the model."""


class HandDevice:
    """Publishes what a test tells it to, and keeps what comes back, in order."""

    def __init__(
        self, bus: Bus, bundle: Bundle, name: str = "dev-1", boot: int = 1, key: Key | None = None
    ) -> None:
        """With a key, frames are sealed and opened; what cannot be opened is kept in `unopened`."""
        self.bus, self.bundle, self.boot = bus, bundle, boot
        self.sealer = None if key is None else Sealer(key, Role.DEVICE, Life.of_boot(boot))
        self.opener = None if key is None else Opener(key, Role.DEVICE)
        self.unopened: list[tuple[str, bytes]] = []
        self.id = DeviceId(name)
        self.topics = Topics("cutpoint/1")
        self.results: queue.Queue[Result] = queue.Queue()
        self.plans: queue.Queue[Plan] = queue.Queue()
        self._receivers = {
            self.topics.res(self.id): Receiver(1 << 20),
            self.topics.plan(self.id): Receiver(1 << 12),
        }
        bus.on_message = self._receive
        for topic in self._receivers:
            bus.subscribe(topic, 1)
        bus.connect()

    def _receive(self, topic: str, payload: bytes) -> None:
        if self.opener is not None:
            try:
                payload = self.opener.open(payload)
            except FrameError:
                self.unopened.append((topic, payload))
                return
        message = self._receivers[topic].push(payload)
        if isinstance(message, Result):
            self.results.put(message)
        elif isinstance(message, Plan):
            self.plans.put(message)

    def announce(self, state: str = "online", boot: int | None = None) -> None:
        text = json.dumps({"state": state, "boot": self.boot if boot is None else boot})
        self.bus.publish(self.topics.state(self.id), text.encode(), 1, True)

    def about(self, **changes: object) -> None:
        fields = {
            "firmware": "test",
            "chip": "host",
            "model": self.bundle.model_id.hex(),
            "operators": self.bundle.max_cut,
            "engine": "litert",
            "codecs": ["raw", "bitmap"],
            "free_ram": 100_000,
            "max_payload": 4096,
            "boot": self.boot,
        } | changes
        self.bus.publish(self.topics.about(self.id), json.dumps(fields).encode(), 1, True)

    def activation(
        self,
        cut: int,
        picture: Picture,
        sequence: int = 1,
        *,
        codec: CodecId = CodecId.RAW,
        flags: Flag = NO_FLAGS,
        timings: Timings | None = None,
        plan_epoch: int = 0,
    ) -> Activation:
        if cut == self.bundle.n:
            flags |= Flag.ANSWERED
        if timings is not None:
            flags |= Flag.TIMINGS
        tensors = tuple(
            TensorRecord(tensor.index, DType.of(array.dtype), array.tobytes(), fill=tensor.zero_point or 0)
            for tensor, array in zip(
                self.bundle.cuts[cut].tensors, head(self.bundle, cut, picture), strict=True
            )
        )
        return Activation(
            ModelId(self.bundle.model_id),
            self.boot,
            sequence,
            cut,
            codec,
            flags,
            plan_epoch,
            tensors,
            timings,
        )

    def send(self, message: Activation, chunk_bytes: int = 4096) -> None:
        self.send_frames(encode(message, chunk_bytes=chunk_bytes))

    def send_frames(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            sealed = frame if self.sealer is None else self.sealer.seal(frame)
            self.bus.publish(self.topics.act(self.id), sealed)

    def result(self) -> Result:
        return self.results.get(timeout=WAIT_S)

    def plan(self) -> Plan:
        return self.plans.get(timeout=WAIT_S)

    def ask(self, cut: int, picture: Picture, sequence: int = 1, **more: object) -> Result:
        self.send(self.activation(cut, picture, sequence, **more))  # type: ignore[arg-type]
        return self.result()

    def hears_nothing(self, seconds: float = 0.2) -> bool:
        time.sleep(seconds)
        return self.results.empty()


@cache
def _head_runner(bundle: Bundle, cut: int) -> Runner:
    return open_runner(bundle.model().split(cut)[0], "reference")


def head(bundle: Bundle, cut: int, picture: Picture) -> list[Array]:
    """The live tensors at `cut`."""
    return list(picture) if cut == 0 else _head_runner(bundle, cut).run(picture)


def whole_answer(bundle: Bundle, picture: Picture) -> object:
    """What the whole model says, on reference kernels."""
    return bundle.answer_rule.decode(head(bundle, bundle.n, picture))


def pictures(bundle: Bundle, count: int, seed: int = 0) -> list[Picture]:
    """Random inputs of the bundle's model."""
    rng = np.random.default_rng(seed)

    def one(tensor: TensorEntry) -> Array:
        dtype = np.dtype(tensor.dtype)
        if dtype.kind == "f":
            return rng.random(tensor.shape, dtype=np.float32)
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max + 1, tensor.shape, dtype)

    return [tuple(one(tensor) for tensor in bundle.inputs) for _ in range(count)]


def until(condition: Callable[[], bool], seconds: float = WAIT_S) -> None:
    """Wait for a condition that another thread brings about."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come to pass"
        time.sleep(0.005)
