"""Frames that are refused, repeated, late, spoilt, stale or too many: each costs itself and no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from device_watch import DEVICE, MakeDevice, Watch, eventually, expected, in_background, samples
from edge_replies import spoilt_then_right, twice

from cutpoint.bus import Faults, MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, CodecId, Flag, Leaf, ModelId, Plan, Status
from host_tools.device import Profile
from host_tools.hil import ScriptedEdge, answer, refuse


@pytest.mark.parametrize(
    ("status", "said"), [(Status.OVERLOADED, "overloaded"), (Status.UNKNOWN_MODEL, "unknown model")]
)
def test_a_refusal_is_finished_here_at_once(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    status: Status,
    said: str,
) -> None:
    device = make_device(bus)
    edge.reply = refuse(status)
    edge.plan(5, deadline_ms=60_000)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.reason) == ("device", f"refused: {said}")
    assert record.answer == expected(bundle, sample)
    assert device.counters["refused_by_edge"] == 1


def test_a_repeated_result_is_counted_and_answers_nothing_else(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.reply = twice
    edge.plan(5)
    watch.plan(1)
    for sample in samples(bundle, 4):
        assert device.infer(sample).answer == expected(bundle, sample)
    eventually(lambda: device.counters["duplicate_results"] == 4, "duplicates counted")


def test_a_late_result_is_counted_and_answers_nothing_else(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    held: list[Activation] = []
    device = make_device(bus)
    edge.reply = lambda _edge, activation: held.append(activation)
    edge.plan(5, deadline_ms=30)
    watch.plan(1)
    first, second = samples(bundle, 2)
    assert device.infer(first).reason == "deadline"
    edge.reply = answer
    edge.send(edge.result(held[0]))
    eventually(lambda: device.counters["late_results"] == 1, "late result counted")
    edge.plan(5, epoch=2, deadline_ms=5000)
    watch.plan(2)
    record = device.infer(second)
    assert record.by == "edge"
    assert record.answer == expected(bundle, second)


def test_spoilt_results_are_counted_and_the_right_one_still_counts(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.reply = spoilt_then_right
    edge.plan(5)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert record.by == "edge"
    assert record.answer == expected(bundle, sample)
    assert device.counters["bad_frames"] >= 6


def test_plans_for_another_model_or_an_older_decision_change_nothing(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.plan(5, epoch=3)
    watch.plan(3)
    edge.plan(9, epoch=2)
    edge.send(Plan(ModelId(b"\1\2\3\4"), 9, 9, CodecId.RAW, Flag.TIMINGS, 5000))
    eventually(lambda: device.counters["stale_plans"] == 2, "plans ignored")
    assert device.infer(samples(bundle, 1)[0]).cut == 5


def test_many_faults_at_once_leave_every_answer_right(
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    device = make_device(bus, settings={"isolate_after": 200})
    edge.plan(5, deadline_ms=40)
    watch.plan(1)
    memory_broker.set_faults(
        Faults(drop=0.1, duplicate=0.2, reorder=0.2, corrupt=0.1, topics=f"cutpoint/1/{DEVICE}/res", seed=5)
    )
    by: dict[str, int] = {}
    for sample in samples(bundle, 60):
        record = device.infer(sample)
        by[record.by] = by.get(record.by, 0) + 1
        assert record.answer == expected(bundle, sample)
    assert by["edge"] > 20
    assert by["device"] > 3
    assert device.counters["misuse"] == 0


def test_a_plan_beyond_what_is_on_board_is_not_followed(
    bus: MemoryBus, edge: ScriptedEdge, short_bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, of=short_bundle)
    edge.plan(4)
    watch.plan(1)
    edge.plan(9, epoch=2)
    edge.plan(3, epoch=3)
    watch.plan(3)
    assert device.infer(samples(short_bundle, 1)[0]).cut == 3


def test_a_flood_of_frames_is_dropped_and_counted_while_the_engine_runs(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    board = Profile.load("esp32")
    assert board.clock is not None
    slow = board.model_copy(update={"clock": board.clock.model_copy(update={"mhz": 10.0})})
    device = make_device(bus, profile=slow)
    watch.state("online")
    sample = samples(bundle, 1)[0]
    waiting = in_background(device, sample)
    eventually(lambda: device.counters["inferences"] == 1, "begun")
    for _ in range(1200):
        edge.send_raw(Leaf.RES, b"flood")
    assert waiting.result(timeout=10).answer == expected(bundle, sample)
    assert device.counters["inbox_full"] > 0
    eventually(lambda: device.counters["bad_frames"] + device.counters["inbox_full"] == 1200, "all counted")


def test_an_answer_of_the_chunks_that_came_is_taken_and_said_to_be_one(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.plan(5)
    watch.plan(1)
    edge.reply = lambda edge, activation: edge.send(replace(edge.result(activation), partial=True))
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.partial) == ("edge", True)
    edge.reply = answer
    assert not device.infer(sample).partial
