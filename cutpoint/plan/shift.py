"""Where a device goes while the edge is busy, and when it comes back."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal
from cutpoint.plan.state import Fields, State

Floats = npt.NDArray[np.float64]

SPREAD = 8.0
BAND = 0.15
LARGE_GAIN = 0.2
AWAY_S = 2.0
BACK_S = 10.0
LONGEST_BACK_S = 320.0
SETTLED_S = 60.0


def load_share(device: str) -> float:
    """How much of the price of a busy edge this device feels: 0.35 to 2.8, the same at every start.

    Log-uniform over a factor of `SPREAD` by the CRC-32 of the name. Identical devices would all leave a busy edge
    at one and the same price, and all come back at one.
    """
    place: float = zlib.crc32(device.encode()) / 2**32
    return float(SPREAD ** (place - 0.5))


class Shift:
    """Moves one device by the price of edge compute, beside the policy and after it.

    The policy chooses its row as if the edge were idle: `home`. What a row costs on a busy edge is a line over the
    price, cost = price + toll x price x tail / latency, with toll = (load - 1) x share. For times this is latency +
    toll x tail; in this form it holds for energy too. `home` counts as the cheapest of an idle edge, since the
    policy's hysteresis chose it. The lowest of such lines has ever smaller slopes as the toll rises, so a rising
    price only takes work off the edge and a falling one only brings it back.

    - A device leaves when even a toll lower by `BAND` would move it, and comes back when even one higher would.
    - It also leaves a row that costs a fifth more than another, since then more has changed than the price.
    - Between two moves lie `AWAY_S` seconds, before one back to the edge `BACK_S`: overload hurts others, patience
      only itself. A device that came back and has to leave within `SETTLED_S` waits twice as long the next time,
      up to `LONGEST_BACK_S`: it alone makes the difference between too much load and too little.
    """

    __slots__ = ("_away", "_back_s", "_moved_s", "_rows", "row", "share")

    def __init__(self, rows: int, share: float = 1.0) -> None:
        if refusal(share, 0.0, 1e3) is not None:
            raise PolicyError(f"load_share is {share!r}; expected a factor from 0 to 1000, usually about 1")
        self.share = float(share)
        self.row: int | None = None
        self._rows = rows
        self._moved_s: float | None = None
        self._away = False
        self._back_s = BACK_S

    def state(self) -> State:
        """The row that the load holds the device on, and how patient its return has become."""
        return {"version": 1, "row": self.row, "back_s": self._back_s}

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit.

        Clocks differ between two lives of a process: time is counted anew from the first choice on.
        """
        fields = Fields(state, "shift", ("row", "back_s"))
        row, back_s = fields.row("row", self._rows), fields.number("back_s", BACK_S, LONGEST_BACK_S)
        self.row, self._back_s, self._away, self._moved_s = row, back_s, row is not None, None

    def asked(self, home: int, price: Floats, slope: Floats, toll: float) -> int:
        """The row that this toll asks for, clocks apart.

        home   row of the policy
        price  of each row on an idle edge, infinite where closed; float64 (R,)
        slope  price x tail / latency of each row
        """
        at = home
        if self.row is not None and np.isfinite(price[self.row]) and slope[self.row] < slope[home]:
            at = self.row
        if toll <= 0.0 and at == home:
            return home
        lines = price.copy()
        lines[home] = price.min()

        def lowest(factor: float) -> int:
            return int(np.argmin(lines + toll * factor * slope)) if toll > 0 else home

        best = lowest(1.0)
        if best == at:
            return at
        here = slope[at]
        if slope[lowest(1 - BAND)] < here or slope[lowest(1 + BAND)] > here:
            return best
        cost = lines + toll * slope
        return best if cost[at] - cost[best] > LARGE_GAIN * cost[at] else at

    def choose(self, home: int, price: Floats, slope: Floats, toll: float, now_s: float | None) -> int:
        """Takes the row that the toll asks for, unless the last move was too short a while ago.

        now_s   seconds on any steady clock; None: moves are not held back
        """
        asked = self.asked(home, price, slope, toll)
        at = home if self.row is None or not np.isfinite(price[self.row]) else self.row
        if asked != at and now_s is not None and not self._may_move(float(slope[asked] - slope[at]), now_s):
            asked = at
        self.row = None if asked == home else asked
        return asked

    def _may_move(self, gained: float, now_s: float) -> bool:
        """Whether a move now is no haste; `gained` is above 0 on the way back to the edge."""
        back = gained > 0
        since = None if self._moved_s is None else now_s - self._moved_s
        if since is None and self.row is not None:
            # Restored: nobody knows when it left.
            self._moved_s, since = now_s, 0.0
        if since is not None and since < (self._back_s if back else AWAY_S):
            return False
        if not back and since is not None and not self._away:
            self._back_s = min(2 * self._back_s, LONGEST_BACK_S) if since < SETTLED_S else BACK_S
        self._away = not back
        self._moved_s = now_s
        return True
