"""Tails on threads of this process. The kernels release Python's lock while they run."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from cutpoint.kernels import Kernels
from edge_server.backend.port import ResidentTail
from edge_server.backend.run import failed, run_batch
from edge_server.backend.tails import Tails
from edge_server.batching import BatchCost, Finished, JobQueue, Key, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.logs import log_event

log = logging.getLogger("edge_server")


class ThreadBackend:
    """`threads` runners that pull from the queue, and one more thread that makes tails before they are needed."""

    def __init__(self, kernels: Kernels, *, threads: int, tails_bytes: int, batch_most: int) -> None:
        self.tails = Tails(kernels, most_bytes=tails_bytes, batch_most=batch_most, priced=self._price)
        self._number = threads
        self._threads: list[threading.Thread] = []
        self._asked: queue.SimpleQueue[tuple[ServedModel, int] | None] = queue.SimpleQueue()
        self._times: dict[int, tuple[int, int]] = {}
        self._counts: Counter[str] = Counter()

    def start(
        self, queue: JobQueue, finished: Callable[[Finished], None], prepared: Callable[[Prepared], None]
    ) -> None:
        self._queue, self._finished, self._prepared = queue, finished, prepared
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"edge-runner-{number}", daemon=True)
            for number in range(self._number)
        ]
        self._threads.append(threading.Thread(target=self._prepare, name="edge-preparer", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float) -> bool:
        self._asked.put(None)
        give_up = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def prepare(self, model: ServedModel, cut: int) -> None:
        self._asked.put((model, cut))

    def ready(self, key: Key) -> bool:
        return key in self.tails

    @property
    def capacity(self) -> int:
        return self._number

    @property
    def busy_us(self) -> int:
        return sum(busy for busy, _ in list(self._times.values()))

    @property
    def cpu_us(self) -> int | None:
        return sum(cpu for _, cpu in list(self._times.values()))

    def resident(self) -> Mapping[Key, ResidentTail]:
        return self.tails.resident()

    def faults(self) -> str:
        dead = sum(not thread.is_alive() for thread in self._threads)
        return f"{dead} of {len(self._threads)} threads of the backend have ended" if dead else ""

    def counts(self) -> Mapping[str, int]:
        return self.tails.counts.copy() + self._counts.copy()

    def _price(self, key: Key, cost: BatchCost | None) -> None:
        self._queue.price(key, cost)

    def _prepare(self) -> None:
        while (asked := self._asked.get()) is not None:
            model, cut = asked
            error: Exception | None = None
            try:
                self.tails.make(model, cut)
            except Exception as caught:  # noqa: BLE001  the desk says what came of it, to whom it concerns
                error = caught
            self._prepared(Prepared((model.id.raw, cut), error))

    def _run(self, number: int) -> None:
        busy_us = 0
        while (batch := self._queue.take()) is not None:
            try:
                finished = run_batch(self.tails, batch)
            except Exception as error:  # noqa: BLE001  the log has its traceback
                # One batch must not end the service of every other.
                self._counts["internal_error"] += 1
                log_event(log, logging.ERROR, "internal_error", error)
                finished = failed(batch, error)
            busy_us += finished.compute_us
            self._times[number] = (busy_us, time.thread_time_ns() // 1000)
            if finished.compute_us:
                self._queue.seen(batch, finished.compute_us)
            self._finished(finished)
