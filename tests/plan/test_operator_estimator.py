"""What the device's operators are expected to take, measured or not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.plan import MACHINES, NetworkShape, OperatorEstimator, PolicyError

SHAPE = NetworkShape(
    macs=(100_000, 200_000, 400_000, 0, 300_000, 50_000),
    cut_bytes=(9_216, 4_608, 4_608, 2_304, 2_304, 1_152, 432),
    kinds=("CONV_2D", "CONV_2D", "CONV_2D", "ADD", "CONV_2D", "DEPTHWISE_CONV_2D"),
)


def test_before_any_measurement_macs_and_the_machine_class_give_the_figure() -> None:
    esp32 = MACHINES["esp32"]
    assert OperatorEstimator(SHAPE, machine_class="esp32").us(1) == pytest.approx(20 + 200_000 * 12.7 / 240)
    assert OperatorEstimator(SHAPE, machine_class=esp32).us(3) == pytest.approx(20 + 2_304 * esp32.byte_us)


def test_an_operator_that_ran_has_its_moving_average() -> None:
    estimator = OperatorEstimator(SHAPE)
    estimator.observe(0, [1_000])
    estimator.observe(0, [2_000])
    assert estimator.us(0) == pytest.approx(1_200)
    assert estimator.measured(0)
    assert not estimator.measured(1)


def test_three_convolutions_measured_put_the_fourth_on_their_line() -> None:
    estimator = OperatorEstimator(SHAPE)
    estimator.observe(0, [50 + 0.03 * macs for macs in SHAPE.macs[:3]])
    assert estimator.us(4) == pytest.approx(50 + 0.03 * 300_000)


def test_one_wild_convolution_does_not_bend_the_line_of_the_others() -> None:
    shape = NetworkShape(tuple(range(100_000, 900_000, 100_000)), (1_000,) * 9, kinds=("CONV_2D",) * 8)
    estimator = OperatorEstimator(shape)
    estimator.observe(0, [50 + 0.03 * macs * (20 if i == 3 else 1) for i, macs in enumerate(shape.macs[:7])])
    assert estimator.us(7) == pytest.approx(50 + 0.03 * 800_000, rel=0.01)


def test_a_kind_that_never_ran_is_scaled_by_how_fast_the_others_were() -> None:
    estimator, guess = OperatorEstimator(SHAPE), OperatorEstimator(SHAPE)
    estimator.observe(0, [3 * guess.us(i) for i in range(3)])
    assert estimator.us(5) == pytest.approx(3 * guess.us(5), rel=0.01)


def test_the_figure_of_an_operator_that_never_ran_follows_a_device_that_slows_down() -> None:
    estimator, guess = OperatorEstimator(SHAPE), OperatorEstimator(SHAPE)
    for factor in (1, *[4] * 40):
        estimator.observe(0, [factor * guess.us(i) for i in range(3)])
    assert estimator.us(5) == pytest.approx(4 * guess.us(5), rel=0.02)


def test_sums_run_from_the_first_to_before_the_last() -> None:
    estimator = OperatorEstimator(SHAPE)
    estimator.observe(0, [1, 2, 3, 4, 5, 6])
    assert estimator.sum(1, 4) == pytest.approx(9)
    assert estimator.sum(3, 3) == 0
    assert estimator.prefix_us.tolist() == pytest.approx([0, 1, 3, 6, 10, 15, 21])


def test_a_block_may_start_anywhere() -> None:
    estimator = OperatorEstimator(SHAPE)
    assert estimator.observe(4, [70, 80]) == [(4, 70.0), (5, 80.0)]


@pytest.mark.parametrize(("first", "count"), [(-1, 1), (0, 7), (6, 1), (1.5, 1), (True, 1)])
def test_a_block_that_does_not_fit_the_network_is_refused_whole(first: int, count: int) -> None:
    estimator = OperatorEstimator(SHAPE)
    before = estimator.figures_us.tolist()
    assert estimator.observe(first, [10] * count) == []
    assert estimator.figures_us.tolist() == before
    assert estimator.rejected == {"range": 1}


def test_a_bad_figure_in_a_block_costs_only_itself() -> None:
    estimator = OperatorEstimator(SHAPE)
    assert estimator.observe(0, [10, math.nan, -5, math.inf, 1e12, 20]) == [(0, 10.0), (5, 20.0)]
    assert estimator.rejected == {"not-finite": 2, "low": 1, "high": 1}


@given(st.lists(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=7), max_size=12))
def test_whatever_it_is_fed_every_figure_is_finite_and_not_negative(blocks: list[list[float]]) -> None:
    estimator = OperatorEstimator(SHAPE)
    for block in blocks:
        estimator.observe(0, block)
    assert all(math.isfinite(us) and us >= 0 for us in estimator.figures_us.tolist())


def test_an_unknown_machine_class_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PolicyError, match=r"esp32-s3.*edge"):
        OperatorEstimator(SHAPE, machine_class="esp8266")
