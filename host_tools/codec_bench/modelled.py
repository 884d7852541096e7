"""Times of a board, modelled from its profile: the head by its operators, the codec by its instructions.

Instructions are counted for rv32imc under QEMU. What one of them costs a chip is derived: the clock over the chip's
published CoreMark score over 295,244, the rv32imc instructions of one CoreMark iteration (EEMBC's sources, commit
d5fad6bd, compiled by hand with gcc 12.2 -O3 and counted under QEMU). For the Xtensa chips it stands for the work of
one rv32imc instruction, since their own are others.
"""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.graph import Bundle
from host_tools.device.energy import Busy, energy_uj
from host_tools.device.engine import workloads
from host_tools.device.profile import Profile

COREMARK_INSTRUCTIONS = 295_244
COREMARK_PER_MHZ = {
    "esp32": 504.85 / 240,
    "esp32-s3": 613.86 / 240,
    "esp32-c3": 407.22 / 160,
}
"""One core, from the chips' datasheets (ESP32 v5.2, ESP32-S3 v2.0, ESP32-C3 v2.2, "CoreMark score")."""


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
        """So many rv32imc instructions; None for a chip whose CoreMark score is not known here."""
        score = COREMARK_PER_MHZ.get(self.profile.chip)
        if score is None or self.profile.clock is None:
            return None
        cycles = instructions / (score / 1e6 * COREMARK_INSTRUCTIONS)
        return cycles / self.profile.clock.mhz / 1000

    def energy_mj(self, *, compute_ms: float, transmit_ms: float, total_ms: float) -> float | None:
        """Of one inference by the profile's currents; None where it states none."""
        if self.profile.current is None:
            return None
        busy = Busy.of(compute_us=1000 * compute_ms, transmit_us=1000 * transmit_ms, total_us=1000 * total_ms)
        return energy_uj(self.profile.current, busy) / 1000
