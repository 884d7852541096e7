"""What a bus promises, whoever carries the messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from cutpoint.errors import UsageError


class ConnectError(UsageError):
    """The broker could not be reached or would not have us; the message says which and what to do."""


class BrokerError(UsageError):
    """An embedded broker could not start; the message says why."""


class Bus(Protocol):
    """One client's connection to a broker.

    The three callbacks are attributes, set before `connect`, and called on the bus's own thread, so they only
    enqueue. `on_connect` is called at every (re)connection, before any message of that connection;
    subscriptions are the bus's to renew. Sessions are clean at both ends: nothing is kept for an absent
    client except retained messages.
    """

    on_connect: Callable[[], None]
    on_disconnect: Callable[[str], None]
    on_message: Callable[[str, bytes], None]

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted this client and the connection still stands."""
        ...

    @property
    def drops(self) -> Mapping[str, int]:
        """Messages lost here, by reason: `offline`, `queue_full` never left, `bad_topic` was unreadable."""
        ...

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = True) -> None:
        """What the broker publishes when this client vanishes; takes effect at the next connection."""
        ...

    def connect(self, timeout_s: float = 5.0) -> None:
        """Connect, and return once every subscription is acknowledged; reconnects by itself from then on.

        Raises ConnectError within `timeout_s` (per stage: socket, handshake, subscriptions).
        """
        ...

    def close(self) -> None:
        """Leave in good order, in under two seconds: no will, no further callback. Harmless when repeated.

        Not to be called from a callback.
        """
        ...

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Hand a message over; False when it was dropped, which is counted. Never blocks on the network.

        While disconnected QoS 0 is dropped and QoS 1 is kept (bounded) for the next connection.
        """
        ...

    def subscribe(self, topic_filter: str, qos: int = 0) -> None:
        """Receive what matches (`+` one level, `#` the rest), now or from the next connection on."""
        ...

    def subscribe_all(self, topic_filters: Iterable[str], qos: int = 0) -> None:
        """Subscribe to many filters in few packets. Whatever is published afterwards leaves after them.

        Retained messages of a filter that was subscribed to before come once more.
        """
        ...

    def unsubscribe(self, topic_filters: Iterable[str]) -> None:
        """Receive nothing more for these filters, once the broker has heard; unknown ones are ignored."""
        ...


def ignore_connect() -> None:
    """The `on_connect` of a client that does not care."""


def ignore_disconnect(_reason: str) -> None:
    """The `on_disconnect` of a client that does not care."""


def ignore_message(_topic: str, _payload: bytes) -> None:
    """The `on_message` of a client that only publishes."""
