"""`python -m edge_server.backend.ray.bridge FD`: the process that speaks with Ray, for one edge server.

Ray ends a process whose cluster is gone for a minute; that must not be the server. Whatever goes wrong here ends this
process, which costs the batches under way, and the server starts another.
"""

from __future__ import annotations

import contextlib
import os
import queue
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import psutil

from edge_server.backend.ray.cluster import ClusterError, connect
from edge_server.backend.ray.host import Holding, TailHost, UnknownModelError
from edge_server.backend.ray.messages import Learn, Made, Make, Order, Ran, Refused, Run, Standing
from edge_server.batching import Key

IN_FLIGHT = 2
"""Batches that a host is given: one runs while the next is on its way."""
_CPUS = 0.5
# Python, numpy and LiteRT, as the growth of a process shows it; the tails come on top.
_PROCESS_BYTES = 200 << 20
_TICK_S = 0.05
_LOOK_S = 1.0
_PLACED_S = 30.0
_ALONE_S = 5.0
_IDLE_S = 60.0
_FAREWELL_S = 5.0
# A host that is silent for so long may be dead, which Ray takes 1.5 s to say: another one runs the batch as well.
_PATIENCE_S = 0.3


@dataclass(slots=True, eq=False)
class _Host:
    handle: Any
    up: bool = False
    ready: set[Key] = field(default_factory=set)
    running: dict[int, float] = field(default_factory=dict)
    """Batches under way here, and when they were given."""
    holding: Holding = field(default_factory=lambda: Holding("", {}, {}))
    used_s: float = field(default_factory=time.monotonic)

    @property
    def suspect(self) -> bool:
        return any(time.monotonic() - since > _PATIENCE_S for since in self.running.values())

    @property
    def room(self) -> bool:
        return self.up and len(self.running) < IN_FLIGHT


