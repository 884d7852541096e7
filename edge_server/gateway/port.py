"""What a gateway brings in and takes out: whole messages with the device's name on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cutpoint.wire import DeviceId, Leaf


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of a device, as it came in. `received_ns` is `time.perf_counter_ns()` at that moment."""

    device: DeviceId
    leaf: Leaf
    payload: bytes
    received_ns: int


class Gateway(Protocol):
    """A way to reach devices. `accept` and `renewed` are called on the gateway's thread and only enqueue."""

    def start(self, accept: Callable[[Arrival], None], renewed: Callable[[], None]) -> None:
        """Start to receive: each message is given to `accept`.

        `renewed` is called when a lost connection is back; the broker may then have forgotten retained plans.
        """
        ...

    def stop(self) -> None:
        """Receive nothing more. May be called again without effect."""
        ...

    def send(self, device: DeviceId, leaf: Leaf, frame: bytes) -> bool:
        """Hand a frame over to a device; False when it could not leave, which the gateway counts."""
        ...

    def drops(self) -> dict[str, int]:
        """What was lost here, by reason."""
        ...

    @property
    def cpu_us(self) -> int:
        """Processor time of the gateway's own thread so far, in microseconds: receiving, and what it sends."""
        ...

    @property
    def connected(self) -> bool:
        """Whether devices can be reached now."""
        ...
