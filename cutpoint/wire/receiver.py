"""Frames to messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cutpoint import _core
from cutpoint.answer import Answer, Centroid, Centroids, Class, Classes, Raw, RawTensor
from cutpoint.codec import CodecId, DType
from cutpoint.wire.errors import FrameError, Header, Reason
from cutpoint.wire.ids import ModelId
from cutpoint.wire.incomplete import IncompleteActivation, incomplete_of
from cutpoint.wire.messages import (
    Activation,
    CommandMessage,
    LastAnswered,
    Message,
    Plan,
    Result,
    Telemetry,
    TensorRecord,
    Timings,
)
from cutpoint.wire.numbers import Command, Flag, Gauge, Kind, Status

DEFAULT_CAPACITY = 1 << 20
"""Largest payload of a message, and most bytes that its tensors may unfold to."""

# Looking a number up costs a fifth of calling its enum, and every message has several.
_CODECS = tuple(CodecId)
_DTYPES = (None, *DType)
_FLAGS = tuple(Flag(bits) for bits in range(128))
_STATUSES = tuple(Status)
_GAUGES = tuple(Gauge)
_KINDS = {int(kind): kind for kind in Kind}
_COMMANDS = {int(command): command for command in Command}
_NONE, _RAW, _CLASSES, _CENTROIDS, _MODELS = range(5)

# The server meets the same few models in every frame.
_model_id = lru_cache(maxsize=64)(ModelId)


class Receiver:
    """Collects the frames of one device and kind of topic into messages. Not for several threads at once.

    Chunks may come in any order and more than once; one unfinished message is kept, and a newer one displaces
    it. A complete message that is sent again is returned again: (boot, sequence) tells. `capacity` bounds the
    payload of a message and what its tensors unfold to; only messages of several chunks touch its memory.
    """

    __slots__ = ("_core", "_push")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._core = _core.Receiver(capacity)
        self._push = self._core.push

    def push(self, frame: bytes) -> Message | None:
        """The message that this frame completes, None while chunks are missing; raises `FrameError`."""
        fields = self._push(frame)
        if fields is None:
            return None
        if isinstance(fields, int):
            raise FrameError(Reason.of_status(fields), header_of(frame))
        return _BUILDERS[fields[0]](fields)

    def incomplete(self) -> IncompleteActivation | None:
        """What has come of an unfinished activation; None where there is none, or its first chunk is missing.

        Each byte of it comes from a chunk whose checksum was right. Nothing is taken away: the activation may still
        be completed, and is returned then.
        """
        fields = self._core.incomplete()
        return None if fields is None else incomplete_of(fields)

    def reset(self) -> None:
        """Forget an unfinished message, as when a device starts anew."""
        self._core.reset()

    @property
    def collecting(self) -> bool:
        """Is a message unfinished?"""
        return self._core.collecting

    @property
    def counters(self) -> Mapping[str, int]:
        """Messages returned and displaced; frames duplicate, stale, oversized, or refused for another reason."""
        return self._core.counters


def decode(frame: bytes, *, capacity: int = DEFAULT_CAPACITY) -> Message:
    """The message of a single frame; raises `FrameError`, with reason CHUNK when it is one of several."""
    message = Receiver(capacity).push(frame)
    if message is None:
        raise FrameError(Reason.CHUNK, header_of(frame))
    return message


def read_header(frame: bytes) -> Header:
    """The header of a frame that may be damaged, checksum untested; raises `FrameError` when there is none."""
    fields = _core.read_header(frame)
    if isinstance(fields, int):
        raise FrameError(Reason.of_status(fields))
    return Header(_KINDS.get(fields[0], fields[0]), _model_id(fields[1]), *fields[2:])


def header_of(frame: bytes) -> Header | None:
    """The header as `read_header` gives it; None where there is none."""
    try:
        return read_header(frame)
    except FrameError:
        return None


def _activation(fields: tuple[Any, ...]) -> Activation:
    _, model, boot, sequence, cut, codec, flags, epoch, tensors, timings, setting = fields
    if timings is not None:
        encode_us, operators_us, last = timings
        timings = Timings(encode_us, operators_us, None if last is None else LastAnswered(*last))
    return Activation(
        _model_id(model),
        boot,
        sequence,
        cut,
        _CODECS[codec],
        _FLAGS[flags],
        epoch,
        tuple(
            [
                TensorRecord(index, _DTYPES[dtype], data, coded_bytes, _CODECS[used], raw_bytes=raw_bytes)
                for index, dtype, used, coded_bytes, raw_bytes, data in tensors
            ]
        ),
        timings,
        setting,
    )


def _result(fields: tuple[Any, ...]) -> Result:
    _, model, boot, sequence, cut, status, edge_us, kind, records, partial = fields
    answer = _answer(kind, records)
    offered = tuple([_model_id(record) for record in records]) if kind == _MODELS else None
    return Result(_model_id(model), boot, sequence, cut, _STATUSES[status], edge_us, answer, offered, partial)


def _answer(kind: int, records: tuple[Any, ...]) -> Answer | None:
    if kind == _CENTROIDS:
        return Centroids(tuple([Centroid(*record) for record in records]))
    if kind == _CLASSES:
        return Classes(tuple([Class(*record) for record in records]))
    if kind == _RAW:
        return Raw(
            tuple(
                [RawTensor(index, DType(dtype).numpy.name, data) for index, dtype, _, _, _, data in records]
            )
        )
    return None


def _plan(fields: tuple[Any, ...]) -> Plan:
    _, model, epoch, cut, codec, flags, deadline_ms, parameters = fields
    return Plan(_model_id(model), epoch, cut, _CODECS[codec], _FLAGS[flags], deadline_ms, parameters)


def _telemetry(fields: tuple[Any, ...]) -> Telemetry:
    _, model, boot, gauges, counters = fields
    return Telemetry(
        _model_id(model), boot, {_GAUGES[gauge]: value for gauge, value in gauges}, dict(counters)
    )


def _command(fields: tuple[Any, ...]) -> CommandMessage:
    _, model, boot, sequence, command, argument = fields
    return CommandMessage(_model_id(model), boot, sequence, _COMMANDS.get(command, command), argument)


_BUILDERS: dict[int, Callable[[tuple[Any, ...]], Message]] = {
    Kind.ACTIVATION: _activation,
    Kind.RESULT: _result,
    Kind.PLAN: _plan,
    Kind.TELEMETRY: _telemetry,
    Kind.COMMAND: _command,
}
