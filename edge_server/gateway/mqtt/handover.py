"""What the gateway of a replica asks of whoever keeps the sessions, when devices go to another replica."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cutpoint.wire import DeviceId


class Handover(Protocol):
    """What becomes of a device's session when the device goes to another replica. On the gateway's thread."""

    def save(self, devices: Sequence[DeviceId], *, wait: bool) -> None:
        """Bring what is known of these devices to the store; with `wait` until it is there, for a second at most."""
        ...

    def alive(self) -> bool:
        """Whether devices are served; while they are not, this replica does not say that it is there."""
        ...

    def release(self, devices: Sequence[DeviceId]) -> None:
        """Forget these devices without saving: another replica serves them, and writes of them."""
        ...


class NoHandover:
    """Until the server has said who keeps the sessions."""

    def alive(self) -> bool:
        """Nobody says otherwise."""
        return True

    def save(self, devices: Sequence[DeviceId], *, wait: bool) -> None:
        """Nothing to save."""

    def release(self, devices: Sequence[DeviceId]) -> None:
        """Nothing to forget."""
