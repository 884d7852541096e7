"""Two devices under one id: what of it can be seen from the edge."""

from __future__ import annotations

from collections import deque

STEPS_BACK = 3
WITHIN_S = 60.0


class TwinWatch:
    """Looks for lives or inferences of one device that alternate instead of following each other.

    A frame may be late once, and a boot counter may be erased once. `STEPS_BACK` steps back within `WITHIN_S` are
    two devices with one id, or somebody who plays a device's frames again. A clash, one inference asked with two
    contents, is proof at once, and worse: an answer would reach both, and one of them would take the other's.
    """

    __slots__ = ("_back", "_clash_s", "_seen_s")

    def __init__(self) -> None:
        self._back: deque[float] = deque(maxlen=STEPS_BACK)
        self._clash_s = -WITHIN_S
        self._seen_s = -WITHIN_S

    def step_back(self, now_s: float) -> bool:
        """A life or an inference came after a later one; True when that makes two devices."""
        self._back.append(now_s)
        if len(self._back) < STEPS_BACK or now_s - self._back[0] > WITHIN_S:
            return False
        self._seen_s = now_s
        return True

    def clash(self, now_s: float) -> None:
        """One inference was asked with two contents."""
        self._clash_s = self._seen_s = now_s

    def clashed(self, now_s: float) -> bool:
        """Whether an answer may still reach the wrong one of two devices."""
        return now_s - self._clash_s < WITHIN_S

    def seen(self, now_s: float) -> bool:
        """Whether there were two devices lately."""
        return now_s - self._seen_s < WITHIN_S
