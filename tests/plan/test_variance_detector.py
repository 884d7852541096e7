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


def test_a_retest_that_confirms_the_old_figure_clears_the_flag() -> None:
    detector = fed(4, 0.010, 0.010, 0.015)
    detector.add(4, 0.010)
    assert detector.pending() == [5]


def test_any_sample_settles_an_operator_that_was_only_queued() -> None:
    detector = fed(4, 0.010, 0.010, 0.015)
    detector.add(5, 0.5)
    assert detector.pending() == [4]


def test_the_samples_that_raised_a_flag_cannot_raise_it_again() -> None:
    detector = fed(4, 0.010, 0.010, 0.015, 0.010, 0.010, 0.010)
    assert detector.unstable(4), "the odd sample is still among the last ten"
    assert 4 not in detector.pending()


def test_an_operator_that_goes_on_varying_is_flagged_again_from_fresh_samples() -> None:
    detector = fed(4, 0.010, 0.010, 0.015, 0.010)
    detector.add(5, 0.001)
    assert detector.pending() == []
    fed(4, 0.014, 0.010, detector=detector)
    assert detector.pending() == [4, 5]


def test_a_step_to_a_new_speed_stays_due_until_the_window_believes_it() -> None:
    detector = fed(7, *[19e-6] * 5, *[38e-6] * 5)
    assert detector.pending() == [7, 8]
    fed(7, *[38e-6] * 5, detector=detector)
    assert detector.pending() == [8]


def test_a_flag_never_outlives_a_whole_window_of_retests() -> None:
    detector = fed(2, 1.0, 1.0, 2.0)
    for sample in (4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1.0 / 8, 599.0):
        assert 2 in detector.pending()
        detector.add(2, sample)
    assert 2 not in detector.pending()


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
        (601.0, "high"),
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
