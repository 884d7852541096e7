"""Joining, leaving, falling silent, and two of one name; the clock is set by hand."""

from __future__ import annotations

import pytest

from edge_server.replicas import Announcement, AnnouncementError, Membership, Standing, parse_announcement
from edge_server.replicas.announcement import ReplicaId, ReplicaIdError, ReplicaTopics

SECOND = 1_000_000_000
LEASE = 4 * SECOND
SETTLE = SECOND // 2


def said(
    name: str, standing: Standing = Standing.HERE, started: int = 1, weight: float = 1.0
) -> Announcement:
    return Announcement(replica=name, standing=standing, started_ns=started, weight=weight)


@pytest.fixture
def a() -> Membership:
    """The member `a`, which serves since 0.5 s."""
    member = Membership(said("a", started=10), lease_ns=LEASE, settle_ns=SETTLE)
    member.start(0)
    assert member.settled(SETTLE)
    member.serve()
    return member


def test_a_newcomer_listens_before_it_serves() -> None:
    member = Membership(said("a"), lease_ns=LEASE, settle_ns=SETTLE)
    member.start(0)
    first = member.to_say(0)
    assert first is not None
    assert first.standing is Standing.JOINING
    member.heard(said("b", weight=2.0), 1)
    assert not member.settled(SETTLE - 1)
    assert member.serving() == {"b": 2.0}
    assert member.with_me() == {"b": 2.0, "a": 1.0}
    assert member.settled(SETTLE)
    member.serve()
    assert member.serving() == {"b": 2.0, "a": 1.0}
    announced = member.to_say(SETTLE)
    assert announced is not None
    assert announced.standing is Standing.HERE


def test_one_that_joins_owns_nothing_yet_but_is_expected(a: Membership) -> None:
    a.heard(said("b", Standing.JOINING), SECOND)
    assert a.serving() == {"a": 1.0}
    assert set(a.with_newcomers()) == {"a", "b"}
    a.heard(said("b"), SECOND + 1)
    assert set(a.serving()) == {"a", "b"}


@pytest.mark.parametrize("how", ["will", "lease"])
def test_one_that_is_lost_counts_no_more(a: Membership, how: str) -> None:
    a.heard(said("b"), SECOND)
    if how == "will":
        a.heard(said("b", Standing.GONE), SECOND + 1)
    else:
        assert a.tick(SECOND + LEASE) == ()
        assert a.tick(SECOND + LEASE + 1) == ("b",)
    assert a.serving() == {"a": 1.0}


def test_a_heartbeat_renews_the_lease(a: Membership) -> None:
    for second in range(1, 60):
        a.heard(said("b"), second * SECOND)
        assert a.tick(second * SECOND) == ()
    assert "b" in a.serving()


def test_each_says_that_it_is_there_four_times_in_a_lease(a: Membership) -> None:
    spoken = [ms for ms in range(500, 4500, 10) if a.to_say(ms * 1_000_000) is not None]
    assert spoken == [500, 1500, 2500, 3500]


def test_the_late_will_of_an_earlier_life_is_nobodys_death(a: Membership) -> None:
    a.heard(said("b", started=5), SECOND)
    a.heard(said("b", Standing.GONE, started=4), SECOND + 1)
    assert "b" in a.serving()


def test_whoever_could_hear_nobody_gives_everybody_a_new_lease(a: Membership) -> None:
    a.heard(said("b"), SECOND)
    a.renewed(60 * SECOND)
    assert a.tick(60 * SECOND + LEASE) == ()
    assert a.to_say(60 * SECOND) is not None


def test_whoever_hears_nobody_counts_nobody_as_lost(a: Membership) -> None:
    a.heard(said("b"), SECOND)
    for second in range(2, 60):
        a.deaf(second * SECOND)
        assert a.tick(second * SECOND) == ()
    assert set(a.serving()) == {"a", "b"}


def test_of_two_with_one_name_the_later_serves_and_the_other_waits(a: Membership) -> None:
    a.heard(said("a", started=11), SECOND)
    assert a.stood_down
    assert a.serving() == {}
    assert a.to_say(10 * SECOND) is None
    a.heard(said("a", Standing.GONE, started=11), 2 * SECOND)
    assert not a.stood_down
    assert a.settled(2 * SECOND + SETTLE)


def test_a_namesake_that_falls_silent_is_replaced(a: Membership) -> None:
    a.heard(said("a", started=11), SECOND)
    a.tick(SECOND + LEASE + 1)
    assert not a.stood_down
    assert a.me.standing is Standing.JOINING


def test_an_earlier_namesake_and_its_will_are_spoken_over(a: Membership) -> None:
    assert a.to_say(SECOND) is not None
    assert a.to_say(SECOND + 1) is None
    a.heard(said("a", Standing.GONE, started=9), SECOND + 2)
    again = a.to_say(SECOND + 3)
    assert again is not None
    assert again.standing is Standing.HERE
    assert "a" in a.serving()


def test_its_own_echo_means_nothing(a: Membership) -> None:
    a.heard(a.me, SECOND)
    a.heard(a.me.standing_as(Standing.JOINING), SECOND)
    assert a.serving() == {"a": 1.0}
    assert not a.stood_down


def test_one_that_leaves_says_so_and_counts_no_more(a: Membership) -> None:
    a.leave()
    last = a.to_say(SECOND)
    assert last is not None
    assert last.standing is Standing.GONE
    assert a.serving() == {}


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "JSON"),
        (b"{}", "replica"),
        (b'{"replica": "A", "standing": "here", "started_ns": 1}', "replica"),
        (b'{"replica": "a", "standing": "there", "started_ns": 1}', "standing"),
        (b'{"replica": "a", "standing": "here", "started_ns": -1}', "started_ns"),
        (b'{"replica": "a", "standing": "here", "started_ns": 1, "weight": 0}', "weight"),
        (b'{"replica": "a", "standing": "here", "started_ns": 1, "weight": NaN}', "JSON|weight"),
        (b'{"replica": "a", "standing": "here", "started_ns": 1e400}', "started_ns|JSON"),
        (b" " * 1025, "1025 bytes"),
    ],
)
def test_an_announcement_that_is_not_one_is_refused(payload: bytes, words: str) -> None:
    with pytest.raises(AnnouncementError, match=words):
        parse_announcement(payload)


def test_an_announcement_is_read_as_it_was_written_and_unknown_fields_are_ignored() -> None:
    one = Announcement(replica="edge-a", standing=Standing.HERE, started_ns=7, weight=2.5, version="1.2")
    assert parse_announcement(one.payload()) == one
    assert parse_announcement(one.payload()[:-1] + b', "rack": 3}') == one


@pytest.mark.parametrize("name", ["", "Edge", "a/b", "a" * 33, "+"])
def test_a_name_that_cannot_stand_in_a_topic_is_refused(name: str) -> None:
    with pytest.raises(ReplicaIdError, match="1 to 32"):
        ReplicaId(name)


def test_a_replicas_topic_is_no_devices() -> None:
    topics = ReplicaTopics("cutpoint/1")
    assert topics.of("a") == "cutpoint/1/edge/replica/a"
    assert topics.holds(topics.of("a"))
    assert not topics.holds("cutpoint/1/edge/state")
