"""Activations that began to leave while their head still ran: what of their time is the link's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cutpoint.codec import CodecId
from cutpoint.plan import LinkSample
from cutpoint.wire import LastAnswered
from edge_server.desk.outcome import Outcome
from edge_server.planning.planners import Board

# What a device codes as its lines are made; of the others it has to have the whole tensor first.
_LINE_BY_LINE = frozenset({CodecId.RAW, CodecId.LOWBIT})


@dataclass(frozen=True, slots=True)
class Spread:
    """How an activation came, chunk after chunk, of a device that may have been computing in between.

    The device's round trip runs from the first byte, so that it holds operators as well as the link. How long after the
    first frame the last one came is known here, on one clock; without it the round trip is that of a message of the
    first frame alone. Between the frames nothing can be told of the link.

    first_bytes  of the frame that came first
    us           from its arrival to that of the last frame
    """

    first_bytes: int
    us: int

    @classmethod
    def of(cls, outcome: Outcome, board: Board | None) -> Self | None:
        """None for an activation that left when it was whole."""
        activation = outcome.activation
        whole = (
            board is None or not board.overlap or activation.codec not in _LINE_BY_LINE or activation.cut == 0
        )
        if whole or len(outcome.received) < 2:
            return None
        first_bytes, first_ns = outcome.received[0]
        return cls(first_bytes, (outcome.received[-1][1] - first_ns) // 1000)

    def sample(self, last: LastAnswered) -> LinkSample | None:
        """What the round trip says of the link; None when the frames took longer than it."""
        round_trip_us = last.round_trip_us - self.us
        if round_trip_us < last.edge_us:
            return None
        return LinkSample(round_trip_us, last.edge_us, self.first_bytes, last.bytes_down)
