"""Notices operators whose time has changed, so that they are measured again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, is_index, refusal
from cutpoint.plan.state import Fields, State, plain

MOST_OPERATORS = 1 << 16


class _History:
    """Last samples of one operator, microseconds, and how many of them count towards its next flag."""

    __slots__ = ("fresh", "samples")

    def __init__(self, window: int) -> None:
        self.samples: deque[float] = deque(maxlen=window)
        self.fresh = 0


def _cv(samples: Collection[float]) -> float:
    """Sample standard deviation (n - 1) over the mean; 0 when every sample is 0."""
    mean = sum(samples) / len(samples)
    if mean == 0:
        return 0.0
    return float((sum([(s - mean) ** 2 for s in samples]) / (len(samples) - 1)) ** 0.5 / mean)


class VarianceDetector:
    """Flags an operator whose sample coefficient of variation exceeds `threshold` over the last `window`
    runs.

    Rule and figures (15 %, 10, from 3 on, the next operator too) are SCIoT's (UBICO/SCIoT,
    `variance_detector.py`). SCIoT never takes a name off its list again; here a re-test does:

    - A flag makes the operator and the next one due, and `pending` tells so.
    - A run that follows such a telling is the re-test: it takes the operator off the list, whatever its time.
      A run before it is not, since nobody asked for it: the next operator's run in the very inference that
      raised the flag settles nothing.
    - A settled operator is flagged again only by samples from its re-test on, `min_samples` of them.
      Otherwise the very samples that raised the flag would raise it again.

    `cv` and `unstable` always speak of the last `window` samples, flags or no flags.
    A sample that is negative, not finite or above ten minutes changes nothing but `rejected`, by reason.
    """

    def __init__(
        self,
        window: int = 10,
        threshold: float = 0.15,
        min_samples: int = 3,
        *,
        operators: int = MOST_OPERATORS,
    ) -> None:
        if not 2 <= min_samples <= window:
            raise PolicyError(
                f"min_samples is {min_samples}, window is {window}; expected 2 <= min_samples <= window"
            )
        if refusal(threshold, 0.0, 1e6) is not None:
            raise PolicyError(f"threshold is {threshold!r}; expected a share such as 0.15")
        self._operators = operators
        self._window = window
        self._threshold = float(threshold)
        self._min_samples = min_samples
        self._histories: dict[int, _History] = {}
        self._due: set[int] = set()
        self._told: set[int] = set()
        self.rejected: Counter[str] = Counter()

    def add(self, index: int, us: float) -> None:
        """Takes one run of operator `index`, microseconds."""
        if not is_index(index, self._operators - 1):
            self.rejected["index"] += 1
            return
        reason = refusal(us, 0.0, LONGEST_US)
        if reason is not None:
            self.rejected[reason] += 1
            return
        history = self._histories.get(index)
        if history is None:
            history = self._histories[index] = _History(self._window)
        sample = float(us)
        history.samples.append(sample)
        if index in self._told:
            self._told.discard(index)
            self._due.discard(index)
            history.fresh = 1
            return
        history.fresh = min(history.fresh + 1, self._window)
        recent: Collection[float] = history.samples
        if history.fresh < len(recent):
            recent = list(recent)[-history.fresh :]
        if history.fresh < self._min_samples or self._surely_steady(recent):
            return
        if _cv(recent) > self._threshold:
            self._due |= {index, index + 1}

    def state(self) -> State:
        """Runs of each operator, [index, how many count towards its next flag, [us, ...]], and what is due."""
        return {
            "version": 1,
            "runs": [
                [index, history.fresh, [plain(us) for us in history.samples]]
                for index, history in self._histories.items()
            ],
            "due": sorted(self._due),
            "told": sorted(self._told),
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit."""
        fields = Fields(state, "operators' runs", ("runs", "due", "told"))
        histories: dict[int, _History] = {}
        for record in fields.records("runs", self._operators, (3,)):
            index = record.whole(0, 0, self._operators - 1)
            fields.require(index not in histories, f"speaks of operator {index} twice")
            history = histories[index] = _History(self._window)
            samples = fields.numbers_of(record.raw(2), "runs", 1, self._window, 0.0, LONGEST_US)
            history.samples.extend(samples)
            history.fresh = record.whole(1, 1, len(samples))
        due = set(fields.wholes("due", 0, self._operators + 1, 0, self._operators))
        told = set(fields.wholes("told", 0, self._operators + 1, 0, self._operators))
        fields.require(told <= due, "has told of what was not due")
        self._histories, self._due, self._told = histories, due, told

    def _surely_steady(self, samples: Collection[float]) -> bool:
        """Whether the coefficient of variation cannot exceed the threshold; spares most calls the sum of squares.

        The deviation of two or more samples is at most 0.71 of their range, and their mean is at least the smallest.
        """
        least = min(samples)
        return max(samples) - least <= self._threshold * least

    def cv(self, index: int) -> float | None:
        """Sample coefficient of variation of the last `window` runs; None with fewer than two."""
        history = self._histories.get(index)
        if history is None or len(history.samples) < 2:
            return None
        return _cv(history.samples)

    def unstable(self, index: int) -> bool:
        """Whether `cv` exceeds the threshold, from `min_samples` runs on."""
        history = self._histories.get(index)
        if history is None or len(history.samples) < self._min_samples:
            return False
        return _cv(history.samples) > self._threshold

    def pending(self) -> list[int]:
        """Operators due for a re-test, ascending: the flagged and those behind them. Their next run settles them."""
        self._told |= self._due
        return sorted(self._due)
