"""A process that is an edge server until a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from edge_server.config import ServeConfig
from edge_server.events import Observer, ignore
from edge_server.garbage import short_collections
from edge_server.server import EdgeServer


def serve(
    config: ServeConfig,
    *,
    observer: Observer = ignore,
    on_ready: Callable[[EdgeServer], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called once when devices are heard.

    Must be called on the main thread. Raises what `EdgeServer.start` raises.
    """
    asked_to_stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with EdgeServer(config, observer=observer) as server, short_collections(server.idle):
            if on_ready is not None:
                on_ready(server)
            asked_to_stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
