"""What a scripted edge may send for an activation, beside what every edge does."""

from __future__ import annotations

from cutpoint.wire import Activation, Leaf, encode
from host_tools.hil import ScriptedEdge


def twice(edge: ScriptedEdge, activation: Activation) -> None:
    for _ in range(2):
        edge.send(edge.result(activation))


def spoilt_then_right(edge: ScriptedEdge, activation: Activation) -> None:
    """First with every kind of damage, then the answer itself."""
    (frame,) = encode(edge.result(activation))
    for place in (0, 5, 13, 24, 40):
        spoilt = bytearray(frame)
        spoilt[place % len(frame)] ^= 0x10
        edge.send_raw(Leaf.RES, bytes(spoilt))
    edge.send_raw(Leaf.RES, frame[:20])
    edge.send_raw(Leaf.RES, b"")
    edge.send_raw(Leaf.RES, frame)
