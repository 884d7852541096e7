"""Messages as values. Times are whole microseconds, sizes are bytes.

Nothing is checked here: `encode` refuses what the wire cannot carry, and what a `Receiver` returns has been
checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutpoint.answer import Answer
from cutpoint.codec import CodecId, DType
from cutpoint.wire.ids import ModelId
from cutpoint.wire.numbers import Command, Flag, Gauge, Status

MOST_TENSORS = 16
"""Tensors that one activation can carry."""
MOST_OFFERED = 64
"""Ids of models on offer that one result can carry."""


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """One tensor of an activation: index in the whole model, dtype, raw little-endian bytes in C order.

    How it travelled is no part of its value: `coded_bytes` and `codec` say it of a received one, `fill` (the
    zero point as an element; for float32 its bits) helps `bitmap` on the way out, and `jpeg` is what travels
    instead under codec JPEG. A received one of codec JPEG, or of a calibrated codec, has its coded bytes as `data`:
    whoever knows the model undoes them, and `encode` passes them on. `raw_bytes` of a received one: its size undone.
    """

    index: int
    dtype: DType
    data: bytes | memoryview
    coded_bytes: int | None = field(default=None, compare=False)
    codec: CodecId = field(default=CodecId.RAW, compare=False)
    fill: int = field(default=0, compare=False)
    jpeg: bytes = field(default=b"", compare=False)
    raw_bytes: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LastAnswered:
    """The last inference that the edge answered or acknowledged, measured on the device's own clock."""

    sequence: int
    round_trip_us: int
    edge_us: int
    bytes_up: int
    bytes_down: int


@dataclass(frozen=True, slots=True)
class Timings:
    """What the device measured: coding, each operator from the first on, and the last answered inference."""

    encode_us: int
    operators_us: tuple[int, ...]
    last: LastAnswered | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """The tensors alive at `cut` of one inference; `timings` exactly when `flags` has TIMINGS.

    `setting`: of the codec tables, from 1, exactly when `codec` is calibrated; it was asked for, and a tensor may be
    raw all the same.
    """

    model: ModelId
    boot: int
    sequence: int
    cut: int
    codec: CodecId
    flags: Flag
    plan_epoch: int
    tensors: tuple[TensorRecord, ...]
    timings: Timings | None = None
    setting: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What the edge answers. OK without an answer acknowledges what the device answered itself.

    `offered`, with UNKNOWN_MODEL alone: the ids of models that the edge has instead, the likeliest first; None where
    it does not say. `partial`: answered from the chunks that came, because the others did not in time.
    """

    model: ModelId
    boot: int
    sequence: int
    cut: int
    status: Status
    edge_us: int
    answer: Answer | None = None
    offered: tuple[ModelId, ...] | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to cut from now on; `epoch` counts up from 1."""

    model: ModelId
    epoch: int
    cut: int
    codec: CodecId
    flags: Flag
    deadline_ms: int
    parameters: bytes = b""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Gauges that the device has, and its counters since boot (`CounterId`, or a number newer than this)."""

    model: ModelId
    boot: int
    gauges: Mapping[Gauge, int]
    counters: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """What the edge asks of a device; `command` is a plain number where this version has no name for it."""

    model: ModelId
    boot: int
    sequence: int
    command: Command | int
    argument: bytes = b""


Message = Activation | Result | Plan | Telemetry | CommandMessage
