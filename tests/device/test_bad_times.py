"""A device when the edge, the broker or the frames fail it: every picture is still answered, and said by whom."""

from __future__ import annotations

import threading
import time

import pytest
from device_watch import MakeDevice, Watch, eventually, expected, in_background, samples

from cutpoint import _core
from cutpoint.bus import ConnectError, MemoryBroker, MemoryBus
from cutpoint.errors import KernelsError
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, Command, Flag, Gauge, Telemetry
from host_tools.device import Restarted, Sample, VirtualDevice
from host_tools.device.profile import Basis, Clock, Profile
from host_tools.hil import NotSaidError, ScriptedEdge, answer, silence


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
    edge.wait(Activation, timeout_s=2)
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
        since = edge.mark()
        waiting = in_background(device, sample)
        edge.wait(Activation, since=since, timeout_s=2)
        clock.advance(100_001)
        device.poke()
        assert waiting.result(timeout=2).reason == "deadline"
    watch.state("isolated")

    since = edge.mark()
    record = device.infer(sample)
    assert (record.by, record.reason, record.bytes_up) == ("device", "isolated", 0)
    assert record.answer == expected(bundle, sample)
    with pytest.raises(NotSaidError):
        edge.wait(Activation, since=since, timeout_s=0.05)

    edge.reply = answer
    clock.advance(1_000_000)
    assert device.infer(sample).reason == "isolated"
    probe = edge.wait(Activation, since=since, timeout_s=2)
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
    edge.wait(Activation, timeout_s=2)
    memory_broker.stop()
    record = waiting.result(timeout=2)
    assert (record.by, record.reason) == ("device", "offline")
    assert record.answer == expected(bundle, sample)


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


def test_an_answer_that_comes_between_two_operators_of_a_hedged_device_wins(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    clock = Clock(mhz=2, basis=Basis.ASSUMED, source="slow for a test")
    slow = Profile.load("esp32-c3").model_copy(update={"clock": clock})
    device = make_device(bus, profile=slow)
    edge.plan(1, flags=Flag.HEDGED, deadline_ms=60_000)
    watch.plan(1)
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert record.by == "edge"
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


def test_an_operator_that_fails_leaves_the_picture_unanswered_and_the_device_alive(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = make_device(bus)
    watch.state("online")
    sample = samples(bundle, 1)[0]

    def fail(first: int, last: int) -> list[int]:
        raise KernelsError("no memory left for this test")

    with monkeypatch.context() as broken:
        broken.setattr(device.engine, "run", fail)
        record = device.infer(sample)
    assert (record.by, record.reason, record.answer) == ("none", "engine", None)
    assert device.infer(sample).answer == expected(bundle, sample)


def test_an_observer_that_fails_does_not_take_the_device_with_it(
    bus: MemoryBus, bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_event: object) -> None:
        raise ValueError("observer of this test")

    with VirtualDevice("dev-1", bundle, bus=bus, engine="litert", observer=fail) as device:
        sample = samples(bundle, 1)[0]
        assert device.infer(sample).answer == expected(bundle, sample)
    assert "event=observer_failed" in caplog.text


def test_a_restart_without_a_broker_keeps_answering_and_connects_later(
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("host_tools.device.loop.CONNECT_AGAIN_S", 0.05)
    device = make_device(bus, link="none")
    edge.plan(5)
    watch.plan(1)
    connect, tries = bus.connect, iter((ConnectError("refused in this test"),) * 2)

    def refused(timeout_s: float = 5.0) -> None:
        for error in tries:
            raise error
        connect(timeout_s)

    monkeypatch.setattr(bus, "connect", refused)
    edge.command(Command.RESTART, boot=7)
    watch.wait(lambda event: event == Restarted(8))
    sample = samples(bundle, 1)[0]
    assert device.infer(sample).answer == expected(bundle, sample)
    eventually(lambda: device.state == "online", "connected again")
    edge.plan(5, epoch=2)
    eventually(lambda: device.infer(sample).by == "edge", "answered by the edge again")


def test_energy_spent_offline_is_in_the_next_report(
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    device = make_device(bus, profile="esp32-s3", settings={"telemetry_s": 0.05})
    watch.state("online")
    memory_broker.stop()
    watch.state("offline")
    spent_uj = device.infer(samples(bundle, 1)[0]).energy_uj
    time.sleep(0.1)
    memory_broker.start()

    def reported() -> list[int]:
        return [said.gauges[Gauge.ENERGY_MODELLED_UJ] for said in edge.heard(Telemetry)]

    eventually(lambda: any(reported()), "a report with energy")
    assert spent_uj is not None
    assert sum(reported()) == round(spent_uj)
