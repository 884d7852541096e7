"""What the server and the process that speaks with Ray tell each other; pickled, over a socket of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cutpoint.kernels import Array, Kernels
from cutpoint.wire import TensorRecord
from edge_server.backend.port import ResidentTail
from edge_server.batching import Key
from edge_server.catalogue.served import ServedModel

Tensors = list[Array] | tuple[TensorRecord, ...]
"""The live tensors of one job, or the records of those that have yet to be decoded."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the process is started for. `address` None: a cluster of this machine's own, on loopback."""

    address: str | None
    kernels: Kernels
    most_hosts: int
    tails_bytes: int
    batch_most: int


@dataclass(frozen=True, slots=True)
class Learn:
    """A model that tails will be asked of: it goes to the object store once."""

    model: ServedModel


@dataclass(frozen=True, slots=True)
class Make:
    """Make this tail on every host."""

    key: Key


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Run a batch. After `deadline_ns` (`time.perf_counter_ns()`, one clock for the machine) nobody waits for it."""

    number: int
    key: Key
    jobs: tuple[Tensors, ...]
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Hosts that serve now, microseconds of a call that does nothing, and the tails in memory, with their costs."""

    hosts: int
    call_us: float
    resident: Mapping[Key, ResidentTail]
    costs: Mapping[Key, Mapping[int, float]]
    hosts_lost: int
    batches_repeated: int


@dataclass(frozen=True, slots=True)
class Made:
    """A tail is in a host's memory, or cannot be made."""

    key: Key
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a batch came to; `outcomes` None: it could not be run in time, because of `reason`."""

    number: int
    outcomes: tuple[list[Array] | Exception, ...] | None
    compute_us: int = 0
    shared: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The process cannot go on; one sentence says why."""

    sentence: str
