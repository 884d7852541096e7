"""Steps of an update over MQTT: the argument of the commands new model and new firmware."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint import _core
from cutpoint.wire.errors import FrameError, MessageError, Reason

MOST_UPDATE_DATA_BYTES = 1016
"""Bytes of an image that one step carries: an argument less the step's own fields."""
SHA256_BYTES = 32

_BEGIN, _DATA, _END, _ABORT = range(1, 5)
_NO_HASH = bytes(SHA256_BYTES)


@dataclass(frozen=True, slots=True)
class UpdateBegin:
    """An image of `size` bytes follows; the same size and hash again ask where to go on."""

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class UpdateData:
    """`data` belongs at `offset` of the image."""

    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UpdateEnd:
    """Everything was sent: verify it and try it."""


@dataclass(frozen=True, slots=True)
class UpdateAbort:
    """Forget what came so far."""


UpdateStep = UpdateBegin | UpdateData | UpdateEnd | UpdateAbort


def encode_update(step: UpdateStep) -> bytes:
    """The argument of a command. Raises `MessageError` for a step that the wire cannot carry."""
    try:
        match step:
            case UpdateBegin(size, sha256):
                return _core.encode_update_step(_BEGIN, size, sha256, 0, b"")
            case UpdateData(offset, data):
                return _core.encode_update_step(_DATA, 0, _NO_HASH, offset, data)
            case UpdateEnd():
                return _core.encode_update_step(_END, 0, _NO_HASH, 0, b"")
            case UpdateAbort():
                return _core.encode_update_step(_ABORT, 0, _NO_HASH, 0, b"")
    except (TypeError, ValueError) as error:
        raise MessageError(f"{type(step).__name__} cannot be encoded: {error}") from error


def decode_update(argument: bytes) -> UpdateStep:
    """The step that an argument holds; raises `FrameError` with the reason."""
    fields = _core.read_update_step(argument)
    if isinstance(fields, int):
        raise FrameError(Reason.of_status(fields))
    op, size, sha256, offset, data = fields
    if op == _BEGIN:
        return UpdateBegin(size, sha256)
    if op == _DATA:
        return UpdateData(offset, data)
    return UpdateEnd() if op == _END else UpdateAbort()
