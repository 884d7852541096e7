"""One MQTT connection without a thread: whoever owns it watches its socket.

Not paho, which took twice the processor time for the same inferences: a rig that is busier than the server it loads
measures itself.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

from host_tools.load.packets import (
    CONNACK,
    GOODBYE,
    PING,
    PUBLISH,
    PacketError,
    Published,
    Splitter,
    connect,
    puback,
    read_publish,
    subscribe,
)

_READ_BYTES = 65_536
_MOST_MID = 0xFFFF


class Client:
    """One life of a connection at a time: `begin`, until `on_down` is called; then `begin` again.

    Everything is called, and calls back, on the thread that owns the client, and nothing blocks. A message of QoS 1 is
    not repeated by itself: TCP delivers it, or the connection ends, and whoever has something to announce does so anew.
    """

    __slots__ = (
        "_client_id", "_filters", "_heard_s", "_keepalive_s", "_login", "_mid", "_out", "_pinged", "_said_s",
        "_splitter", "_will", "on_down", "on_message", "on_up", "refused", "sock", "up",
    )  # fmt: skip

    def __init__(
        self,
        client_id: str,
        filters: Sequence[tuple[str, int]],
        *,
        will: Published | None = None,
        keepalive_s: int = 30,
        login: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self.on_up: Callable[[], None] = _nothing
        self.on_down: Callable[[], None] = _nothing
        self.on_message: Callable[[str, bytes], None] = _no_message
        self.up = False
        self.refused = 0
        self.sock: socket.socket | None = None
        self._client_id, self._filters, self._will = client_id, list(filters), will
        self._keepalive_s, self._login = keepalive_s, login
        self._out = bytearray()
        self._splitter = Splitter()
        self._mid = 0
        self._heard_s = self._said_s = 0.0
        self._pinged = False

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be written: the socket's other end does not take it."""
        return bool(self._out)

    def begin(self, sock: socket.socket) -> None:
        """Greet the broker on a socket that is connected and does not block."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._out.clear()
        self._splitter = Splitter()
        self._pinged = False
        self._heard_s = self._said_s = time.monotonic()
        self._send(connect(self._client_id, self._keepalive_s, self._will, *self._login))

    def readable(self) -> None:
        """The socket has bytes, or its end."""
        sock = self.sock
        if sock is None:
            return
        try:
            data = sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop()
            return
        self._heard_s, self._pinged = time.monotonic(), False
        try:
            for packet in self._splitter.feed(data):
                self._take(packet)
                if self.sock is not sock:
                    return
        except PacketError:
            self.drop()

    def writable(self) -> None:
        """The socket takes bytes again."""
        if self._out:
            waiting = bytes(self._out)
            self._out.clear()
            self._send(waiting)

    def look(self) -> None:
        """Several times within a keepalive: pings, and gives up on a broker that is silent for too long."""
        if self.sock is None:
            return
        now = time.monotonic()
        if now - self._heard_s > 1.5 * self._keepalive_s:
            self.drop()
        elif (
            not self._pinged
            and max(now - self._said_s, now - self._heard_s) >= 0.5 * self._keepalive_s
            and self.up
        ):
            self._pinged = True
            self._send(PING)

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Hand over a message; False when it was not taken: no connection, or one that does not move (QoS 0)."""
        if not self.up or (qos == 0 and self._out):
            return False
        self._send(Published(topic, payload, qos, retain, mid=self._next_mid() if qos else 0).encode())
        return self.up

    def leave(self) -> None:
        """Say goodbye, so that the will is not published, and close."""
        if self.up:
            self._send(GOODBYE)
        self.drop()

    def drop(self) -> None:
        """Close without a word: the broker publishes the will."""
        sock, self.up = self.sock, False
        if sock is None:
            return
        self.on_down()
        self.sock = None
        self._out.clear()
        sock.close()

    def _take(self, packet: bytes) -> None:
        kind = packet[0] >> 4
        if kind == PUBLISH:
            message = read_publish(packet)
            if message.qos:
                self._send(puback(message.mid))
            self.on_message(message.topic, message.payload)
        elif kind == CONNACK:
            if packet[-1] != 0:
                self.refused += 1
                self.drop()
                return
            if self._filters:
                self._send(subscribe(self._next_mid(), self._filters))
            self.up = True
            self.on_up()

    def _send(self, data: bytes) -> None:
        if self.sock is None:
            return
        if self._out:
            self._out += data
            return
        self._said_s = time.monotonic()
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop()
            return
        if sent < len(data):
            self._out += data[sent:]

    def _next_mid(self) -> int:
        self._mid = self._mid % _MOST_MID + 1
        return self._mid


def _nothing() -> None:
    """Of a client that does not care."""


def _no_message(_topic: str, _payload: bytes) -> None:
    """Of a client that only publishes."""
