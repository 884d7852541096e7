"""One MQTT connection of paho's without a thread: whoever owns it watches its socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

CONNECT_WITHIN_S = 3.0
MOST_UNACKNOWLEDGED = 64
"""Messages of QoS 1 that wait for the broker; a further one is not taken."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when the connection ends without a goodbye."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class Client:
    """One life of a connection at a time: `connect`, until `sock` is None; then, when the owner says so, again.

    Everything is called, and calls back, on the owner's thread, and only `connect` blocks. paho's callbacks only note
    what came: inside them paho does not write, and must not be closed. What they noted is told when paho has returned.
    A message of QoS 1 that was not acknowledged is sent again by paho after the next `connect`.
    """

    __slots__ = ("_arrived", "_filters", "_greeted", "_keepalive_s", "_paho", "on_closing", "on_message", "on_up",
                 "refused", "up")  # fmt: skip

    def __init__(
        self,
        client_id: str,
        filters: Sequence[tuple[str, int]],
        *,
        will: Will | None = None,
        keepalive_s: int = 30,
        login: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self.on_up: Callable[[], None] = _nothing
        self.on_message: Callable[[paho.MQTTMessage], None] = _no_message
        self.on_closing: Callable[[Any], None] = _no_socket
        """Told of the socket just before it closes: nobody may watch it afterwards. Must do no more than note that."""
        self.up = False
        self.refused = 0
        self._filters, self._keepalive_s = list(filters), keepalive_s
        self._greeted = False
        self._arrived: list[paho.MQTTMessage] = []
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            userdata=self,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        client.max_queued_messages_set(MOST_UNACKNOWLEDGED)
        if login[0] is not None:
            client.username_pw_set(*login)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        # No on_socket_register_write: paho then writes at once, and `wants_write` says when it could not.
        client.on_socket_open = _opened
        client.on_socket_close = _closing
        client.on_connect = _answered
        client.on_message = _arrived
        self._paho = client

    @property
    def sock(self) -> Any:
        """The socket to watch; None without a connection."""
        return self._paho.socket()

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be written: the socket's other end does not take it."""
        return self._paho.want_write()

    def connect(self, broker: tuple[str, int]) -> bool:
        """Reach the broker and greet it; False when it is not there within CONNECT_WITHIN_S. Its answer comes later.

        This may happen on another thread, as long as the owner leaves the client alone until it returns.
        """
        self._greeted = False
        with suppress(OSError):
            self._paho.connect(*broker, keepalive=self._keepalive_s)
        return self.sock is not None

    def readable(self) -> None:
        """The socket has bytes, or its end."""
        self._paho.loop_read()
        self._tell()

    def writable(self) -> None:
        """The socket takes bytes again."""
        self._paho.loop_write()

    def look(self) -> None:
        """Several times within a keepalive: pings, and gives up on a broker that is silent for too long."""
        self._paho.loop_misc()

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Hand over a message; False when it was not taken: no connection, or one that does not move (QoS 0)."""
        if not self.up or (qos == 0 and self._paho.want_write()):
            return False
        return self._paho.publish(topic, payload, qos, retain).rc == paho.MQTT_ERR_SUCCESS

    def leave(self) -> None:
        """Say goodbye, so that the will is not published, and close."""
        if self.up:
            self._paho.disconnect()
        self.drop()

    def drop(self) -> None:
        """Close without a word: the broker publishes the will."""
        self.up = False
        # paho closes by itself when it reads the end; it has no other way without a goodbye.
        while (sock := self.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            self._paho.loop_read()
        self._greeted = False
        self._arrived.clear()

    def _tell(self) -> None:
        """What paho's callbacks noted."""
        if self._greeted:
            self._greeted = False
            if self._filters:
                self._paho.subscribe(self._filters)
            self.up = self.sock is not None
            if self.up:
                self.on_up()
        if self._arrived:
            for message in self._arrived:
                self.on_message(message)
            self._arrived.clear()


# paho's callbacks: functions without a self, which thousands of clients share.


def _opened(_paho: paho.Client, _client: Client, sock: Any) -> None:
    # Without it a small message waits for the acknowledgement of the one before (Nagle): some 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _closing(_paho: paho.Client, client: Client, sock: Any) -> None:
    client.up = False
    client.on_closing(sock)


def _answered(
    _paho: paho.Client, client: Client, _flags: object, code: ReasonCode, _properties: object
) -> None:
    if code.is_failure:
        client.refused += 1
    else:
        client._greeted = True


def _arrived(_paho: paho.Client, client: Client, message: paho.MQTTMessage) -> None:
    client._arrived.append(message)


def _nothing() -> None:
    """Of a client that does not care."""


def _no_message(_message: paho.MQTTMessage) -> None:
    """Of a client that only publishes."""


def _no_socket(_sock: Any) -> None:
    """Of a client whose socket nobody watches."""
