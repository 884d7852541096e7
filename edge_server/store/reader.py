"""Reading one device's record on the way to its first answer, without ever waiting long for a database."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError
from edge_server.store.port import Store
from edge_server.store.records import DeviceRecord


@dataclass(slots=True)
class _Question:
    device: DeviceId
    done: threading.Event = field(default_factory=threading.Event)
    record: DeviceRecord | None = None
    error: StoreError | None = None


class StoreReader:
    """Loads for one asking thread: at once from this machine, else on a thread of its own and within `within_s`.

    A file is read in less time than it takes to change threads twice, and then twice more while others are busy.
    After a load that failed or came too late, the next ones fail at once for `pause_s`: a database that is away costs
    the devices of the server one such wait now and then, and no more.
    """

    def __init__(self, store: Store, *, within_s: float = 0.5, pause_s: float = 5.0) -> None:
        self._store = store
        self._within_s, self._pause_s = within_s, pause_s
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._again_at = 0.0
        self._pending: _Question | None = None
        self._thread = threading.Thread(target=self._work, name="edge-store-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Answer nothing more; False when a load at hand takes longer than `timeout_s`."""
        self._questions.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def load(self, device: DeviceId) -> DeviceRecord | None:
        """What is known of a device, None when nothing is. Raises StoreError when that cannot be said now."""
        if self._store.local:
            return self._store.load(device)
        now = time.monotonic()
        if now < self._again_at or (self._pending is not None and not self._pending.done.is_set()):
            raise StoreError("the store did not answer a moment ago; it is asked again soon", "away")
        question = self._pending = _Question(device)
        self._questions.put(question)
        if not question.done.wait(self._within_s):
            self._again_at = time.monotonic() + self._pause_s
            raise StoreError(f"the store did not answer within {self._within_s:g} s", "away")
        if question.error is not None:
            if question.error.trouble != "damaged":  # one row that cannot be read says nothing of the others
                self._again_at = time.monotonic() + self._pause_s
            raise question.error
        return question.record

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                question.record = self._store.load(question.device)
            except StoreError as error:
                question.error = error
            except Exception as error:  # noqa: BLE001 - whoever asks gets it, and goes on without a memory
                question.error = StoreError(f"the store failed ({error!r:.200})", "failed")
            question.done.set()
