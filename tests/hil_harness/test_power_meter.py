"""The power meter against a PPK2's own protocol on a pseudo-terminal."""

from __future__ import annotations

import time

import pytest
from fake_ppk2 import FakePpk2

from cutpoint.errors import UsageError
from host_tools.hil.power import PowerMeter


def test_energy_is_mean_current_times_voltage_times_time(ppk2: FakePpk2) -> None:
    with PowerMeter(ppk2.port, millivolts=3300) as meter:
        for milliamperes in (40.0, 90.0):
            ppk2.milliamperes = milliamperes
            with meter.window() as energy:
                time.sleep(0.3)
            assert energy.samples > 1000
            assert energy.mean_ma == pytest.approx(milliamperes, rel=0.02)
            assert energy.most_ma == pytest.approx(milliamperes, rel=0.02)
            assert energy.seconds == pytest.approx(0.3, abs=0.2)
            assert energy.energy_uj == pytest.approx(energy.mean_ma * 3300 * energy.seconds)


def test_an_ammeter_does_not_power_the_board_and_a_source_does(ppk2: FakePpk2) -> None:
    with PowerMeter(ppk2.port, millivolts=3300):
        time.sleep(0.1)
    assert b"\x11\x01" in ppk2.commands
    assert b"\x0c\x01" not in ppk2.commands
    ppk2.commands.clear()
    with PowerMeter(ppk2.port, millivolts=5000, source=True):
        time.sleep(0.1)
    assert b"\x11\x02" in ppk2.commands
    assert b"\x0c\x01" in ppk2.commands


def test_voltages_that_cannot_be_and_ports_without_a_profiler_are_refused(mute_ppk2: FakePpk2) -> None:
    with pytest.raises(UsageError, match="800 to 5000"):
        PowerMeter(mute_ppk2.port, millivolts=12_000)
    with pytest.raises(UsageError, match="is it a PPK2"):
        PowerMeter(mute_ppk2.port)
    with pytest.raises(UsageError, match="cannot be opened"):
        PowerMeter("/dev/no-such-port")
