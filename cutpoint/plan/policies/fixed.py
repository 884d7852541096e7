"""Policies that always take the same cut: `fixed:k`, `device-only`, `edge-only`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.policy import Choice, Context
from cutpoint.plan.policies.switching import cheapest
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import milliseconds

LAST = -1


class FixedCut:
    """One cut and one codec; cut LAST stands for N."""

    explores = False
    retests = False
    yields = False

    def __init__(self, name: str, cut: int, codec: str = "raw") -> None:
        self.name = name
        self._cut = cut
        self._codec = codec

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Raises PolicyError when the device cannot run this cut with this codec."""
        cut = grid.shape.n if self._cut == LAST else self._cut
        at = grid.index.get((cut, self._codec))
        if at is None:
            raise PolicyError(
                f"{self.name}: no cut {cut} with codec {self._codec}; cuts run from 0 to {grid.shape.n}"
            )
        if not grid.available[at]:
            raise PolicyError(f"{self.name}: {grid.why_not[at]}")

    def objective(self, table: CostTable) -> npt.NDArray[np.float64]:
        """Expected latency of the one row, infinite for all others."""
        cut = int(table.cut.max()) if self._cut == LAST else self._cut
        price = np.full(len(table), np.inf)
        at = table.find(cut, self._codec)
        if at is not None:
            price[at] = table.latency_us[at]
        return price

    def choose(self, table: CostTable, context: Context) -> Choice:
        """The one row."""
        price = self.objective(table)
        at = cheapest(price)
        return Choice(at, f"is set by {self.name} and expects {milliseconds(float(price[at]))}")


def fixed(argument: str | None) -> FixedCut:
    """Makes `fixed:k`, or `fixed:k:codec`."""
    cut, _, codec = (argument or "").partition(":")
    if not cut.isdecimal():
        raise PolicyError(f"policy fixed needs a cut, as in fixed:16 or fixed:16:bitmap; seen {argument!r}")
    return FixedCut(f"fixed:{argument}", int(cut), codec or "raw")


def device_only(argument: str | None) -> FixedCut:
    """Makes `device-only`: cut N."""
    if argument is not None:
        raise PolicyError(f"policy device-only takes no argument, seen {argument!r}")
    return FixedCut("device-only", LAST)


def edge_only(argument: str | None) -> FixedCut:
    """Makes `edge-only`: the raw input travels."""
    if argument is not None:
        raise PolicyError(f"policy edge-only takes no argument, seen {argument!r}")
    return FixedCut("edge-only", 0)
