"""What a network's description has to be before anything is planned on it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cutpoint.plan import EnergyModel, Limits, NetworkShape, PolicyError

GOOD: dict[str, Any] = {"macs": (5, 0), "cut_bytes": (30, 20, 10)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"macs": ()}, "without operators"),
        ({"cut_bytes": (30, 20)}, "cut_bytes has 2 entries; 2 operators need 3"),
        ({"kinds": ("ADD",)}, "kinds has 1 entries; 2 operators need 2"),
        ({"arena_bytes": (1,)}, "arena_bytes has 1 entries; 2 operators need 3"),
        ({"macs": (5, -1)}, r"macs\[1\] is -1"),
        ({"macs": (math.nan, 0)}, r"macs\[0\] is nan"),
        ({"cut_bytes": (30, math.inf, 10)}, r"cut_bytes\[1\] is inf"),
        ({"max_cut": 3}, "max_cut is 3; expected 0 to 2"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        NetworkShape(**{**GOOD, **wrong})


def test_without_a_largest_cut_the_board_holds_everything() -> None:
    assert NetworkShape(**GOOD).deepest_cut == 2


def test_bytes_written_are_what_is_live_afterwards_unless_given() -> None:
    assert NetworkShape(**GOOD).written_bytes == (20, 10)
    assert NetworkShape(**GOOD, output_bytes=(7, 8)).written_bytes == (7, 8)


@pytest.mark.parametrize("wrong", [{"cpu_ma": -1}, {"volts": math.nan}, {"tx_ma": math.inf}])
def test_currents_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PolicyError, match=next(iter(wrong))):
        EnergyModel(**{"cpu_ma": 50, "rx_ma": 100, "tx_ma": 200, "volts": 3.3, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"smallest_cut": -1}, {"ram_bytes": -5}, {"latency_us": 0}, {"latency_us": math.nan}]
)
def test_limits_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(wrong))):
        Limits(**wrong)
