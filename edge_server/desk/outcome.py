"""What serving one activation came to."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.wire import Activation
from edge_server.catalogue.served import ServedModel

Received = tuple[int, int]
"""One frame: its bytes, and `time.perf_counter_ns()` when it came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An activation that was served: what the planner may learn from. `received` are its frames."""

    activation: Activation
    model: ServedModel
    compute_us: int
    edge_us: int
    bytes_up: int
    received: tuple[Received, ...]
    bytes_down: int
