"""The port that every policy fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cutpoint.plan.costs import RowGrid
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.policies.switching import Switching
from cutpoint.plan.table import CostTable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Context:
    """Where the device stands: the row it was last settled on (None: none yet) and inferences since then."""

    current: int | None = None
    runs_since_switch: int = 0
    switching: Switching = field(default_factory=Switching)


@dataclass(frozen=True, slots=True)
class Choice:
    """Row chosen, and why in a clause that follows its name ("expects 412 ms, 18 % under cut 25")."""

    index: int
    why: str


class Policy(Protocol):
    """Chooses a row.

    name      as the user writes it, argument included
    explores  whether the planner may now and then run another row to learn from it
    retests   whether an operator whose time varied may force a run that measures it again
    yields    whether a busy edge may move the device to another row (`shift.Shift`)
    """

    @property
    def name(self) -> str: ...

    @property
    def explores(self) -> bool: ...

    @property
    def retests(self) -> bool: ...

    @property
    def yields(self) -> bool: ...

    def check(self, grid: RowGrid, energy: EnergyModel | None) -> None:
        """Raises PolicyError when this network on this board cannot follow the policy."""
        ...

    def objective(self, table: CostTable) -> Floats:
        """Price of each row, lower is better, infinite where it must not be taken: float64 (R,)."""
        ...

    def choose(self, table: CostTable, context: Context) -> Choice:
        """The row to take. The table has at least one row that `objective` prices finite."""
        ...
