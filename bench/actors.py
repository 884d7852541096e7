"""Tails as Ray actors against tails on threads: what a call costs, and what is left of it when several share one."""

from __future__ import annotations

import threading
from time import perf_counter, perf_counter_ns

import psutil

from bench.edge import BLOCK_4, recorded
from bench.figure import Figure, Section, percentile
from cutpoint.graph import Bundle
from cutpoint.kernels import Array
from cutpoint.wire import DeviceId
from edge_server.backend import Backend, ThreadBackend
from edge_server.backend.ray import RayBackend
from edge_server.batching import Finished, Job, JobQueue
from edge_server.catalogue.served import ServedModel
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench actors"
TAILS_BYTES = 256 << 20
DEADLINE_NS = 20_000_000_000


def measure(*, quick: bool) -> Section:
    """The tail after block 4 on reference kernels, one job at a time and sixteen under way, on either backend."""
    alone, together = (100, 400) if quick else (500, 4000)
    bundle = Bundle.open(shipped_bundle())
    model, (_, arrays) = ServedModel(bundle), recorded(bundle)
    threads = Bench(ThreadBackend("reference", threads=2, tails_bytes=TAILS_BYTES, batch_most=16), model)
    threads_us, threads_per_s = threads.latency_us(arrays, alone), threads.per_s(arrays, together)
    threads.end()
    began = perf_counter()
    backend = RayBackend("reference", address=None, hosts=2, tails_bytes=TAILS_BYTES, batch_most=16)
    actors = Bench(backend, model)
    ready_s = perf_counter() - began
    actors_us, actors_per_s = actors.latency_us(arrays, alone), actors.per_s(arrays, together)
    resident = _resident_bytes(backend)
    actors.end()
    return Section(
        "Tails as Ray actors",
        COMMAND,
        (
            Figure("one job, p50: actors", actors_us, "us", baseline_name="threads", baseline=threads_us),
            Figure("what a call to an actor adds", actors_us - threads_us, "us"),
            Figure(
                "16 jobs under way, 2 actors on 2 cores",
                actors_per_s,
                "jobs/s",
                baseline_name="2 threads",
                baseline=threads_per_s,
                detail=f"{actors.jobs_a_batch:.1f} jobs a call; threads {threads.jobs_a_batch:.1f}",
            ),
            Figure("a cluster of this machine's own: start to the first tail", ready_s, "s"),
            Figure("its processes and two actors: resident memory", resident / 1e6, "MB"),
        ),
    )


class Bench:
    """A backend with a tail made, and jobs put to it."""

    def __init__(self, backend: Backend, model: ServedModel) -> None:
        self._backend, self._model = backend, model
        self._queue = JobQueue(size=10_000, per_device=10_000, late=lambda _late: None)
        self._done = threading.Condition()
        self._finished: list[Finished] = []
        self.jobs_a_batch = 0.0
        ready = threading.Event()
        backend.start(self._queue, self._when_finished, lambda _prepared: ready.set())
        backend.prepare(model, BLOCK_4)
        if not ready.wait(60):
            raise SystemExit("the tail was not made within 60 s")

    def latency_us(self, arrays: list[Array], count: int) -> float:
        """Median time from putting a job to its outcome, one after the other."""
        times = []
        for number in range(count + 20):
            began = perf_counter_ns()
            self._put(number, arrays)
            self._wait(1)
            times.append((perf_counter_ns() - began) / 1000)
        return percentile(times[20:], 0.5)

    def per_s(self, arrays: list[Array], count: int, under_way: int = 16) -> float:
        """Jobs a second with so many under way."""
        for number in range(under_way):
            self._put(number, arrays)
        began, done, batches = perf_counter(), 0, 0
        while done < count:
            for finished in self._wait(1):
                batches += 1
                for _ in finished.batch.jobs:
                    done += 1
                    self._put(done, arrays)
        took = perf_counter() - began
        self.jobs_a_batch = done / batches
        return done / took

    def end(self) -> None:
        """Stop the backend, whatever it still has under way."""
        self._queue.close()
        self._backend.stop(10)

    def _put(self, number: int, arrays: list[Array]) -> None:
        now = perf_counter_ns()
        device = DeviceId(f"dev-{number % 16}")
        self._queue.put(Job(device, self._model, BLOCK_4, now, now, now + DEADLINE_NS, number, arrays))

    def _when_finished(self, finished: Finished) -> None:
        with self._done:
            self._finished.append(finished)
            self._done.notify()

    def _wait(self, batches: int) -> list[Finished]:
        with self._done:
            if not self._done.wait_for(lambda: len(self._finished) >= batches, 20):
                raise SystemExit("a job came to nothing within 20 s")
            taken, self._finished = self._finished, []
            return taken


def _resident_bytes(backend: RayBackend) -> int:
    """Of the process that speaks with Ray, and all that it started."""
    process = psutil.Process(backend.process)
    return sum(int(one.memory_info().rss) for one in [process, *process.children(recursive=True)])
