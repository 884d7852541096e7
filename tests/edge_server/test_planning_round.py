"""Plans: when they go out, which epoch they carry, and what moves them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.bus import MemoryBroker
from cutpoint.graph import Bundle
from cutpoint.plan import PolicyError
from cutpoint.wire import (
    CodecId,
    Flag,
    LastAnswered,
    ModelId,
    Plan,
    Presence,
    Status,
    Timings,
    decode,
    encode,
)
from edge_server.errors import ConfigError
from edge_server.events import DeviceSeen, Event, PlanDecided


def test_the_first_plan_comes_before_the_first_inference(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="fixed:4", deadline_ms=700)
    dev.about()
    plan = dev.plan()
    assert (plan.model, plan.cut, plan.codec, plan.epoch) == (ModelId(fomo.model_id), 4, CodecId.RAW, 1)
    assert plan.deadline_ms == 700
    assert Flag.TIMINGS in plan.flags


def test_a_device_that_does_not_introduce_itself_is_planned_for_at_its_first_frame(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(policy="fixed:4")
    dev.ask(6, pictures(fomo, 1)[0])
    assert dev.plan().cut == 4


def test_a_plan_is_retained_for_a_device_that_comes_later(
    serve: Any, dev: HandDevice, memory_broker: MemoryBroker
) -> None:
    serve(policy="fixed:4")
    dev.about()
    plan = dev.plan()
    retained = memory_broker.retained(dev.topics.plan(dev.id))
    assert retained is not None
    assert decode(retained) == plan


def test_a_plan_that_says_nothing_new_is_not_sent(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="fixed:4", decide_every=1)
    dev.about()
    plan = dev.plan()
    for sequence, picture in enumerate(pictures(fomo, 5), 1):
        dev.ask(4, picture, sequence, plan_epoch=plan.epoch)
    assert dev.plans.empty()


def test_a_device_is_never_asked_for_more_than_it_has_on_board(serve: Any, dev: HandDevice) -> None:
    serve(policy="privacy:3")
    dev.about(operators=3)
    assert dev.plan().cut == 3


def test_a_device_is_never_asked_for_a_cut_that_it_has_no_memory_for(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(decide_every=1, exploration=0.5, learn_interval_ms=0)
    dev.about(cuts=f"2-3,5,{fomo.n}")
    plan, seen = dev.plan(), set[int]()
    for sequence, picture in enumerate(pictures(fomo, 12), 1):
        seen.add(plan.cut)
        slow = Timings(0, (50 * sequence,) * plan.cut, LastAnswered(sequence, 9_000 * sequence, 10, 900, 60))
        dev.ask(plan.cut, picture, sequence, timings=slow, plan_epoch=plan.epoch)
        plan = plan if dev.plans.empty() else dev.plan()
    assert seen <= {2, 3, 5, fomo.n}


def test_a_policy_for_a_cut_without_memory_is_noted(serve: Any, dev: HandDevice) -> None:
    server = serve(policy="fixed:4")
    dev.about(cuts="0-3")
    until(lambda: server.stats()["counters"].get("no_plan") == 1)
    dev.about(cuts="0-4")
    assert dev.plan().cut == 4


def test_a_device_that_does_not_say_what_it_holds_is_asked_for_no_more_than_it_ran(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(policy="fixed:9")
    [picture] = pictures(fomo, 1)
    assert dev.ask(4, picture).status is Status.OK
    until(lambda: server.stats()["counters"].get("no_plan") == 1)
    assert dev.plans.empty()
    dev.about()
    assert dev.plan().cut == 9


def test_epochs_count_on_from_what_a_device_already_follows(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(policy="fixed:4")
    dev.ask(4, pictures(fomo, 1)[0], plan_epoch=4_000)
    assert dev.plan().epoch == 4_001


def test_a_restarted_server_outbids_its_predecessors_plan(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    server = serve(policy="fixed:4")
    dev.about()
    first = dev.plan()
    server.stop()
    server.start()
    again = dev.plan()  # the retained about brings it, before the server can know of the first
    dev.ask(4, pictures(fomo, 1)[0], plan_epoch=max(first.epoch, again.epoch) + 5)
    assert dev.plan().epoch == max(first.epoch, again.epoch) + 6


def test_a_birth_is_greeted_with_a_newer_plan(serve: Any, dev: HandDevice, events: list[Event]) -> None:
    serve(policy="fixed:4")
    dev.announce()
    dev.about()
    first = dev.plan()
    dev.boot = 2
    dev.announce()
    second = dev.plan()
    assert (second.cut, second.epoch) == (first.cut, first.epoch + 1)
    seen = [(event.state, event.boot) for event in events if isinstance(event, DeviceSeen)]
    assert seen == [(Presence.ONLINE, 1), (Presence.ONLINE, 2)]


def test_the_will_of_an_earlier_life_changes_nothing(
    serve: Any, dev: HandDevice, events: list[Event]
) -> None:
    server = serve()
    dev.boot = 2
    dev.announce()
    dev.announce("lost", boot=1)
    until(lambda: server.stats()["counters"].get("old_will") == 1)
    dev.announce("lost", boot=2)
    until(lambda: len(events) == 2)
    assert [event.state for event in events] == [Presence.ONLINE, Presence.LOST]  # type: ignore[union-attr]


def test_a_late_frame_of_an_earlier_life_does_not_bring_it_back(
    serve: Any, dev: HandDevice, fomo: Bundle, events: list[Event]
) -> None:
    server = serve()
    dev.boot = 7
    dev.announce()
    dev.boot = 6
    dev.ask(3, pictures(fomo, 1)[0])
    assert server.stats()["counters"]["boot_back"] == 1
    dev.announce("lost", boot=7)
    until(lambda: DeviceSeen(dev.id, Presence.LOST, 7) in events)


def test_a_device_whose_boot_counter_was_erased_is_heard_again(
    serve: Any, dev: HandDevice, fomo: Bundle, events: list[Event]
) -> None:
    serve()
    dev.boot = 900
    dev.announce()
    dev.boot = 1
    dev.announce()
    dev.ask(3, pictures(fomo, 1)[0])
    dev.announce("lost", boot=1)
    until(lambda: DeviceSeen(dev.id, Presence.LOST, 1) in events)


def test_plans_are_published_again_when_the_broker_forgot_them(
    serve: Any, dev: HandDevice, memory_broker: MemoryBroker
) -> None:
    serve(policy="fixed:4")
    dev.about()
    plan = dev.plan()
    memory_broker.stop()
    memory_broker.start()
    assert dev.plan() == plan


def test_a_plan_that_a_device_missed_is_sent_again(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="fixed:4", decide_every=1000, decide_interval_ms=1_000_000)
    dev.about()
    plan = dev.plan()
    one, other = pictures(fomo, 2)
    dev.ask(2, one, 1, plan_epoch=0)
    assert dev.plans.empty()
    time.sleep(1.05)
    dev.ask(2, other, 2, plan_epoch=0)
    assert dev.plan() == plan


def test_a_slow_link_moves_the_cut_towards_the_device(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="latency", decide_every=1, learn_interval_ms=0)
    dev.about()
    fast = _converse(dev, fomo, dev.plan(), network_us=300, operator_us=5_000, first=1, most=30)
    slow = _converse(
        dev, fomo, fast, network_us=400_000, operator_us=5_000, first=31, most=100, deeper_than=fast.cut
    )
    assert fast.cut < slow.cut
    assert slow.epoch > fast.epoch


def _converse(
    dev: HandDevice,
    fomo: Bundle,
    plan: Plan,
    *,
    network_us: int,
    operator_us: int = 200,
    first: int,
    most: int,
    deeper_than: int | None = None,
) -> Plan:
    """Inferences that follow the plan and report a link of that speed for 100 bytes; the plan they lead to."""
    [picture] = pictures(fomo, 1)
    for sequence in range(first, first + most):
        size = fomo.cuts[plan.cut].bytes + 100
        last = LastAnswered(sequence - 1, 500 + network_us * size // 100, 500, size, 40)
        timings = Timings(0, (operator_us,) * plan.cut, last if sequence > 1 else None)
        dev.ask(plan.cut, picture, sequence, timings=timings, plan_epoch=plan.epoch)
        time.sleep(0.01)  # a plan leaves once its tail is made
        while not dev.plans.empty():
            plan = dev.plan()
        if deeper_than is not None and plan.cut > deeper_than:
            break
    return plan


def test_a_missed_deadline_lengthens_the_next_one(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="fixed:4", decide_every=1000, decide_interval_ms=1_000_000)
    dev.about()
    plan = dev.plan()
    [picture] = pictures(fomo, 1)
    silent = Timings(0, (200,) * 4, None)
    dev.ask(4, picture, 1, timings=silent, plan_epoch=plan.epoch)
    dev.ask(4, picture, 2, timings=silent, plan_epoch=plan.epoch)
    assert dev.plan().deadline_ms > 1.5 * plan.deadline_ms


def test_an_activation_that_trickles_in_moves_the_plan_at_once(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(deadline_ms=100, decide_every=1, learn_interval_ms=0)
    dev.about()
    plan = _converse(dev, fomo, dev.plan(), network_us=30, operator_us=3_000, first=1, most=40)
    [picture] = pictures(fomo, 1)
    frames = encode(dev.activation(plan.cut, picture, 41, plan_epoch=plan.epoch), chunk_bytes=512)
    assert len(frames) > 3
    for frame in frames:
        dev.send_frames([frame])
        time.sleep(1.0 / len(frames))
    dev.result()
    assert dev.plan().cut > plan.cut


def test_of_a_device_that_sends_while_it_computes_the_time_between_the_frames_is_not_the_links(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(
        policy="fixed:4", deadline_ms=50, decide_every=1000, decide_interval_ms=1_000_000, learn_interval_ms=0
    )
    dev.about(overlap=True)
    plan = dev.plan()
    last = None
    for sequence, picture in enumerate(pictures(fomo, 4), 1):
        timings = Timings(0, (50_000,) * 4, last)
        frames = encode(
            dev.activation(4, picture, sequence, timings=timings, plan_epoch=plan.epoch), chunk_bytes=512
        )
        began_ns = time.perf_counter_ns()
        for frame in frames:
            dev.send_frames([frame])
            time.sleep(0.12 / len(frames))
        result = dev.result()
        round_trip_us = (time.perf_counter_ns() - began_ns) // 1000
        last = LastAnswered(sequence, round_trip_us, result.edge_us, sum(map(len, frames)), 60)
    assert round_trip_us > 100_000
    link = server._desk.sessions[dev.id].planning.planner.link
    assert link.count == 3
    assert link.network_us(512) < 60_000
    assert dev.plans.empty()  # frames that trickle in are no reason to decide


def test_a_lost_chunk_does_not_make_the_next_message_look_slow(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(deadline_ms=100, decide_every=1000, decide_interval_ms=1_000_000)
    dev.about()
    plan = dev.plan()
    one, other = pictures(fomo, 2)
    dev.send_frames(encode(dev.activation(0, one, 1, plan_epoch=plan.epoch), chunk_bytes=1024)[:-1])
    time.sleep(0.4)
    dev.ask(0, other, 2, plan_epoch=plan.epoch)
    assert dev.plans.empty()


def test_a_probe_after_a_served_inference_lengthens_the_deadline(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    serve(policy="fixed:4", decide_every=1000, decide_interval_ms=1_000_000)
    dev.about()
    plan = dev.plan()
    [picture] = pictures(fomo, 1)
    silent = Timings(0, (200,) * fomo.n, None)
    dev.ask(fomo.n, picture, 1, timings=silent, flags=Flag.PROBE, plan_epoch=plan.epoch)
    dev.ask(fomo.n, picture, 2, timings=silent, flags=Flag.PROBE, plan_epoch=plan.epoch)
    assert dev.plan().deadline_ms > 1.5 * plan.deadline_ms


def test_a_policy_that_a_board_cannot_follow_is_noted_and_its_frames_are_still_answered(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(policy=f"privacy:{fomo.n}")
    dev.about(operators=2)
    dev.ask(2, pictures(fomo, 1)[0])
    assert server.stats()["counters"]["no_plan"] == 1
    assert dev.plans.empty()


def test_a_policy_that_no_model_can_follow_stops_the_start(serve: Any) -> None:
    with pytest.raises(PolicyError, match="known: "):
        serve(policy="fastest")
    with pytest.raises(PolicyError):
        serve(policy="fixed:999")


def test_the_energy_policy_without_currents_stops_the_start_and_says_where_they_belong(serve: Any) -> None:
    with pytest.raises(ConfigError, match=r"\[currents\] table in the settings file"):
        serve(policy="energy")


def test_decisions_are_told_with_their_reason(serve: Any, dev: HandDevice, events: list[Event]) -> None:
    serve(policy="fixed:4")
    dev.about()
    dev.plan()
    until(lambda: any(isinstance(event, PlanDecided) for event in events))
    [decided] = [event for event in events if isinstance(event, PlanDecided)]
    assert (decided.device, decided.cut, decided.epoch) == (dev.id, 4, 1)
    assert decided.reason


def test_frames_of_an_unknown_model_do_not_touch_the_plan(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="fixed:4")
    dev.about()
    dev.plan()
    dev.send(replace(dev.activation(4, pictures(fomo, 1)[0], plan_epoch=1), model=ModelId(bytes(4))))
    dev.result()
    assert dev.plans.empty()
