"""Modelled energy of one inference: how long each part of the board was busy, times its published current."""

from dataclasses import dataclass

from host_tools.device.profile import Current


@dataclass(frozen=True, slots=True)
class Busy:
    """Microseconds that the processor ran, the radio sent, and the device waited, in one inference."""

    compute_us: float
    transmit_us: float
    wait_us: float

    @classmethod
    def of(cls, *, compute_us: float, transmit_us: float, total_us: float) -> "Busy":
        """What is neither computing nor sending is waiting, with the receiver on."""
        return cls(compute_us, transmit_us, max(0.0, total_us - compute_us - transmit_us))


def energy_uj(current: Current, busy: Busy) -> float:
    """Microjoules: U x (I_cpu t_compute + I_tx t_transmit + I_rx t_wait), 1 mA x 1 V x 1 us = 1 nJ.

    The processor's current while the radio is on is part of the radio's figures (datasheet, RF modes).
    Sleep between inferences, sensors and regulators are not in it.
    """
    charge = (
        current.cpu_ma * busy.compute_us + current.tx_ma * busy.transmit_us + current.rx_ma * busy.wait_us
    )
    return current.volts * charge / 1000
