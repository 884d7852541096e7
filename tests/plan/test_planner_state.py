"""What a planner remembers survives JSON and a restart, and nothing else is ever believed."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_device import CUT_BYTES, FOMO, MACS, POOR_WIFI, WIFI, N, SimulatedDevice, TrueLink

from cutpoint.plan import (
    EdgeEstimator,
    EnergyModel,
    LinkSample,
    NetworkShape,
    Observation,
    Planner,
    PolicyError,
)
from cutpoint.plan.draws import Draws
from cutpoint.plan.load import LoadPrice, Work

POLICIES = ("latency", "energy", "privacy:3", "sciot", "device-only", "edge-only", "fixed:5:bitmap")
CURRENTS = EnergyModel(50, 97, 200, 3.3)
LINKS = (WIFI, POOR_WIFI, TrueLink(2e6, 1e6), TrueLink(0, 1e7))


def planner(policy: str = "latency", *, seed: int = 1, shape: NetworkShape = FOMO, **more: Any) -> Planner:
    more = {"exploration": 0.2, "forced_device_only": 0.05, "codecs": ("raw", "bitmap")} | more
    return Planner(shape, policy, seed=seed, energy=CURRENTS, **more)


def lived(one: Planner, seed: int, turns: int) -> SimulatedDevice:
    """A life with changing links, times that vary, and an edge that is busy now and then."""
    device, random = SimulatedDevice(one, seed=seed, operator_jitter=0.12), Random(seed)
    for _ in range(turns):
        if random.random() < 0.1:
            one.edge.load = random.choice((1.0, 1.0, 30.0, 4_000.0))
        device.infer(random.choice(LINKS) if random.random() < 0.15 else WIFI)
    return device


def again(one: Planner, **how: Any) -> Planner:
    """Another planner that continues from the state of this one, by way of JSON."""
    other = planner(one.policy.name, **how)
    other.restore(json.loads(json.dumps(one.state())))
    other.edge.load = one.edge.load
    return other


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1 << 32), turns=st.integers(0, 60), more=st.integers(1, 30))
def test_equal_observations_lead_to_equal_decisions_after_a_restart(
    policy: str, seed: int, turns: int, more: int
) -> None:
    first = planner(policy, seed=seed)
    device = lived(first, seed, turns)
    second = again(first, seed=seed)
    assert second.state() == first.state()
    twin = copy.copy(device)
    twin.planner, twin.random = second, copy.deepcopy(device.random)
    for turn in range(more):
        first.edge.load = second.edge.load = 50.0 if turn % 7 == 3 else 1.0
        link = LINKS[turn % 4] if turn % 5 == 0 else WIFI
        assert twin.infer(link) == device.infer(link)
    assert second.state() == first.state()


@pytest.mark.parametrize("policy", POLICIES)
def test_taking_a_state_changes_no_decision(policy: str) -> None:
    one, other = (SimulatedDevice(planner(policy), seed=3) for _ in range(2))
    for _ in range(80):
        one.planner.state()
        assert one.infer(WIFI) == other.infer(WIFI)


def test_a_device_of_60_operators_whose_times_are_whole_microseconds_is_a_few_kilobytes() -> None:
    random = Random(0)
    macs, sizes = (tuple(random.randrange(500, 100_000) for _ in range(count)) for count in (60, 61))
    one = planner(shape=NetworkShape(macs, sizes, input_is_picture=True))
    for turn in range(400):
        one.observe(
            Observation(
                turn % 61,
                ("raw", "bitmap")[turn % 2] if turn % 61 < 60 else "raw",
                operators_us=[macs[i] * random.randrange(95, 105) // 1000 for i in range(turn % 61)],
                encode_us=random.randrange(500),
                coded_bytes=random.randrange(1, 60_000),
                edge_us=random.randrange(300, 400),
                link=LinkSample(random.randrange(20_000, 30_000), 350, random.randrange(60_000), 64),
            )
        )
        one.decide()
    assert len(json.dumps(one.state(), separators=(",", ":"))) < 12_000
    assert len(json.dumps(planner(shape=one.shape).state(), separators=(",", ":"))) < 2_500


def test_estimates_are_taken_under_another_policy_and_the_row_is_not() -> None:
    first = planner("latency", exploration=0.0, forced_device_only=0.0)
    lived(first, 2, 40)
    second = planner("privacy:20", exploration=0.0, forced_device_only=0.0)
    second.restore(first.state())
    assert second.link.round_trip_us == first.link.round_trip_us
    assert second.decide().cut >= 20


def test_a_shared_edge_is_in_the_state_of_no_planner() -> None:
    edge = EdgeEstimator(FOMO)
    edge.observe(3, 500)
    assert planner(edge=edge).state()["edge"] is None
    other = EdgeEstimator(FOMO)
    other.restore(json.loads(json.dumps(edge.state())))
    assert (other.tails_us == edge.tails_us).all()


def refused(one: Planner, state: object, match: str = "state of") -> None:
    before, edge = one.state(), one.edge.state()
    with pytest.raises(PolicyError, match=match):
        one.restore(state)
    assert one.state() == before
    assert one.edge.state() == edge


def a_state(**changes: object) -> dict[str, Any]:
    one = planner()
    lived(one, 5, 60)
    return json.loads(json.dumps(one.state())) | changes  # type: ignore[no-any-return]


def test_what_belongs_to_another_is_refused_with_the_reason() -> None:
    one = planner()
    lived(one, 8, 20)
    refused(one, a_state(version=3), "has version 3; this code reads version 2")
    refused(one, planner(shape=replace(FOMO, macs=(*MACS[:-1], 7))).state(), "another network")
    refused(one, planner(codecs=("raw",)).state(), "other codecs")
    refused(one, a_state(surprise=1), "expected version, network")
    refused(one, None, "expected an object")
    shorter = NetworkShape(MACS[:-1], CUT_BYTES[:-1])
    refused(one, a_state(operators=planner(shape=shorter).operators.state()), "another network")


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*at, key))


def put(state: Any, at: tuple[Any, ...], value: object) -> Any:
    if not at:
        return value
    where = state
    for key in at[:-1]:
        where = where[key]
    where[at[-1]] = value
    return state


STATE = a_state()
PLACES = sorted(set(places(STATE)), key=str)
HOSTILE: tuple[object, ...] = (
    *(None, True, "", "x" * 5_000, -1, 0.5, 1e308, math.nan, math.inf, 10**400, 1 << 62, [], {}),
    *([[]] * 5, [0] * 10_000, {"version": 1}, [None] * 3, [1, 2, 3], [[1, 2]], ["raw"], [{}], {"": {"": []}}),
)


@settings(max_examples=400, deadline=None)
@given(at=st.sampled_from(PLACES), value=st.sampled_from(HOSTILE))
def test_a_damaged_state_is_refused_whole_or_is_one_that_can_be_decided_with(
    at: tuple[Any, ...], value: object
) -> None:
    one = planner()
    lived(one, 4, 5)
    before = one.state()
    try:
        one.restore(put(copy.deepcopy(STATE), at, value))
    except PolicyError:
        assert one.state() == before
    else:
        device = SimulatedDevice(one)
        assert all(0 <= decision.cut <= N and decision.deadline_ms > 0 for decision in device.run(5, WIFI))


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=10,
    )
)
def test_no_other_document_is_taken_for_a_state(document: object) -> None:
    refused(planner(), document)
    with pytest.raises(PolicyError):
        EdgeEstimator(FOMO).restore(document)
    with pytest.raises(PolicyError):
        LoadPrice().restore(document)


def test_deep_nesting_is_refused_and_not_followed() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    refused(planner(), a_state(link=deep))
    refused(planner(), a_state(last_run=deep))
    refused(planner(), a_state(row=deep))


def test_draws_continue_where_they_were_and_fill_the_unit_interval() -> None:
    draws = Draws(-7)
    drawn = [draws.random() for _ in range(4_000)]
    assert Draws(-7, 3_000).random() == drawn[3_000]
    assert 0 <= min(drawn) < 0.002
    assert 0.998 < max(drawn) < 1
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.02)
    assert drawn[:50] != [Draws(-6, at).random() for at in range(50)]


def test_the_price_of_a_busy_edge_is_remembered() -> None:
    price, other = LoadPrice(), LoadPrice()
    for tick in range(100):
        price.update(Work(100_000, 10, 1e6, 0), 1, tick / 10)
    assert price.price > 2
    other.restore(json.loads(json.dumps(price.state())))
    assert other.price == pytest.approx(price.price)
