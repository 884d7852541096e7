"""The thread that writes to the store, so that nobody who serves devices ever waits for a disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge_server.counters import Counters
from edge_server.errors import StoreError
from edge_server.logs import log_event
from edge_server.store.port import Batch, Bounds, Store
from edge_server.store.waiting import BATCH_ROWS, Waiting

log = logging.getLogger("edge_server")

_EVERY_S = 1.0
_PRUNE_ROWS = 1000
_LONGEST_PAUSE_S = 30.0


class StoreWriter:
    """Takes what waits every second, or as soon as 500 rows wait, and writes it in one transaction.

    A store that fails is logged once for each kind of trouble, counted, and tried again after 1, 2, 4 ... 30 s; what
    waits meanwhile is bounded by `Waiting`. After each write one slice of what is out of bounds is removed, more than
    was written, so that no transaction takes long and the store still shrinks.

    Counters: `store_written`, `store_pruned`, `store_failed` (attempts), `store_refused` (single records that the
    database does not take; they are dropped), `store_dropped` (pushed out, or still waiting at the end).
    """

    def __init__(
        self,
        store: Store,
        waiting: Waiting,
        bounds: Bounds,
        *,
        every_s: float = _EVERY_S,
        pause_s: float = 1.0,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.counters = Counters()
        self._store, self._waiting, self._bounds = store, waiting, bounds
        self._every_s, self._first_pause_s, self._wall_us = every_s, pause_s, wall_us
        self._stopping = threading.Event()
        self._give_up = float("inf")
        self._troubles: set[str] = set()
        self._failing_since: float | None = None
        self._thread = threading.Thread(target=self._work, name="edge-store", daemon=True)

    @property
    def failing(self) -> bool:
        """Whether the last attempt to write failed."""
        return self._failing_since is not None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Write what waits and close the store; False when that takes longer than `timeout_s`.

        What is not written by then is dropped and counted; the thread ends by itself once the store lets it go.
        """
        self._give_up = time.monotonic() + timeout_s
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._waiting.clear()
        return not self._thread.is_alive()

    def counts(self) -> dict[str, int]:
        """Counters by name; from any thread."""
        return dict(self.counters.counts.copy()) | {"store_dropped": self._waiting.dropped}

    def _work(self) -> None:
        pause_s = self._first_pause_s
        while not self._stopping.is_set():
            if self.failing:
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                pause_s = self._first_pause_s
                self._wait()
            while not self._stopping.is_set() and len(self._waiting) and self._write():
                if len(self._waiting) < BATCH_ROWS:
                    break
        while len(self._waiting) and time.monotonic() < self._give_up and self._write():
            pass
        try:
            self._store.close()
        except StoreError as error:
            self._failed(error)

    def _wait(self) -> None:
        """Until a second is over, or enough waits."""
        over = time.monotonic() + self._every_s
        while (left_s := over - time.monotonic()) > 0 and len(self._waiting) < BATCH_ROWS:
            if self._stopping.wait(min(left_s, 0.1)):
                return

    def _write(self) -> bool:
        """One batch and one slice of pruning; False when the store failed, and the batch waits again."""
        batch = self._waiting.take()
        try:
            try:
                self._store.write(batch)
                self.counters.count("store_written", len(batch))
            except StoreError as error:
                if error.trouble != "refused":
                    raise
                singly, batch = batch, Batch()
                self._write_singly(singly)
            batch = Batch()
            pruned = self._store.prune(self._bounds, self._wall_us(), slice_rows=_PRUNE_ROWS)
        except StoreError as error:
            self._waiting.put_back(batch)
            self._failed(error)
            return False
        except Exception as error:  # noqa: BLE001 - a fault of our own must not end the memory of all that follows
            self.counters.count("internal_error")
            log_event(log, logging.ERROR, "internal_error", error)
            return True
        finally:
            self._waiting.settled()
        if pruned:
            self.counters.count("store_pruned", pruned)
        self._works()
        return True

    def _write_singly(self, batch: Batch) -> None:
        """Find the records that the database refuses, and keep the others; should it fail then, the rest waits."""
        ones = list(batch.singly())
        for place, one in enumerate(ones):
            try:
                self._store.write(one)
                self.counters.count("store_written")
            except StoreError as error:
                if error.trouble != "refused":
                    for rest in reversed(ones[place:]):
                        self._waiting.put_back(rest)
                    raise
                self.counters.count("store_refused")
                self._say(error)

    def _failed(self, error: StoreError) -> None:
        self.counters.count("store_failed")
        if self._failing_since is None:
            self._failing_since = time.monotonic()
        self._say(error)

    def _say(self, error: StoreError) -> None:
        if error.trouble not in self._troubles:
            self._troubles.add(error.trouble)
            log_event(log, logging.ERROR, "store_failed", kind=error.trouble, detail=str(error))

    def _works(self) -> None:
        if self._failing_since is not None:
            after_s = round(time.monotonic() - self._failing_since, 1)
            log_event(log, logging.INFO, "store_back", after_s=after_s)
            self._failing_since = None
            self._troubles.clear()
