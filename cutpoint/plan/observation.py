"""What one inference taught about a device and its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkSample:
    """One answered inference on the device's clock; not of necessity the one it is reported with.

    round_trip_us  first byte handed to the transport until the answer was there
    edge_us        residence that the edge stated for it, receipt to hand-over
    bytes_up       bytes sent, headers included
    bytes_down     bytes received, headers included
    sequence       which inference it was. A device repeats its last sample until a newer one is answered, so
                   a sequence that was taken already is not taken again. None: not known, always taken. 0:
                   none yet, and the other figures mean nothing
    """

    round_trip_us: float
    edge_us: float
    bytes_up: int
    bytes_down: int
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One inference as the edge saw it. None: was not reported, and changes nothing.

    cut, codec    what the device ran and how it coded the tensors
    operators_us  microseconds of operators [first, first + len)
    encode_us     microseconds the device spent coding
    coded_bytes   bytes of tensor data as sent, without framing
    edge_us       microseconds the edge computed on the tail [cut, N), without queueing
    link          the last answered inference
    sequence      which inference this is. With it and `link.sequence` the planner sees by itself that the one
                  before was not answered in time. Activations that the edge refused are not to be observed
    """

    cut: int
    codec: str = "raw"
    operators_us: Sequence[float] | None = None
    first: int = 0
    encode_us: float | None = None
    coded_bytes: int | None = None
    edge_us: float | None = None
    link: LinkSample | None = None
    sequence: int | None = None
