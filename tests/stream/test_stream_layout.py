"""Nothing lies over what is needed at the same time."""

from __future__ import annotations

import random

from cutpoint.graph.stream.layout import ALIGNMENT, Interval, place


def overlaps(a: tuple[int, Interval], b: tuple[int, Interval]) -> bool:
    (at, one), (other_at, other) = a, b
    together = one.begin < other.end and other.begin < one.end
    return together and at < other_at + other.bytes and other_at < at + one.bytes


def test_what_is_never_alive_together_shares_memory() -> None:
    addresses, size = place({1: Interval(100, 0, 5), 2: Interval(60, 5, 9), 3: Interval(8, 4, 6)})
    assert addresses[1] == addresses[2] == 0
    assert size == 108


def test_random_lives_never_meet_and_stay_inside() -> None:
    rng = random.Random(5)
    for _ in range(300):
        wanted = {
            index: Interval(rng.randint(1, 90), begin := rng.randint(0, 30), begin + rng.randint(1, 20))
            for index in range(rng.randint(1, 25))
        }
        fixed = []
        if rng.random() < 0.5:
            fixed = [(0, Interval(rng.randint(1, 50), 0, rng.randint(1, 40)))]
        addresses, size = place(wanted, fixed)
        placed = [(addresses[index], one) for index, one in wanted.items()] + fixed
        assert not any(overlaps(a, b) for i, a in enumerate(placed) for b in placed[:i])
        assert all(at % ALIGNMENT == 0 and at + one.bytes <= size for at, one in placed)
        together = max(
            sum(one.bytes for _, one in placed if one.begin <= step < one.end) for step in range(60)
        )
        assert together <= size
