"""Modelled energy."""

import pytest

from host_tools.device.energy import Busy, energy_uj
from host_tools.device.profile import Basis, Current

CURRENT = Current(
    cpu_ma=50, rx_ma=100, tx_ma=200, sleep_ma=1, volts=3.3, basis=Basis.ASSUMED, source="for this test"
)


def test_each_part_is_charged_at_its_own_current() -> None:
    busy = Busy.of(compute_us=100_000, transmit_us=10_000, total_us=150_000)
    assert busy.wait_us == 40_000
    assert energy_uj(CURRENT, busy) == pytest.approx(3.3 * (5000 + 2000 + 4000))


def test_more_work_than_time_leaves_nothing_to_wait() -> None:
    assert Busy.of(compute_us=100, transmit_us=10, total_us=50).wait_us == 0
