"""How often something happens, over the last ten seconds."""

from __future__ import annotations

from array import array

RATE_S = 10
"""The rate is of this many whole seconds."""
_SLOTS = RATE_S + 1  # and the second that has not ended


class Rate:
    """Counts by second. One thread counts, any may read; times are of the monotonic clock, in seconds."""

    __slots__ = ("_began_s", "_counts", "_second")

    def __init__(self, now_s: float) -> None:
        self._began_s = now_s
        self._second = int(now_s)
        self._counts = array("I", bytes(_SLOTS * array("I").itemsize))

    def count(self, now_s: float) -> None:
        """It happened once."""
        second = int(now_s)
        if second != self._second:
            for passed in range(max(self._second + 1, second - RATE_S), second + 1):
                self._counts[passed % _SLOTS] = 0
            self._second = second
        self._counts[second % _SLOTS] += 1

    def per_second(self, now_s: float) -> float:
        """Over the last ten whole seconds, or since the first; 0 in the first second."""
        second = int(now_s)
        silent = second - self._second
        if silent > RATE_S:
            return 0.0
        # The second that runs, and those since the last count, which still hold what was counted a round before.
        left_out = {(self._second + 1 + i) % _SLOTS for i in range(silent)} | {second % _SLOTS}
        counted = sum(n for slot, n in enumerate(self._counts[:]) if slot not in left_out)
        return counted / min(float(RATE_S), max(1.0, second - self._began_s))
