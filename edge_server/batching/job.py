"""One tail to be run for one device, several of them together, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint.kernels import Array
from cutpoint.wire import DeviceId, TensorRecord
from edge_server.catalogue.served import ServedModel

Key = tuple[bytes, int]
"""Model id and cut: what must be equal for jobs to share an invocation."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """The tail [cut, N) of `model` from the tensors of one activation.

    Times are `time.perf_counter_ns()`. After `deadline_ns` nobody waits for the answer any more. `ticket` is whatever
    the owner wants back with the outcome. `arrays` are the live tensors, in the order in which the tail takes them;
    None where the `records` have yet to be decoded at some cost (a JPEG), which is for the thread that runs the job.
    """

    device: DeviceId
    model: ServedModel
    cut: int
    received_ns: int
    queued_ns: int
    deadline_ns: int
    ticket: object
    arrays: list[Array] | None
    records: tuple[TensorRecord, ...] = ()

    @property
    def key(self) -> Key:
        return self.model.id.raw, self.cut

    def tensors(self) -> list[Array]:
        """The live tensors as arrays; raises TensorMismatchError when a JPEG is none or has the wrong size."""
        return self.model.arrays(self.cut, self.records) if self.arrays is None else self.arrays


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Jobs of one model and cut, each of another inference, that are run one after the other or as one."""

    model: ServedModel
    cut: int
    jobs: tuple[Job, ...]

    @property
    def key(self) -> Key:
        return self.model.id.raw, self.cut


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """What a batch came to: for each job its outputs, or what was wrong with it.

    `compute_us` is the time of the kernels for the whole batch, `shared` how many jobs each one's invocation had.
    """

    batch: Batch
    outcomes: tuple[list[Array] | Exception, ...]
    started_ns: int
    compute_us: int
    shared: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Late:
    """Jobs that were dropped because their answer could no longer come in time."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A tail is in memory and has run once; or cannot be made, and why."""

    key: Key
    error: Exception | None = field(default=None, compare=False)
