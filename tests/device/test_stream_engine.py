"""The Stream engine of a device gives what operators give that run one by one, and says what it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from device_watch import DEVICE, MakeDevice, eventually, samples

import cutpoint
from cutpoint.board import read_slot_image, slot_image
from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.errors import InternalError, ModelError, UsageError
from cutpoint.graph import Bundle, Model
from cutpoint.graph.stream import compile_stream
from cutpoint.wire import About, cuts_text
from host_tools.device import (
    OperatorEngine,
    Profile,
    StreamEngine,
    VirtualDevice,
    open_engine,
    stand_in_reason,
)
from host_tools.device.lines import Step
from host_tools.device.on_board import OnBoard
from host_tools.device.sources import Sample, open_source
from host_tools.hil import ScriptedEdge

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
STREAMED = ["fomo_like", "many_ends", "autoencoder"]


def load(name: str) -> Model:
    return cutpoint.load(MODELS / f"{name}.tflite")


def engine_of(model: Model, on_board: int | None = None, block_bytes: int | None = None) -> StreamEngine:
    return StreamEngine(model, compile_stream(model, on_board).encode(), block_bytes=block_bytes)


def sample_of(engine: StreamEngine, seed: int = 4) -> Sample:
    return next(iter(open_source("random", engine.inputs, seed=seed)))


def bytes_of(engine: StreamEngine | OperatorEngine, cut: int) -> list[tuple[int, bytes, int]]:
    return [(tensor.index, tensor.array.tobytes(), tensor.fill) for tensor in engine.live(cut)]


@pytest.mark.parametrize("name", STREAMED)
def test_every_head_and_the_way_on_from_it_are_those_of_single_operators(name: str) -> None:
    model = load(name)
    stream, single = engine_of(model), OperatorEngine(model, "litert")
    n = len(model.operators)
    for seed, cut in enumerate(range(n + 1)):
        sample = sample_of(stream, seed)
        for engine in (stream, single):
            engine.set_input(sample.arrays)
            assert len(engine.run(0, cut)) == cut
        assert bytes_of(stream, cut) == bytes_of(single, cut)
        for engine in (stream, single):
            assert len(engine.run(cut, n)) == n - cut
        expected = [array.tobytes() for array in single.outputs()]
        assert [array.tobytes() for array in stream.outputs()] == expected


def test_live_tensors_fill_while_the_head_runs_and_ready_says_how_far() -> None:
    model = load("fomo_like")
    stream, single = engine_of(model), OperatorEngine(model, "litert")
    sample, cut = sample_of(stream), 5
    for engine in (stream, single):
        engine.set_input(sample.arrays)
    single.run(0, cut)
    expected = [tensor.array.tobytes() for tensor in single.live(cut)]
    live = stream.begin(0, cut)
    step, seen = Step.MORE, 0
    shares = [0.0] * cut
    while step is Step.MORE:
        step = stream.advance()
        ready = [stream.ready(place) for place in range(len(live))]
        for tensor, count, whole in zip(live, ready, expected, strict=True):
            assert tensor.array.flags.c_contiguous
            assert tensor.array.reshape(-1).view(np.uint8)[:count].tobytes() == whole[:count]
        assert all(before <= now for before, now in zip(shares, stream.shares(), strict=True))
        shares = list(stream.shares())
        seen += 0 < sum(ready) < sum(map(len, expected))
    assert step is Step.DONE
    assert seen > 3
    assert shares == [1.0] * cut
    assert len(stream.operators_us()) == cut
    assert bytes_of(stream, cut) == bytes_of(single, cut)


def test_a_head_that_was_left_half_way_leaves_no_trace_in_the_next() -> None:
    model = load("fomo_like")
    stream = engine_of(model)
    sample = sample_of(stream)
    stream.set_input(sample.arrays)
    stream.run(0, 7)
    expected = bytes_of(stream, 7)
    stream.begin(0, 9)
    for _ in range(20):
        stream.advance()
    stream.set_input(sample.arrays)
    stream.run(0, 7)
    assert bytes_of(stream, 7) == expected


def test_ranges_that_a_plan_does_not_have_are_refused() -> None:
    stream = engine_of(load("fomo_like"))
    stream.set_input(sample_of(stream).arrays)
    stream.run(0, 4)
    for first, last in ((2, 3), (4, 9), (3, 18), (0, 19), (5, 4)):
        with pytest.raises(InternalError, match="heads of the cuts 0 to 18"):
            stream.run(first, last)
    with pytest.raises(InternalError, match="the last range ended at 4"):
        stream.live(3)
    with pytest.raises(InternalError, match="outputs asked for at cut 4"):
        stream.outputs()


def test_inputs_of_another_count_or_shape_are_refused() -> None:
    stream = engine_of(load("fomo_like"))
    with pytest.raises(UsageError, match="takes 1 inputs, 2 given"):
        stream.set_input([np.zeros((1,), np.int8)] * 2)


def test_a_part_of_a_network_ends_where_its_plan_ends() -> None:
    model = load("fomo_like")
    stream, single = engine_of(model, 5), OperatorEngine(model, "litert", on_board=5)
    assert (stream.on_board, len(stream.workloads)) == (5, 5)
    sample = sample_of(stream)
    for engine in (stream, single):
        engine.set_input(sample.arrays)
        engine.run(0, 5)
    assert bytes_of(stream, 5) == bytes_of(single, 5)
    with pytest.raises(InternalError, match="outputs asked for"):
        stream.outputs()


def test_a_block_of_a_boards_size_limits_the_cuts() -> None:
    model = load("fomo_like")
    plan = compile_stream(model)
    n = plan.on_board
    needs = [plan.block_bytes(cut) for cut in range(n + 1)]
    tight = engine_of(model, block_bytes=plan.head_bytes(n))
    assert [tight.can_cut(cut) for cut in range(n + 1)] == [need <= needs[n] for need in needs]
    assert all(engine_of(model).can_cut(cut) for cut in range(n + 1))
    with pytest.raises(UsageError, match=r"needs a block of [\d,]+ B for 18 operators, 1,000 B are there"):
        engine_of(model, block_bytes=1000)


def test_what_is_no_plan_or_one_that_the_engine_refuses_is_said_in_a_sentence() -> None:
    model = load("fomo_like")
    with pytest.raises(ModelError, match="begins with CPSP"):
        StreamEngine(model, b"nothing" * 20)
    with pytest.raises(UsageError, match="needs a plan, and there is none"):
        open_engine(model, "stream")
    assert stand_in_reason(engine_of(model)) is None


def test_a_bundle_without_a_plan_is_refused_with_its_reason(
    memory_broker: MemoryBroker, tmp_path: Path
) -> None:
    bundle = Bundle.create(load("curves"), tmp_path, name="curves")
    with pytest.raises(
        UsageError, match=r"curves has no plan for the Stream engine: .*ABS.*; use --engine tflm"
    ):
        VirtualDevice(DEVICE, bundle, bus=MemoryBus(memory_broker, DEVICE), engine="stream")


@pytest.fixture
def scripted(memory_broker: MemoryBroker, bundle: Bundle) -> Iterator[ScriptedEdge]:
    made = ScriptedEdge(MemoryBus(memory_broker, "edge"), bundle, DEVICE)
    yield made
    made.close()


def test_answers_over_the_network_are_those_of_the_other_engine(
    memory_broker: MemoryBroker, bundle: Bundle, make_device: MakeDevice, scripted: ScriptedEdge
) -> None:
    pictures = samples(bundle, 3)
    for cut in (0, 1, 5, 11, bundle.n):
        answers = {}
        for engine in ("stream", "litert"):
            device = make_device(MemoryBus(memory_broker, DEVICE), engine=engine, settings={"cut": cut})
            eventually(lambda device=device: device.state == "online", "online")  # type: ignore[misc]
            records = [device.infer(picture) for picture in pictures]
            answers[engine] = [(record.by, record.cut, record.answer) for record in records]
            device.stop()
        assert answers["stream"] == answers["litert"], cut


def test_a_device_that_is_alone_goes_on_from_the_cut_by_itself(
    memory_broker: MemoryBroker, bundle: Bundle, make_device: MakeDevice
) -> None:
    pictures = samples(bundle, 2)
    answers = {}
    for engine in ("stream", "litert"):
        settings = {"cut": 5, "deadline_ms": 1}
        device = make_device(MemoryBus(memory_broker, DEVICE), engine=engine, settings=settings)
        records = [device.infer(picture) for picture in pictures]
        assert {record.by for record in records} == {"device"}
        answers[engine] = [record.answer for record in records]
        device.stop()
    assert answers["stream"] == answers["litert"]


def test_a_device_says_its_engine(
    memory_broker: MemoryBroker, bundle: Bundle, make_device: MakeDevice, scripted: ScriptedEdge
) -> None:
    make_device(MemoryBus(memory_broker, DEVICE), engine="stream")
    about = scripted.wait(About, timeout_s=20)
    assert (about.engine, about.operators, about.cuts) == ("stream", bundle.n, None)


def test_times_of_a_profile_are_said_to_be_the_other_engines(
    memory_broker: MemoryBroker, make_device: MakeDevice
) -> None:
    device = make_device(MemoryBus(memory_broker, DEVICE), engine="stream", profile="esp32")
    assert any("has not been measured" in note for note in device.notes())
    plain = make_device(MemoryBus(memory_broker, "plain"), id="plain", engine="stream", profile="host")
    assert not any("has not been measured" in note for note in plain.notes())


def test_a_device_with_little_memory_says_which_cuts_it_can_take(
    memory_broker: MemoryBroker, bundle: Bundle, make_device: MakeDevice, scripted: ScriptedEdge
) -> None:
    plan = compile_stream(load("fomo_like"))
    block_bytes = plan.head_bytes(bundle.n) + 400
    board = Profile.load("esp32")
    assert board.memory is not None
    memory = board.memory.model_copy(update={"arena_bytes": block_bytes})
    small = board.model_copy(update={"memory": memory})
    make_device(MemoryBus(memory_broker, DEVICE), engine="stream", profile=small)
    about = scripted.wait(About, timeout_s=20)
    taken = [cut for cut in range(bundle.n + 1) if plan.block_bytes(cut) <= block_bytes]
    assert about.cuts == cuts_text(taken)
    assert 0 < len(taken) <= bundle.n


def test_a_model_that_comes_over_mqtt_brings_its_plan(bundle: Bundle) -> None:
    image = read_slot_image(slot_image(bundle, 9))
    board = OnBoard.of_slot(image, "stream", bundle)
    assert (board.engine.name, board.engine.on_board) == ("stream", 9)
    assert board.arenas[9] == bundle.cuts[9].arena_bytes["stream"]
    without = read_slot_image(slot_image(bundle, 9, with_plan=False))
    with pytest.raises(UsageError, match="it has no plan for the Stream engine"):
        OnBoard.of_slot(without, "stream", bundle)
    with pytest.raises(UsageError, match="that of another network"):
        OnBoard.of_slot(replace(image, plan=compile_stream(load("many_ends")).encode()), "stream", bundle)
