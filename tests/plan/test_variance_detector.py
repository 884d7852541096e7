"""When an operator's time counts as changed, and what settles it."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.plan import PolicyError, VarianceDetector


def fed(index: int, *seconds: float, detector: VarianceDetector | None = None) -> VarianceDetector:
    detector = VarianceDetector() if detector is None else detector
    for sample in seconds:
        detector.add(index, sample)
    return detector


@given(st.lists(st.floats(1e-6, 10), min_size=2, max_size=40))
def test_cv_is_the_sample_deviation_over_the_mean_of_the_last_ten(samples: list[float]) -> None:
    last = samples[-10:]
    assert fed(3, *samples).cv(3) == pytest.approx(statistics.stdev(last) / statistics.mean(last), abs=1e-9)


@given(st.lists(st.floats(1e-6, 10), min_size=3, max_size=40))
def test_unstable_says_whether_cv_exceeds_the_threshold(samples: list[float]) -> None:
    detector = fed(0, *samples)
    cv = detector.cv(0)
    assert cv is not None
    assert detector.unstable(0) == (cv > 0.15)


def test_two_samples_say_nothing_however_far_apart() -> None:
    detector = fed(4, 0.001, 0.1)
    assert not detector.unstable(4)
    assert detector.pending() == []


def test_the_third_sample_can_flag_an_operator_and_queues_the_next() -> None:
    detector = fed(4, 0.010, 0.010, 0.015)
    assert detector.unstable(4)
    assert detector.pending() == [4, 5]


def test_a_cv_of_just_under_15_percent_flags_nothing() -> None:
    # mean 1, sample deviation 0.1499
    detector = fed(0, 1 - 0.1499, 1.0, 1 + 0.1499)
    assert detector.cv(0) == pytest.approx(0.1499)
    assert detector.pending() == []


@pytest.mark.parametrize("seconds", [0.010, 0.015, 0.5, 0.0])
def test_a_retest_clears_the_flag_whatever_it_measures(seconds: float) -> None:
    detector = fed(4, 0.010, 0.010, 0.010, 0.020, 0.005, 0.030)
    assert detector.pending() == [4, 5]
    detector.add(4, seconds)
    assert detector.pending() == [5]
    detector.add(5, seconds)
    assert detector.pending() == []


def test_the_inference_that_raises_a_flag_is_not_its_own_retest() -> None:
    detector = VarianceDetector()
    for jumpy in (0.010, 0.010, 0.020):
        for index in range(8):
            detector.add(index, jumpy if index == 4 else 0.010)
    assert detector.pending() == [4, 5]


def test_a_flag_that_nobody_was_told_of_stays() -> None:
    assert fed(4, 0.010, 0.010, 0.015, *[0.010] * 20).pending() == [4, 5]


def test_the_samples_that_raised_a_flag_cannot_raise_it_again() -> None:
    detector = fed(4, 0.010, 0.010, 0.015)
    detector.pending()
    fed(4, 0.010, 0.010, 0.010, detector=detector)
    assert detector.unstable(4), "the odd sample is still among the last ten"
    assert 4 not in detector.pending()


def test_an_operator_that_goes_on_varying_is_flagged_again_from_fresh_samples() -> None:
    detector = fed(4, 0.010, 0.010, 0.015)
    detector.pending()
    detector.add(4, 0.010)
    detector.add(5, 0.001)
    assert detector.pending() == []
    detector.add(4, 0.014)
    assert detector.pending() == [], "two samples say nothing"
    detector.add(4, 0.010)
    assert detector.pending() == [4, 5]


@given(st.lists(st.floats(1e-6, 10), min_size=2, max_size=40))
def test_cv_does_not_depend_on_retests(samples: list[float]) -> None:
    detector = VarianceDetector()
    for sample in samples:
        detector.add(3, sample)
        detector.pending()
    assert detector.cv(3) == fed(3, *samples).cv(3)


def test_operators_due_are_listed_in_order_and_once() -> None:
    detector = VarianceDetector()
    for index in (9, 2, 3):
        fed(index, 1.0, 1.0, 2.0, detector=detector)
    assert detector.pending() == [2, 3, 4, 9, 10]


def test_zero_seconds_is_a_steady_operator_under_a_coarse_timer() -> None:
    assert fed(0, 0.0, 0.0, 0.0).cv(0) == 0.0


def test_nothing_is_known_of_an_operator_that_never_ran() -> None:
    assert VarianceDetector().cv(12) is None
    assert not VarianceDetector().unstable(12)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (math.nan, "not-finite"),
        (math.inf, "not-finite"),
        (-1e-3, "low"),
        (601e6, "high"),
        ("1", "type"),
        (True, "type"),
    ],
)
def test_what_is_no_time_changes_a_counter_only(seconds: float, reason: str) -> None:
    detector = fed(0, 0.010, 0.010)
    detector.add(0, seconds)
    assert detector.rejected == {reason: 1}
    assert detector.cv(0) == 0.0


@pytest.mark.parametrize("index", [-1, 1.5, True, "0"])
def test_what_is_no_operator_changes_a_counter_only(index: int) -> None:
    detector = fed(index, 1.0, 1.0, 2.0)
    assert detector.rejected == {"index": 3}
    assert detector.pending() == []


@pytest.mark.parametrize(
    "settings", [{"window": 2}, {"min_samples": 1}, {"threshold": math.nan}, {"threshold": -0.1}]
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(PolicyError, match="expected"):
        VarianceDetector(**settings)  # type: ignore[arg-type]


def test_a_smaller_window_forgets_sooner() -> None:
    detector = fed(0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, detector=VarianceDetector(window=4))
    assert detector.cv(0) == 0.0
