"""A device when the edge, the broker or the frames fail it: every picture is still answered, and said by whom."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from device_watch import DEVICE, MakeDevice, Watch, eventually, expected, samples
from scripted_edge import ScriptedEdge, answer, refuse, silence, spoilt_then_right, twice

from cutpoint import _core
from cutpoint.bus import Faults, MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, Flag, ModelId, Status
from host_tools.device import InferenceRecord, Sample, VirtualDevice


def in_background(device: VirtualDevice, sample: Sample) -> Future[InferenceRecord]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(device.infer, sample)
    pool.shutdown(wait=False)
    return future


def test_a_missed_deadline_is_finished_here_from_the_cut(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    clock = _core.ManualClock(1_000_000)
    device = make_device(bus, clock=clock)
    edge.reply = silence
    edge.plan(5, deadline_ms=2000)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    waiting = in_background(device, sample)
    edge.seen.get(timeout=2)
    clock.advance(1_900_000)
    device.poke()
    time.sleep(0.05)
    assert not waiting.done()
    clock.advance(200_000)
    device.poke()
    record = waiting.result(timeout=2)
    assert (record.by, record.reason, record.cut, record.link_us) == ("device", "deadline", 5, None)
    assert record.answer == expected(bundle, sample)
    assert device.counters["deadlines_missed"] == 1


def test_an_absent_edge_isolates_the_device_until_a_probe_is_acknowledged(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    clock = _core.ManualClock(1_000_000)
    device = make_device(bus, clock=clock)
    edge.reply = silence
    edge.plan(5, deadline_ms=100)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    for _ in range(3):
        waiting = in_background(device, sample)
        edge.seen.get(timeout=2)
        clock.advance(100_001)
        device.poke()
        assert waiting.result(timeout=2).reason == "deadline"
    watch.state("isolated")

    record = device.infer(sample)
    assert (record.by, record.reason, record.bytes_up) == ("device", "isolated", 0)
    assert record.answer == expected(bundle, sample)
    with pytest.raises(queue.Empty):
        edge.seen.get(timeout=0.05)

    edge.reply = answer
    clock.advance(1_000_000)
    assert device.infer(sample).reason == "isolated"
    probe = edge.seen.get(timeout=2)
    assert probe.flags >= Flag.PROBE | Flag.ANSWERED
    watch.state("online")
    assert device.infer(sample).by == "edge"
    assert watch.states() == ["online", "isolated", "online"]
    assert device.counters["probes"] == 1


def test_a_broker_that_goes_leaves_the_device_answering_and_finds_it_again(
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    device = make_device(bus)
    edge.plan(5)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    memory_broker.stop()
    watch.state("offline")
    record = device.infer(sample)
    assert (record.by, record.reason) == ("device", "offline")
    assert record.answer == expected(bundle, sample)
    memory_broker.start()
    watch.state("online")
    assert device.infer(sample).by == "edge"


def test_a_broker_that_goes_while_an_answer_is_awaited_costs_no_answer(
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    device = make_device(bus)
    edge.reply = silence
    edge.plan(5, deadline_ms=60_000)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    waiting = in_background(device, sample)
    edge.seen.get(timeout=2)
    memory_broker.stop()
    record = waiting.result(timeout=2)
    assert (record.by, record.reason) == ("device", "offline")
    assert record.answer == expected(bundle, sample)


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
    edge.plan(9, epoch=9, model=ModelId(b"\1\2\3\4"))
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


def test_a_device_that_holds_only_the_head_says_that_nobody_answered(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    short_bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    device = make_device(bus, of=short_bundle)
    watch.state("online")
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.cut) == ("edge", 5)
    assert record.answer == expected(bundle, sample)
    edge.reply = silence
    edge.plan(5, deadline_ms=30)
    watch.plan(1)
    record = device.infer(sample)
    assert (record.by, record.reason, record.answer) == ("none", "deadline", None)
    assert device.counters["unanswered"] == 1


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


def test_a_hedged_device_answers_itself_when_it_is_the_faster(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.reply = silence
    edge.plan(5, flags=Flag.HEDGED, deadline_ms=60_000)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.reason) == ("device", "hedged")
    assert record.answer == expected(bundle, sample)


def test_two_threads_may_ask_at_once_and_each_gets_its_own_answer(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.plan(5)
    watch.plan(1)
    given = samples(bundle, 6)
    answers: dict[str, object] = {}

    def ask(sample: Sample) -> None:
        answers[sample.name] = device.infer(sample).answer

    threads = [threading.Thread(target=ask, args=(sample,)) for sample in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert answers == {sample.name: expected(bundle, sample) for sample in given}
