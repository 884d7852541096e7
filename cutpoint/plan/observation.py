"""What one inference taught about a device and its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkSample:
    """One answered inference on the device's clock; not of necessity the one it is reported with.

    A device repeats its last one until a newer is answered; whoever observes hands each on once.

    round_trip_us  first byte handed to the transport until the answer was there
    edge_us        residence that the edge stated for it, receipt to hand-over
    bytes_up       bytes sent, headers included
    bytes_down     bytes received, headers included
    """

    round_trip_us: float
    edge_us: float
    bytes_up: int
    bytes_down: int


@dataclass(frozen=True, slots=True)
class Observation:
    """One inference as the edge saw it. None: was not reported, and changes nothing.

    cut, codec    what the device ran and how it coded the tensors
    operators_us  microseconds of operators [first, first + len)
    encode_us     microseconds the device spent coding
    coded_bytes   bytes of tensor data as sent, without framing
    edge_us       microseconds the edge computed on the tail [cut, N), without queueing
    link          the last answered inference, if it was not observed before
    """

    cut: int
    codec: str = "raw"
    operators_us: Sequence[float] | None = None
    first: int = 0
    encode_us: float | None = None
    coded_bytes: int | None = None
    edge_us: float | None = None
    link: LinkSample | None = None
