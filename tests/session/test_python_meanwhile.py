"""Converting what Python hands in, and making what it gets, may run Python code: it finds nothing half done."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from device_session import DeviceSession

from cutpoint import _core
from cutpoint.wire import Leaf

MODEL = b"abcd"


class Meddler:
    """A number that does something else first."""

    def __init__(self, value: int, act: Callable[[], None]) -> None:
        self.value, self.act = value, act

    def __index__(self) -> int:
        self.act()
        return self.value

    __int__ = __index__


def test_gauges_may_change_while_they_are_read() -> None:
    device = DeviceSession().connect()
    gauges: dict[object, int] = {}
    gauges[Meddler(2, gauges.clear)] = int("87654321")
    gauges[3] = int("12345678")
    device.session.telemetry(gauges)  # type: ignore[arg-type]
    (sent,) = device.poll()
    assert isinstance(sent, _core.Publish)
    assert sent.leaf == Leaf.TELE.value


def test_operator_times_may_change_while_they_are_read() -> None:
    device = DeviceSession().connect()
    device.session.input()
    (run,) = device.poll()
    times: list[object] = []
    times += [Meddler(10, times.clear), int("12345678")]
    assert len(times) == device.session.plan.cut
    assert isinstance(run, _core.Run)
    device.session.ran(run.first, run.last, True, times, [])  # type: ignore[arg-type]
    (sent,) = device.poll()
    assert isinstance(sent, _core.Publish)
    assert sent.leaf == Leaf.ACT.value


def message(sequence: int, tensor_bytes: int) -> list[bytes]:
    tensors = tuple((index, 1, bytes([sequence]) * tensor_bytes, 0) for index in range(16))
    return _core.encode_activation(MODEL, 1, sequence, 1, 0, 0, 0, tensors, 0, (), None, 128)


def test_a_receiver_refuses_a_frame_from_within_a_push(recwarn: pytest.WarningsRecorder) -> None:
    receiver = _core.Receiver(4000)
    *before, last = message(1, 50)
    for frame in before:
        receiver.push(frame)
    refused: list[str] = []

    class Garbage:
        def __del__(self) -> None:
            try:
                receiver.push(message(2, 70)[0])
            except RuntimeError as error:
                refused.append(str(error))

    gc.collect()
    thresholds = gc.get_threshold()
    garbage = Garbage()
    garbage.me = garbage  # type: ignore[attr-defined]
    try:
        gc.set_threshold(1, 1, 1)
        del garbage
        given = receiver.push(last)
    finally:
        gc.set_threshold(*thresholds)
    assert isinstance(given, tuple)
    assert [tensor[-1] for tensor in given[8]] == [b"\x01" * 50] * 16


@pytest.mark.parametrize("pair", [(), (1,), (1, 2, 3), 5])
def test_a_gauge_or_counter_that_is_no_pair_is_refused(pair: object) -> None:
    for gauges, counters in (((pair,), ()), ((), (pair,))):
        with pytest.raises(ValueError, match="number"):
            _core.encode_telemetry(MODEL, 1, gauges, counters, 4096)  # type: ignore[arg-type]
