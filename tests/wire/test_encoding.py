"""What the wire cannot carry is named before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from messages import message_of, vectors

from cutpoint.answer import Centroid, Centroids, Class, Classes
from cutpoint.wire import (
    MOST_TENSORS,
    CodecId,
    DType,
    Flag,
    Gauge,
    MessageError,
    Status,
    TensorRecord,
    Timings,
    encode,
)


def of(kind: str) -> Any:
    return message_of(vectors(kind)[0]["message"])


ACTIVATION, RESULT, PLAN, TELEMETRY, COMMAND = map(
    of, ("activation", "result", "plan", "telemetry", "command")
)


@pytest.mark.parametrize(
    "message",
    [
        replace(ACTIVATION, sequence=0),
        replace(ACTIVATION, boot=-1),
        replace(ACTIVATION, boot=1 << 32),
        replace(ACTIVATION, cut=1 << 16),
        replace(ACTIVATION, cut=1.5),
        replace(ACTIVATION, codec=3),
        replace(ACTIVATION, flags=Flag.PROBE),
        replace(ACTIVATION, flags=0x40),
        replace(ACTIVATION, flags=Flag.TIMINGS),
        replace(ACTIVATION, timings=Timings(1, (1, 2, 3, 4))),
        replace(ACTIVATION, flags=Flag.TIMINGS, timings=Timings(1, (1, 2, 3))),
        replace(ACTIVATION, flags=Flag.TIMINGS, timings=Timings(-1, (1, 2, 3, 4))),
        replace(ACTIVATION, flags=Flag.TIMINGS, timings=Timings(1, (1, 2, 3, 1 << 32))),
        replace(ACTIVATION, flags=Flag.TIMINGS, timings=Timings(1, (0,) * 65_536)),
        replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, b""),) * 17),
        replace(ACTIVATION, tensors=(TensorRecord(65_536, DType.INT8, b""),)),
        replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT16, b"abc"),)),
        replace(ACTIVATION, tensors=(TensorRecord(1, 8, b""),)),
        replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, "text"),)),
        replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, b"a", fill=256),)),
        replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, b"a", fill=-129),)),
        replace(ACTIVATION, model=None),
        replace(RESULT, status=Status.FAILED, answer=Centroids(())),
        replace(RESULT, status=7),
        replace(RESULT, answer=Centroids((Centroid(1, float("nan"), 1, 1, 1, 1),))),
        replace(RESULT, answer=Centroids((Centroid(1, 1e300, 1, 1, 1, 1),))),
        replace(RESULT, answer=Centroids((Centroid(1, 0.5, -1, 1, 1, 1),))),
        replace(RESULT, answer=Classes((Class(1, float("inf")),))),
        replace(RESULT, answer=Classes((Class(65_536, 0.5),))),
        replace(RESULT, answer=Classes((Class(1, 0.5),) * 65_536)),
        replace(PLAN, epoch=0),
        replace(PLAN, deadline_ms=0),
        replace(PLAN, deadline_ms=600_001),
        replace(PLAN, parameters=bytes(513)),
        replace(TELEMETRY, gauges={11: 1}),
        replace(TELEMETRY, gauges={Gauge.HEAP_NOW_BYTES: -1}),
        replace(TELEMETRY, gauges={Gauge.RSSI_DBM: 1 << 31}),
        replace(TELEMETRY, counters=dict.fromkeys(range(65), 0)),
        replace(TELEMETRY, counters={1: -1}),
        replace(COMMAND, argument=bytes(1025)),
        replace(COMMAND, command=1 << 16),
        "text",
        None,
    ],
)
def test_a_message_out_of_range_is_refused_in_one_line(message: Any) -> None:
    with pytest.raises(MessageError) as refused:
        encode(message)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_chunks_too_small_are_refused() -> None:
    with pytest.raises(MessageError, match="at least 64"):
        encode(ACTIVATION, chunk_bytes=63)


def test_a_message_of_too_many_chunks_is_refused() -> None:
    tensor = TensorRecord(1, DType.UINT8, bytes(40_000))
    with pytest.raises(MessageError, match="larger chunks"):
        encode(replace(ACTIVATION, tensors=(tensor,)), chunk_bytes=64)


def test_tensors_may_be_views() -> None:
    data = bytes(range(48))
    as_bytes = replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, data),))
    as_view = replace(ACTIVATION, tensors=(TensorRecord(1, DType.INT8, memoryview(bytearray(data))),))
    assert encode(as_bytes) == encode(as_view)


def test_the_fill_may_be_a_signed_element_or_its_bits() -> None:
    def coded(fill: int) -> list[bytes]:
        tensor = TensorRecord(1, DType.INT64, b"\xff" * 80, fill=fill)
        return encode(replace(ACTIVATION, codec=CodecId.BITMAP, tensors=(tensor,)))

    assert coded(-1) == coded((1 << 64) - 1) != coded(0)


def test_an_activation_carries_sixteen_tensors_and_no_more() -> None:
    tensors = tuple(TensorRecord(index, DType.INT8, b"x") for index in range(MOST_TENSORS + 1))
    assert encode(replace(ACTIVATION, tensors=tensors[:-1]))
    with pytest.raises(MessageError, match="16"):
        encode(replace(ACTIVATION, tensors=tensors))
