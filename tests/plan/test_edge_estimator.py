"""What tails are expected to take on the edge."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_device import FOMO, MACS, N

from cutpoint.plan import EdgeEstimator, PolicyError


def true_tail_us(cut: int) -> float:
    return 50 + sum(MACS[cut:]) * 3e-4


def test_a_measured_tail_has_its_moving_average() -> None:
    estimator = EdgeEstimator(FOMO)
    estimator.observe(5, 100)
    estimator.observe(5, 200)
    assert estimator.tail_us(5) == pytest.approx(120)


def test_nothing_is_left_to_run_at_cut_n() -> None:
    estimator = EdgeEstimator(FOMO)
    estimator.observe(N, 500)
    assert estimator.tail_us(N) == 0


def test_one_measured_tail_scales_all_others_by_their_work() -> None:
    estimator, guess = EdgeEstimator(FOMO), EdgeEstimator(FOMO)
    estimator.observe(10, 4 * guess.tail_us(10))
    assert estimator.tail_us(0) == pytest.approx(4 * guess.tail_us(0))
    assert estimator.tail_us(20) == pytest.approx(4 * guess.tail_us(20))


def test_between_two_measured_tails_the_work_decides() -> None:
    estimator = EdgeEstimator(FOMO)
    for cut in (0, 22):
        estimator.observe(cut, true_tail_us(cut))
    for cut in range(1, 22):
        assert estimator.tail_us(cut) == pytest.approx(true_tail_us(cut), rel=0.15)


@given(st.lists(st.tuples(st.integers(0, N), st.floats(0, 1e6)), max_size=40))
def test_a_later_cut_never_has_a_dearer_tail(samples: list[tuple[int, float]]) -> None:
    estimator = EdgeEstimator(FOMO)
    for cut, us in samples:
        estimator.observe(cut, us)
    tails = estimator.tails_us.tolist()
    assert all(math.isfinite(us) and us >= 0 for us in tails)
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in itertools.pairwise(tails))


def test_load_is_a_price_and_no_time() -> None:
    estimator = EdgeEstimator(FOMO)
    estimator.observe(5, 100)
    estimator.load = 3
    assert estimator.tail_us(5) == pytest.approx(100)
    assert estimator.tails_us[5] == pytest.approx(100)


@pytest.mark.parametrize("us", [-1, math.nan, math.inf, 601e6, "2"])
def test_a_wait_that_is_no_time_is_refused(us: float) -> None:
    with pytest.raises(PolicyError, match="wait"):
        EdgeEstimator(FOMO).wait_us = us


@pytest.mark.parametrize("load", [0, -1, math.nan, math.inf, "2"])
def test_a_load_that_is_no_factor_is_refused(load: float) -> None:
    with pytest.raises(PolicyError, match="load"):
        EdgeEstimator(FOMO).load = load


@pytest.mark.parametrize(
    ("cut", "us", "reason"),
    [(-1, 5, "range"), (N + 1, 5, "range"), (2.5, 5, "range"), (3, math.nan, "not-finite"), (3, -1, "low")],
)
def test_what_is_no_tail_time_changes_a_counter_only(cut: int, us: float, reason: str) -> None:
    estimator = EdgeEstimator(FOMO)
    before = estimator.tails_us.tolist()
    assert not estimator.observe(cut, us)
    assert estimator.tails_us.tolist() == before
    assert estimator.rejected == {reason: 1}
