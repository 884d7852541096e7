"""Messages to frames. The bytes come from the core; here values are only taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cutpoint import _core
from cutpoint.answer import Answer, Centroids, Classes
from cutpoint.codec import DType
from cutpoint.wire.errors import MessageError
from cutpoint.wire.ids import ModelId
from cutpoint.wire.messages import Activation, CommandMessage, Message, Plan, Result, Telemetry, TensorRecord
from cutpoint.wire.numbers import Flag

DEFAULT_CHUNK_BYTES = 4096
"""Largest frame, header included; what esp-mqtt's buffer takes."""
LEAST_CHUNK_BYTES = 64

_TIMINGS = int(Flag.TIMINGS)
_NONE, _RAW, _CLASSES, _CENTROIDS, _MODELS = range(5)


def encode(message: Message, *, chunk_bytes: int = DEFAULT_CHUNK_BYTES) -> list[bytes]:
    """The frames of a message, whole and in order, each of at most `chunk_bytes`.

    An activation is coded with its header's codec; a tensor that would not shrink goes raw. Raises
    `MessageError` for a value that the wire cannot carry.
    """
    encoder = _ENCODERS.get(type(message))
    if encoder is None:
        raise MessageError(f"{type(message).__name__} is no message; encode an Activation, Result, Plan, ...")
    if chunk_bytes < LEAST_CHUNK_BYTES:
        raise MessageError(f"chunks of {chunk_bytes} bytes are too small; use at least {LEAST_CHUNK_BYTES}")
    try:
        return encoder(message, chunk_bytes)
    except ValueError as error:
        raise MessageError(f"{type(message).__name__} cannot be encoded: {error}") from error
    except (AttributeError, TypeError) as error:
        raise MessageError(f"a field has a wrong type or does not fit the wire: {message!r:.300}") from error


def _activation(message: Activation, chunk_bytes: int) -> list[bytes]:
    timings = message.timings
    flags = int(message.flags)
    if (timings is None) == bool(flags & _TIMINGS):
        raise ValueError("timings and the flag TIMINGS go together")
    last = timings.last if timings is not None else None
    return _core.encode_activation(
        message.model.raw,
        message.boot,
        message.sequence,
        message.cut,
        message.codec,
        flags,
        message.plan_epoch,
        tuple([_tensor(tensor) for tensor in message.tensors]),
        0 if timings is None else timings.encode_us,
        () if timings is None else timings.operators_us,
        None
        if last is None
        else (last.sequence, last.round_trip_us, last.edge_us, last.bytes_up, last.bytes_down),
        chunk_bytes,
        message.setting,
    )


def _tensor(tensor: TensorRecord) -> tuple[Any, ...]:
    fields = (tensor.index, tensor.dtype, tensor.data, tensor.fill, tensor.jpeg)
    coded = tensor.raw_bytes is not None and tensor.codec.opaque
    return (*fields, tensor.raw_bytes) if coded else fields


def _result(message: Result, chunk_bytes: int) -> list[bytes]:
    kind, records = _records(message.answer, message.offered)
    return _core.encode_result(
        message.model.raw,
        message.boot,
        message.sequence,
        message.cut,
        message.status,
        message.edge_us,
        kind,
        records,
        chunk_bytes,
        message.partial,
    )


def _records(answer: Answer | None, offered: tuple[ModelId, ...] | None) -> tuple[int, tuple[Any, ...]]:
    if offered is not None:
        if answer is not None:
            raise ValueError("a result carries an answer, or the models on offer, not both")
        return _MODELS, tuple([model.raw for model in offered])
    if answer is None:
        return _NONE, ()
    if isinstance(answer, Centroids):
        return _CENTROIDS, tuple(
            [(item.label, item.score, item.x, item.y, item.width, item.height) for item in answer.items]
        )
    if isinstance(answer, Classes):
        return _CLASSES, tuple([(item.label, item.score) for item in answer.items])
    return _RAW, tuple([(tensor.index, DType.of(tensor.dtype), tensor.data, 0) for tensor in answer.tensors])


def _plan(message: Plan, chunk_bytes: int) -> list[bytes]:
    return _core.encode_plan(
        message.model.raw,
        message.epoch,
        message.cut,
        message.codec,
        int(message.flags),
        message.deadline_ms,
        message.parameters,
        chunk_bytes,
    )


def _telemetry(message: Telemetry, chunk_bytes: int) -> list[bytes]:
    return _core.encode_telemetry(
        message.model.raw,
        message.boot,
        tuple(message.gauges.items()),
        tuple(message.counters.items()),
        chunk_bytes,
    )


def _command(message: CommandMessage, chunk_bytes: int) -> list[bytes]:
    return _core.encode_command(
        message.model.raw, message.boot, message.sequence, message.command, message.argument, chunk_bytes
    )


_ENCODERS: dict[type, Callable[[Any, int], list[bytes]]] = {
    Activation: _activation,
    Result: _result,
    Plan: _plan,
    Telemetry: _telemetry,
    CommandMessage: _command,
}
