"""How long each operator takes on a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cutpoint.plan.ema import checked_alpha
from cutpoint.plan.figure import LONGEST_US, is_index, refusal
from cutpoint.plan.prior import MachineClass, default_us, fitted_us, machine
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.state import Fields, State, plain

REFIT_EVERY = 8
MOST_FITTED_US = 1e18
"""A figure fitted from the work of an operator is no measurement and may exceed the ten minutes of one."""


class OperatorEstimator:
    """A moving average for every operator that ran, and a figure from its work for every one that did not.

    The prior of the unmeasured (`prior.fitted_us`) is fitted again when an operator is measured for the first
    time, and otherwise after every `REFIT_EVERY` observations, because averages move slowly and the fit is
    dear.
    """

    __slots__ = (
        "_alpha",
        "_defaults",
        "_figures",
        "_measured",
        "_prefix",
        "_shape",
        "_since_fit",
        "_stale",
        "rejected",
    )

    def __init__(
        self, shape: NetworkShape, *, alpha: float = 0.2, machine_class: MachineClass | str = "esp32"
    ) -> None:
        of = machine(machine_class) if isinstance(machine_class, str) else machine_class
        self._alpha = checked_alpha(alpha)
        self._shape = shape
        self._defaults = default_us(shape, of)
        self._figures = np.array(self._defaults)
        self._measured = np.zeros(shape.n, dtype=bool)
        self._prefix: npt.NDArray[np.float64] | None = None
        self._since_fit = 0
        self._stale = False
        self.rejected: Counter[str] = Counter()

    def observe(self, first: int, operators_us: Sequence[float]) -> list[tuple[int, float]]:
        """Takes the times of operators [first, first + len); returns those that were believed as (index, us).

        A block that does not fit the network is refused whole, a figure that is not finite or not in 0 to ten
        minutes by itself; both are counted in `rejected`.
        """
        if not is_index(first, self._shape.n) or first + len(operators_us) > self._shape.n:
            self.rejected["range"] += 1
            return []
        believed: list[tuple[int, float]] = []
        figures, measured = self._figures, self._measured
        for index, sample in enumerate(operators_us, first):
            reason = refusal(sample, 0.0, LONGEST_US)
            if reason is not None:
                self.rejected[reason] += 1
                continue
            us = float(sample)
            believed.append((index, us))
            if measured[index]:
                figures[index] += self._alpha * (us - figures[index])
            else:
                figures[index] = us
                measured[index] = True
                self._stale = True
        if believed:
            self._prefix = None
            self._since_fit += 1
            if self._stale or self._since_fit >= REFIT_EVERY:
                self._refit()
        return believed

    def measured(self, index: int) -> bool:
        """Whether operator `index` has ever been timed."""
        return bool(self._measured[index])

    @property
    def prefix_us(self) -> npt.NDArray[np.float64]:
        """Microseconds of operators [0, k) for k = 0..N: float64, shape (N + 1,). Not to be written to."""
        if self._prefix is None:
            self._prefix = np.concatenate(([0.0], np.cumsum(self._figures)))
        return self._prefix

    def state(self) -> State:
        """Every figure, fitted ones too: fitting them anew would give others than those in use."""
        return {
            "version": 1,
            "network": self._shape.fingerprint,
            "us": [plain(us) for us in self._figures.tolist()],
            "measured": "".join("01"[known] for known in self._measured.tolist()),
            "since_fit": self._since_fit,
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit."""
        fields = Fields(state, "operators", ("network", "us", "measured", "since_fit"))
        n = self._shape.n
        fields.require(fields.raw("network") == self._shape.fingerprint, "is of another network")
        figures = fields.numbers("us", n, n, 0.0, MOST_FITTED_US)
        measured = fields.text("measured", n)
        fields.require(len(measured) == n and set(measured) <= {"0", "1"}, "does not say what was measured")
        since_fit = fields.whole("since_fit", 0, REFIT_EVERY - 1)
        self._figures = np.array(figures)
        self._measured = np.array([known == "1" for known in measured])
        self._since_fit = since_fit
        self._prefix = None

    def _refit(self) -> None:
        self._since_fit = 0
        if not self._measured.all():
            known = {int(i): float(self._figures[i]) for i in np.flatnonzero(self._measured)}
            fitted = fitted_us(self._shape, self._defaults, known)
            self._figures = np.where(self._measured, self._figures, fitted)
        self._stale = False

    @property
    def figures_us(self) -> npt.NDArray[np.float64]:
        """Microseconds of each operator: float64, shape (N,). Not to be written to."""
        return self._figures

    def us(self, index: int) -> float:
        """Expected microseconds of one operator."""
        return float(self.figures_us[index])

    def sum(self, first: int, last: int) -> float:
        """Expected microseconds of operators [first, last)."""
        prefix = self.prefix_us
        return float(prefix[last] - prefix[first])
