"""Who owns which device: agreement, balance, and that nothing moves without need."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_server.replicas import owner

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)
WEIGHTS = st.dictionaries(NAMES, st.floats(0.01, 1000), min_size=1, max_size=8)
DEVICES = [f"dev-{i}" for i in range(6000)]


def shares(weights: dict[str, float]) -> Counter[str]:
    return Counter(str(owner(device, weights)) for device in DEVICES)


def test_nobody_owns_a_device_where_nobody_serves() -> None:
    assert owner("dev-1", {}) is None


@given(NAMES, WEIGHTS)
def test_all_come_to_the_same_owner_in_whatever_order_they_met(
    device: str, weights: dict[str, float]
) -> None:
    backwards = dict(reversed(weights.items()))
    assert owner(device, weights) == owner(device, backwards)
    assert owner(device, weights) in weights


@given(NAMES, WEIGHTS, NAMES, st.floats(0.01, 1000))
def test_a_newcomer_takes_devices_and_moves_no_other(
    device: str, weights: dict[str, float], newcomer: str, weight: float
) -> None:
    before = owner(device, weights)
    after = owner(device, {name: w for name, w in weights.items() if name != newcomer} | {newcomer: weight})
    assert after in {before, newcomer} or before == newcomer


@given(NAMES, WEIGHTS)
def test_when_one_leaves_only_its_own_devices_move(device: str, weights: dict[str, float]) -> None:
    before = owner(device, weights)
    for gone in weights:
        if gone != before:
            assert owner(device, {name: w for name, w in weights.items() if name != gone}) == before


@pytest.mark.parametrize("servers", [2, 3, 5, 8])
def test_equal_servers_have_equal_shares(servers: int) -> None:
    counted = shares({f"edge-{i}": 1.0 for i in range(servers)})
    fair = len(DEVICES) / servers
    # Four standard deviations of a binomial share.
    spread = 4 * (fair * (1 - 1 / servers)) ** 0.5
    assert all(abs(count - fair) < spread for count in counted.values())
    assert len(counted) == servers


def test_shares_follow_the_weights() -> None:
    counted = shares({"small": 1.0, "middle": 2.0, "large": 3.0})
    for name, part in (("small", 1 / 6), ("middle", 2 / 6), ("large", 3 / 6)):
        assert counted[name] / len(DEVICES) == pytest.approx(part, abs=0.03)


def test_the_devices_of_one_that_left_are_spread_over_all_others() -> None:
    weights = {f"edge-{i}": 1.0 for i in range(4)}
    orphans = [device for device in DEVICES if owner(device, weights) == "edge-0"]
    del weights["edge-0"]
    heirs = Counter(owner(device, weights) for device in orphans)
    assert set(heirs) == set(weights)
    assert min(heirs.values()) > 0.8 * len(orphans) / 3


def test_the_owner_is_the_same_on_every_machine_and_in_every_version() -> None:
    """A change of the hash would let replicas of two versions disagree while an operator replaces one by one."""
    weights = {"edge-a": 1.0, "edge-b": 1.0, "edge-c": 2.5}
    owners = "".join(str(owner(f"cam-{i}", weights))[-1] for i in range(12))
    assert owners == "cbcccbcbacaa"
