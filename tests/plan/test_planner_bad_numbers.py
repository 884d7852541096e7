"""Whatever a device reports, a planner goes on deciding, and one bad figure costs only itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_device import FOMO, WIFI, N, SimulatedDevice

from cutpoint.plan import LinkSample, Observation, Planner

anything = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.text(max_size=3),
)
figure = st.one_of(st.integers(0, 10**6), anything.filter(lambda value: value is not None))
samples = st.builds(LinkSample, figure, figure, figure, figure)
observations = st.builds(
    Observation,
    st.one_of(st.integers(0, N), anything),
    st.sampled_from(("raw", "bitmap", "jpeg", "zip")),
    operators_us=st.one_of(st.none(), st.lists(anything, max_size=N + 2)),
    first=st.one_of(st.just(0), anything),
    encode_us=anything,
    coded_bytes=anything,
    edge_us=anything,
    link=st.one_of(st.none(), samples),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(observations, max_size=25))
def test_no_observation_raises_and_every_decision_is_sound(reports: list[Observation]) -> None:
    planner = Planner(FOMO, seed=0, exploration=0.3, forced_device_only=0.1, codecs=("raw", "bitmap"))
    for report in reports:
        planner.observe(report)
        decision = planner.decide()
        assert 0 <= decision.cut <= N
        assert decision.codec in ("raw", "bitmap")
        assert 50 <= decision.deadline_ms <= 10_000
        assert math.isfinite(decision.expected_us)


@pytest.mark.parametrize(
    "report",
    [
        {"cut": -1},
        {"cut": N + 1},
        {"cut": 3, "operators_us": [math.nan] * 3},
        {"cut": 3, "operators_us": [1.0] * (N + 1)},
        {"cut": 3, "operators_us": [1e15] * 3},
        {"cut": 3, "edge_us": -5.0},
        {"cut": 3, "encode_us": math.inf},
        {"cut": 3, "link": LinkSample(math.nan, 5, 100, 50)},
        {"cut": 3, "link": LinkSample(5_000, 6_000, 100, 50)},
        {"cut": 3, "link": LinkSample(5_000, 600, -100, 50)},
        {"cut": 3, "link": LinkSample(5e15, 600, 100, 50)},
    ],
)
def test_a_bad_report_changes_no_estimate_and_is_counted(report: dict[str, Any]) -> None:
    planner = Planner(FOMO, seed=0, exploration=0.0)
    SimulatedDevice(planner).run(20, WIFI)
    before = str(planner.explain())
    planner.observe(Observation(**report))
    assert str(planner.explain()) == before
    counters = (planner.rejected, planner.operators.rejected, planner.edge.rejected)
    assert sum(sum(c.values()) for c in (*counters, planner.link.rejected, planner.coding.rejected)) >= 1


def test_bad_reports_between_good_ones_do_not_disturb_the_decision() -> None:
    one = SimulatedDevice(Planner(FOMO, seed=0, exploration=0.0))
    good = one.run(20, WIFI)[-1]
    for _ in range(50):
        one.planner.observe(Observation(3, operators_us=[math.nan] * 3, link=LinkSample(-1, -1, -1, -1)))
    assert one.planner.decide().cut == good.cut
