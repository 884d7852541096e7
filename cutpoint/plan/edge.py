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
from cutpoint.plan.state import Fields, State, plain

CALL_US = 20.0
"""Assumed microseconds to enter an interpreter, whatever the tail; gives way to the first measurement."""


class EdgeEstimator:
    """Microseconds of each tail [k, N), from tails measured whole.

    The edge runs a tail in one call and knows only its total. Each measured cut keeps a moving average. For
    the others the unit of work is the default time of the tail (MACs and bytes at the machine's default
    speed, plus `CALL_US`): between two measured cuts the figure is a straight line over that work, outside
    them it is proportional to it. Tails never get dearer with a later cut: what noise makes of that is
    levelled. At cut N nothing is left to run and the figure is 0.

    `load` is the price of edge compute (`load.LoadPrice`): a busy edge says 3 and its tails weigh three times as
    much, so that a fleet moves its cuts towards the devices before it drowns the edge. It is no time. What a job
    really waits before it runs is `wait_us`, which is in deadlines and in what a decision expects.
    One estimator may serve all devices with the same network; it belongs to one thread.
    """

    __slots__ = ("_alpha", "_load", "_means", "_n", "_network", "_tail", "_wait_us", "_work", "rejected")

    def __init__(
        self, shape: NetworkShape, *, alpha: float = 0.2, machine_class: MachineClass | str = "edge"
    ) -> None:
        of = machine(machine_class) if isinstance(machine_class, str) else machine_class
        self._alpha = checked_alpha(alpha)
        self._n = shape.n
        self._network = shape.fingerprint
        remaining = np.cumsum(default_us(shape, of)[::-1])[::-1]
        self._work = np.concatenate((remaining + CALL_US, [0.0]))
        self._means: dict[int, float] = {}
        self._tail: npt.NDArray[np.float64] | None = None
        self._load = 1.0
        self._wait_us = 0.0
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

    def state(self) -> State:
        """The averages of the measured tails, [cut, us]. The load is no estimate of a tail and is not in it."""
        return {
            "version": 1,
            "network": self._network,
            "tails": [[cut, plain(us)] for cut, us in self._means.items()],
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit."""
        fields = Fields(state, "edge", ("network", "tails"))
        fields.require(fields.raw("network") == self._network, "is of another network")
        tails = fields.records("tails", self._n, (2,))
        means = {tail.whole(0, 0, self._n - 1): tail.number(1, 0.0, LONGEST_US) for tail in tails}
        fields.require(len(means) == len(tails), "speaks of a tail twice")
        self._means, self._tail = means, None

    @property
    def measured(self) -> int:
        """Cuts whose tails were measured."""
        return len(self._means)

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
    def wait_us(self) -> float:
        """Microseconds that a job waits for a free runner, whatever its cut; 0 on an idle edge."""
        return self._wait_us

    @wait_us.setter
    def wait_us(self, us: float) -> None:
        if refusal(us, 0.0, LONGEST_US) is not None:
            raise PolicyError(f"edge wait is {us!r}; expected microseconds from 0 to ten minutes")
        self._wait_us = float(us)

    @property
    def tails_us(self) -> npt.NDArray[np.float64]:
        """Microseconds of the tail at each cut: float64, shape (N + 1,). Not to be written to."""
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
        """Expected microseconds of the tail [cut, N)."""
        return float(self.tails_us[cut])
