"""What a microsecond of edge compute is worth while others wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal
from cutpoint.plan.state import Fields, State

TARGET_UTILISATION = 0.7
TOLERANCE = 0.05
HIGHEST_PRICE = 20_000.0
UNIT = 0.1
FASTEST_RISE = 1.0
RISE = 1.0
FALL = 0.25
SMOOTHED_S = 1.0
WAIT_FALLS_S = 5.0
BAD_WAIT_US = 50_000.0
LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Work:
    """What the runners did since the last time, all counted together.

    busy_us   microseconds of compute, of all runners
    finished  jobs that ran
    waited_us microseconds that these had waited before they ran
    dropped   jobs that were not run for want of capacity: queue full, or too late
    """

    busy_us: float
    finished: int
    waited_us: float
    dropped: int


class LoadPrice:
    """A price that rises while the runners have more to do than the target, and falls while they have less.

    An integral controller, as the link prices of Kelly, Maulloo and Tan (J. Oper. Res. Soc. 49, 1998): nobody knows
    what a microsecond is worth to the devices, but the right price is the one at which utilisation stands at its
    target. With x in e-folds, because prices that matter span four decades,

        price = 1 + UNIT x (exp(x) - 1),    dx/dt = RISE x error  or  FALL x error, within FASTEST_RISE
        error = utilisation - target + share of jobs dropped + wait / BAD_WAIT_US

    - No movement while utilisation is within `TOLERANCE` of the target: devices come in whole numbers.
    - It rises four times as fast as it falls: late work costs everybody, an idle edge little.
    - x stays from 0 to the price `HIGHEST_PRICE`, so nothing winds up at either end; an idle edge is back at 1.
    - It moves towards at least (service + wait) / service, what waiting really costs, and not faster than the rest.

    `wait_us` is the smoothed wait of a job before it runs. Utilisation and wait are smoothed over `SMOOTHED_S`; the
    wait falls over `WAIT_FALLS_S`. The clock is handed in; a pause of the caller counts as `LONGEST_PAUSE_S` at most.
    """

    __slots__ = ("_last_s", "_service_us", "_x", "target", "utilisation", "wait_us")

    def __init__(self, target: float = TARGET_UTILISATION) -> None:
        if refusal(target, 0.05, 1.0) is not None:
            raise PolicyError(
                f"target utilisation is {target!r}; expected a share from 0.05 to 1, usually 0.7"
            )
        self.target = float(target)
        self.utilisation = 0.0
        self.wait_us = 0.0
        self._service_us = 0.0
        self._x = 0.0
        self._last_s: float | None = None

    @property
    def price(self) -> float:
        """1 on an idle edge."""
        return 1.0 + UNIT * (exp(self._x) - 1.0)

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
        for name in ("busy_us", "finished", "waited_us", "dropped"):
            if refusal(getattr(work, name), 0.0, 1e18) is not None:
                raise PolicyError(f"{name} is {getattr(work, name)!r}; expected a finite figure from 0 up")
        last_s, self._last_s = self._last_s, now_s
        if last_s is None or now_s <= last_s:
            return self.price
        passed_s = now_s - last_s
        share = min(work.busy_us / (1e6 * passed_s * max(capacity, 1)), 1.0)
        passed_s = min(passed_s, LONGEST_PAUSE_S)
        self.utilisation += _weight(passed_s, SMOOTHED_S) * (share - self.utilisation)
        if work.finished:
            wait_us, service_us = work.waited_us / work.finished, work.busy_us / work.finished
            self._service_us += _weight(passed_s, SMOOTHED_S) * (service_us - self._service_us)
        else:
            wait_us = 0.0
        slow = SMOOTHED_S if wait_us > self.wait_us else WAIT_FALLS_S
        self.wait_us += _weight(passed_s, slow) * (wait_us - self.wait_us)
        missed = work.dropped / (work.dropped + work.finished) if work.dropped else 0.0
        self._move(missed, passed_s)
        return self.price

    def _move(self, missed: float, passed_s: float) -> None:
        error = self.utilisation - self.target
        if abs(error) < TOLERANCE:
            error = 0.0
        error += missed + self.wait_us / BAD_WAIT_US
        change = (RISE if error > 0 else FALL) * error
        if self._service_us > 0:
            floor = min((self._service_us + self.wait_us) / self._service_us, HIGHEST_PRICE)
            change = max(change, (_folds(floor) - self._x) / SMOOTHED_S) if floor > self.price else change
        self._x = min(max(self._x + min(change, FASTEST_RISE) * passed_s, 0.0), _folds(HIGHEST_PRICE))


def _weight(passed_s: float, over_s: float) -> float:
    """Share of a sample in a first-order average over `over_s` seconds."""
    return 1.0 - exp(-passed_s / over_s)


def _folds(price: float) -> float:
    """The x of a price."""
    return log1p((max(price, 1.0) - 1.0) / UNIT)
