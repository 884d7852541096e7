"""One MQTT connection without a thread: paho, whose socket somebody else watches."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

Will = tuple[str, bytes, int, bool]
"""Topic, payload, QoS, retained."""


class _Paho(paho.Client):
    """Takes a socket that is connected already: paho's own way to connect would hold up everybody else's loop."""

    given: socket.socket | None = None

    def drop(self) -> None:
        """Close the socket without a word."""
        self._sock_close()

    def _create_socket_connection(self) -> socket.socket:
        assert self.given is not None
        return self.given


class Client:
    """One life of a connection at a time: `begin`, until `on_down` says that it ended; then `begin` again.

    Everything is called, and calls back, on the thread that owns the client. Nothing blocks.
    """

    __slots__ = ("_client", "_filters", "_keepalive", "_sock", "on_message", "on_up", "on_down", "up")

    def __init__(
        self,
        client_id: str,
        filters: Sequence[tuple[str, int]],
        *,
        will: Will | None = None,
        keepalive_s: int = 30,
    ) -> None:
        self.on_up: Callable[[], None] = _nothing
        self.on_down: Callable[[], None] = _nothing
        self.on_message: Callable[[str, bytes], None] = _no_message
        self.up = False
        self._filters = list(filters)
        self._keepalive = keepalive_s
        self._sock: socket.socket | None = None
        client = _Paho(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        if will is not None:
            client.will_set(*will)
        client.on_connect = self._connected
        client.on_socket_close = self._closing
        client.on_message = self._message
        self._client = client

    @property
    def sock(self) -> socket.socket | None:
        """The socket to watch; None between two lives."""
        return self._sock

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be written: the socket's other end does not take it."""
        return bool(self._client.want_write())

    def begin(self, sock: socket.socket) -> None:
        """Greet the broker on a socket that is connected."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._client.given = sock
        try:
            self._client.connect("given", 1, self._keepalive)
        except (OSError, ValueError):
            self._client.drop()

    def readable(self) -> None:
        """The socket has bytes, or its end."""
        self._client.loop_read()

    def writable(self) -> None:
        """The socket takes bytes again."""
        self._client.loop_write()

    def look(self) -> None:
        """Once a second or so: pings, and a broker that is silent for longer than the keepalive."""
        if self._sock is not None:
            self._client.loop_misc()

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Hand over a message; False when it was not taken: no connection, or one that does not move (QoS 0)."""
        if not self.up or (qos == 0 and self._client.want_write()):
            return False
        return self._client.publish(topic, payload, qos, retain).rc == paho.MQTT_ERR_SUCCESS

    def leave(self) -> None:
        """Say goodbye, so that the will is not published, and close."""
        if self._sock is not None:
            self._client.disconnect()
            self._client.loop_write()
        self._client.drop()

    def drop(self) -> None:
        """Close without a word: the broker publishes the will."""
        self._client.drop()

    def _connected(self, client: paho.Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        if code.is_failure:
            return
        if self._filters:
            client.subscribe(self._filters)
        self.up = True
        self.on_up()

    def _closing(self, _client: paho.Client, _data: object, _sock: object) -> None:
        self.up = False
        self.on_down()
        self._sock = None

    def _message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self.on_message(topic, bytes(message.payload))


def _nothing() -> None:
    pass


def _no_message(_topic: str, _payload: bytes) -> None:
    pass
