"""How long the tails take on the edge."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from cutpoint.plan.ema import checked_alpha
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, is_index, refusal
from cutpoint.plan.prior import MachineClass, default_us, machine
from cutpoint.plan.shape import NetworkShape

CALL_US = 20.0
"""Assumed microseconds to enter an interpreter, whatever the tail; gives way to the first measurement."""


class EdgeEstimator:
    """Microseconds of each tail [k, N), from tails measured whole.

    The edge runs a tail in one call and knows only its total. Each measured cut keeps a moving average. For
    the others the unit of work is the default time of the tail (MACs and bytes at the machine's default
    speed, plus `CALL_US`): between two measured cuts the figure is a straight line over that work, outside
    them it is proportional to it. Tails never get dearer with a later cut: what noise makes of that is
    levelled. At cut N nothing is left to run and the figure is 0.

    `load` multiplies every tail when it is priced: a busy edge says 3 and its tails weigh three times as
    much, so that a fleet moves its cuts towards the devices before it drowns the edge.
    One estimator may serve all devices with the same network; it belongs to one thread.
    """

    __slots__ = ("_alpha", "_load", "_means", "_n", "_tail", "_work", "rejected")

    def __init__(
        self, shape: NetworkShape, *, alpha: float = 0.2, machine_class: MachineClass | str = "edge"
    ) -> None:
        of = machine(machine_class) if isinstance(machine_class, str) else machine_class
        self._alpha = checked_alpha(alpha)
        self._n = shape.n
        remaining = np.cumsum(default_us(shape, of)[::-1])[::-1]
        self._work = np.concatenate((remaining + CALL_US, [0.0]))
        self._means: dict[int, float] = {}
        self._tail: npt.NDArray[np.float64] | None = None
        self._load = 1.0
        self.rejected: Counter[str] = Counter()

    def observe(self, cut: int, compute_us: float) -> bool:
        """Takes the compute time of one whole tail [cut, N); False when it was refused and counted."""
        reason = "range" if not is_index(cut, self._n) else refusal(compute_us, 0.0, LONGEST_US)
        if reason is not None:
            self.rejected[reason] += 1
            return False
        if cut < self._n:
            old = self._means.get(cut)
            us = float(compute_us)
            self._means[cut] = us if old is None else old + self._alpha * (us - old)
            self._tail = None
        return True

    @property
    def load(self) -> float:
        """Price of edge compute; 1 is an idle edge."""
        return self._load

    @load.setter
    def load(self, factor: float) -> None:
        if refusal(factor, 1e-3, 1e6) is not None:
            raise PolicyError(
                f"edge load is {factor!r}; expected a finite factor from 0.001 up, 1 for an idle edge"
            )
        self._load = float(factor)

    @property
    def tails_us(self) -> npt.NDArray[np.float64]:
        """Unpriced microseconds of the tail at each cut: float64, shape (N + 1,). Not to be written to."""
        if self._tail is None:
            self._tail = self._model()
        return self._tail

    def _model(self) -> npt.NDArray[np.float64]:
        if not self._means:
            return self._work
        cuts = sorted(self._means, reverse=True)
        work = self._work[cuts]
        figures = np.maximum.accumulate(np.array([self._means[k] for k in cuts]))
        tail = np.interp(self._work, work, figures)
        low, high = self._work < work[0], self._work > work[-1]
        tail[low] = figures[0] * self._work[low] / work[0]
        tail[high] = figures[-1] * self._work[high] / work[-1]
        return tail

    def tail_us(self, cut: int) -> float:
        """Expected microseconds of the tail [cut, N) at the present load."""
        return float(self.tails_us[cut]) * self._load
