"""What an inference takes from the battery, modelled from currents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EnergyModel:
    """Currents of a board by what it does, in mA at `volts`; there are no defaults, because boards differ.

    An ESP32 at 3.3 V draws 30 to 68 mA computing at 240 MHz, 95 to 100 receiving and 180 to 240 transmitting
    (datasheet 5.2). A figure made with this class is a model and not a measurement.
    """

    cpu_ma: float
    rx_ma: float
    tx_ma: float
    volts: float

    def __post_init__(self) -> None:
        for name, most in (("cpu_ma", 1e5), ("rx_ma", 1e5), ("tx_ma", 1e5), ("volts", 1e3)):
            value = getattr(self, name)
            if refusal(value, 0.0, most) is not None:
                raise PolicyError(f"{name} is {value!r}; expected a figure from 0 to {most:g}")

    def inference_uj(self, compute_us: Floats, transmit_us: Floats, wait_us: Floats) -> Floats:
        """Microjoules of computing, of transmitting, and of listening for the answer.

        mA x V x us is nanojoules, hence the thousand.
        """
        drawn = self.cpu_ma * compute_us + self.tx_ma * transmit_us + self.rx_ma * wait_us
        return drawn * (self.volts / 1000.0)
