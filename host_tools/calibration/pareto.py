"""Which of many settings are worth keeping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def front(items: Sequence[Item], key: Callable[[Item], tuple[float, float]]) -> list[Item]:
    """Those that no other beats in both of two figures, least of the first first; of equals the first given."""
    kept: list[Item] = []
    least = float("inf")
    for item in sorted(items, key=key):
        if key(item)[1] < least:
            kept.append(item)
            least = key(item)[1]
    return kept


def thinned(
    items: Sequence[Item], key: Callable[[Item], tuple[float, float]], most: int, ratio: float
) -> list[Item]:
    """Of a front at most so many, the first figures at least this ratio apart; the best by the second is kept.

    Goes from the best by the second figure, the largest by the first, down: the next kept is the largest that is
    smaller by the ratio. Where too many are left the ratio grows.
    """
    ordered = sorted(front(items, key), key=lambda item: -key(item)[0])
    while True:
        kept: list[Item] = []
        for item in ordered:
            if not kept or key(item)[0] * ratio <= key(kept[-1])[0]:
                kept.append(item)
        if len(kept) <= most:
            return kept[::-1]
        ratio = 1 + (ratio - 1) * 1.1
