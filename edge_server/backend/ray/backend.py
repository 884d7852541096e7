"""Tails on a Ray cluster, behind the same port as the threads of this process."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

from cutpoint.kernels import Kernels
from edge_server.backend.port import ResidentTail
from edge_server.backend.ray.bridge import IN_FLIGHT
from edge_server.backend.ray.cluster import ClusterError
from edge_server.backend.ray.messages import Learn, Made, Make, Order, Ran, Refused, Run, Standing
from edge_server.backend.ray.price import with_calls
from edge_server.backend.run import failed
from edge_server.batching import Batch, Finished, JobQueue, Key, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.errors import BackendLostError
from edge_server.logs import log_event

log = logging.getLogger("edge_server")

_START_S = 90.0
_AGAIN_S = (1.0, 30.0)
_FAREWELL_S = 2.0
_OVERDUE_S = 2.0
_LOOK_S = 0.5
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
        self._pipe: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
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
        self._close(_FAREWELL_S)
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
        return None if self._process is None else self._process.pid

    # To the process.

    def _connect(self) -> None:
        """Start the process, tell it all that it must know, and wait for its first host. Raises ClusterError."""
        pipe, theirs = _pair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edge_server.backend.ray.bridge", str(number)],
                pass_fds=(number,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is the server's, which ends this process when it has answered.
                start_new_session=True,
            )
        try:
            pipe.send(self._order)
            give_up = time.monotonic() + _START_S
            while True:
                while not pipe.poll(_LOOK_S) and time.monotonic() < give_up and not self._ending.is_set():
                    pass
                if not pipe.poll():
                    raise ClusterError(
                        f"the Ray cluster gave no host for tails within {_START_S:g} s; check its state (ray status)"
                    )
                said = pipe.recv()
                if isinstance(said, Refused):
                    raise ClusterError(said.sentence)
                if isinstance(said, Standing) and said.hosts:
                    break
        except (EOFError, OSError) as error:
            self._abandon(pipe)
            raise ClusterError(
                "the process that speaks with Ray ended before it had a host; try: python -m edge_server.backend.ray"
            ) from error
        except ClusterError:
            self._abandon(pipe)
            raise
        with self._changed:
            self._pipe, self._standing, self._fault = pipe, said, ""
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
        """Under the lock. False when there is nobody to tell; what a new process must know is told it later.

        A process that takes nothing for two seconds is given up: half a message is in the way of all others.
        """
        if self._pipe is None:
            return False
        try:
            self._pipe.send(message)
        except (OSError, ValueError):
            _shut(self._pipe)
            return False
        return True

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
                while self._pipe is not None and len(self._under_way) > IN_FLIGHT * self.capacity:
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
            pipe = self._pipe
            try:
                if pipe is None:
                    self._connect_again()
                    continue
                if pipe.poll(_OVERDUE_S):
                    self._take(pipe.recv())
                else:
                    self._check_overdue()
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
        pipe = self._pipe
        with self._changed:
            left = [batch for batch, _ in self._under_way.values()]
            self._under_way.clear()
            lost, repeated = self._before
            self._before = (lost + self._standing.hosts_lost, repeated + self._standing.batches_repeated)
            costs = self._standing.costs
            self._pipe, self._standing, self._fault = None, _NOBODY, reason
            self._changed.notify_all()
        for key in costs:
            self._queue.price(key, None)
        for batch in left:
            self._lose(batch, reason)
        if not self._ending.is_set():
            log_event(log, logging.ERROR, "backend_lost", detail=reason)
        if pipe is not None:
            self._abandon(pipe)

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

    def _close(self, timeout_s: float) -> None:
        pipe, process = self._pipe, self._process
        if pipe is not None:
            # Its reader ends, and it with it; what it still has is nobody's.
            _shut(pipe)
        if process is not None:
            # It ends by itself in any case: a cluster of our own takes a second or two, which nobody need wait for.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout_s)

    def _abandon(self, pipe: Connection) -> None:
        with contextlib.suppress(OSError):
            pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _pair() -> tuple[Connection, socket.socket]:
    """This process's end, whose writes give up on a peer that takes nothing, and the other's."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_OVERDUE_S), 0))
    return Connection(ours.detach()), theirs


def _shut(pipe: Connection) -> None:
    """End what both ends say; its reader closes it. By a copy of the descriptor, because closing is the pipe's own."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(pipe.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)
