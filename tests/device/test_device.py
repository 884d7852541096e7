"""One device and an edge that behaves: answers, cuts, plans, commands, last words."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from device_watch import DEVICE, MakeDevice, Watch, eventually, expected, samples

from cutpoint.bus import ConnectError, MemoryBroker, MemoryBus
from cutpoint.errors import InputError, UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import (
    About,
    Activation,
    CodecId,
    Command,
    CounterId,
    Flag,
    Gauge,
    ModelId,
    Presence,
    State,
    Telemetry,
    parse_state,
)
from host_tools.device import (
    CommandReceived,
    DeviceStoppedError,
    InferenceRecord,
    Link,
    Profile,
    Restarted,
)
from host_tools.device.engine import LiveTensor
from host_tools.device.sources import open_source
from host_tools.hil import ScriptedEdge, answer, silence


def test_every_cut_gives_the_answer_of_the_whole_model(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    watch.state("online")
    for epoch, cut in enumerate(range(bundle.n + 1), start=1):
        edge.plan(cut, epoch=epoch, codec=CodecId(cut % 2))
        watch.plan(epoch)
        for sample in samples(bundle, 2):
            record = device.infer(sample)
            assert (record.cut, record.by) == (cut, "device" if cut == bundle.n else "edge")
            assert record.answer == expected(bundle, sample)
    assert device.counters["unanswered"] == device.counters["deadlines_missed"] == 0


def test_a_record_says_what_was_sent_and_how_long_it_took(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.reply = lambda edge, activation: edge.send(edge.result(activation, edge_us=100))
    edge.plan(5)
    watch.plan(1)
    record = device.infer(samples(bundle, 1)[0])
    assert (record.sequence, record.by, record.reason, record.cut) == (1, "edge", "edge", 5)
    assert record.bytes_up > bundle.cuts[5].bytes
    assert record.bytes_down >= 40
    assert record.edge_us == 100
    assert record.link_us is not None
    assert 0 < record.device_us + record.link_us + 100 <= record.total_us
    assert not record.modelled
    assert record.energy_uj is None
    assert record.name == "picture 0"


def test_without_a_plan_the_device_answers_by_itself_and_reports(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    watch.state("online")
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.reason, record.cut) == ("device", "planned", bundle.n)
    assert record.answer == expected(bundle, sample)
    report = edge.wait(Activation, timeout_s=2)
    assert Flag.ANSWERED in report.flags
    assert report.timings is not None
    assert len(report.timings.operators_us) == bundle.n


def test_measured_operator_times_travel_with_the_activation(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.plan(5, flags=Flag.TIMINGS)
    watch.plan(1)
    record = device.infer(samples(bundle, 1)[0])
    timings = edge.wait(Activation, timeout_s=2).timings
    assert timings is not None
    assert sum(timings.operators_us) == record.device_us
    assert len(timings.operators_us) == 5


def test_what_a_device_says_of_itself_is_true_and_readable(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice
) -> None:
    make_device(bus, profile="esp32-c3")
    assert edge.wait(State, timeout_s=2).state is Presence.ONLINE
    about = edge.wait(About, timeout_s=2)
    assert about.model_id == ModelId(bytes(bundle.model_id))
    assert (about.operators, about.boot, about.engine, about.chip) == (bundle.n, 7, "litert", "esp32c3")
    assert about.free_ram == Profile.load("esp32-c3").memory.arena_bytes  # type: ignore[union-attr]
    assert edge.about_fields["modelled"] is True
    assert about.partial is True


def test_the_host_claims_no_memory_that_it_does_not_know(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice
) -> None:
    make_device(bus)
    assert edge.wait(About, timeout_s=2).free_ram is None


def test_a_clean_stop_says_sleeping_and_a_power_cut_says_lost(
    memory_broker: MemoryBroker, bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch
) -> None:
    topic = f"cutpoint/1/{DEVICE}/state"

    def state() -> tuple[Presence, int]:
        said = parse_state(memory_broker.retained(topic) or b"")
        return said.state, said.boot

    device = make_device(bus, boots=None)
    watch.state("online")
    first = device.boot
    eventually(lambda: state() == (Presence.ONLINE, first), "online")
    device.stop()
    assert state() == (Presence.SLEEPING, first)
    device.start()
    assert device.boot > first
    eventually(lambda: state() == (Presence.ONLINE, device.boot), "online again")
    bus.drop()
    assert state() == (Presence.LOST, device.boot)


def test_a_modelled_board_waits_its_time_and_says_that_it_is_modelled(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, profile="esp32", link=Link.parse("rate=1Mbps"))
    edge.plan(5)
    watch.plan(1)
    modelled_us = sum(device.profile.operator_us(work) for work in device.engine.workloads[:5])
    began = time.monotonic()
    record = device.infer(samples(bundle, 1)[0])
    took_us = (time.monotonic() - began) * 1e6
    assert record.modelled
    assert record.device_us == pytest.approx(modelled_us, rel=0.1)
    assert took_us >= record.device_us
    assert record.energy_uj is not None
    assert record.energy_uj > 3.3 * 49 * record.device_us / 1000
    timings = edge.wait(Activation, timeout_s=2).timings
    assert timings is not None
    assert sum(timings.operators_us) == record.device_us


def test_telemetry_gives_counters_and_only_the_gauges_that_it_has(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, profile="esp32-s3", settings={"telemetry_s": 0.1})
    watch.state("online")
    record = device.infer(samples(bundle, 1)[0])

    number = -1

    def next_telemetry() -> Telemetry:
        nonlocal number
        number, said = edge.next(Telemetry, since=number + 1, timeout_s=2)
        return said

    seen = next_telemetry()
    while not seen.counters[CounterId.INFERENCES]:
        seen = next_telemetry()
    assert seen.counters[CounterId.ANSWERED_BY_DEVICE] == 1
    assert record.energy_uj is not None
    assert seen.gauges == {Gauge.ENERGY_MODELLED_UJ: round(record.energy_uj)}
    assert next_telemetry().gauges == {Gauge.ENERGY_MODELLED_UJ: 0}


def test_a_profile_command_runs_everything_here_once(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.plan(5)
    watch.plan(1)
    edge.command(Command.PROFILE, boot=device.boot)
    edge.plan(5, epoch=2)
    watch.plan(2)
    first, second = device.infer(samples(bundle, 1)[0]), device.infer(samples(bundle, 1)[0])
    assert (first.by, first.reason) == ("device", "profiled")
    assert second.by == "edge"


def test_a_restart_command_begins_another_life(
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
    edge.command(Command.RESTART, boot=device.boot)
    watch.wait(lambda event: event == Restarted(8))
    eventually(lambda: device.state == "online", "online after the restart")
    record = device.infer(samples(bundle, 1)[0])
    assert record.sequence == 1
    assert edge.wait(Activation, timeout_s=2).boot == 8
    retained = parse_state(memory_broker.retained(f"cutpoint/1/{DEVICE}/state") or b"")
    assert (retained.state, retained.boot) == (Presence.ONLINE, 8)


@pytest.mark.parametrize("command", [Command.NEW_MODEL, Command.NEW_FIRMWARE, 99])
def test_commands_that_a_pc_cannot_obey_are_counted(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, command: int
) -> None:
    device = make_device(bus)
    watch.state("online")
    edge.command(command, boot=device.boot)
    eventually(lambda: device.counters["unsupported_commands"] == 1, "counted")
    assert not any(isinstance(event, CommandReceived) and event.obeyed for event in watch.events)


def test_an_input_that_does_not_fit_is_said_and_harms_nothing(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice
) -> None:
    device = make_device(bus)
    with pytest.raises(InputError, match=r"takes int8 \[1, 32, 32, 3\]"):
        device.infer(np.zeros((1, 31, 32, 3), np.int8))
    with pytest.raises(UsageError, match="takes 1 inputs, 2 given"):
        device.infer([np.zeros((1, 32, 32, 3), np.int8)] * 2)
    assert device.infer(np.zeros((480, 640, 3), np.uint8)).answer is not None


def test_a_stopped_device_infers_nothing(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice
) -> None:
    device = make_device(bus)
    device.stop()
    device.stop()
    with pytest.raises(DeviceStoppedError, match="not running"):
        device.infer(samples(bundle, 1)[0])
    assert device.state == "stopped"


def test_stopping_ends_an_inference_that_waits(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus)
    edge.reply = silence
    edge.plan(5, deadline_ms=60_000)
    watch.plan(1)
    threading.Timer(0.1, device.stop).start()
    with pytest.raises(DeviceStoppedError):
        device.infer(samples(bundle, 1)[0])


def test_an_interrupted_wait_costs_only_itself(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = make_device(bus)
    edge.plan(5, deadline_ms=60_000)
    watch.plan(1)
    held: list[Activation] = []
    edge.reply = lambda _edge, activation: held.append(activation)
    (sample,) = samples(bundle, 1)

    def interrupted(_future: object, timeout: float | None = None) -> InferenceRecord:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("concurrent.futures.Future.result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            device.infer(sample)
    with pytest.raises(UsageError, match="still in flight"):
        device.infer(sample)
    eventually(lambda: bool(held), "the first inference")
    edge.reply = answer
    answer(edge, held[0])
    eventually(lambda: any(isinstance(event, InferenceRecord) for event in watch.events), "its answer")
    assert device.infer(sample).answer == expected(bundle, sample)


@pytest.mark.parametrize(("count", "dtype"), [(17, np.int8), (1, np.complex64)])
def test_tensors_that_cannot_travel_cost_the_answer_and_not_the_device(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    dtype: type,
) -> None:
    device = make_device(bus)
    edge.plan(5)
    watch.plan(1)
    (sample,) = samples(bundle, 1)
    many = tuple(LiveTensor(index, np.zeros(4, dtype)) for index in range(count))
    with monkeypatch.context() as patch:
        patch.setattr(device.engine, "live", lambda _cut: many)
        record = device.infer(sample)
    assert (record.by, record.reason, record.answer) == ("none", "engine", None)
    assert device.infer(sample).answer == expected(bundle, sample)


def test_a_source_without_samples_gives_no_records(bus: MemoryBus, make_device: MakeDevice) -> None:
    device = make_device(bus)
    assert list(device.run(open_source("random", device.inputs, count=0), count=3)) == []


def test_a_broker_that_is_not_there_is_said_at_the_start(
    memory_broker: MemoryBroker, bus: MemoryBus, make_device: MakeDevice
) -> None:
    memory_broker.stop()
    with pytest.raises(ConnectError):
        make_device(bus)


def test_a_link_can_only_be_changed_where_there_is_one(bus: MemoryBus, make_device: MakeDevice) -> None:
    device = make_device(bus)
    with pytest.raises(UsageError, match='give link="none"'):
        device.link = Link.parse("lte-m")


def test_a_network_too_big_for_its_board_is_noted(
    bus: MemoryBus, bundle: Bundle, make_device: MakeDevice
) -> None:
    arena = bundle.cuts[bundle.n].arena_bytes.get("tflm")
    if arena is None:
        pytest.skip("the arena was not measured: the tflite-micro wheel is not installed")
    board = Profile.load("esp32")
    assert board.memory is not None
    small = board.model_copy(update={"memory": board.memory.model_copy(update={"arena_bytes": arena - 1})})
    device = make_device(bus, profile=small)
    assert any(f"{arena:,} B" in note for note in device.notes())
