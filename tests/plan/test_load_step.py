"""50 devices and a step in load, in virtual time: the fleet moves towards itself and back, and does not swing."""

from __future__ import annotations

from functools import cache

import pytest

from bench.simulated_fleet import Fleet, N, identical, mixed

UP_S, SETTLED_S, DOWN_S, BACK_S, END_S = 15.0, 50.0, 80.0, 120.0, 135.0
FLEETS = {"identical": identical(), "mixed": mixed()}


def background(at_s: float) -> float:
    return 0.65 if UP_S <= at_s < DOWN_S else 0.1


@cache
def run(kind: str, *, priced: bool = True, spread: bool = True) -> Fleet:
    return Fleet(FLEETS[kind], background, priced=priced, spread=spread).run(END_S)


@pytest.fixture(params=["identical", "mixed"])
def fleet(request: pytest.FixtureRequest) -> Fleet:
    return run(request.param)


def test_utilisation_settles_near_the_target(fleet: Fleet) -> None:
    assert fleet.utilisation(SETTLED_S, DOWN_S) == pytest.approx(0.7, abs=0.06)


def test_cuts_move_to_the_devices_and_come_back(fleet: Fleet) -> None:
    before = fleet.mean_cut(UP_S - 5, UP_S)
    assert fleet.mean_cut(SETTLED_S, DOWN_S) > before + 0.4 * N
    assert fleet.mean_cut(BACK_S, END_S) == pytest.approx(before, abs=0.2)
    assert fleet.moments[-1].price < 1.1


def test_most_devices_move_once_there_and_once_back_and_none_more_than_three_times(fleet: Fleet) -> None:
    for begin_s, end_s in ((UP_S, DOWN_S), (DOWN_S, END_S)):
        moves = fleet.moves_between(begin_s, end_s)
        assert max(moves) <= 3
        assert sum(moved > 1 for moved in moves) <= 5


def test_once_settled_nearly_no_device_moves(fleet: Fleet) -> None:
    moves = fleet.moves_between(SETTLED_S, DOWN_S)
    assert max(moves) <= 1
    assert sum(moves) <= 3


def test_nothing_is_late_once_settled(fleet: Fleet) -> None:
    assert fleet.late_between(SETTLED_S, END_S) == 0


def test_without_a_price_the_same_fleet_drowns() -> None:
    fleet = run("identical", priced=False)
    assert fleet.utilisation(SETTLED_S, DOWN_S) > 0.95
    assert fleet.late_between(SETTLED_S, DOWN_S) > 300


def test_without_different_shares_identical_devices_swing() -> None:
    fleet = run("identical", spread=False)
    assert sum(fleet.moves_between(SETTLED_S, DOWN_S)) > 40
