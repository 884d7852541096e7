"""Addresses in one block for what is alive at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class Need:
    """`bytes` that are needed in the steps whose bits are set in `when`, the first step being the lowest bit."""

    bytes: int
    when: int


def place(wanted: Mapping[int, Need], fixed: Sequence[tuple[int, Need]] = ()) -> tuple[dict[int, int], int]:
    """An address for each, none over another that is alive at the same time, and the bytes of the block.

    fixed: (address, need) of what lies there already. The largest first, each at the lowest free address, as
    TFLM's GreedyMemoryPlanner does.
    """
    placed: list[tuple[int, Need]] = list(fixed)
    addresses: dict[int, int] = {}
    order = sorted(wanted, key=lambda tensor: (-wanted[tensor].bytes, tensor))
    for tensor in order:
        one = wanted[tensor]
        address = 0
        for taken, other in sorted(placed, key=lambda pair: pair[0]):
            if not one.when & other.when:
                continue
            if taken - address >= one.bytes:
                break
            address = max(address, _aligned(taken + other.bytes))
        addresses[tensor] = address
        placed.append((address, one))
    return addresses, max((_aligned(address + one.bytes) for address, one in placed), default=0)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
