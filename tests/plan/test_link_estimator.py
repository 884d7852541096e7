"""What the link estimator makes of round trips: honest ones, jittery ones, stepping ones and impossible ones."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_device import LTE_M, WIFI, TrueLink

from cutpoint.plan import LinkEstimator, PolicyError

SIZES = (496, 2_356, 4_660, 13_876, 27_700)


def watched(link: TrueLink, count: int, *, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> LinkEstimator:
    estimator, random = LinkEstimator(), Random(seed)
    for i in range(count):
        size = sizes[i % len(sizes)]
        estimator.observe(size, link.network_us(size, random))
    return estimator


def feed(estimator: LinkEstimator, link: TrueLink, count: int, size: int, seed: int = 1) -> None:
    random = Random(seed)
    for _ in range(count):
        estimator.observe(size, link.network_us(size, random))


@pytest.mark.parametrize("link", [WIFI, LTE_M, TrueLink(2_000, 5e4, 100), TrueLink(300_000, 2_000, 30_000)])
def test_both_figures_are_found_from_samples_of_different_sizes(link: TrueLink) -> None:
    estimator = watched(link, 40)
    assert estimator.bytes_per_s == pytest.approx(link.bytes_per_s, rel=0.2)
    assert estimator.round_trip_us == pytest.approx(link.round_trip_us, rel=0.25)
    assert estimator.conditioned


def test_on_a_link_without_jitter_a_clear_slope_is_taken_whole() -> None:
    assert watched(TrueLink(20_000, 40_000), 40).bytes_per_s == pytest.approx(40_000, rel=0.001)


def test_jitter_is_the_deviation_about_the_line() -> None:
    assert watched(LTE_M, 60).jitter_us == pytest.approx(LTE_M.jitter_us, rel=0.5)


def test_one_sample_in_five_that_takes_a_second_longer_bends_nothing() -> None:
    random, estimator = Random(3), LinkEstimator()
    for i in range(60):
        size = SIZES[i % 4]
        estimator.observe(size, WIFI.network_us(size, random) + (1e6 if i % 5 == 0 else 0))
    assert estimator.bytes_per_s == pytest.approx(WIFI.bytes_per_s, rel=0.3)
    assert estimator.network_us(4_660) == pytest.approx(6_000 + 4_660 / 1.5, rel=0.3)


def test_samples_of_one_size_move_the_round_trip_and_keep_the_bandwidth() -> None:
    estimator = LinkEstimator(bytes_per_s=250_000)
    for _ in range(10):
        estimator.observe(2_500, 30_000)
    assert estimator.bytes_per_s == pytest.approx(250_000)
    assert estimator.round_trip_us == pytest.approx(20_000)
    assert not estimator.conditioned


def test_one_size_that_no_credible_round_trip_explains_lowers_the_bandwidth() -> None:
    estimator = LinkEstimator(round_trip_us=5_000, bytes_per_s=1e6)
    for _ in range(6):
        estimator.observe(4_660, 700_000)
    assert estimator.round_trip_us <= 50_000
    assert estimator.bytes_per_s == pytest.approx(4_660 / 0.65, rel=0.01)


def test_one_size_that_is_faster_than_its_bytes_should_take_raises_the_bandwidth() -> None:
    estimator = LinkEstimator(round_trip_us=60_000, bytes_per_s=7_500)
    for _ in range(6):
        estimator.observe(4_660, 8_000)
    assert estimator.network_us(4_660) == pytest.approx(8_000)
    assert estimator.bytes_per_s > 500_000
    assert estimator.round_trip_us >= 0


@pytest.mark.parametrize(("before", "after"), [(WIFI, LTE_M), (LTE_M, WIFI), (TrueLink(5e3, 2e5, 500), WIFI)])
@pytest.mark.parametrize("seed", range(10))
def test_a_step_of_the_link_is_believed_after_three_samples_of_one_size(
    before: TrueLink, after: TrueLink, seed: int
) -> None:
    estimator = watched(before, 40, seed=seed)
    feed(estimator, after, 3, 13_876, seed)
    expected = after.round_trip_us + 13_876 / after.bytes_per_s * 1e6
    assert estimator.network_us(13_876) == pytest.approx(expected, rel=0.3)


def test_two_slow_samples_alone_change_nothing() -> None:
    estimator = watched(WIFI, 40)
    before = estimator.network_us(4_660)
    feed(estimator, LTE_M, 2, 4_660)
    assert estimator.network_us(4_660) == before
    assert estimator.steps == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_jittery_link_is_not_taken_for_a_stepping_one(seed: int) -> None:
    assert watched(LTE_M, 200, seed=seed).steps <= 1


def test_after_a_step_both_figures_are_found_again() -> None:
    estimator = watched(WIFI, 40)
    random = Random(5)
    for i in range(12):
        size = SIZES[i % len(SIZES)]
        estimator.observe(size, LTE_M.network_us(size, random))
    assert estimator.bytes_per_s == pytest.approx(LTE_M.bytes_per_s, rel=0.1)


def test_answers_that_never_came_are_believed_after_three_and_forgotten_with_the_first_that_did() -> None:
    estimator = watched(WIFI, 40)
    for waited_us in (60_000, 120_000, 240_000):
        estimator.observe_timeout(4_660, waited_us)
    assert estimator.network_us(4_660) == pytest.approx(240_000)
    estimator.observe(4_660, 680_000)
    assert estimator.network_us(4_660) == pytest.approx(680_000)


def test_a_wait_shorter_than_expected_says_nothing() -> None:
    estimator = watched(LTE_M, 40)
    before = estimator.network_us(4_660)
    assert not any(estimator.observe_timeout(4_660, 50_000) for _ in range(10))
    assert estimator.network_us(4_660) == before


@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(-10, 1 << 33), st.floats(allow_nan=True, allow_infinity=True)),
            st.one_of(
                st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 6e8), st.integers(-5, 10**15)
            ),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_it_is_fed_every_figure_stays_finite_and_possible(
    samples: list[tuple[float, float, bool]],
) -> None:
    estimator = LinkEstimator()
    for size, us, timeout in samples:
        (estimator.observe_timeout if timeout else estimator.observe)(size, us)
        assert 0 <= estimator.round_trip_us <= 60e6
        assert 10 * 0.999 <= estimator.bytes_per_s <= 125e6 * 1.001
        assert math.isfinite(estimator.network_us(30_000))
        assert math.isfinite(estimator.jitter_us)
        assert estimator.jitter_us >= 0


@pytest.mark.parametrize(
    ("size", "us", "reason"),
    [
        (100, math.nan, "not-finite"),
        (100, math.inf, "not-finite"),
        (100, -1.0, "low"),
        (100, 601e6, "high"),
        (-1, 100.0, "low"),
        (1 << 32, 100.0, "high"),
        ("100", 100.0, "type"),
        (100, True, "type"),
    ],
)
def test_what_is_no_measurement_changes_a_counter_only(size: int, us: float, reason: str) -> None:
    estimator = watched(WIFI, 20)
    before = (estimator.round_trip_us, estimator.bytes_per_s, estimator.jitter_us, estimator.count)
    assert not estimator.observe(size, us)
    assert (estimator.round_trip_us, estimator.bytes_per_s, estimator.jitter_us, estimator.count) == before
    assert estimator.rejected == {reason: 1}


@pytest.mark.parametrize(
    "settings", [{"round_trip_us": -1}, {"bytes_per_s": 0}, {"bytes_per_s": math.nan}, {"window": 3}]
)
def test_a_start_that_cannot_be_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        LinkEstimator(**settings)  # type: ignore[arg-type]


def test_fractions_of_a_byte_leave_the_line_finite() -> None:
    link = LinkEstimator()
    for size, us in ((9.6e-305, 160_001.0), (1.1e-308, 0.0)):
        link.observe(size, us)
    assert 0 <= link.round_trip_us <= 60e6
    assert 10 <= link.bytes_per_s <= 125e6
