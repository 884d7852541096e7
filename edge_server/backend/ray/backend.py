"""Tails on a Ray cluster, behind the same port as the threads of this process."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from cutpoint.kernels import Kernels
from edge_server.backend.port import ResidentTail
from edge_server.backend.ray.bridge import IN_FLIGHT
from edge_server.backend.ray.cluster import ClusterError
from edge_server.backend.ray.link import BridgeLink
from edge_server.backend.ray.messages import Learn, Made, Make, Order, Ran, Refused, Run, Standing
from edge_server.backend.ray.price import with_calls
from edge_server.backend.run import failed
from edge_server.batching import Batch, Finished, JobQueue, Key, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.errors import BackendLostError
from edge_server.logs import log_event

log = logging.getLogger("edge_server")

_AGAIN_S = (1.0, 30.0)
_FAREWELL_S = 2.0
_OVERDUE_S = 2.0
_NOBODY = Standing(0, 0.0, {}, {}, 0, 0)


class RayBackend:
    """Batches go to actors in the cluster, two at most to each, by a process of its own that speaks with Ray.

    Without an address a cluster of this machine's own is started, on loopback. When the cluster is gone, whatever
    waits or comes is refused at once (`BackendLostError`, counted `backend_lost`), so that devices finish by
    themselves, and the process is started again until the cluster is back: after 1 s, then twice as long each time,
    up to 30 s. Threads of this process do not stand in for it: they would answer a fleet that needs a cluster with
    the speed of one machine, and a planner that believes them.
    """

    def __init__(
        self, kernels: Kernels, *, address: str | None, hosts: int, tails_bytes: int, batch_most: int
    ) -> None:
        self._order = Order(address, kernels, hosts, tails_bytes, batch_most)
        self._changed = threading.Condition()
        self._link: BridgeLink | None = None
        self._standing = _NOBODY
        self._models: dict[bytes, ServedModel] = {}
        self._wanted: dict[Key, bool] = {}
        """Tails that were asked for, and whether it was said that they are there."""
        self._under_way: dict[int, tuple[Batch, int]] = {}
        self._number = 0
        self._busy_us = 0
        self._counts: Counter[str] = Counter()
        self._before = (0, 0)
        self._fault = "the Ray cluster has not been reached yet"
        self._ending = threading.Event()
        self._asked: queue.SimpleQueue[tuple[ServedModel, int] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(
        self, queue: JobQueue, finished: Callable[[Finished], None], prepared: Callable[[Prepared], None]
    ) -> None:
        """Raises ClusterError unless the cluster has a host for tails within 90 s."""
        self._queue, self._finished, self._prepared = queue, finished, prepared
        self._ending.clear()
        self._connect()
        # As many takers as hosts, so that the queue shares out what waits instead of giving all of it to the first.
        names = [f"ray-dispatch-{number}" for number in range(self._order.most_hosts)]
        self._threads = [threading.Thread(target=self._dispatch, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._receive, name="ray-results", daemon=True))
        self._threads.append(threading.Thread(target=self._prepare, name="ray-preparer", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float) -> bool:
        self._ending.set()
        self._asked.put(None)
        give_up = time.monotonic() + timeout_s
        # First, since a process that hangs may have a thread wait in the middle of a message.
        if (link := self._link) is not None:
            link.end(_FAREWELL_S)
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def prepare(self, model: ServedModel, cut: int) -> None:
        # A process that hangs takes nothing, which must not be the desk's trouble.
        self._asked.put((model, cut))

    def ready(self, key: Key) -> bool:
        return key in self._standing.resident

    @property
    def capacity(self) -> int:
        return max(1, self._standing.hosts)

    @property
    def busy_us(self) -> int:
        return self._busy_us

    @property
    def cpu_us(self) -> int | None:
        return None

    def resident(self) -> Mapping[Key, ResidentTail]:
        return self._standing.resident

    def faults(self) -> str:
        return self._fault

    def counts(self) -> Mapping[str, int]:
        lost, repeated = self._before
        return self._counts.copy() + Counter(
            hosts_lost=lost + self._standing.hosts_lost,
            batches_repeated=repeated + self._standing.batches_repeated,
        )

    @property
    def process(self) -> int | None:
        """The number of the process that speaks with Ray, while there is one."""
        return None if self._link is None else self._link.process

    # To the process.

    def _connect(self) -> None:
        """Start the process, and tell it all that it must know. Raises ClusterError."""
        link, standing = BridgeLink.open(self._order, self._ending)
        with self._changed:
            self._link, self._standing, self._fault = link, standing, ""
            for model in self._models.values():
                self._tell(Learn(model))
            for key in self._wanted:
                self._wanted[key] = False
                self._tell(Make(key))
            self._changed.notify_all()

    def _announce(self, model: ServedModel) -> None:
        if model.id.raw not in self._models:
            self._models[model.id.raw] = model
            self._tell(Learn(model))

    def _tell(self, message: Learn | Make | Run) -> bool:
        """Under the lock. False when there is nobody to tell; what a new process must know is told it later."""
        return self._link is not None and self._link.send(message)

    def _prepare(self) -> None:
        while (asked := self._asked.get()) is not None:
            model, cut = asked
            key = (model.id.raw, cut)
            with self._changed:
                self._wanted[key] = False
                self._announce(model)
                self._tell(Make(key))

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                # One more than the hosts can hold tells the process that it needs another.
                while self._link is not None and len(self._under_way) > IN_FLIGHT * self.capacity:
                    self._changed.wait(0.1)
            batch = self._queue.take()
            if batch is None:
                return
            self._send(batch)

    def _send(self, batch: Batch) -> None:
        jobs = tuple(list(job.arrays) if job.arrays is not None else job.records for job in batch.jobs)
        with self._changed:
            self._number += 1
            run = Run(self._number, batch.key, jobs, max(job.deadline_ns for job in batch.jobs))
            self._announce(batch.model)
            self._under_way[run.number] = (batch, time.perf_counter_ns())
            if self._tell(run):
                return
            del self._under_way[run.number]
        self._lose(batch, self._fault or "the Ray cluster is gone")

    # From the process.

    def _receive(self) -> None:
        while not self._ending.is_set():
            link = self._link
            if link is None:
                self._connect_again()
                continue
            try:
                said = link.receive(_OVERDUE_S)
                if said is None:
                    self._check_overdue()
                else:
                    self._take(said)
            except (EOFError, OSError) as error:
                self._lost(f"the process that speaks with Ray ended ({type(error).__name__})")

    def _check_overdue(self) -> None:
        """Every batch is reported, even by a process that hangs: that one is replaced."""
        now_ns = time.perf_counter_ns()
        with self._changed:
            ends = [max(job.deadline_ns for job in batch.jobs) for batch, _ in self._under_way.values()]
        if ends and now_ns > min(ends) + int(1e9 * _OVERDUE_S):
            self._lost("the process that speaks with Ray does not answer")

    def _take(self, message: Standing | Made | Ran | Refused) -> None:
        if isinstance(message, Standing):
            self._take_standing(message)
        elif isinstance(message, Made):
            if not self._wanted.get(message.key, True):
                self._wanted[message.key] = True
                self._prepared(Prepared(message.key, message.error))
        elif isinstance(message, Ran):
            self._take_result(message)
        else:
            self._lost(message.sentence)

    def _take_standing(self, standing: Standing) -> None:
        with self._changed:
            before, self._standing = self._standing, standing
            self._changed.notify_all()
        if standing.hosts_lost > before.hosts_lost:
            log_event(log, logging.WARNING, "host_lost", hosts=standing.hosts)
        # A call costs the same for one job and for many, which is what batches save besides.
        for key, by_size in standing.costs.items():
            if before.costs.get(key) != by_size:
                self._queue.price(key, with_calls(by_size, standing.call_us, self._order.batch_most))
        for key in before.costs.keys() - standing.costs.keys():
            self._queue.price(key, None)

    def _take_result(self, ran: Ran) -> None:
        with self._changed:
            batch, sent_ns = self._under_way.pop(ran.number, (None, 0))
            self._changed.notify_all()
        if batch is None:
            return
        if ran.outcomes is None:
            self._lose(batch, ran.reason)
            return
        self._busy_us += ran.compute_us
        self._finished(Finished(batch, ran.outcomes, sent_ns, ran.compute_us, ran.shared))

    def _lose(self, batch: Batch, reason: str) -> None:
        with self._changed:
            self._counts["backend_lost"] += len(batch.jobs)
        self._finished(failed(batch, BackendLostError(reason)))

    def _lost(self, reason: str) -> None:
        """The process is gone, or is to go: nobody waits for what it had."""
        link = self._link
        with self._changed:
            left = [batch for batch, _ in self._under_way.values()]
            self._under_way.clear()
            lost, repeated = self._before
            self._before = (lost + self._standing.hosts_lost, repeated + self._standing.batches_repeated)
            costs = self._standing.costs
            self._link, self._standing, self._fault = None, _NOBODY, reason
            self._changed.notify_all()
        for key in costs:
            self._queue.price(key, None)
        for batch in left:
            self._lose(batch, reason)
        if not self._ending.is_set():
            log_event(log, logging.ERROR, "backend_lost", detail=reason)
        # At the stop it ends by itself, and its cluster with it; killed, it would leave processes of Ray behind.
        if link is not None and not self._ending.is_set():
            link.abandon()

    def _connect_again(self) -> None:
        wait_s, most_s = _AGAIN_S
        while not self._ending.wait(wait_s):
            try:
                self._connect()
            except ClusterError as error:
                self._fault = str(error)
                wait_s = min(2 * wait_s, most_s)
            else:
                log_event(log, logging.INFO, "backend_back", hosts=self._standing.hosts)
                return
