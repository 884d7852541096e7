"""Whose a message is, on the way from the bus to the sessions of one of several replicas."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from cutpoint.wire import DeviceId, Leaf
from edge_server.gateway.port import Arrival

_REMEMBERED = (Leaf.STATE, Leaf.ABOUT)
# Longer ones are no state and no about, and whoever took the device over would refuse them.
_MOST_SAID_BYTES = 2048
_BY_OWNER_ONLY = frozenset({Leaf.ACT, Leaf.TELE})


class OwnDevices:
    """Lets the messages of own devices pass, and introduces each device before its first one.

    What every device last said of itself is kept (some 300 bytes each, of at most `most_devices`), because a device
    that moves here does not say it again. It is handed on with the device's first message and not before: a
    replica that takes thousands of devices at once has work with those alone that ask.

    Asked on the bus's thread, changed on the gateway's.
    """

    def __init__(self, most_devices: int) -> None:
        self._most_said = len(_REMEMBERED) * most_devices
        self._lock = threading.Lock()
        self._own: set[DeviceId] = set()
        self._introduced: set[DeviceId] = set()
        self._said: dict[tuple[DeviceId, Leaf], bytes] = {}
        self.strays = 0
        """Frames that came for a device of another replica: on the way when it moved."""

    def sift(self, arrival: Arrival) -> list[Arrival]:
        """What the sessions are told because of this message, in order."""
        device, leaf = arrival.device, arrival.leaf
        with self._lock:
            if leaf in _REMEMBERED:
                self._remember(device, leaf, arrival.payload)
            if device not in self._own:
                self.strays += leaf in _BY_OWNER_ONLY
                return []
            if device in self._introduced:
                return [arrival]
            self._introduced.add(device)
            said = [
                Arrival(device, one, self._said[device, one], arrival.received_ns)
                for one in _REMEMBERED
                if one is not leaf and (device, one) in self._said
            ]
        return [*said, arrival]

    def add(self, devices: Iterable[DeviceId]) -> None:
        """These are this replica's from now on."""
        with self._lock:
            self._own.update(devices)

    def remove(self, devices: Iterable[DeviceId]) -> None:
        """These are not any more; should they come back, they are introduced anew."""
        with self._lock:
            self._own.difference_update(devices)
            self._introduced.difference_update(devices)

    def holds(self, device: DeviceId) -> bool:
        """Whether a device is this replica's. From any thread."""
        return device in self._own

    def all(self) -> tuple[DeviceId, ...]:
        """The own devices."""
        with self._lock:
            return tuple(self._own)

    def _remember(self, device: DeviceId, leaf: Leaf, payload: bytes) -> None:
        if not payload or len(payload) > _MOST_SAID_BYTES:
            self._said.pop((device, leaf), None)
        elif (device, leaf) in self._said or len(self._said) < self._most_said:
            self._said[device, leaf] = payload