class Bridge:
    """Everything on one thread, which takes events; others only enqueue."""

    def __init__(self, pipe: Connection, order: Order, ray: Any) -> None:
        self._pipe = pipe
        self._order = order
        self._ray = ray
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._actor = ray.remote(
            num_cpus=_CPUS,
            memory=_PROCESS_BYTES + order.tails_bytes,
            max_restarts=-1,
            max_task_retries=0,
            concurrency_groups={"make": 1, "run": 1},
        )(TailHost)
        self._models: dict[bytes, Any] = {}
        self._wanted: dict[Key, bool] = {}
        """Tails that were asked for, and whether their maker was told."""
        self._hosts: list[_Host] = []
        self._waiting: deque[Run] = deque()
        self._under_way: dict[int, Run] = {}
        self._call_us: list[float] = []
        self._hosts_lost = 0
        self._repeated = 0
        self._said: Standing | None = None
        self._looked_s = self._up_s = time.monotonic()
        self._was_up = False

    def run(self) -> None:
        """Until the server is gone (EOFError), or no host answers any more (ClusterError)."""
        threading.Thread(target=self._read, name="from-server", daemon=True).start()
        self._add_host()
        while True:
            with contextlib.suppress(queue.Empty):
                self._events.get(timeout=_TICK_S)()
                while True:
                    self._events.get_nowait()()
            self._place()
            self._look_after()

    def _read(self) -> None:
        handlers: dict[type, Callable[[Any], None]] = {
            Learn: self._learn,
            Make: self._make,
            Run: self._waiting.append,
        }
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                # The server ended, and nobody needs this process any more.
                self._events.put(_end)
                return
            self._events.put(partial(handlers[type(message)], message))

    def _when_done(self, reference: Any, then: Callable[[Any], None]) -> None:
        reference.future().add_done_callback(lambda future: self._events.put(partial(then, future)))

    # Models and tails.

    def _learn(self, message: Learn) -> None:
        self._models[message.model.id.raw] = self._ray.put(message.model)

    def _make(self, message: Make) -> None:
        self._wanted.setdefault(message.key, False)
        self._wanted[message.key] = False
        for host in self._hosts:
            if host.up:
                self._make_on(host, message.key)

    def _make_on(self, host: _Host, key: Key) -> None:
        call = host.handle.make.options(concurrency_group="make").remote(self._models[key[0]], key[1])
        self._when_done(call, lambda future: self._made(host, key, future))

    def _made(self, host: _Host, key: Key, future: Any) -> None:
        error = future.exception()
        if error is None:
            self._hear(host, future.result())
        elif _of_ray(error, self._ray):
            self._down(host, error)
            return
        if not self._wanted.get(key, True):
            self._wanted[key] = True
            # First the tail among those that are there: whoever hears that it is made may ask for it at once.
            self._say()
            self._pipe.send(Made(key, None if error is None else _cause(error)))

    # Hosts.

    def _add_host(self) -> None:
        order = self._order
        host = _Host(self._actor.remote(order.kernels, order.tails_bytes, order.batch_most))
        self._hosts.append(host)
        self._greet(host)

    def _greet(self, host: _Host) -> None:
        asked_s = time.perf_counter()
        call = host.handle.holding.options(concurrency_group="run").remote()
        self._when_done(call, lambda future: self._greeted(host, asked_s, future))

    def _greeted(self, host: _Host, asked_s: float, future: Any) -> None:
        if (error := future.exception()) is not None:
            self._down(host, error)
            return
        if not host.running and host.up:
            self._call_us = [*self._call_us[-19:], 1e6 * (time.perf_counter() - asked_s)]
        self._hear(host, future.result())
        if not host.up:
            host.up = self._was_up = True
            for key in self._wanted:
                self._make_on(host, key)

    def _hear(self, host: _Host, holding: Holding) -> None:
        if host.up and host.holding.life != holding.life:
            # It died while no call was on its way, and Ray had another one there before anybody asked.
            self._hosts_lost += 1
            for key in self._wanted:
                self._make_on(host, key)
        host.holding = holding
        host.ready = set(holding.resident)

    def _down(self, host: _Host, error: BaseException) -> None:
        """Its batches go to others; Ray starts it anew unless it says that it died for good."""
        if host not in self._hosts:
            return
        if host.up:
            self._hosts_lost += 1
        host.up = False
        host.ready.clear()
        for number in list(host.running):
            self._again(host, number)
        if isinstance(error, self._ray.exceptions.ActorDiedError):
            self._hosts.remove(host)
            if not self._hosts:
                self._add_host()
        elif host in self._hosts:
            self._greet(host)

    # Batches.

    def _place(self) -> None:
        while self._waiting:
            run = self._waiting[0]
            host = self._best(run.key)
            if host is None:
                break
            self._waiting.popleft()
            self._under_way[run.number] = run
            self._run_on(host, run)
        now_ns = time.perf_counter_ns()
        for run in [run for run in self._waiting if run.deadline_ns < now_ns]:
            self._waiting.remove(run)
            self._give_up(run.number, "no host of the Ray cluster had room in time")

    def _best(self, key: Key, but: _Host | None = None) -> _Host | None:
        """The host with room that has the tail and the least to do."""
        able = [host for host in self._hosts if host.room and host is not but and not host.suspect]
        return min(able, key=lambda host: (key not in host.ready, len(host.running)), default=None)

    def _run_on(self, host: _Host, run: Run) -> None:
        host.running[run.number] = host.used_s = time.monotonic()
        call = host.handle.run.options(concurrency_group="run").remote(run.key, run.jobs)
        self._when_done(call, lambda future: self._ran(host, run, future))

    def _ran(self, host: _Host, run: Run, future: Any) -> None:
        host.running.pop(run.number, None)
        error = future.exception()
        if error is None:
            if self._under_way.pop(run.number, None) is not None:
                self._pipe.send(Ran(run.number, *future.result()))
            return
        if _of_ray(error, self._ray):
            host.running[run.number] = time.monotonic()
            self._down(host, error)
            return
        cause = _cause(error)
        if isinstance(cause, UnknownModelError):
            # It was started anew between its greeting and this batch.
            self._make_on(host, run.key)
            self._again(host, run.number)
        elif self._under_way.pop(run.number, None) is not None:
            self._pipe.send(Ran(run.number, (cause,) * len(run.jobs), 0, (1,) * len(run.jobs)))

    def _again(self, host: _Host, number: int) -> None:
        """A batch has lost its host: another one runs it while somebody waits for it. It is the same either way."""
        host.running.pop(number, None)
        run = self._under_way.get(number)
        if run is None or any(number in other.running for other in self._hosts):
            return
        del self._under_way[number]
        self._repeated += 1
        self._waiting.appendleft(run)

    def _give_up(self, number: int, reason: str) -> None:
        self._under_way.pop(number, None)
        self._pipe.send(Ran(number, None, reason=reason))

    # From time to time.

    def _look_after(self) -> None:
        now_s = time.monotonic()
        for host in self._hosts:
            for number, since_s in list(host.running.items()):
                run = self._under_way.get(number)
                if run is None or now_s - since_s < _PATIENCE_S:
                    continue
                if not any(number in one.running for one in self._hosts if one is not host) and (
                    other := self._best(run.key, but=host)
                ):
                    self._repeated += 1
                    self._run_on(other, run)
        if any(host.up for host in self._hosts):
            self._up_s = now_s
        elif now_s - self._up_s > (_ALONE_S if self._was_up else _PLACED_S):
            need = f"{_CPUS:g} CPU and {(_PROCESS_BYTES + self._order.tails_bytes) >> 20} MB"
            raise ClusterError(
                f"no host of the Ray cluster answers; is it gone, or has no node {need} of memory free?"
            )
        self._scale(now_s)
        if now_s - self._looked_s > _LOOK_S:
            self._looked_s = now_s
            for host in self._hosts:
                if host.up and not host.running:
                    self._greet(host)
        self._say()

    def _scale(self, now_s: float) -> None:
        """One host more while batches wait for all; the one unused for longest is stopped when it idles."""
        if self._waiting and len(self._hosts) < self._order.most_hosts and all(h.up for h in self._hosts):
            self._add_host()
        elif len(self._hosts) > 1:
            oldest = min(self._hosts, key=lambda host: host.used_s)
            if not oldest.running and now_s - oldest.used_s > _IDLE_S:
                self._hosts.remove(oldest)
                self._ray.kill(oldest.handle)

    def _say(self) -> None:
        up = [host for host in self._hosts if host.up]
        standing = Standing(
            len(up),
            statistics.median(self._call_us) if self._call_us else 0.0,
            {key: tail for host in up for key, tail in host.holding.resident.items()},
            {key: cost for host in up for key, cost in host.holding.costs.items()},
            self._hosts_lost,
            self._repeated,
        )
        if standing != self._said:
            self._said = standing
            self._pipe.send(standing)


