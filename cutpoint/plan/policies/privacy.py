"""Policy `privacy:k`: the device runs at least k operators; among those cuts, the soonest answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.latency import LowestPrice
from cutpoint.plan.table import CostTable


class SmallestCut(LowestPrice):
    """Never a cut below `smallest_cut`, whatever it would save."""

    def __init__(self, smallest_cut: int) -> None:
        super().__init__(f"privacy:{smallest_cut}")
        self._smallest_cut = smallest_cut

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Raises PolicyError when no available cut is as deep as asked."""
        if not (grid.available & (grid.cut >= self._smallest_cut)).any():
            deepest = int(grid.cut[grid.available].max())
            raise PolicyError(f"{self.name}: the deepest cut that this device can run is {deepest}")

    def objective(self, table: CostTable) -> npt.NDArray[np.float64]:
        """Expected latency in microseconds, infinite below the smallest cut."""
        return np.where(table.cut >= self._smallest_cut, super().objective(table), np.inf)


def privacy(argument: str | None) -> SmallestCut:
    """Makes the policy from its argument, the smallest allowed cut."""
    if argument is None or not argument.isdecimal():
        raise PolicyError(
            f"policy privacy needs the smallest allowed cut, as in privacy:3; seen {argument!r}"
        )
    return SmallestCut(int(argument))
