"""Energy of an inference, measured outside the device."""

from __future__ import annotations

import time

from hil_words import Figure

from host_tools.hil import Stand
from host_tools.hil.power import PowerMeter

LEAST_S = 2.0


def test_energy_per_inference_is_measured_at_the_ends_and_in_the_middle(
    power: PowerMeter, stand: Stand, figure: Figure
) -> None:
    for cut in sorted({0, stand.middle, stand.on_board}):
        stand.follow(cut, stand.pictures[0])
        count, began = 0, time.monotonic()
        with power.window() as energy:
            while time.monotonic() - began < LEAST_S or count < 3:
                assert (
                    stand.target.infer(stand.pictures[count % len(stand.pictures)], stand.s(15)).by != "none"
                )
                count += 1
        assert energy.mean_ma > 0
        figure(f"energy_uj_cut_{cut}", round(energy.energy_uj / count, 1))
        figure(f"mean_ma_cut_{cut}", round(energy.mean_ma, 3))
        figure(f"inferences_cut_{cut}", count)
