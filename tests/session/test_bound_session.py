"""The session as Python sees it: what crosses the border, in both directions."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest
from device_session import ANSWER, BOOT, MODEL, DeviceSession, plan, result

from cutpoint import _core
from cutpoint.codec import CodecId, DType
from cutpoint.wire import (
    Activation,
    Command,
    CommandMessage,
    Flag,
    Gauge,
    Presence,
    Receiver,
    Result,
    Status,
    Telemetry,
    decode,
    encode,
    parse_state,
)


def received(actions: list[object]) -> list[object]:
    """The messages in what was published on act and tele."""
    receiver = Receiver()
    frames = [action.payload for action in actions if isinstance(action, _core.Publish)]
    return [message for frame in frames if (message := receiver.push(frame)) is not None]


def test_the_announcement_reads_as_the_wire_says() -> None:
    device = DeviceSession(about='{"engine": "tflm"}')
    device.session.connected()
    state, about = device.poll()
    assert (state.leaf, state.qos, state.retain) == ("state", 1, True)
    assert parse_state(state.payload).state is Presence.ONLINE
    assert parse_state(state.payload).boot == BOOT
    assert (about.leaf, about.retain, about.payload) == ("about", True, b'{"engine": "tflm"}')
    will = device.session.will()
    assert (will.leaf, will.qos, will.retain, parse_state(will.payload).state) == (
        "state",
        1,
        True,
        Presence.LOST,
    )


def test_an_activation_carries_the_arrays_that_were_given() -> None:
    device = DeviceSession(chunk_bytes=256, codec=CodecId.BITMAP).connect()
    device.session.input()
    (run,) = device.poll()
    first = np.arange(-500, 500, dtype=np.int16)
    second = np.zeros(640, np.int8)
    live = [(4, DType.INT16, first, 0), (9, DType.INT8, second, 0)]
    device.session.ran(run.first, run.last, True, [11, 22], live)
    del first, second
    gc.collect()  # the session holds what it is still to send
    (message,) = received(device.poll())
    assert isinstance(message, Activation)
    assert (message.model, message.boot, message.sequence, message.cut) == (MODEL, BOOT, 1, 2)
    assert [record.index for record in message.tensors] == [4, 9]
    assert np.array_equal(np.frombuffer(message.tensors[0].data, np.int16), np.arange(-500, 500))
    assert message.tensors[1].codec is CodecId.BITMAP
    assert message.timings is not None
    assert message.timings.operators_us == (11, 22)


def test_the_edges_answer_is_delivered_as_one_frame_for_the_wire() -> None:
    device = DeviceSession().connect()
    device.ask()
    device.clock.advance(5000)
    device.session.frame(result(1, 2))
    (delivery,) = device.poll()
    assert (delivery.sequence, delivery.by, delivery.reason, delivery.cut) == (1, "edge", "edge", 2)
    assert (delivery.round_trip_us, delivery.edge_us, delivery.refusal) == (5000, 100, None)
    assert delivery.bytes_up == sum(len(action.payload) for action in device.sent)
    assert delivery.bytes_down == len(result(1, 2))
    message = decode(delivery.result_frame)
    assert isinstance(message, Result)
    assert message.answer == ANSWER


def test_the_devices_own_answer_has_no_frame_and_no_round_trip() -> None:
    device = DeviceSession().connect()
    device.ask()
    device.pass_ms(1000)
    delivery = device.finish()
    assert (delivery.by, delivery.reason, delivery.result_frame) == ("device", "deadline", None)
    assert (delivery.round_trip_us, delivery.edge_us) == (None, None)


def test_a_refusal_names_the_edges_status() -> None:
    device = DeviceSession().connect()
    device.ask()
    device.session.frame(result(1, 2, status=Status.OVERLOADED))
    delivery = device.finish()
    assert (delivery.reason, delivery.refusal) == ("refused", Status.OVERLOADED)


def test_a_plan_is_told_and_kept() -> None:
    device = DeviceSession().connect()
    device.session.frame(plan(3, 1, flags=Flag.HEDGED, deadline_ms=40))
    (changed,) = device.poll()
    seen = (changed.epoch, changed.cut, changed.codec, changed.flags, changed.deadline_ms)
    assert seen == (3, 1, CodecId.RAW, Flag.HEDGED, 40)
    assert device.session.plan.epoch == 3


def test_a_command_comes_with_its_argument() -> None:
    device = DeviceSession().connect()
    (frame,) = encode(CommandMessage(MODEL, BOOT, 1, Command.IDENTIFY, b"blink"))
    device.session.frame(frame)
    (command,) = device.poll()
    assert (command.command, command.argument) == (Command.IDENTIFY, b"blink")
    device.session.unsupported_command()
    assert device.session.counters["unsupported_commands"] == 1


def test_telemetry_carries_gauges_and_counters() -> None:
    device = DeviceSession().connect()
    device.ask()
    device.session.telemetry({Gauge.RSSI_DBM: -71, Gauge.HEAP_NOW_BYTES: 4_000_000_000})
    (message,) = received(device.poll())
    assert isinstance(message, Telemetry)
    assert message.gauges == {Gauge.RSSI_DBM: -71, Gauge.HEAP_NOW_BYTES: 4_000_000_000}
    assert message.counters[1] == 1
    assert len(message.counters) == 12


@pytest.mark.parametrize(
    "gauges", [{11: 1}, {Gauge.HEAP_NOW_BYTES: -1}, {Gauge.RSSI_DBM: 1 << 31}, {"heap": 1}]
)
def test_a_gauge_that_the_wire_cannot_carry_is_refused(gauges: dict[int, int]) -> None:
    with pytest.raises(ValueError, match=r"gauge|number"):
        DeviceSession().connect().session.telemetry(gauges)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operators": 0, "on_board": 0, "cut": 0},
        {"on_board": 5},
        {"cut": 5},
        {"codec": 3},
        {"deadline_ms": 0},
        {"isolate_after": 0},
        {"probe_first_ms": 0},
        {"probe_max_ms": 999},
        {"chunk_bytes": 191},
        {"result_capacity": 7},
    ],
    ids=str,
)
def test_a_configuration_that_does_not_hold_together_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="configuration"):
        DeviceSession(**{"operators": 4, "on_board": 4, "cut": 2, **wrong})


def test_an_event_out_of_order_raises_and_changes_nothing() -> None:
    device = DeviceSession().connect()
    device.session.input()
    with pytest.raises(RuntimeError, match="in flight"):
        device.session.input()
    (run,) = device.poll()
    with pytest.raises(ValueError, match="same range"):
        device.session.ran(run.first, run.last + 1, True, [1, 2, 3])
    with pytest.raises(ValueError, match="one time per operator"):
        device.session.ran(run.first, run.last, True, [1])
    with pytest.raises(ValueError, match="whole elements"):
        device.session.ran(run.first, run.last, True, [1, 2], [(0, DType.INT32, b"123", 0)])
    with pytest.raises(ValueError, match="number"):
        device.session.ran(run.first, run.last, True, [-1, 2])
    device.ran(run)
    assert device.session.counters["misuse"] == 4
    assert [action.leaf for action in device.poll()] == ["act"]


@pytest.mark.parametrize("rubbish", [b"", b"CP", bytes(31), bytes(32), bytes(5000), b"\xff" * 100], ids=len)
def test_rubbish_is_counted_and_has_no_other_effect(rubbish: bytes) -> None:
    device = DeviceSession().connect()
    device.ask()
    device.session.frame(rubbish)
    assert device.session.counters["bad_frames"] == 1
    assert device.poll() == []
    device.session.frame(memoryview(result(1, 2)))
    assert device.finish().by == "edge"


def test_the_next_wakeup_is_on_the_sessions_clock() -> None:
    device = DeviceSession(deadline_ms=250).connect()
    assert device.session.next_wakeup_us() is None
    device.ask()
    assert device.session.next_wakeup_us() == device.clock.now_us() + 250_000
    device.pass_ms(250)
    assert device.session.next_wakeup_us() == device.clock.now_us()
    device.finish()
    assert device.session.next_wakeup_us() is None


def test_the_monotonic_clock_counts_real_microseconds() -> None:
    clock = _core.MonotonicClock()
    before, real = clock.now_us(), time.monotonic_ns()
    time.sleep(0.01)
    passed_us, real_us = clock.now_us() - before, (time.monotonic_ns() - real) / 1000
    assert 10_000 <= passed_us <= real_us + 1


def test_a_session_keeps_its_clock_alive() -> None:
    device = DeviceSession().connect()
    del device.clock
    gc.collect()
    device.session.tick()
    assert device.session.state == "online"


def test_an_answer_of_the_chunks_that_came_is_the_answer_and_says_so() -> None:
    device = DeviceSession().connect()
    sequence = device.ask()
    in_part = encode(Result(MODEL, BOOT, sequence, 2, Status.OK, 100, ANSWER, partial=True))[0]
    device.session.frame(in_part)
    (delivery,) = device.poll()
    assert isinstance(delivery, _core.Deliver)
    assert (delivery.by, delivery.partial) == ("edge", True)
    assert delivery.result_frame is not None
    assert decode(delivery.result_frame) == decode(in_part)
    sequence = device.ask()
    device.session.frame(result(sequence, 2))
    (whole,) = device.poll()
    assert isinstance(whole, _core.Deliver)
    assert not whole.partial


def test_the_whole_answer_after_one_of_the_chunks_that_came_is_a_duplicate() -> None:
    device = DeviceSession().connect()
    sequence = device.ask()
    device.session.frame(encode(Result(MODEL, BOOT, sequence, 2, Status.OK, 100, ANSWER, partial=True))[0])
    device.poll()
    device.session.frame(result(sequence, 2))
    assert device.poll() == []
    assert device.session.counters["duplicate_results"] == 1
