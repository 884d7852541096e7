"""The server's end of the invariant over the process border: a client at the broker that reads every result."""

from __future__ import annotations

import threading
from collections import Counter

from cutpoint.bus import MqttBus
from cutpoint.wire import FrameError, Topics, read_header
from host_tools.load.invariant import EdgeView
from host_tools.load.recording import Recording


class Witness:
    """Connected to the broker itself, behind every proxy; what it hears is what left the edge.

    A broker that was killed or that drops messages for a slow client is a gap in its testimony: `counts` says so.
    """

    def __init__(self, bus: MqttBus, topics: Topics, recording: Recording, *, exact: bool = True) -> None:
        self.view = EdgeView(recording, exact=exact)
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._bus, self._topics = bus, topics
        bus.on_message = self._heard
        bus.on_disconnect = self._lost
        bus.subscribe(f"{topics.root}/+/res")

    def start(self) -> None:
        """Raises ConnectError."""
        self._bus.connect()

    def stop(self) -> EdgeView:
        """Hear no more; the view is the caller's from now on."""
        self._bus.close()
        with self._lock:
            self.view.counts.update({f"witness_{name}": count for name, count in self.counts.items()})
        return self.view

    def _lost(self, _reason: str) -> None:
        self.counts["gaps"] += 1

    def _heard(self, topic: str, frame: bytes) -> None:
        try:
            header = read_header(frame)
        except FrameError:
            self.counts["unreadable"] += 1
            return
        if header.sequence and header.chunk_count == 1:
            device = topic.rsplit("/", 2)[-2]
            with self._lock:
                self.view.answered(device, header.boot, header.sequence, frame)
