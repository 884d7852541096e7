"""Processor time for what can wait: learning and deciding must not keep answers waiting."""

from __future__ import annotations

_MOST_SAVED_NS = 250_000_000


class Allowance:
    """A share of all time, of which at most a quarter of a second is saved up. Times in nanoseconds.

    A thousand devices of one inference a second each would have a decision made after every inference, which costs as
    much as all the rest. With an allowance each has one every few seconds, and no device is slower to notice a step
    of its link, since what is urgent never asks.
    """

    __slots__ = ("_left_ns", "_seen_ns", "_share")

    def __init__(self, share: float, now_ns: int) -> None:
        self._share = share
        self._left_ns = float(_MOST_SAVED_NS)
        self._seen_ns = now_ns

    def has_any(self, now_ns: int) -> bool:
        """Whether something may be spent now."""
        passed_ns, self._seen_ns = max(0, now_ns - self._seen_ns), now_ns
        self._left_ns = min(self._left_ns + self._share * passed_ns, _MOST_SAVED_NS)
        return self._left_ns > 0

    def spend(self, ns: int) -> None:
        """So much was spent; beyond what was left it is owed, up to as much as may be saved."""
        self._left_ns = max(self._left_ns - ns, -_MOST_SAVED_NS)
