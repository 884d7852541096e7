"""Brokers and edges go and come back; the device answers meanwhile and finds back by itself."""

from __future__ import annotations

import time

from hil_words import Need

from cutpoint.wire import About, Activation, Flag, Presence, State
from host_tools.hil import Ability, Stand, answer, silence


def test_without_a_broker_it_goes_on_and_with_one_it_announces_itself_again(stand: Stand, need: Need) -> None:
    need(Ability.LOSE_BROKER)
    picture = stand.pictures[0]
    boot = stand.about.boot
    stand.broker.stop()
    got = stand.until(
        lambda one: one.answer.reason == "offline", "noticing that the broker is gone", seconds=60
    )
    assert got.answer.by == ("device" if stand.whole else "none")
    assert not stand.right(got, picture)
    since = stand.edge.mark()
    stand.broker.start()
    # What was retained died with the broker.
    about = stand.edge.wait(About, since=since, timeout_s=stand.s(60))
    state = stand.edge.wait(State, since=since, timeout_s=stand.s(10))
    assert (about.boot, state.state, state.boot) == (boot, Presence.ONLINE, boot), (
        "it went on, it did not restart"
    )
    stand.ready()
    assert stand.infer(picture).answer.by == "edge"


def test_a_lost_edge_is_given_up_and_probed_for_until_it_is_back(stand: Stand) -> None:
    picture = stand.pictures[0]
    stand.follow(stand.middle, picture, deadline_ms=200)
    stand.edge.reply = silence
    reasons = [stand.infer(picture).answer.reason for _ in range(3)]
    assert reasons == ["deadline"] * 3
    since = stand.edge.mark()
    began = time.monotonic()
    got = stand.infer(picture)
    assert got.answer.reason == "isolated"
    assert time.monotonic() - began < 0.2 + stand.s(2), "isolated, it does not wait for the edge"
    assert not stand.right(got, picture)
    probed = stand.until(lambda one: bool(stand.edge.heard(Activation, since)), "a probe", seconds=10)
    assert probed.answer.by in ("device", "none")
    probe = stand.edge.heard(Activation, since)[0]
    assert Flag.PROBE in probe.flags
    assert not stand.truth.differences(picture, probe)
    stand.edge.reply = answer
    back = stand.until(lambda one: one.answer.by == "edge", "finding back to the edge", seconds=70)
    assert back.answer.cut == stand.middle
