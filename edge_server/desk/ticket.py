"""One activation on its way through the edge, and the time that it spent where."""

from __future__ import annotations

import time
from dataclasses import dataclass

from cutpoint.answer import Answer
from cutpoint.wire import Activation, ModelId, Status
from edge_server.catalogue.served import ServedModel
from edge_server.desk.answers import Asked
from edge_server.desk.outcome import Received
from edge_server.desk.session import DeviceSession
from edge_server.events import Stages


@dataclass(slots=True, eq=False)
class Ticket:
    """Goes with a job and comes back with its outcome. Times are `time.perf_counter_ns()`.

    `came` is the share of the tensors' elements that came of an activation whose chunks did not all; `message` has no
    tensors then. None: it is whole.
    """

    session: DeviceSession
    message: Activation
    model: ServedModel | None
    digest: int
    received: tuple[Received, ...]
    received_ns: int
    taken_ns: int
    decoded_ns: int = 0
    started_ns: int = 0
    compute_us: int = 0
    batch: int = 0
    came: float | None = None

    @property
    def asked(self) -> Asked:
        return self.message.boot, self.message.sequence

    @property
    def bytes_up(self) -> int:
        return sum([size for size, _ in self.received])

    def residence_us(self) -> int:
        """From the receipt of the last frame until now."""
        return (time.perf_counter_ns() - self.received_ns) // 1000

    def stages(self, edge_us: int) -> Stages:
        """How `edge_us` divides."""
        decoded_ns = self.decoded_ns or self.taken_ns
        inbox = (self.taken_ns - self.received_ns) // 1000
        decode = (decoded_ns - self.taken_ns) // 1000
        queue = max(0, self.started_ns - decoded_ns) // 1000 if self.started_ns else 0
        return Stages(
            inbox, decode, queue, self.compute_us, max(0, edge_us - inbox - decode - queue - self.compute_us)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an activation is answered with. `reason` and `detail`: the counter of a refusal, and what was seen.

    `offered`: with UNKNOWN_MODEL, the models that are on offer instead.
    """

    status: Status
    answer: Answer | None = None
    acknowledged: bool = False
    reason: str = ""
    detail: object = ""
    offered: tuple[ModelId, ...] | None = None
