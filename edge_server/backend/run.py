"""One batch through the tails in memory."""

from __future__ import annotations

import time

from cutpoint.errors import CutpointError
from cutpoint.kernels import Array
from edge_server.backend.interpreters import joined, parted
from edge_server.backend.tails import Tails
from edge_server.batching import Batch, Finished, Job
from edge_server.catalogue.served import TensorMismatchError

Outcome = list[Array] | Exception


def run_batch(tails: Tails, batch: Batch) -> Finished:
    """Run a batch in as few invocations as its tail gains from, each row the same as that of a single run.

    A job whose tensors turn out to be none, or whose kernels fail, costs no other job its outputs.
    """
    started_ns = time.perf_counter_ns()
    outcomes = [_tensors(job) for job in batch.jobs]
    shared = [1] * len(outcomes)
    waiting = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    spent_ns = 0
    try:
        sizes = tails.sizes(batch.model, batch.cut) if len(waiting) > 1 else (1,)
    except CutpointError as error:
        return failed(batch, error)
    while waiting:
        size = max(size for size in sizes if size <= len(waiting))
        part, waiting = waiting[:size], waiting[size:]
        results, ran_ns = _invoke(tails, batch, [outcomes[place] for place in part])
        spent_ns += ran_ns
        for place, result in zip(part, results, strict=True):
            outcomes[place] = result
            shared[place] = size
    return Finished(batch, tuple(outcomes), started_ns, spent_ns // 1000, tuple(shared))


def failed(batch: Batch, error: Exception) -> Finished:
    """A batch none of whose jobs was run, all for the same reason."""
    several = len(batch.jobs)
    return Finished(batch, (error,) * several, time.perf_counter_ns(), 0, (1,) * several)


def _tensors(job: Job) -> Outcome:
    try:
        return job.tensors()
    except TensorMismatchError as error:
        return error


def _invoke(tails: Tails, batch: Batch, several: list[Outcome]) -> tuple[list[Outcome], int]:
    """What one invocation gives each of several jobs, and the nanoseconds that it ran."""
    arrays = [tensors for tensors in several if not isinstance(tensors, Exception)]
    size = len(arrays)
    try:
        with tails.lend(batch.model, batch.cut, size) as runner:
            given = arrays[0] if size == 1 else joined(arrays)
            began_ns = time.perf_counter_ns()
            outputs = runner.run(given)
            ran_ns = time.perf_counter_ns() - began_ns
        return [outputs] if size == 1 else [*parted(outputs, size)], ran_ns
    except (CutpointError, ValueError) as error:
        if size == 1:
            return [error], 0
    # Kernels can fail over the numbers of one job: the others shall not pay for it.
    results: list[Outcome] = []
    spent_ns = 0
    for one in arrays:
        result, ran_ns = _invoke(tails, batch, [one])
        results += result
        spent_ns += ran_ns
    return results, spent_ns
