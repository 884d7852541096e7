"""Rates, percentiles and histograms against figures that can be added up by hand."""

from __future__ import annotations

import random
from bisect import bisect_left

import pytest

from cutpoint.wire import DeviceId
from edge_server.web.device_figures import REMEMBERED, DeviceFigures
from edge_server.web.histogram import STAGE_BOUNDS_US, Histogram
from edge_server.web.rate import Rate


def test_a_steady_rate_is_that_rate() -> None:
    rate = Rate(100.0)
    for tenth in range(300):
        rate.count(100.0 + tenth / 10)
    assert rate.per_second(130.0) == 10.0


def test_a_rate_falls_to_zero_when_nothing_comes_any_more() -> None:
    rate = Rate(100.0)
    for tenth in range(200):
        rate.count(100.0 + tenth / 10)
    assert rate.per_second(125.0) == 5.0
    assert rate.per_second(131.0) == 0.0
    assert rate.per_second(10_000.0) == 0.0


def test_a_rate_goes_on_after_a_long_silence_without_what_was_before() -> None:
    rate = Rate(100.0)
    for tenth in range(100):
        rate.count(100.0 + tenth / 10)
    rate.count(500.0)
    assert rate.per_second(501.0) == pytest.approx(0.1)


def test_a_rate_agrees_with_a_plain_count_whenever_it_is_asked() -> None:
    rng = random.Random(4)
    rate, times, now = Rate(0.0), [], 0.0
    for _ in range(3000):
        now += rng.choice((0.001, 0.05, 0.4, 1.7, 12.0))
        if rng.random() < 0.8:
            rate.count(now)
            times.append(now)
        else:
            second = int(now)
            expected = sum(second - 10 <= int(at) < second for at in times)
            assert rate.per_second(now) == pytest.approx(expected / min(10.0, max(1.0, second)))


def test_percentiles_are_of_the_newest_answers_by_nearest_rank() -> None:
    figures = DeviceFigures(DeviceId("cam-1"), 0.0)
    assert figures.percentiles_us(0.5) is None
    for us in range(1, 5 * REMEMBERED + 1):
        figures.took(us, 0.0)
    newest = sorted(range(4 * REMEMBERED + 1, 5 * REMEMBERED + 1))
    assert figures.percentiles_us(0.5, 0.99) == (newest[63], newest[126])
    assert figures.answered == 5 * REMEMBERED


def test_one_answer_is_every_percentile() -> None:
    figures = DeviceFigures(DeviceId("cam-1"), 0.0)
    figures.took(70, 0.0)
    assert figures.percentiles_us(0.5, 0.99) == (70, 70)


def test_a_histogram_counts_each_value_below_its_bound_and_above_the_last() -> None:
    histogram = Histogram(STAGE_BOUNDS_US)
    values = [0, 50, 51, 999, 1000, 1001, 10_000_000, 10_000_001]
    for value in values:
        histogram.observe(value)
    cumulative = dict(histogram.cumulative())
    for bound in STAGE_BOUNDS_US:
        assert cumulative[bound] == bisect_left(values, bound + 1)
    assert cumulative[float("inf")] == histogram.count == len(values)
    assert histogram.sum == sum(values)
