"""What becomes of sessions whose device moves to another replica."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from cutpoint.wire import DeviceId
from edge_server.desk.desk import Desk

# An idle desk turns every 50 ms, a busy one after at most some milliseconds of work.
_HUNG_S = 2.0
# A store is written every second.
_WRITTEN_S = 1.2
_LOOK_S = 0.02


class DeskHandover:
    """Sessions of one desk, as the gateway of a replica hands them over. From any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def alive(self) -> bool:
        """Whether the desk turns: a replica that hears its devices and serves none must not keep them."""
        return time.monotonic() - self._desk.turned_s < _HUNG_S

    def save(self, devices: Sequence[DeviceId], *, wait: bool) -> None:
        """Have what is known of these devices written; without a store whoever takes them over learns anew."""
        memory = self._desk.memory
        if memory is None:
            return
        handed_over = threading.Event()

        def save() -> None:
            memory.save(devices)
            handed_over.set()

        self._desk.call(save)
        give_up = time.monotonic() + _WRITTEN_S
        if wait and handed_over.wait(_WRITTEN_S):
            while memory.unwritten(devices) and time.monotonic() < give_up:
                time.sleep(_LOOK_S)

    def release(self, devices: Sequence[DeviceId]) -> None:
        """Forget the sessions; what is under way for them is still answered."""
        self._desk.call(lambda: self._desk.forget(devices))
