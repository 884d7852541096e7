"""A PC in the tempo of a board."""

import threading
import time

import numpy as np
import pytest

from host_tools.device.pace import Pace
from host_tools.device.profile import Profile
from host_tools.device.workload import Workload

WORK = [Workload.of("CONV_2D", 200_000, 2304, (8, 1, 1, 8)), Workload.of("ADD", 0, 2304)]


def test_the_board_s_time_is_waited_and_reported() -> None:
    pace = Pace(Profile.load("esp32"), WORK, seed=1)
    start = time.monotonic()
    paced = pace.keep(0, [100, 10], 110)
    waited_us = (time.monotonic() - start) * 1e6 + 110
    assert paced.total_us == pytest.approx(pace.expected_us(0, 2), rel=0.05)
    assert paced.overran_us == 0
    assert paced.total_us <= waited_us < paced.total_us + 200_000


def test_a_computer_that_is_slower_says_so_and_does_not_wait() -> None:
    pace = Pace(Profile.load("esp32-s3"), WORK)
    paced = pace.keep(1, [10_000_000], 10_000_000)
    assert paced.total_us < 1000
    assert paced.overran_us == 10_000_000 - paced.total_us
    assert pace.overruns == 1


def test_every_operator_has_its_own_jitter_and_a_seed_repeats_it() -> None:
    profile = Profile.load("esp32-s3")
    first = [Pace(profile, WORK, seed=5).keep(0, [0, 0], 10**9).operators_us for _ in range(2)]
    assert first[0] == first[1]
    assert (
        len({Pace(profile, WORK, seed=seed).keep(0, [0, 0], 10**9).operators_us for seed in range(20)}) > 10
    )


def test_the_host_reports_what_it_measured_at_once() -> None:
    start = time.monotonic()
    paced = Pace(Profile.load("host"), WORK).keep(0, [5, 6], 11)
    assert paced.operators_us == (5, 6)
    assert time.monotonic() - start < 0.5


def test_stopping_cuts_a_wait_short() -> None:
    slow = [Workload.of("FULLY_CONNECTED", 10**9, 1)]
    pace = Pace(Profile.load("esp32"), slow, seed=int(np.int64(1)))
    threading.Timer(0.05, pace.stop).start()
    start = time.monotonic()
    pace.keep(0, [1], 1)
    assert time.monotonic() - start < 5
