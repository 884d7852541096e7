"""Arrivals are decided in advance: by seed, device and rate alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from cutpoint.errors import UsageError
from host_tools.load.schedule import Schedule


def test_poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process() -> None:
    schedule = Schedule(rate_per_s=5.0, duration_s=2000.0, seed=3)
    times = np.array(list(schedule.times_ns(0))) / 1e9
    gaps = np.diff(times)
    assert len(times) == pytest.approx(10_000, abs=400)  # 4 standard deviations
    assert gaps.mean() == pytest.approx(0.2, rel=0.05)
    assert gaps.std() == pytest.approx(0.2, rel=0.06)
    a_second = np.bincount(times.astype(int))
    assert a_second.var() == pytest.approx(a_second.mean(), rel=0.15)


def test_periodic_arrivals_have_equal_gaps_and_devices_begin_apart() -> None:
    schedule = Schedule(4.0, 10.0, "periodic")
    times = list(schedule.times_ns(0))
    assert len(times) == pytest.approx(40, abs=1)
    assert {round((after - before) / 1e6) for before, after in pairwise(times)} == {250}
    firsts = [next(schedule.times_ns(device)) for device in range(200)]
    assert 0 <= min(firsts) < 20_000_000
    assert 230_000_000 < max(firsts) < 250_000_000


def test_the_same_seed_gives_the_same_times_and_another_one_others() -> None:
    one, same, other = Schedule(1, 100, seed=1), Schedule(1, 100, seed=1), Schedule(1, 100, seed=2)
    assert list(one.times_ns(5)) == list(same.times_ns(5))
    assert list(one.times_ns(5)) != list(other.times_ns(5))
    assert list(one.times_ns(5)) != list(one.times_ns(6))


@pytest.mark.parametrize(
    ("rate", "duration", "arrivals"),
    [(0, 1, "poisson"), (1, 0, "poisson"), (1, 1, "bursts"), (float("nan"), 1, "poisson")],
)
def test_what_makes_no_schedule_is_refused(rate: float, duration: float, arrivals: str) -> None:
    with pytest.raises(UsageError):
        Schedule(rate, duration, arrivals)  # type: ignore[arg-type]
