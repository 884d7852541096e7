"""Own devices and others', as servers come and go."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.wire import DeviceId
from edge_server.replicas import Shares, owner

DEVICES = [DeviceId(f"dev-{i}") for i in range(200)]
SERVERS = {"a": 1.0, "b": 1.0, "c": 1.0}


def test_all_servers_together_own_every_device_once() -> None:
    shares = {name: Shares(name, 1000) for name in SERVERS}
    for one in shares.values():
        one.settle(SERVERS)
        one.meet(DEVICES)
    owners = [[name for name, one in shares.items() if one.is_own(device)] for device in DEVICES]
    assert all(len(names) == 1 for names in owners)
    assert sum(one.own for one in shares.values()) == len(DEVICES)


def test_what_one_takes_when_another_leaves_was_the_others() -> None:
    mine = Shares("a", 1000)
    mine.settle(SERVERS)
    mine.meet(DEVICES)
    moved = mine.settle({"a": 1.0, "c": 1.0})
    assert moved.given == ()
    assert all(owner(device, SERVERS) == "b" for device in moved.taken)
    assert moved.taken
    back = mine.settle(SERVERS)
    assert set(back.given) == set(moved.taken)
    assert back.taken == ()


def test_what_would_go_to_a_newcomer_is_what_then_goes() -> None:
    mine = Shares("a", 1000)
    mine.settle({"a": 1.0})
    mine.meet(DEVICES)
    expected = mine.would_give(SERVERS)
    assert expected == mine.settle(SERVERS).given


def test_a_device_is_met_once_and_parted_from_once() -> None:
    mine = Shares("a", 1000)
    mine.settle({"a": 1.0})
    assert mine.meet(DEVICES[:3])[0].taken == tuple(DEVICES[:3])
    assert mine.meet(DEVICES[:3])[0].taken == ()
    assert mine.part(DEVICES[0]).given == (DEVICES[0],)
    assert mine.part(DEVICES[0]).given == ()
    assert (mine.own, len(mine)) == (2, 2)


def test_beyond_its_bound_devices_are_refused_and_counted() -> None:
    mine = Shares("a", 5)
    mine.settle({"a": 1.0})
    moved, refused = mine.meet(DEVICES[:8])
    assert (len(moved.taken), refused, len(mine)) == (5, 3, 5)


# Some thousand hashes an example, which a loaded machine takes its time for.
@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcde"), min_size=0), max_size=12))
def test_after_any_history_the_count_and_the_owners_are_right(history: list[set[str]]) -> None:
    mine = Shares("a", 1000)
    mine.meet(DEVICES[:50])
    for names in history:
        mine.settle(dict.fromkeys(names, 1.0))
        mine.meet(DEVICES[50:])
        owned = [device for device in DEVICES if mine.is_own(device)]
        assert owned == [d for d in DEVICES if owner(d, dict.fromkeys(names, 1.0)) == "a" and d in mine]
        assert mine.own == len(owned)
