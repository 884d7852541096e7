"""Topics to arrivals and frames to topics, over any bus."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

from cutpoint.bus import Bus
from cutpoint.errors import CutpointError
from cutpoint.wire import DeviceId, Leaf, Topics
from edge_server.gateway.port import Arrival
from edge_server.logs import log_event

log = logging.getLogger("edge_server")

# Tensors and results travel at QoS 0 under the device's deadline: a lost tensor is cheaper than a queued old one.
_LISTENED = {Leaf.ACT: 0, Leaf.TELE: 0, Leaf.STATE: 1, Leaf.ABOUT: 1, Leaf.NOTE: 1}
_SENT = {Leaf.RES: (0, False), Leaf.PLAN: (1, True), Leaf.CMD: (1, False)}
_MOST_TOPICS = 4096


class MqttGateway:
    """Owns the bus from `start` to `stop`. What is not a device's topic, or too large, is counted and dropped."""

    def __init__(
        self, bus: Bus, topics: Topics, *, connect_timeout_s: float = 5.0, most_bytes: int = 1 << 20
    ) -> None:
        self._bus = bus
        self._topics = topics
        self._connect_timeout_s = connect_timeout_s
        self._most_bytes = most_bytes
        self._parsed: dict[str, tuple[DeviceId, Leaf]] = {}
        self._drops: Counter[str] = Counter()
        self._connections = 0
        self._cpu_ns = 0

    @property
    def cpu_us(self) -> int:
        return self._cpu_ns // 1000

    @property
    def connected(self) -> bool:
        return self._bus.connected

    def start(self, accept: Callable[[Arrival], None], renewed: Callable[[], None]) -> None:
        """Connect and subscribe; raises ConnectError when the broker cannot be reached."""
        self._accept, self._renewed = accept, renewed
        self._connections = 0
        self._bus.on_message = self._on_message
        self._bus.on_connect = self._on_connect
        self._bus.on_disconnect = self._on_disconnect
        for leaf, qos in _LISTENED.items():
            self._bus.subscribe(self._topics.all(leaf), qos)
        self._bus.connect(self._connect_timeout_s)

    def stop(self) -> None:
        self._bus.close()

    def send(self, device: DeviceId, leaf: Leaf, frame: bytes) -> bool:
        qos, retain = _SENT[leaf]
        return self._bus.publish(self._topics.of(device, leaf), frame, qos, retain)

    def drops(self) -> dict[str, int]:
        # Copies in one step each: the bus's thread may be counting a new reason at this moment.
        lost = self._drops.copy()
        lost.update(dict(self._bus.drops))
        return {f"gateway_{reason}": count for reason, count in lost.items()}

    def _on_connect(self) -> None:
        self._connections += 1
        if self._connections > 1:
            log_event(log, logging.INFO, "broker_back")
            self._renewed()

    def _on_disconnect(self, reason: str) -> None:
        log_event(log, logging.WARNING, "broker_lost", detail=reason)

    def _on_message(self, topic: str, payload: bytes) -> None:
        received_ns = time.perf_counter_ns()
        self._cpu_ns = time.thread_time_ns()
        if len(payload) > self._most_bytes:
            self._drops["too_large"] += 1
            return
        parsed = self._parsed.get(topic)
        if parsed is None:
            try:
                parsed = self._topics.parse(topic)
            except (CutpointError, ValueError):
                self._drops["foreign_topic"] += 1
                return
            if len(self._parsed) >= _MOST_TOPICS:
                self._parsed.clear()
            self._parsed[topic] = parsed
        self._accept(Arrival(parsed[0], parsed[1], payload, received_ns))
