"""Policies that always take the same cut: `fixed:k`, `device-only`, `edge-only`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.policy import Choice, Context
from cutpoint.plan.policies.switching import cheapest
from cutpoint.plan.setting import family
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import milliseconds

LAST = -1


class FixedCut:
    """One cut and one codec; cut LAST stands for N.

    A calibrated codec without the number of a setting (`rans`) is whichever open setting of it answers soonest. A
    setting that turns out to lose more than is allowed is left for the soonest lossless way of the same cut.
    """

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
        rows = [at for (k, label), at in grid.index.items() if k == cut and self._means(label)]
        if not rows:
            raise PolicyError(
                f"{self.name}: no cut {cut} with codec {self._codec}; cuts run from 0 to {grid.shape.n}"
            )
        if not any(grid.available[at] for at in rows):
            raise PolicyError(f"{self.name}: {'; '.join(dict.fromkeys(grid.why_not[at] for at in rows))}")

    def objective(self, table: CostTable) -> npt.NDArray[np.float64]:
        """Expected latency of the rows that are meant, infinite for all others."""
        price = np.full(len(table), np.inf)
        rows = self._rows(table)
        price[rows] = table.latency_us[rows]
        return price

    def choose(self, table: CostTable, context: Context) -> Choice:
        """The soonest of the rows that are meant."""
        price = self.objective(table)
        at = cheapest(price)
        if not self._means(table.codec[at]):
            return Choice(at, f"stands in for {self.name}, which loses too much: {self._too_lossy(table)}")
        return Choice(at, f"is set by {self.name} and expects {milliseconds(float(price[at]))}")

    def _means(self, label: str) -> bool:
        return self._codec in (label, family(label))

    def _rows(self, table: CostTable) -> list[int]:
        """Rows of the cut and codec: of several those that are open, and of one that loses too much its stand-ins."""
        cut = int(table.cut.max()) if self._cut == LAST else self._cut
        here = [int(at) for at in np.flatnonzero(table.cut == cut)]
        meant = [at for at in here if self._means(table.codec[at])]
        rows = [at for at in meant if not _too_lossy(table, at)]
        if len(rows) > 1:
            rows = [at for at in rows if table.available[at]] or rows
        return rows or [at for at in here if table.lossless[at] and table.available[at]] or meant

    def _too_lossy(self, table: CostTable) -> str:
        return next(
            table.why_not[at]
            for at in range(len(table))
            if self._means(table.codec[at]) and table.cut[at] == self._cut and _too_lossy(table, at)
        )


def _too_lossy(table: CostTable, at: int) -> bool:
    return not table.lossless[at] and bool(table.loss[at] > table.max_loss)


def fixed(argument: str | None) -> FixedCut:
    """Makes `fixed:k`, `fixed:k:codec`, or `fixed:k:codec:setting`."""
    cut, _, codec = (argument or "").partition(":")
    if not cut.isdecimal():
        raise PolicyError(
            f"policy fixed needs a cut, as in fixed:16, fixed:16:bitmap or fixed:16:rans:12; seen {argument!r}"
        )
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
