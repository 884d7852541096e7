"""A broker and its clients inside one process: MQTT's manners without a socket, for tests and simulations."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cutpoint.bus.faults import FaultLine, Faults
from cutpoint.bus.filters import check_filter, check_topic, matches
from cutpoint.bus.port import ConnectError, ignore_connect, ignore_disconnect, ignore_message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Will:
    topic: str
    payload: bytes
    retain: bool


class MemoryBroker:
    """Delivers to every connected `MemoryBus` whose filter matches; keeps retained messages; sends wills.

    `stop` and `start` act like a broker that dies and comes back: clients lose their connection, retained
    messages are gone, clients reconnect by themselves.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self._lock = threading.RLock()
        self._clients: dict[str, MemoryBus] = {}
        self._away: list[MemoryBus] = []
        self._retained: dict[str, bytes] = {}
        self._line = FaultLine(faults) if faults else None
        self._up = True

    def set_faults(self, faults: Faults | None) -> None:
        """Apply these faults, or none, from the next message on."""
        with self._lock:
            self._line = FaultLine(faults) if faults else None

    def retained(self, topic: str) -> bytes | None:
        """The retained payload of a topic, or None."""
        with self._lock:
            return self._retained.get(topic)

    def stop(self) -> None:
        """Stop as a broker that crashes: every client is cut off, no will is sent, retained messages are forgotten."""
        with self._lock:
            self._up = False
            self._retained.clear()
            self._away += list(self._clients.values())
            self._clients.clear()
            for client in self._away:
                client._cut_off("the broker stopped")

    def start(self) -> None:
        """Start again; clients that were cut off are connected again."""
        with self._lock:
            self._up = True
            away, self._away = self._away, []
            for client in away:
                self._attach(client)

    def _attach(self, client: MemoryBus) -> None:
        with self._lock:
            if not self._up:
                raise ConnectError("the in-memory broker is stopped; start it before connecting")
            older = self._clients.get(client.client_id)
            if older is not None and older is not client:
                older._cut_off("another client took over this client id")
                self._publish_will(older)
            self._clients[client.client_id] = client
            client._accepted()
            for topic_filter in client._filters:
                self._send_retained(client, topic_filter)

    def _detach(self, client: MemoryBus, with_will: bool) -> None:
        with self._lock:
            if client in self._away:
                self._away.remove(client)
            if self._clients.get(client.client_id) is client:
                del self._clients[client.client_id]
                if with_will:
                    self._publish_will(client)

    def _publish_will(self, client: MemoryBus) -> None:
        if client._will is not None:
            self._publish(client._will.topic, client._will.payload, client._will.retain)

    def _send_retained(self, client: MemoryBus, topic_filter: str) -> None:
        with self._lock:
            for topic, payload in self._retained.items():
                if matches(topic_filter, topic):
                    client._deliver(topic, payload)

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        with self._lock:
            if retain and payload:
                self._retained[topic] = payload
            elif retain:
                self._retained.pop(topic, None)
            for passed in self._line.passes(topic, payload) if self._line else (payload,):
                for client in self._clients.values():
                    if client._hears(topic):
                        client._deliver(topic, passed)


class MemoryBus:
    """A client of a `MemoryBroker`; its callbacks run on a thread of its own, one at a time, in order.

    QoS is accepted and means nothing here: what `Faults` does not drop arrives.
    """

    def __init__(self, broker: MemoryBroker, client_id: str, *, queue_size: int = 10_000) -> None:
        self.client_id = client_id
        self.on_connect: Callable[[], None] = ignore_connect
        self.on_disconnect: Callable[[str], None] = ignore_disconnect
        self.on_message: Callable[[str, bytes], None] = ignore_message
        self._broker = broker
        # In order, and found at once: a server of many devices has thousands.
        self._filters: dict[str, None] = {}
        self._wild: list[str] = []
        self._will: _Will | None = None
        self._drops: Counter[str] = Counter()
        # One slot beyond the bound of messages is never needed: connection events bypass the bound.
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._queue_size = queue_size
        self._connected = False
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def drops(self) -> Mapping[str, int]:
        return self._drops

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = True) -> None:
        check_topic(topic)
        self._will = _Will(topic, payload, retain)

    def connect(self, timeout_s: float = 5.0) -> None:
        if self._thread is None:
            self._events = queue.SimpleQueue()
            self._thread = threading.Thread(
                target=self._work, args=(self._events,), name=f"bus-{self.client_id}", daemon=True
            )
            self._thread.start()
        try:
            self._broker._attach(self)
        except ConnectError:
            self._end()
            raise

    def close(self) -> None:
        self._broker._detach(self, with_will=False)
        self._connected = False
        self._end()

    def drop(self) -> None:
        """Vanish as a device does whose power fails: the broker publishes the will."""
        self._connected = False
        self._broker._detach(self, with_will=True)
        self._end()

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        check_topic(topic)
        if not self._connected:
            self._drops["offline"] += 1
            return False
        self._broker._publish(topic, bytes(payload), retain)
        return True

    def subscribe(self, topic_filter: str, qos: int = 0) -> None:
        self.subscribe_all((topic_filter,), qos)

    def subscribe_all(self, topic_filters: Iterable[str], qos: int = 0) -> None:
        wanted = dict.fromkeys(topic_filters)
        for topic_filter in wanted:
            check_filter(topic_filter)
        with self._broker._lock:
            self._filters.update(wanted)
            self._wild = [one for one in self._filters if "+" in one or "#" in one]
            if self._connected:
                for topic_filter in wanted:
                    self._broker._send_retained(self, topic_filter)

    def unsubscribe(self, topic_filters: Iterable[str]) -> None:
        with self._broker._lock:
            for topic_filter in topic_filters:
                self._filters.pop(topic_filter, None)
            self._wild = [one for one in self._filters if "+" in one or "#" in one]

    def _hears(self, topic: str) -> bool:
        return topic in self._filters or any(matches(one, topic) for one in self._wild)

    def _accepted(self) -> None:
        self._connected = True
        self._events.put(self._call_on_connect)

    def _cut_off(self, reason: str) -> None:
        self._connected = False
        self._events.put(lambda: self.on_disconnect(reason))

    def _call_on_connect(self) -> None:
        self.on_connect()

    def _deliver(self, topic: str, payload: bytes) -> None:
        if self._events.qsize() >= self._queue_size:
            self._drops["queue_full"] += 1
            return
        self._events.put(lambda: self.on_message(topic, payload))

    def _end(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            if thread is not threading.current_thread():
                thread.join(timeout=5.0)

    def _work(self, events: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (event := events.get()) is not None:
            try:
                event()
            except Exception:
                log.exception("event=bus_callback_failed client=%s", self.client_id)
