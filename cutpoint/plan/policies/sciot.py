"""Policy `sciot`: SCIoT's formula over the same estimates, without hysteresis, as SCIoT has none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.plan import sciot as formula
from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.policy import Choice, Context
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import bit_rate, milliseconds


class SciotFormula:
    """Raw cuts 1..N by `cutpoint.plan.sciot.costs`; cut 0 and codecs are not candidates."""

    explores = False
    retests = True
    yields = False
    name = "sciot"

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Raises PolicyError when the device can run none of the raw cuts from 1 on."""
        if not grid.available[1 : grid.shape.n + 1].any():
            raise PolicyError(
                "sciot: this device can run no operator, and edge-only is no candidate of the formula"
            )

    def objective(self, table: CostTable) -> npt.NDArray[np.float64]:
        """The formula's cost in microseconds.

        It knows no round trip and no encoding, and device-only pays for its own output.
        """
        figures = table.by_operator
        seconds = formula.costs(
            (figures.device_us / 1e6).tolist(),
            (figures.edge_us / 1e6).tolist(),
            figures.layer_bytes,
            figures.bytes_per_s,
        )
        price = np.full(len(table), np.inf)
        n = len(seconds)
        price[1 : n + 1] = np.where(table.available[1 : n + 1], np.array(seconds) * 1e6, np.inf)
        return price

    def choose(self, table: CostTable, context: Context) -> Choice:
        """The cheapest cut by the formula, the lowest of equals."""
        figures = table.by_operator
        at, seconds = formula.cheapest(
            (figures.device_us / 1e6).tolist(),
            (figures.edge_us / 1e6).tolist(),
            figures.layer_bytes,
            figures.bytes_per_s,
            table.available[1 : len(figures.device_us) + 1].tolist(),
        )
        link = bit_rate(figures.bytes_per_s)
        return Choice(at + 1, f"costs {milliseconds(1e6 * seconds)} by SCIoT's formula; link {link}")


def sciot(argument: str | None) -> SciotFormula:
    """Makes the policy `sciot`, which takes no argument."""
    if argument is not None:
        raise PolicyError(f"policy sciot takes no argument, seen {argument!r}")
    return SciotFormula()
