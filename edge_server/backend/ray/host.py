"""The actor: a process somewhere in the cluster that holds tails and runs batches of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from cutpoint.errors import InternalError
from cutpoint.kernels import Array, Kernels
from cutpoint.wire import DeviceId
from edge_server.backend.port import ResidentTail
from edge_server.backend.ray.messages import Tensors
from edge_server.backend.run import run_batch
from edge_server.backend.tails import Tails
from edge_server.batching import Batch, BatchCost, Job, Key
from edge_server.catalogue.served import ServedModel

_NOBODY = DeviceId("nobody")


class UnknownModelError(InternalError):
    """A host that was started anew has not been told of this model yet."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The tails that a host has in memory, and what a batch of each costs it, in us by number of jobs.

    `life` tells the process from the one that Ray had in its place before.
    """

    life: str
    resident: Mapping[Key, ResidentTail]
    costs: Mapping[Key, Mapping[int, float]]


class TailHost:
    """Tails within a bound of memory, the same that threads of a server would hold. Restarted, it knows nothing."""

    def __init__(self, kernels: Kernels, tails_bytes: int, batch_most: int) -> None:
        self._life = uuid.uuid4().hex
        self._costs: dict[Key, Mapping[int, float]] = {}
        self._tails = Tails(kernels, most_bytes=tails_bytes, batch_most=batch_most, priced=self._priced)
        self._models: dict[bytes, ServedModel] = {}

    def holding(self) -> Holding:
        """What is in memory now; also the answer of a host that is asked whether it is there."""
        return Holding(self._life, self._tails.resident(), dict(self._costs))

    def make(self, model: ServedModel, cut: int) -> Holding:
        """Learn of a model, and make one of its tails. Raises KernelsError."""
        self._models[model.id.raw] = model
        if cut < model.n:
            self._tails.make(model, cut)
        return self.holding()

    def run(
        self, key: Key, jobs: tuple[Tensors, ...]
    ) -> tuple[tuple[list[Array] | Exception, ...], int, tuple[int, ...]]:
        """Outputs or errors of each job, microseconds of the kernels, and how many shared each one's invocation."""
        model = self._models.get(key[0])
        if model is None:
            raise UnknownModelError(f"model {key[0].hex()} was not announced to this host")
        now_ns = time.perf_counter_ns()
        finished = run_batch(
            self._tails,
            Batch(
                model,
                key[1],
                tuple(
                    Job(
                        _NOBODY,
                        model,
                        key[1],
                        now_ns,
                        now_ns,
                        now_ns,
                        None,
                        list(tensors) if isinstance(tensors, list) else None,
                        tensors if isinstance(tensors, tuple) else (),
                    )
                    for tensors in jobs
                ),
            ),
        )
        return finished.outcomes, finished.compute_us, finished.shared

    def _priced(self, key: Key, cost: BatchCost | None) -> None:
        if cost is None:
            self._costs.pop(key, None)
        else:
            self._costs[key] = {size: size * cost.single_us - cost.saved_us(size) for size in cost.sizes}
