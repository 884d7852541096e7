"""Exponential moving average of one figure."""

from __future__ import annotations

from collections import Counter

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, refusal


def checked_alpha(alpha: float) -> float:
    """Returns a weight in (0, 1]; raises PolicyError for anything else."""
    if refusal(alpha, 0.0, 1.0) is not None or alpha == 0:
        raise PolicyError(f"alpha is {alpha!r}; expected a weight above 0 and at most 1, for example 0.2")
    return float(alpha)


class Ema:
    """Keeps new = alpha x sample + (1 - alpha) x old; the first sample is taken as it is.

    alpha 0.2 is SCIoT's weight (UBICO/SCIoT, `request_handler.py`). A sample that is not finite or not in
    [low, high] changes nothing but `rejected`, by reason.
    """

    __slots__ = ("_alpha", "_high", "_low", "count", "rejected", "value")

    def __init__(self, alpha: float = 0.2, *, low: float = 0.0, high: float = LONGEST_US) -> None:
        self._alpha = checked_alpha(alpha)
        self._low = low
        self._high = high
        self.value: float | None = None
        self.count = 0
        self.rejected: Counter[str] = Counter()

    def add(self, sample: float) -> bool:
        """Takes one sample; False when it was refused."""
        reason = refusal(sample, self._low, self._high)
        if reason is not None:
            self.rejected[reason] += 1
            return False
        old = self.value
        self.value = float(sample) if old is None else old + self._alpha * (float(sample) - old)
        self.count += 1
        return True
