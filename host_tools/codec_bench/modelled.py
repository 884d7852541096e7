"""Times of a board, modelled from its profile: the head by its operators, the codec by its instructions.

Instructions are counted for rv32imc under QEMU; what one of them costs a chip, and from where that is known, its
profile says.
"""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.graph import Bundle
from host_tools.device.energy import Busy, energy_uj
from host_tools.device.engine import workloads
from host_tools.device.profile import Profile


@dataclass(frozen=True, slots=True)
class Board:
    """A modelled board and what it takes for each operator of a network, us."""

    profile: Profile
    operators_us: tuple[float, ...]

    @classmethod
    def of(cls, profile: Profile, bundle: Bundle) -> Board:
        """The profile has to be a modelled one; `host` measures, and has no figure to multiply with."""
        return cls(profile, tuple(profile.operator_us(work) for work in workloads(bundle.model())))

    @property
    def name(self) -> str:
        return self.profile.name

    def head_ms(self, cut: int) -> float:
        """Operators [0, cut)."""
        return sum(self.operators_us[:cut]) / 1000

    def encode_ms(self, instructions: float) -> float | None:
        """So many rv32imc instructions; None for a profile that does not model them."""
        taken_us = self.profile.instructions_us(instructions)
        return None if taken_us is None else taken_us / 1000

    def energy_mj(self, *, compute_ms: float, transmit_ms: float, total_ms: float) -> float | None:
        """Of one inference by the profile's currents; None where it states none."""
        if self.profile.current is None:
            return None
        busy = Busy.of(compute_us=1000 * compute_ms, transmit_us=1000 * transmit_ms, total_us=1000 * total_ms)
        return energy_uj(self.profile.current, busy) / 1000
