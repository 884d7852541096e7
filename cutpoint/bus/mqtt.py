"""A bus over a real MQTT 3.1.1 broker, through paho."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cutpoint.bus.filters import check_filter, check_topic
from cutpoint.bus.port import ConnectError, ignore_connect, ignore_disconnect, ignore_message

log = logging.getLogger(__name__)

_Entry = TypeVar("_Entry")

_FAREWELL_S = 0.75
_FILTERS_IN_A_PACKET = 256
"""Some 10 KB of SUBSCRIBE: a server of thousands of devices asks in pieces, and no broker's packet limit is near."""


class MqttBus:
    """One paho client on a thread of its own, with a bounded way out and a reconnection that spreads out.

    The reconnection delay starts at a random point of `reconnect_s[0]`..twice that and doubles up to
    `reconnect_s[1]`, so that a fleet does not return in step after its broker was restarted.
    """

    def __init__(
        self,
        host: str,
        port: int = 1883,
        client_id: str = "",
        *,
        username: str | None = None,
        password: str | None = None,
        keepalive: int = 30,
        reconnect_s: tuple[float, float] = (0.25, 30.0),
        queue_size: int = 1024,
    ) -> None:
        self.on_connect: Callable[[], None] = ignore_connect
        self.on_disconnect: Callable[[str], None] = ignore_disconnect
        self.on_message: Callable[[str, bytes], None] = ignore_message
        self._host, self._port, self._keepalive = host, port, keepalive
        self._filters: dict[str, int] = {}
        self._drops: Counter[str] = Counter()
        self._queue_size = queue_size
        self._leaving: deque[paho.MQTTMessageInfo] = deque()
        self._lock = threading.Lock()
        self._reconnect_s = reconnect_s
        self._answered = threading.Event()
        self._subscribed = threading.Event()
        self._refusal = ""
        self._pending: set[int] = set()
        self._subscribing = threading.Lock()
        self._started = False
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        client.max_queued_messages_set(queue_size)
        if username is not None:
            client.username_pw_set(username, password)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = self._on_socket_open
        self._client = client
        self._spread_reconnection()

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected())

    @property
    def drops(self) -> Mapping[str, int]:
        return self._drops

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = True) -> None:
        check_topic(topic)
        self._client.will_set(topic, payload, qos, retain)

    def connect(self, timeout_s: float = 5.0) -> None:
        where = f"{self._host}:{self._port}"
        self._answered.clear()
        self._subscribed.clear()
        self._refusal = ""
        # After an attempt that failed paho takes itself for connected until it is told otherwise.
        if not self._started:
            self._client.disconnect()
        self._client.connect_timeout = timeout_s
        try:
            self._client.connect(self._host, self._port, self._keepalive)
        except socket.gaierror as error:
            raise ConnectError(
                f"MQTT broker {where}: no such host ({error.strerror}); check the name"
            ) from error
        except ConnectionRefusedError as error:
            raise ConnectError(
                f"MQTT broker {where}: connection refused; start a broker there or name another"
            ) from error
        except TimeoutError as error:
            raise ConnectError(
                f"MQTT broker {where}: no reply within {timeout_s:g} s; check address, network and firewall"
            ) from error
        except (OSError, ValueError) as error:
            raise ConnectError(f"MQTT broker {where}: cannot connect ({error})") from error
        self._started = True
        self._client.loop_start()
        if not self._answered.wait(timeout_s):
            self._refusal = (
                f"accepted the connection but sent no MQTT greeting within {timeout_s:g} s; is it a broker?"
            )
        elif not self._refusal and not self._subscribed.wait(timeout_s):
            self._refusal = f"did not acknowledge the subscriptions within {timeout_s:g} s"
        if self._refusal:
            self.close()
            raise ConnectError(f"MQTT broker {where}: {self._refusal}")

    def close(self) -> None:
        if not self._started:
            return
        self._started = False
        self._client.disconnect()
        # paho's thread goes on until everything has left, which a broker that hangs can prevent for ever.
        ending = threading.Thread(target=self._client.loop_stop, name="bus-close", daemon=True)
        ending.start()
        ending.join(_FAREWELL_S)
        sock: Any = self._client.socket()
        if ending.is_alive() and sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            ending.join(_FAREWELL_S)

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        with self._lock:
            leaving = self._leaving
            while leaving and _has_left(leaving[0]):
                leaving.popleft()
            if len(leaving) >= self._queue_size:
                self._drops["queue_full"] += 1
                return False
            info = self._client.publish(topic, payload, qos, retain)
            if info.rc == paho.MQTT_ERR_SUCCESS:
                leaving.append(info)
                return True
            if info.rc == paho.MQTT_ERR_NO_CONN and qos > 0:
                return True
            self._drops["queue_full" if info.rc == paho.MQTT_ERR_QUEUE_SIZE else "offline"] += 1
            return False

    def subscribe(self, topic_filter: str, qos: int = 0) -> None:
        self.subscribe_all((topic_filter,), qos)

    def subscribe_all(self, topic_filters: Iterable[str], qos: int = 0) -> None:
        wanted = dict.fromkeys(topic_filters, qos)
        for topic_filter in wanted:
            check_filter(topic_filter)
        # One step, or a reconnection at the same time could subscribe to what was just given up.
        with self._subscribing:
            self._filters.update(wanted)
            if self.connected:
                self._ask_for(wanted)

    def unsubscribe(self, topic_filters: Iterable[str]) -> None:
        with self._subscribing:
            given_up = [
                one for one in dict.fromkeys(topic_filters) if self._filters.pop(one, None) is not None
            ]
            if self.connected:
                for piece in _pieces(given_up):
                    self._client.unsubscribe(piece)

    def _ask_for(self, filters: Mapping[str, int]) -> set[int]:
        """Send the subscriptions in pieces; the numbers of the packets."""
        sent = (self._client.subscribe(piece) for piece in _pieces(list(filters.items())))
        return {mid for _, mid in sent if mid is not None}

    def _spread_reconnection(self) -> None:
        least, most = self._reconnect_s
        # paho multiplies and sleeps with these, so fractions of a second are fine although it says int.
        spread: Any = least * (1.0 + random.random())
        limit: Any = max(most, spread)
        self._client.reconnect_delay_set(spread, limit)

    def _on_socket_open(self, _client: paho.Client, _data: object, sock: Any) -> None:
        # Without it a small message waits for the acknowledgement of the one before (Nagle): some 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: object
    ) -> None:
        if code.is_failure:
            self._refusal = f"refused this client ({code}); check user name, password and client id"
            log.warning("event=broker_refused host=%s port=%d reason=%s", self._host, self._port, code)
            self._answered.set()
            return
        with self._subscribing:
            self._pending = self._ask_for(self._filters)
        if not self._pending:
            self._subscribed.set()
        self._guarded(self.on_connect)
        self._answered.set()

    def _on_subscribe(
        self, _client: paho.Client, _d: object, mid: int, codes: list[ReasonCode], _p: object
    ) -> None:
        if any(code.is_failure for code in codes):
            self._refusal = "refused a subscription; its access rules must allow this client's topics"
            log.warning("event=subscription_refused host=%s port=%d", self._host, self._port)
        self._pending.discard(mid)
        if not self._pending:
            self._subscribed.set()

    def _on_disconnect(
        self, _client: paho.Client, _d: object, _f: object, code: ReasonCode, _p: object
    ) -> None:
        if self._started and self._answered.is_set():
            # paho's name for a connection that ended without a word of MQTT says nothing to whoever reads it.
            reason = str(code)
            said = "the connection broke" if reason == "Unspecified error" else reason
            self._guarded(lambda: self.on_disconnect(said))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if not self._started:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._drops["bad_topic"] += 1
            return
        self._guarded(lambda: self.on_message(topic, bytes(message.payload)))

    def _guarded(self, call: Callable[[], None]) -> None:
        # An exception that reaches paho would end its thread, and with it the connection.
        try:
            call()
        except Exception:
            log.exception("event=bus_callback_failed host=%s port=%d", self._host, self._port)


def _pieces(entries: list[_Entry]) -> Iterator[list[_Entry]]:
    for first in range(0, len(entries), _FILTERS_IN_A_PACKET):
        yield entries[first : first + _FILTERS_IN_A_PACKET]


def _has_left(info: paho.MQTTMessageInfo) -> bool:
    """Whether paho is done with a message: written (QoS 0), acknowledged (QoS 1), or lost with the socket."""
    return info.rc != paho.MQTT_ERR_SUCCESS or info.is_published()
