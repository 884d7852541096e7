"""Clients that mean no good: forged ids, replayed frames, storms of connections, noise. Others must not notice."""

from __future__ import annotations

import random
import select
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import paho.mqtt.client as paho

from cutpoint.wire import (
    Activation,
    CodecId,
    DeviceId,
    DType,
    Flag,
    Leaf,
    ModelId,
    Presence,
    TensorRecord,
    Topics,
    encode,
    state_json,
)
from host_tools.load.client import Client
from host_tools.load.recording import Recording
from host_tools.load.scenario import Fault

MOST_RECORDED = 4096
"""Frames that a replay keeps; the oldest are forgotten."""
_LIVES = 1000
"""By so much the boot number of a forged device differs from its victim's."""
_STEP_S = 0.01


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an attack is on: broker, topics, the honest devices' names and boot number."""

    broker: tuple[str, int]
    topics: Topics
    names: Sequence[str]
    boot: int
    cut: int
    recording: Recording = field(repr=False)
    login: tuple[str | None, str | None] = field(default=(None, None), repr=False)


class Attack:
    """One attack on a thread of its own, from `start` to `stop`. `counts` says what it did."""

    def __init__(self, fault: Fault, target: Target, *, seed: int = 0) -> None:
        self.counts: Counter[str] = Counter()
        self._fault, self._target = fault, target
        self._rng = random.Random(seed)
        self._ended = threading.Event()
        self._recorded: deque[tuple[str, bytes]] = deque(maxlen=MOST_RECORDED)
        self._held: list[Client] = []
        self._sequence = 0
        way = {"forge": self._forge, "replay": self._replay, "storm": self._storm, "noise": self._noise}
        self._act = way[fault.what.partition(".")[2]]
        self._thread = threading.Thread(target=self._live, name=fault.what, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End, and close every connection."""
        self._ended.set()
        self._thread.join()

    def _live(self) -> None:
        if self._fault.what == "attack.storm":
            self._storm()
        else:
            self._through_a_client()
        for client in self._held:
            client.drop()
        self._held.clear()

    def _through_a_client(self) -> None:
        topics = self._target.topics
        filters = [(topics.all(Leaf.ACT), 0)] if self._fault.what == "attack.replay" else []
        name = f"attack-{self._rng.getrandbits(32):08x}"
        client = Client(name, filters, keepalive_s=30, login=self._target.login)
        client.on_message = self._record
        owed, before_s = 0.0, time.monotonic()
        while not self._ended.is_set():
            if client.sock is None and not client.connect(self._target.broker):
                self._ended.wait(0.25)
                continue
            self._serve(client)
            now_s = time.monotonic()
            owed = min(owed + (now_s - before_s) * self._fault.rate_per_s, self._fault.rate_per_s)
            before_s = now_s
            while owed >= 1 and client.up:
                owed -= 1
                self._act_once(client)
        client.leave()

    def _act_once(self, client: Client) -> None:
        for topic, payload in self._act():
            self.counts["sent" if client.publish(topic, payload) else "unsent"] += 1

    def _serve(self, client: Client) -> None:
        sock = client.sock
        if sock is None:
            return
        # Not select(), which knows no descriptor beyond 1023.
        poll = select.poll()
        poll.register(sock, select.POLLIN | (select.POLLOUT if client.wants_write else 0))
        for _, events in poll.poll(_STEP_S * 1000):
            if events & ~select.POLLOUT:
                client.readable()
            if events & select.POLLOUT:
                client.writable()
        client.look()

    def _record(self, message: paho.MQTTMessage) -> None:
        self._recorded.append((message.topic, bytes(message.payload)))

    def _forge(self) -> list[tuple[str, bytes]]:
        """A second device of a victim's name and another boot number, or one that nobody ever saw."""
        target, topics = self._target, self._target.topics
        self._sequence += 1
        victims = target.names[: self._fault.count]
        invented = self._sequence % 2 == 0 or not victims
        name = f"nobody-{self._rng.randrange(100_000)}" if invented else self._rng.choice(victims)
        device, boot = DeviceId(name), target.boot + _LIVES
        picture = self._rng.choice(target.recording.pictures)
        tensors = tuple(TensorRecord(index, DType(dtype), data, fill=fill) for index, dtype, data, fill in
                        picture.live[target.cut])  # fmt: skip
        frames = encode(
            Activation(
                ModelId(target.recording.model_id),
                boot,
                self._sequence,
                target.cut,
                CodecId.RAW,
                Flag(0),
                0,
                tensors,
                None,
            )
        )
        sent = [(topics.of(device, Leaf.ACT), frame) for frame in frames]
        if self._sequence % 16 == 1:
            sent.insert(0, (topics.of(device, Leaf.STATE), state_json(Presence.ONLINE, boot)))
        return sent

    def _replay(self) -> list[tuple[str, bytes]]:
        """A frame of somebody's, as it was. What comes back over the subscription is recorded again."""
        return [self._rng.choice(self._recorded)] if self._recorded else []

    def _noise(self) -> list[tuple[str, bytes]]:
        """Bytes of any length on somebody's topic: random, or a beginning that looks right."""
        device = DeviceId(self._rng.choice([*self._target.names[:1000], "nobody-0"]))
        noise = self._rng.randbytes(self._rng.randrange(600))
        head = b"CP\x01\x01" if self._rng.random() < 0.5 else b""
        return [(self._target.topics.of(device, Leaf.ACT), head + noise)]

    def _storm(self) -> list[tuple[str, bytes]]:
        """`count` connections at `rate_per_s`: every other one is held until the end, the others dropped at once."""
        began_s = time.monotonic()
        for number in range(self._fault.count):
            wait_s = began_s + number / self._fault.rate_per_s - time.monotonic()
            if self._ended.is_set() or (wait_s > 0 and self._ended.wait(wait_s)):
                break
            client = Client(f"storm-{number}", [], login=self._target.login)
            if not client.connect(self._target.broker):
                self.counts["refused"] += 1
                continue
            self.counts["connected"] += 1
            if number % 2:
                self._held.append(client)
            else:
                client.drop()
        self._ended.wait()
        return []
