"""What a microsecond of edge compute is worth while others wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, refusal
from cutpoint.plan.state import Fields, State

TARGET_UTILISATION = 0.7
TOLERANCE = 0.05
HIGHEST_PRICE = 20_000.0
HIGHEST_LOAD = 100.0
UNIT = 0.1
GAIN = 1.0
FASTEST = 1.0
SMOOTHED_S = 1.0
WAIT_FALLS_S = 5.0
SHORTEST_S, LONGEST_PAUSE_S = 1e-3, 5.0
LEAST_PER_S = 0.01


@dataclass(frozen=True, slots=True)
class Work:
    """What was asked of the runners and what they did since the last time, all of them together.

    arrived   jobs that came, those refused at once included
    finished  jobs that ran
    busy_us   microseconds of compute that these took, of all runners
    wait_us   microseconds that a job waited before it ran, on average; 0 when none ran
    """

    arrived: int
    finished: int
    busy_us: float
    wait_us: float


class LoadPrice:
    """A price that rises while the runners are asked for more than the target, and falls while it is less.

    An integral controller, as the link prices of Kelly, Maulloo and Tan (J. Oper. Res. Soc. 49, 1998): nobody knows
    what a microsecond is worth to the devices, but the right price is the one at which the load stands at its target.
    With x in e-folds, because prices that matter span four decades,

        load  = jobs that came x usual compute of a job / (runners x time)
        price = 1 + UNIT x (exp(x) - 1),    dx/dt = GAIN x (load - target), FASTEST at most

    - The load is what was asked for, not how busy the runners were: that ends at 1 however many jobs are dropped, and
      stays there until the last of a queue has run, long after the devices have moved.
    - No movement while the load is within `TOLERANCE` of the target: devices come in whole numbers.
    - x stays from 0 to that of `HIGHEST_PRICE`, so nothing winds up at either end; an idle edge is back at 1.
    - While the load is above the target it goes, as fast as it may, to at least (compute + wait) / compute, what
      waiting really costs. Once it is not, a wait is what is left of a queue, and passes without a price.

    `wait_us` is the smoothed wait of a job before it runs: over `SMOOTHED_S`, as all else, and on its way down over
    `WAIT_FALLS_S`. The clock is handed in; a pause of the caller counts as `LONGEST_PAUSE_S` at most.
    """

    __slots__ = (
        "_busy_us",
        "_compute_us",
        "_finished",
        "_last_s",
        "_x",
        "load",
        "target",
        "utilisation",
        "wait_us",
    )

    def __init__(self, target: float = TARGET_UTILISATION) -> None:
        if refusal(target, 0.05, 1.0) is not None:
            raise PolicyError(
                f"target utilisation is {target!r}; expected a share from 0.05 to 1, usually 0.7"
            )
        self.target = float(target)
        self.load = 0.0
        self.utilisation = 0.0
        self.wait_us = 0.0
        self._busy_us = 0.0
        self._finished = 0.0
        self._compute_us = 0.0
        self._x = 0.0
        self._last_s: float | None = None

    @property
    def price(self) -> float:
        """1 on an idle edge."""
        return 1.0 + UNIT * (exp(self._x) - 1.0)

    def figures(self) -> dict[str, float]:
        """What an operator may want to see, rounded."""
        return {
            "load_price": round(self.price, 3),
            "load": round(self.load, 3),
            "utilisation": round(self.utilisation, 3),
            "wait_us": round(self.wait_us, 1),
        }

    def state(self) -> State:
        """The price alone: what the runners do is measured again within a second."""
        return {"version": 1, "price": self.price}

    def restore(self, state: object) -> None:
        """Continues at the price that `state` gave; PolicyError, and nothing changed, when it does not fit."""
        self._x = _folds(Fields(state, "load price", ("price",)).number("price", 1.0, HIGHEST_PRICE * 1.001))

    def update(self, work: Work, capacity: int, now_s: float) -> float:
        """The new price from the work since the last update; the first one only starts the clock.

        capacity   runners that may compute at once, 1 at least
        now_s      seconds on a steady clock
        Raises PolicyError for a figure that is not finite or negative.
        """
        for name in ("arrived", "finished", "busy_us", "wait_us"):
            if refusal(getattr(work, name), 0.0, 1e18) is not None:
                raise PolicyError(f"{name} is {getattr(work, name)!r}; expected a finite figure from 0 up")
        last_s, self._last_s = self._last_s, now_s
        if last_s is None or now_s <= last_s:
            return self.price
        passed_s = max(now_s - last_s, SHORTEST_S)
        runners_us = 1e6 * passed_s * max(capacity, 1)
        passed_s = min(passed_s, LONGEST_PAUSE_S)
        soon = _weight(passed_s, SMOOTHED_S)
        # Compute is counted when it ends: a moment may show more of it than it had time for.
        share = min(work.busy_us / runners_us, HIGHEST_LOAD)
        self.utilisation = min(self.utilisation + soon * (share - self.utilisation), 1.0)
        # Two averages and their ratio: compute is counted when it ends, its jobs a little later.
        self._busy_us += soon * (work.busy_us / passed_s - self._busy_us)
        self._finished += soon * (work.finished / passed_s - self._finished)
        if self._finished > LEAST_PER_S:
            self._compute_us = self._busy_us / self._finished
        weight = soon if work.wait_us > self.wait_us else _weight(passed_s, WAIT_FALLS_S)
        self.wait_us += weight * (min(work.wait_us, LONGEST_US) - self.wait_us)
        asked = min(work.arrived * self._compute_us / runners_us, HIGHEST_LOAD)
        self.load += soon * (asked - self.load)
        self._move(passed_s)
        return self.price

    def _move(self, passed_s: float) -> None:
        error = self.load - self.target
        if abs(error) < TOLERANCE:
            return
        change = min(GAIN * error, FASTEST)
        if error > 0 and self._compute_us > 0:
            cost = _folds(min((self._compute_us + self.wait_us) / self._compute_us, HIGHEST_PRICE))
            if cost > self._x:
                change = max(change, min(FASTEST, (cost - self._x) / SMOOTHED_S))
        self._x = min(max(self._x + change * passed_s, 0.0), _folds(HIGHEST_PRICE))


def _weight(passed_s: float, over_s: float) -> float:
    """Share of a sample in a first-order average over `over_s` seconds."""
    return 1.0 - exp(-passed_s / over_s)


def _folds(price: float) -> float:
    """The x of a price."""
    return log1p((max(price, 1.0) - 1.0) / UNIT)
