"""One server's use of its store: opened at the start, written to while it runs, closed at the stop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from cutpoint.wire import ModelId
from edge_server.store.opening import NOTHING, open_store
from edge_server.store.port import Bounds, Store
from edge_server.store.reader import StoreReader
from edge_server.store.records import ModelRecord, RunRecord
from edge_server.store.waiting import Waiting
from edge_server.store.writer import StoreWriter

# Inferences that may wait for a store that is away: some 15 s at 1,300 a second, and 10 MB.
_MOST_WAITING = 20_000
_SAVE_EVERY_S = 5.0


class Journal:
    """A store with the threads that read and write it, and the counters of this run.

    `waiting` takes what is to be kept, from any thread; `reader` is for the desk's thread.
    """

    def __init__(self, store: Store, bounds: Bounds) -> None:
        self.waiting = Waiting(_MOST_WAITING)
        self.reader = StoreReader(store)
        self._writer = StoreWriter(store, self.waiting, bounds)
        began = time.time_ns() // 1000
        day = datetime.fromtimestamp(began // 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
        self._run = f"{day}-{secrets.token_hex(3)}"
        self._started_us = began
        self._models: dict[str, str] = {}
        self._save_at = 0.0

    @classmethod
    def open(cls, named: str | None, bounds: Bounds) -> Journal | None:
        """None without a store, or for the one that is called `none`. Raises StoreError."""
        return None if named in {None, NOTHING} else cls(open_store(named or NOTHING), bounds)

    @property
    def failing(self) -> bool:
        """Whether the store could not be written the last time."""
        return self._writer.failing

    def start(self) -> None:
        self.reader.start()
        self._writer.start()

    def stop(self, timeout_s: float) -> bool:
        """Write what waits and close the store; False when that takes longer than `timeout_s`."""
        give_up = time.monotonic() + timeout_s
        ended = self.reader.stop(timeout_s / 2)
        return self._writer.stop(max(0.0, give_up - time.monotonic())) and ended

    def due(self, now_s: float) -> bool:
        """Whether the counters are to be saved again; `now_s` is `time.monotonic()`."""
        if now_s < self._save_at:
            return False
        self._save_at = now_s + _SAVE_EVERY_S
        return True

    def save_run(self, counters: Mapping[str, int], models: Mapping[str, str]) -> None:
        """Keep this run's counters, and the names of models (by id in hexadecimal) that are new here."""
        self.waiting.run(RunRecord(self._run, self._started_us, time.time_ns() // 1000, dict(counters)))
        for model, name in models.items():
            if self._models.get(model) != name:
                self._models[model] = name
                self.waiting.model(ModelRecord(ModelId.of_hex(model), name[:200]))

    def counts(self) -> dict[str, int]:
        """Counters by name; from any thread."""
        return self._writer.counts()
