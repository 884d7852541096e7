"""Policy `latency`: the row that answers soonest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.policy import Choice, Context
from cutpoint.plan.policies.switching import cheapest
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import bit_rate, milliseconds, row_name, share

Floats = npt.NDArray[np.float64]


class LowestPrice:
    """Takes the cheapest row by some price, and leaves it only for a gain that is worth a change."""

    explores = True
    retests = True
    yields = True

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Any network and board will do."""

    def objective(self, table: CostTable) -> Floats:
        """Expected latency in microseconds."""
        return np.where(table.available, table.latency_us, np.inf)

    def worded(self, price: float) -> str:
        """A price as a person reads it."""
        return milliseconds(price)

    def least_gain(self, context: Context) -> float:
        """Least absolute gain, in the unit of the price."""
        return context.switching.least_gain_us

    def choose(self, table: CostTable, context: Context) -> Choice:
        """The cheapest row, or the present one while no other is enough cheaper."""
        price = self.objective(table)
        best = cheapest(price)
        now = context.current
        link = f"; link {bit_rate(table.by_operator.bytes_per_s)}"
        if now is not None and now != best and np.isfinite(price[now]):
            here, there = float(price[now]), float(price[best])
            held = context.switching.holds(
                here, there, least_gain=self.least_gain(context), runs=context.runs_since_switch
            )
            if held:
                other = row_name(int(table.cut[best]), table.codec[best])
                gain = share(here - there, here)
                return Choice(now, f"stays at {self.worded(here)}: {other} would save {gain}, {held}{link}")
            rival = now
        else:
            elsewhere = np.where(table.cut == table.cut[best], np.inf, price)
            rival = cheapest(elsewhere)
        expects = f"expects {self.worded(float(price[best]))}"
        if rival == best or not np.isfinite(price[rival]):
            return Choice(best, expects + link)
        saved = share(float(price[rival] - price[best]), float(price[rival]))
        return Choice(
            best, f"{expects}, {saved} under {row_name(int(table.cut[rival]), table.codec[rival])}{link}"
        )


def latency(argument: str | None) -> LowestPrice:
    """Makes the policy `latency`, which takes no argument."""
    if argument is not None:
        raise PolicyError(f"policy latency takes no argument, seen {argument!r}")
    return LowestPrice("latency")
