"""One device and the price of a busy edge."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_device import FOMO, WIFI, N, SimulatedDevice

from cutpoint.plan import EdgeEstimator, EnergyModel, Occasion, Planner, PolicyError
from cutpoint.plan.shift import AWAY_S, BACK_S, LONGEST_BACK_S, SPREAD, Shift, load_share

PRICE = np.array([10.0, 20.0, 40.0])
SLOPE = np.array([10.0, 2.0, 0.0])
"""Rows of an idle edge at 10, 20 and 40: the toll is 1.25 where the second, and 10 where the third is cheapest."""


def at(toll: float, shift: Shift | None = None, *, home: int = 0, now_s: float | None = None) -> int:
    return (Shift(3) if shift is None else shift).choose(home, PRICE, SLOPE, toll, now_s)


def test_a_toll_takes_work_off_the_edge_step_by_step() -> None:
    assert [at(toll) for toll in (0.0, 0.5, 1.0, 2.0, 8.0, 15.0, 1e9)] == [0, 0, 0, 1, 1, 2, 2]


def test_it_comes_back_at_a_lower_toll_than_it_left_at() -> None:
    shift = Shift(3)
    there = [at(toll, shift) for toll in (1.2, 1.4, 1.5)]
    back = [at(toll, shift) for toll in (1.4, 1.2, 1.0)]
    assert there == [0, 0, 1]
    assert back == [1, 1, 0]


@given(st.lists(st.floats(0.01, 1e3), min_size=2, max_size=8), st.data())
def test_a_higher_toll_never_brings_work_to_the_edge(slopes: list[float], data: st.DataObject) -> None:
    n = len(slopes)
    price = np.array(data.draw(st.lists(st.floats(1, 1e3), min_size=n, max_size=n)))
    slope = np.array(slopes)
    home = int(price.argmin())
    rows = [Shift(n).choose(home, price, slope, toll, None) for toll in (0, 0.01, 0.1, 1, 10, 100, 1e4)]
    assert all(slope[later] <= slope[earlier] for earlier, later in pairwise(rows))


def test_moves_away_keep_two_seconds_and_moves_back_ten() -> None:
    shift = Shift(3)
    assert at(2.0, shift, now_s=100.0) == 1
    assert at(1e3, shift, now_s=100.0 + AWAY_S - 0.1) == 1
    assert at(1e3, shift, now_s=100.0 + AWAY_S) == 2
    assert at(0.0, shift, now_s=100.0 + AWAY_S + BACK_S - 0.1) == 2
    assert at(0.0, shift, now_s=100.0 + AWAY_S + BACK_S) == 0


def test_a_device_that_has_to_leave_again_and_again_stays_away_longer_and_longer() -> None:
    shift, now, away = Shift(3), 0.0, []
    for _ in range(9):
        while at(1e3, shift, now_s=now) != 2:
            now += 0.5
        left = now
        while at(0.0, shift, now_s=now) != 0:
            now += 0.5
        away.append(now - left)
    assert away[:4] == [10, 20, 40, 80]
    assert away[-1] == LONGEST_BACK_S


def test_a_home_that_does_less_on_the_edge_anyway_ends_the_shift() -> None:
    shift = Shift(3)
    assert at(2.0, shift) == 1
    assert at(2.0, shift, home=2) == 2
    assert shift.row is None


def test_a_row_that_became_dear_is_left_though_the_toll_is_the_same() -> None:
    shift = Shift(3)
    assert at(2.0, shift) == 1
    assert shift.choose(0, np.array([10.0, 90.0, 40.0]), SLOPE, 2.0, None) == 0


def test_a_restored_device_stays_where_the_load_put_it_until_its_time_has_come() -> None:
    shift, other = Shift(3), Shift(3)
    at(2.0, shift, now_s=5_000.0)
    other.restore(shift.state())
    assert at(0.0, other, now_s=1.0) == 1
    assert at(0.0, other, now_s=1.0 + BACK_S) == 0


def test_shares_are_the_same_at_every_start_and_spread_evenly_over_a_factor_of_eight() -> None:
    shares = sorted(load_share(f"dev-{i}") for i in range(1_000))
    assert shares == sorted(load_share(f"dev-{i}") for i in range(1_000))
    assert SPREAD**-0.5 <= shares[0] < shares[-1] <= SPREAD**0.5
    places = [math.log(share, SPREAD) + 0.5 for share in shares]
    assert max(abs(place - i / 1_000) for i, place in enumerate(places)) < 0.08


@pytest.mark.parametrize("share", [-1.0, math.nan, math.inf, "1"])
def test_a_share_that_is_no_factor_is_refused(share: float) -> None:
    with pytest.raises(PolicyError, match="load_share"):
        Shift(3, share)


def busy(policy: str, load: float, **more: object) -> SimulatedDevice:
    edge = EdgeEstimator(FOMO)
    energy = EnergyModel(200, 20, 60, 3.3)
    one = SimulatedDevice(Planner(FOMO, policy, seed=0, exploration=0.0, edge=edge, energy=energy, **more))  # type: ignore[arg-type]
    one.run(20, WIFI)
    edge.load = load
    return one


@pytest.mark.parametrize("policy", ["latency", "energy", "privacy:3"])
def test_policies_that_weigh_rows_yield_to_a_busy_edge_and_say_so(policy: str) -> None:
    one = busy(policy, 1.0)
    before = one.decision.cut
    one.planner.edge.load = 20_000
    decision = one.run(10, WIFI)[-1]
    assert decision.cut > before
    assert decision.occasion is Occasion.LOAD
    assert not decision.exploration
    assert f"instead of cut {before}" in decision.reason
    assert "the edge is busy" in decision.reason


@pytest.mark.parametrize(("policy", "cut"), [("fixed:5", 5), ("edge-only", 0), ("device-only", N)])
def test_a_cut_that_somebody_set_stays(policy: str, cut: int) -> None:
    assert busy(policy, 20_000).run(5, WIFI)[-1].cut == cut


def test_a_price_is_no_time_and_a_wait_is() -> None:
    one = busy("latency", 1.0)
    calm = one.decision
    one.planner.edge.load = 3.0
    assert one.planner.decide().expected_us == calm.expected_us
    one.planner.edge.wait_us = 30_000
    waits = one.planner.decide()
    assert waits.cut == calm.cut
    assert waits.expected_us == pytest.approx(calm.expected_us + 30_000)
    assert waits.deadline_ms == pytest.approx(calm.deadline_ms + 90, abs=41)


def test_who_is_asked_whether_the_load_moves_him_learns_it_before_he_decides() -> None:
    one = busy("latency", 1.0)
    assert not one.planner.load_asks()
    one.planner.edge.load = 20_000
    state = one.planner.state()
    assert one.planner.load_asks()
    assert one.planner.state() == state
    assert one.planner.decide().cut > 0
    assert not one.planner.load_asks()
    assert not busy("fixed:5", 20_000).planner.load_asks()


def test_a_device_with_a_larger_share_leaves_first() -> None:
    def leaves_at(share: float) -> float:
        one = busy("latency", 1.0, load_share=share)
        return next(
            load
            for load in (2.0**k for k in range(15))
            if setattr(one.planner.edge, "load", load) or one.planner.load_asks()
        )

    assert leaves_at(2.8) < leaves_at(1.0) < leaves_at(0.35)
