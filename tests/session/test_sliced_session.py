"""A bound session over an engine that works line by line: buffers that fill while their chunks leave."""

from __future__ import annotations

from typing import Any

import pytest
from device_session import DeviceSession, plan, result

from cutpoint.codec import CodecId, DType
from cutpoint.wire import Activation, Flag, Receiver

BYTES = 600


def begun(**config: Any) -> tuple[DeviceSession, bytearray]:
    device = DeviceSession(chunk_bytes=192, **config).connect()
    device.session.input()
    (run,) = device.poll()
    tensor = bytearray(BYTES)
    device.session.running(run.first, run.last, [(2, DType.INT8, tensor, 0)])
    return device, tensor


def test_chunks_leave_as_their_bytes_become_final() -> None:
    device, tensor = begun()
    frames = []
    for at in range(0, BYTES, 50):
        tensor[at : at + 50] = bytes([at // 50 + 1]) * 50
        if device.session.progress([at + 50]):
            frames += [action.payload for action in device.poll()]
    assert len(frames) == 3
    device.session.ran(0, 2, True, [1, 2])
    frames += [action.payload for action in device.poll()]
    receiver = Receiver()
    (message,) = [message for frame in frames if (message := receiver.push(frame)) is not None]
    assert isinstance(message, Activation)
    assert message.tensors[0].data == bytes(tensor)
    assert message.timings is not None
    assert message.timings.operators_us == (1, 2)
    device.session.frame(result(1, 2))
    assert device.finish().by == "edge"


def test_the_buffers_are_held_until_another_run_is_answered() -> None:
    device, tensor = begun()
    device.session.progress([BYTES])
    device.session.ran(0, 2, True, [1, 2])
    with pytest.raises(BufferError):
        tensor.clear()
    device.poll()
    device.session.frame(result(1, 2))
    device.finish()
    device.session.input()
    (run,) = device.poll()
    device.ran(run)
    tensor.clear()


def test_what_is_left_is_one_range_that_a_late_answer_ends() -> None:
    device, _ = begun()
    device.session.ran(0, 2, True, [1, 2])
    device.poll()
    device.pass_ms(1000)
    (run,) = device.poll()
    assert (run.first, run.last) == (2, 4)
    device.session.running(2, 4)
    assert device.session.in_run
    device.session.frame(result(1, 2))
    assert not device.session.in_run
    assert device.finish().by == "edge"


def test_a_codec_that_measures_waits_for_the_head() -> None:
    device, _ = begun(codec=CodecId.BITMAP)
    assert not device.session.progress([BYTES])
    device.session.ran(0, 2, True, [1, 2])
    assert device.poll()


def test_progress_that_is_no_number_of_bytes_is_refused() -> None:
    device, _ = begun()
    for wrong in ([-1], ["1"], [1.5]):
        with pytest.raises((ValueError, TypeError)):
            device.session.progress(wrong)  # type: ignore[arg-type]
    assert not device.session.progress([])


def test_a_range_that_was_not_asked_for_does_not_begin() -> None:
    device = DeviceSession().connect()
    for first, last in ((0, 2), (0, 0)):
        with pytest.raises(ValueError, match="does not fit"):
            device.session.running(first, last)
    device.session.input()
    (run,) = device.poll()
    with pytest.raises(ValueError, match="does not fit"):
        device.session.running(run.first, run.last + 1)
    with pytest.raises(ValueError, match="does not fit"):
        device.session.running(run.first, run.last, [(2, DType.INT16, bytes(3), 0)])
    device.ran(run)


def test_a_plan_for_a_cut_without_memory_is_told_as_the_one_taken() -> None:
    device = DeviceSession(cut=1, cuts=[0, 1, 4]).connect()
    device.session.frame(plan(3, 2, flags=Flag.EXPLORATION))
    (changed,) = device.poll()
    assert (changed.epoch, changed.cut, changed.flags) == (3, 4, 0)
    assert device.session.counters["unfit_plans"] == 1


@pytest.mark.parametrize("cuts", [[0, 1, 4], [], [0, 5], [-1]])
def test_cuts_that_do_not_hold_the_first_one_or_that_there_are_not_are_refused(cuts: list[int]) -> None:
    with pytest.raises((ValueError, TypeError)):
        DeviceSession(cut=2, cuts=cuts)
