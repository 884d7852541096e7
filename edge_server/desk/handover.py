"""What becomes of sessions whose device moves to another replica."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cutpoint.wire import DeviceId
from edge_server.desk.desk import Desk

# An idle desk turns every 50 ms, a busy one after at most some milliseconds of work.
_HUNG_S = 2.0


class DeskHandover:
    """Sessions of one desk, as the gateway of a replica hands them over. From any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def alive(self) -> bool:
        """Whether the desk turns: a replica that hears its devices and serves none must not keep them."""
        return time.monotonic() - self._desk.turned_s < _HUNG_S

    def save(self, devices: Sequence[DeviceId]) -> None:
        """Nothing: without a store, whoever takes these devices over learns of them anew."""

    def release(self, devices: Sequence[DeviceId]) -> None:
        """Forget the sessions; what is under way for them is still answered."""
        self._desk.call(lambda: self._desk.forget(devices))
