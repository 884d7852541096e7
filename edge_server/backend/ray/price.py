"""What a batch costs when every batch costs a call as well."""

from __future__ import annotations

from collections.abc import Mapping

from edge_server.batching import BatchCost

# A longer batch keeps the first of its jobs waiting for the last.
_LONGEST_BATCH_US = 5000.0


def with_calls(by_size_us: Mapping[int, float], call_us: float, batch_most: int) -> BatchCost:
    """The cost of a tail whose invocations take `by_size_us` by number of jobs, on a host at the end of a call.

    A call takes `call_us` however many jobs it brings, so that several gain even from a tail that runs them one after
    the other.
    """
    costs: dict[int, float] = {}
    size = 1
    while size <= batch_most:
        runs_us = _one_after_the_other(by_size_us, size)
        if size > 1 and runs_us > _LONGEST_BATCH_US and size > max(by_size_us):
            break
        costs[size] = call_us + runs_us
        size *= 2
    return BatchCost(costs)


def _one_after_the_other(by_size_us: Mapping[int, float], jobs: int) -> float:
    """As `run_batch` does it: the largest invocation that the rest fills, and again."""
    us = 0.0
    while jobs:
        size = max(size for size in by_size_us if size <= jobs)
        us += by_size_us[size]
        jobs -= size
    return us
