"""Addresses in one block for what is alive at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class Interval:
    """`bytes` that are needed from step `begin` up to and without step `end`."""

    bytes: int
    begin: int
    end: int


def place(
    wanted: Mapping[int, Interval], fixed: Sequence[tuple[int, Interval]] = ()
) -> tuple[dict[int, int], int]:
    """An address for each, none over another that is alive at the same time, and the bytes of the block.

    fixed: (address, interval) of what lies there already. The largest first, each at the lowest free address, as
    TFLM's GreedyMemoryPlanner does.
    """
    placed: list[tuple[int, Interval]] = list(fixed)
    addresses: dict[int, int] = {}
    order = sorted(wanted, key=lambda tensor: (-wanted[tensor].bytes, wanted[tensor].begin, tensor))
    for tensor in order:
        one = wanted[tensor]
        address = 0
        for taken, other in sorted(placed, key=lambda pair: pair[0]):
            if other.begin >= one.end or one.begin >= other.end:
                continue
            if taken - address >= one.bytes:
                break
            address = max(address, _aligned(taken + other.bytes))
        addresses[tensor] = address
        placed.append((address, one))
    return addresses, max((_aligned(address + one.bytes) for address, one in placed), default=0)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
