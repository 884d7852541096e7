"""Policy `energy`: the row that takes least from the battery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.latency import LowestPrice
from cutpoint.plan.policies.policy import Context
from cutpoint.plan.table import CostTable


class LowestEnergy(LowestPrice):
    """Takes the row of least modelled energy; needs the board's currents."""

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Raises PolicyError without an EnergyModel."""
        if energy is None:
            raise PolicyError("policy energy needs the board's currents; give cpu_ma, rx_ma, tx_ma and volts")

    def objective(self, table: CostTable) -> npt.NDArray[np.float64]:
        """Modelled energy in microjoules."""
        if table.energy_uj is None:
            raise PolicyError("this cost table has no energy; make it with an EnergyModel")
        return np.where(table.available, table.energy_uj, np.inf)

    def worded(self, price: float) -> str:
        """Millijoules."""
        return f"{price / 1000:.3g} mJ"

    def least_gain(self, context: Context) -> float:
        """Any relative gain counts: a battery adds them up."""
        return 0.0


def energy(argument: str | None) -> LowestEnergy:
    """Makes the policy `energy`, which takes no argument."""
    if argument is not None:
        raise PolicyError(f"policy energy takes no argument, seen {argument!r}")
    return LowestEnergy("energy")
