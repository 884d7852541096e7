"""Tensors of calibrated codecs undone with the bundle's tables, checked so that damage is never an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cutpoint.codec import CodecTables, CodedError, label_of
from cutpoint.codec.numbers import CodecId
from cutpoint.wire import Activation, TensorRecord
from edge_server.catalogue.calibration import Calibration
from edge_server.catalogue.served import ExpectedTensor, ServedModel, TensorMismatchError

Levels = tuple[bytes, ...]
"""What a device remembers of one frame for `delta`: the levels of each tensor of the cut."""
Reference = Callable[[int], Levels | None]
"""The levels of the frame that was so many inferences ago; None where nobody knows them any more."""

# A coded tensor begins with the low half of its tables' version; of `delta` the age of the reference follows.
_VERSION_BYTES = 2
_AGE_AT = 2


class UndoingError(TensorMismatchError):
    """Coded tensors that cannot be undone; `reason` is the counter that they are counted by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Undone:
    """The tensors of an activation as they were before coding, or as close as the codec keeps them.

    levels  of a `delta` frame, what a later one may name; None where no tensor, or not every one, was coded so
    age     how many inferences ago the frame was that this one changes, 0 for one that stands alone
    """

    records: tuple[TensorRecord, ...]
    levels: Levels | None = None
    age: int = 0


def undo(model: ServedModel, message: Activation, reference: Reference) -> Undone:
    """Undo what travelled under a calibrated codec; the other tensors stay as they are.

    Raises UndoingError, with the reasons `wrong_tables`, `wrong_setting`, `unknown_reference` and `bad_coding`, and
    TensorMismatchError for a record that is not that of the tensor that belongs there. Sizes are checked before
    anything is unfolded.
    """
    if not any(record.codec.calibrated for record in message.tensors):
        return Undone(message.tensors)
    calibration, expected = _calibration(model, message), model.expected[message.cut]
    if len(message.tensors) != len(expected):
        raise TensorMismatchError(
            f"{len(message.tensors)} tensors at cut {message.cut}, which has {len(expected)}"
        )
    if message.codec is CodecId.DELTA:
        return _changes(calibration.tables, message, expected, reference)
    records = list(message.tensors)
    for place, (record, wanted) in enumerate(zip(message.tensors, expected, strict=True)):
        if record.codec.calibrated:
            coded = _checked(calibration.tables, message, record, wanted)
            try:
                data = calibration.tables.decode(message.setting, place, coded, wanted.bytes)
            except CodedError as error:
                raise _damaged(message, record, error) from error
            records[place] = replace(record, data=data)
    return Undone(tuple(records))


def _calibration(model: ServedModel, message: Activation) -> Calibration:
    """The tables that this activation is to be undone with."""
    calibration = model.calibration
    if calibration is None:
        raise UndoingError(
            "wrong_tables",
            f"tensors come as {label_of(message.codec, message.setting)}, and bundle {model.folder} has no codec "
            "tables; bring the bundle that the device has",
        )
    setting = calibration.setting(message.setting)
    name = message.codec.name.lower()
    if setting is None or setting.cut != message.cut or setting.codec != name:
        seen = (
            "is not there" if setting is None else f"is {setting.codec} of cut {setting.cut} in these tables"
        )
        raise UndoingError(
            "wrong_setting", f"setting {message.setting} for {name} at cut {message.cut} {seen}"
        )
    return calibration


def _changes(
    tables: CodecTables, message: Activation, expected: tuple[ExpectedTensor, ...], reference: Reference
) -> Undone:
    records, levels = list(message.tensors), list[bytes]()
    ages = set[int]()
    for place, (record, wanted) in enumerate(zip(message.tensors, expected, strict=True)):
        if not record.codec.calibrated:
            continue
        coded = _checked(tables, message, record, wanted)
        if len(coded) <= _AGE_AT:
            raise UndoingError("bad_coding", f"tensor {record.index}: {len(coded)} bytes are no delta tensor")
        age = coded[_AGE_AT]
        ages.add(age)
        before = reference(age) if age else None
        if age and before is None:
            raise UndoingError(
                "unknown_reference",
                f"inference {message.sequence} changes the one {age} before it, which is not remembered; "
                "the device sends a key frame next",
            )
        try:
            data, new = tables.decode_change(
                message.setting, place, coded, before[place] if before else None, wanted.bytes
            )
        except CodedError as error:
            raise _damaged(message, record, error) from error
        records[place] = replace(record, data=data)
        levels.append(new)
    whole = len(levels) == len(expected)
    if len(ages) > 1:
        raise UndoingError("bad_coding", f"the tensors of inference {message.sequence} name two references")
    return Undone(tuple(records), tuple(levels) if whole else None, ages.pop() if ages else 0)


def _checked(tables: CodecTables, message: Activation, record: TensorRecord, wanted: ExpectedTensor) -> bytes:
    """The coded bytes of a record that is the tensor that belongs there."""
    if record.index != wanted.index or record.dtype != wanted.code or record.raw_bytes != wanted.bytes:
        raise TensorMismatchError(
            f"tensor {record.index} ({record.dtype!r}, {record.raw_bytes} bytes) where tensor "
            f"{wanted.index} ({wanted.code!r}, {wanted.bytes} bytes) belongs"
        )
    if record.codec is not message.codec:
        raise UndoingError(
            "bad_coding",
            f"tensor {record.index} is {record.codec.name.lower()} in a message of {message.codec.name.lower()}",
        )
    coded = bytes(record.data)
    version = int.from_bytes(coded[:_VERSION_BYTES], "little")
    if len(coded) >= _VERSION_BYTES and version != tables.version & 0xFFFF:
        raise UndoingError(
            "wrong_tables",
            f"tensor {record.index} was coded with tables ....{version:04x}, the bundle has {tables.version:08x}; "
            "bring the bundle that the device has",
        )
    return coded


def _damaged(message: Activation, record: TensorRecord, error: CodedError) -> UndoingError:
    return UndoingError("bad_coding", f"tensor {record.index} of inference {message.sequence}: {error}")
