"""What the desk asks of whoever runs the tails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from edge_server.batching import Finished, JobQueue, Key, Prepared
from edge_server.catalogue.served import ServedModel


@dataclass(frozen=True, slots=True)
class ResidentTail:
    """A tail in memory: bytes by estimate, interpreters, the kernels that run it, and its batch sizes with a gain."""

    bytes: int
    interpreters: int
    kernels: str
    sizes: tuple[int, ...]


class Backend(Protocol):
    """Pulls batches from the queue while it has room, runs them, and reports each exactly once.

    `finished` and `prepared` may be called on any thread and only enqueue. A backend that cannot run a batch reports
    an exception for each of its jobs; it never keeps one.
    """

    def start(
        self, queue: JobQueue, finished: Callable[[Finished], None], prepared: Callable[[Prepared], None]
    ) -> None:
        """Begin to pull. Raises UsageError, with one sentence, when it cannot."""
        ...

    def stop(self, timeout_s: float) -> bool:
        """End once the queue is closed; False when that takes longer than `timeout_s`."""
        ...

    def prepare(self, model: ServedModel, cut: int) -> None:
        """Make this tail and run it once; `prepared` is called when that is done, or has failed."""
        ...

    def ready(self, key: Key) -> bool:
        """Whether the tail is in memory."""
        ...

    @property
    def capacity(self) -> int:
        """Invocations that may run at the same time."""
        ...

    @property
    def busy_us(self) -> int:
        """Microseconds of compute so far, summed over all that ran at the same time."""
        ...

    @property
    def cpu_us(self) -> int | None:
        """Processor time that running batches took so far, copying of tensors included; None where not measured."""
        ...

    def resident(self) -> Mapping[Key, ResidentTail]:
        """The tails that are in memory now."""
        ...

    def faults(self) -> str:
        """Why it cannot run anything now; empty when it can."""
        ...

    def counts(self) -> Mapping[str, int]:
        """What happened here, by name of the counter."""
        ...
