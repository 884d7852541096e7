"""A bus behind an emulated link: messages really wait, queue behind each other, and get lost."""

from __future__ import annotations

import heapq
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from cutpoint.bus import Bus
from host_tools.device.line import Line, LineCounters, wire_bytes
from host_tools.device.link import Link

log = logging.getLogger(__name__)

MOST_WAITING = 4096
"""Messages on the way in both directions together; a further one at QoS 0 is dropped and counted."""
DRAIN_S = 2.0
"""How long `close` lets messages that are on their way leave."""
LONGEST_WAIT_S = 3600.0
"""Of one look at the clock: a platform's longest wait is shorter than what a slow enough link asks for."""
_DROPPABLE = frozenset({"act", "res", "tele"})


def droppable(topic: str) -> bool:
    """Whether the protocol sends this topic at QoS 0, so that its messages may get lost."""
    return topic.rpartition("/")[2] in _DROPPABLE


class LinkedBus:
    """Wraps a device's bus; `link` may be changed at any time and holds for messages from then on.

    Every direction is first in, first out, as the one TCP connection under MQTT is. QoS 0 messages are lost
    with the link's probability; QoS 1 messages are only delayed (TCP sends them again). A lost broker
    connection takes what is on the way with it. `on_message` runs on a thread of this class, `on_connect` and
    `on_disconnect` on the inner bus's.
    """

    def __init__(self, inner: Bus, link: Link, *, seed: int = 0) -> None:
        self.on_connect: Callable[[], None] = _nothing
        self.on_disconnect: Callable[[str], None] = _nothing
        self.on_message: Callable[[str, bytes], None] = _nothing
        self._inner = inner
        up_rng, down_rng = np.random.default_rng(seed).spawn(2)
        self._up = Line(link.up, up_rng)
        self._down = Line(link.down, down_rng)
        self._link = link
        self._waiting: list[tuple[float, int, Line, Callable[[], object]]] = []
        self._order = 0
        self._changed = threading.Condition()
        self._drops: Counter[str] = Counter()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._busy = False

    @property
    def link(self) -> Link:
        return self._link

    @link.setter
    def link(self, link: Link) -> None:
        with self._changed:
            self._link = link
            self._up.direction, self._down.direction = link.up, link.down

    @property
    def connected(self) -> bool:
        return self._inner.connected

    @property
    def drops(self) -> Mapping[str, int]:
        """The inner bus's drops, and `link_full` of this one; losses by probability are in `counters`."""
        return Counter(self._inner.drops) + self._drops

    @property
    def counters(self) -> tuple[LineCounters, LineCounters]:
        """Up, down; live objects, written by this bus."""
        return self._up.counters, self._down.counters

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = True) -> None:
        self._inner.set_will(topic, payload, qos, retain)

    def connect(self, timeout_s: float = 5.0) -> None:
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._work, name="link", daemon=True)
            self._thread.start()
        self._inner.on_connect = self._connected
        self._inner.on_disconnect = self._disconnected
        self._inner.on_message = self._received
        try:
            self._inner.connect(timeout_s)
        except BaseException:
            self._stop_thread()
            raise

    def close(self) -> None:
        deadline = time.monotonic() + DRAIN_S
        with self._changed:
            while (self._waiting or self._busy) and self._inner.connected and time.monotonic() < deadline:
                self._changed.wait(0.05)
        self._inner.close()
        self._stop_thread()

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        if not self._inner.connected:
            return self._inner.publish(topic, payload, qos, retain)
        size = wire_bytes(topic, len(payload), qos)
        may_drop = qos == 0
        return self._put(self._up, size, may_drop, lambda: self._inner.publish(topic, payload, qos, retain))

    def subscribe(self, topic_filter: str, qos: int = 0) -> None:
        self._inner.subscribe(topic_filter, qos)

    def subscribe_all(self, topic_filters: Iterable[str], qos: int = 0) -> None:
        self._inner.subscribe_all(topic_filters, qos)

    def unsubscribe(self, topic_filters: Iterable[str]) -> None:
        self._inner.unsubscribe(topic_filters)

    def _received(self, topic: str, payload: bytes) -> None:
        may_drop = droppable(topic)
        size = wire_bytes(topic, len(payload), 0 if may_drop else 1)
        self._put(self._down, size, may_drop, lambda: self.on_message(topic, payload))

    def _connected(self) -> None:
        self.on_connect()

    def _disconnected(self, reason: str) -> None:
        with self._changed:
            self._discard()
            self._changed.notify_all()
        self.on_disconnect(reason)

    def _discard(self) -> None:
        """What is on the way is lost with the connection that carried it. The caller holds the lock."""
        for _, _, line, _ in self._waiting:
            line.counters.discarded += 1
        self._waiting.clear()
        self._up.clear()
        self._down.clear()

    def _put(self, line: Line, size: int, may_drop: bool, call: Callable[[], object]) -> bool:
        with self._changed:
            if may_drop and len(self._waiting) >= MOST_WAITING:
                line.counters.overflowed += 1
                self._drops["link_full"] += 1
                return False
            due_us = line.send(_now_us(), size, droppable=may_drop)
            if due_us is not None:
                self._order += 1
                heapq.heappush(self._waiting, (due_us, self._order, line, call))
                self._changed.notify_all()
        # A sender at QoS 0 does not learn of a loss, so a lost message counts as handed over.
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._closing and (not self._waiting or self._waiting[0][0] > _now_us()):
                    left_us = self._waiting[0][0] - _now_us() if self._waiting else math.inf
                    self._changed.wait(min(max(left_us, 0.0) / 1e6, LONGEST_WAIT_S))
                if self._closing:
                    return
                _, _, _, call = heapq.heappop(self._waiting)
                self._busy = True
            # One failed callback must not end the link.
            try:
                call()
            except Exception:
                log.exception("event=link_callback_failed link=%s", self._link.name)

    def _stop_thread(self) -> None:
        with self._changed:
            self._closing = True
            self._discard()
            self._changed.notify_all()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)


def _now_us() -> float:
    return time.monotonic_ns() / 1000


def _nothing(*_ignored: object) -> None:
    """The callback of nobody."""
