"""What tests do with a fleet."""

from __future__ import annotations

import time
from collections.abc import Callable

from host_tools.load.fleet import Fleet


def turn_until(fleet: Fleet, condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Let the fleet's loop run until something is so."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come to pass"
        fleet._turn(time.monotonic_ns() + 20_000_000)


def ask_all(fleet: Fleet, count: int) -> None:
    """Every device asks so many times, one after the other, and gets its answers; then a moment for stragglers."""
    for _ in range(count):
        for device in fleet.devices:
            now_ns = time.monotonic_ns()
            device.at(now_ns)
            device.take_picture(now_ns)
            fleet.settle(device)
        turn_until(fleet, lambda: fleet.flying == 0)
    end_s = time.monotonic() + 0.2
    turn_until(fleet, lambda: time.monotonic() > end_s)