def _end() -> None:
    raise EOFError


def _farewell(ray: Any) -> None:
    """End a cluster of our own with all its processes, also when that hangs."""
    # Ray's agents notice only after a minute that the process is gone which started them.
    ours = psutil.Process().children(recursive=True)
    leaving = threading.Thread(target=ray.shutdown, name="ray-shutdown", daemon=True)
    leaving.start()
    leaving.join(_FAREWELL_S)
    for process in ours:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _of_ray(error: BaseException, ray: Any) -> bool:
    """Whether the call failed rather than what was called."""
    return isinstance(error, ray.exceptions.RayError) and not isinstance(error, ray.exceptions.RayTaskError)


def _cause(error: BaseException) -> Exception:
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else RuntimeError(str(error).splitlines()[-1][:200])


def main() -> None:
    """Serve the server at the other end of the socket that is named by number."""
    pipe = Connection(int(sys.argv[1]))
    ray: Any = None
    try:
        order: Order = pipe.recv()
        ray = connect(order.address)
        Bridge(pipe, order, ray).run()
    except ClusterError as error:
        with contextlib.suppress(OSError):
            pipe.send(Refused(str(error)))
    except (EOFError, OSError):
        pass
    if ray is not None:
        _farewell(ray)
    # Not by way of Ray's own ending, which waits for a cluster that may be gone.
    os._exit(0)


if __name__ == "__main__":
    main()
