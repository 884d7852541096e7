"""How far the answers under one setting of one device agree with exact ones, against what its calibration found."""

from __future__ import annotations

from collections import deque
from math import sqrt
from typing import Self

from cutpoint.answer import Agreed
from cutpoint.plan import PolicyError
from cutpoint.plan.state import Fields, State, plain

MOST_AUDITS = 64
"""The newest so many count."""
LEAST_AUDITS = 16
"""With fewer nothing is said."""
DEVIATIONS = 2.0
_MOST_WHOLE = 1e6


class Drift:
    """Agreement over the last audits, as the ratio of sums: F1 for objects, accuracy for classes.

    The drift is calibrated - measured agreement, in points. What of it is certain is the drift less two of its standard
    errors; that of a ratio of sums is sqrt(sum((part - ratio x whole)^2)) / sum(whole) (Cochran, Sampling Techniques,
    chapter 6). Without it chance alone would now and then close a setting that is fine.
    """

    __slots__ = ("_seen", "calibrated", "left_ns")

    def __init__(self, calibrated: float) -> None:
        """`calibrated`: agreement that the calibration found, 0 to 1."""
        self.calibrated = calibrated
        self.left_ns: int | None = None
        """When the setting was left for what it drifted, `time.perf_counter_ns()`."""
        self._seen: deque[Agreed] = deque(maxlen=MOST_AUDITS)

    def add(self, agreed: Agreed) -> None:
        """Count one audit."""
        self._seen.append(agreed)

    @property
    def audits(self) -> int:
        """Those that count."""
        return len(self._seen)

    @property
    def measured(self) -> float | None:
        """Agreement, 0 to 1; None before `LEAST_AUDITS`, or where none of them found anything."""
        whole = sum(one.whole for one in self._seen)
        if len(self._seen) < LEAST_AUDITS or whole <= 0:
            return None
        return sum(one.part for one in self._seen) / whole

    @property
    def points(self) -> float | None:
        """The drift; below 0 where the answers agree better than was calibrated."""
        measured = self.measured
        return None if measured is None else 100.0 * (self.calibrated - measured)

    @property
    def certain(self) -> float:
        """What of the drift no chance explains: 0 or above."""
        measured = self.measured
        if measured is None:
            return 0.0
        whole = sum(one.whole for one in self._seen)
        error = sqrt(sum((one.part - measured * one.whole) ** 2 for one in self._seen)) / whole
        return max(100.0 * (self.calibrated - measured - DEVIATIONS * error), 0.0)

    def forget(self) -> None:
        """Begin again, as after a long time."""
        self._seen.clear()
        self.left_ns = None

    def state(self) -> State:
        """The audits that count, as JSON values."""
        return {
            "version": 1,
            "calibrated": self.calibrated,
            "parts": [plain(one.part) for one in self._seen],
            "wholes": [plain(one.whole) for one in self._seen],
        }

    @classmethod
    def of_state(cls, state: object) -> Self:
        """Raises PolicyError for what `state` did not give."""
        fields = Fields(state, "drift", ("calibrated", "parts", "wholes"))
        drift = cls(fields.number("calibrated", 0.0, 1.0))
        parts = fields.numbers("parts", 0, MOST_AUDITS, 0.0, _MOST_WHOLE)
        wholes = fields.numbers("wholes", 0, MOST_AUDITS, 0.0, _MOST_WHOLE)
        if len(parts) != len(wholes) or any(part > whole for part, whole in zip(parts, wholes, strict=True)):
            raise PolicyError("state of drift has parts that are no shares of its wholes; start without it")
        for part, whole in zip(parts, wholes, strict=True):
            drift.add(Agreed(part, whole))
        return drift
