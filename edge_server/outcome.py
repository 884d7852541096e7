"""What serving one activation came to."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.wire import Activation
from edge_server.served import ServedModel


@dataclass(frozen=True, slots=True)
class Outcome:
    """An activation that was served: what the planner may learn from."""

    activation: Activation
    model: ServedModel
    compute_us: int
    edge_us: int
    bytes_up: int
    bytes_down: int
