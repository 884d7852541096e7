"""Nothing lies over what is needed at the same time."""

from __future__ import annotations

import random

from cutpoint.graph.stream.layout import ALIGNMENT, Need, place


def overlaps(a: tuple[int, Need], b: tuple[int, Need]) -> bool:
    (at, one), (other_at, other) = a, b
    return bool(one.when & other.when) and at < other_at + other.bytes and other_at < at + one.bytes


def test_what_is_never_alive_together_shares_memory() -> None:
    addresses, size = place({1: Need(100, 0b000111), 2: Need(60, 0b111000), 3: Need(8, 0b001100)})
    assert addresses[1] == addresses[2] == 0
    assert size == 108


def test_what_is_needed_now_and_then_shares_memory_with_what_is_needed_in_between() -> None:
    addresses, size = place({1: Need(100, 0b0101), 2: Need(60, 0b1010)})
    assert (addresses, size) == ({1: 0, 2: 0}, 100)


def test_random_lives_never_meet_and_stay_inside() -> None:
    rng = random.Random(5)
    for _ in range(300):
        wanted = {
            index: Need(
                rng.randint(1, 90), rng.getrandbits(40) & rng.getrandbits(40) | 1 << rng.randrange(40)
            )
            for index in range(rng.randint(1, 25))
        }
        fixed = []
        if rng.random() < 0.5:
            fixed = [(0, Need(rng.randint(1, 50), (1 << rng.randint(1, 40)) - 1))]
        addresses, size = place(wanted, fixed)
        placed = [(addresses[index], one) for index, one in wanted.items()] + fixed
        assert not any(overlaps(a, b) for i, a in enumerate(placed) for b in placed[:i])
        assert all(at % ALIGNMENT == 0 and at + one.bytes <= size for at, one in placed)
        together = max(sum(one.bytes for _, one in placed if one.when >> step & 1) for step in range(40))
        assert together <= size
