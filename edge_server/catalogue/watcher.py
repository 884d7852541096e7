"""The thread that looks at the models folders now and then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.shelf import Shelf
from edge_server.logs import log_event

log = logging.getLogger("edge_server")


class Watcher:
    """Looks every `interval_s` and hands a new catalogue to `publish`, on its own thread.

    Polling, because notifications reach no network folder and no mounted configuration.
    """

    def __init__(self, shelf: Shelf, interval_s: float, publish: Callable[[Catalogue], None]) -> None:
        self._shelf = shelf
        self._interval_s = interval_s
        self._publish = publish
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="edge-catalogue", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End after the look at hand; False when that takes longer. Harmless before the start."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _watch(self) -> None:
        while not self._ended.wait(self._interval_s):
            try:
                catalogue = self._shelf.look()
                if catalogue is not None and not self._ended.is_set():
                    self._publish(catalogue)
            except Exception as error:  # noqa: BLE001
                # What one look stumbles over must not end the watch; what is on offer stays.
                log_event(log, logging.ERROR, "internal_error", error)
