"""Tensors of calibrated codecs undone with the bundle's tables, checked so that damage is never an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cutpoint.codec import (
    CodecError,
    CodecTables,
    CodedError,
    NoReferenceError,
    OtherTablesError,
    label_of,
)
from cutpoint.codec.numbers import CodecId
from cutpoint.wire import Activation, TensorRecord
from edge_server.catalogue.calibration import Calibration
from edge_server.catalogue.served import ExpectedTensor, ServedModel, TensorMismatchError

Levels = tuple[bytes, ...]
"""What a device remembers of one frame for `delta`: the levels of each tensor of the cut."""
Reference = Callable[[int], Levels | None]
"""The levels of the frame that was so many inferences ago; None where nobody knows them any more."""


class UndoingError(TensorMismatchError):
    """Coded tensors that cannot be undone; `reason` is the counter that they are counted by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Undone:
    """The tensors of an activation as they were before coding, or as close as the codec keeps them.

    levels  of a frame of codec `delta`, what a later one may name; None of any other
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
        return Undone(message.tensors, _raw_levels(model, message))
    calibration, expected = _calibration(model, message), model.expected[message.cut]
    if len(message.tensors) != len(expected):
        raise TensorMismatchError(
            f"{len(message.tensors)} tensors at cut {message.cut}, which has {len(expected)}"
        )
    undoing = _Undoing(calibration.tables, message, reference)
    for place, (record, wanted) in enumerate(zip(message.tensors, expected, strict=True)):
        undoing.take(place, record, wanted)
    return undoing.done()


class _Undoing:
    """The tensors of one activation, one after the other."""

    def __init__(self, tables: CodecTables, message: Activation, reference: Reference) -> None:
        self._tables, self._message, self._reference = tables, message, reference
        self._records: list[TensorRecord] = []
        self._levels: list[bytes] = []
        self._ages: set[int] = set()

    def take(self, place: int, record: TensorRecord, wanted: ExpectedTensor) -> None:
        changes = self._message.codec is CodecId.DELTA
        _check(self._message, record, wanted)
        try:
            if not record.codec.calibrated:
                self._records.append(record)
                if changes:
                    self._levels.append(self._tables.levels(self._message.setting, place, record.data))
            elif changes:
                self._records.append(replace(record, data=self._changed(place, bytes(record.data), wanted)))
            else:
                data = self._tables.decode(self._message.setting, place, record.data, wanted.bytes)
                self._records.append(replace(record, data=data))
        except OtherTablesError as error:
            raise UndoingError(
                "wrong_tables", f"tensor {record.index}: {error}; bring the bundle that the device has"
            ) from error
        except NoReferenceError as error:
            raise UndoingError(
                "unknown_reference",
                f"tensor {record.index} of inference {self._message.sequence}: {error}; the device sends a key frame "
                "next",
            ) from error
        except (CodedError, CodecError) as error:
            raise UndoingError(
                "bad_coding", f"tensor {record.index} of inference {self._message.sequence}: {error}"
            ) from error

    def _changed(self, place: int, coded: bytes, wanted: ExpectedTensor) -> bytes:
        age = self._tables.age_of(coded)
        self._ages.add(age)
        before = self._reference(age) if age else None
        data, levels = self._tables.decode_change(
            self._message.setting, place, coded, None if before is None else before[place], wanted.bytes
        )
        self._levels.append(levels)
        return data

    def done(self) -> Undone:
        # A key frame among changes is one tensor that came out smaller so.
        ages = self._ages - {0}
        if len(ages) > 1:
            raise UndoingError(
                "bad_coding", f"the tensors of inference {self._message.sequence} change two different frames"
            )
        return Undone(tuple(self._records), tuple(self._levels) or None, ages.pop() if ages else 0)


def _raw_levels(model: ServedModel, message: Activation) -> Levels | None:
    """What a frame of codec `delta` leaves behind of which every tensor went raw."""
    if message.codec is not CodecId.DELTA or model.calibration is None:
        return None
    tables = _calibration(model, message).tables
    try:
        return tuple(
            tables.levels(message.setting, place, record.data) for place, record in enumerate(message.tensors)
        )
    except CodecError as error:
        raise TensorMismatchError(
            f"the tensors are not those of setting {message.setting}: {error}"
        ) from error


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


def _check(message: Activation, record: TensorRecord, wanted: ExpectedTensor) -> None:
    """Refuse a record that is not the tensor that belongs there."""
    stated = record.raw_bytes if record.codec.calibrated else len(record.data)
    if record.index != wanted.index or record.dtype != wanted.code or stated != wanted.bytes:
        raise TensorMismatchError(
            f"tensor {record.index} ({record.dtype!r}, {stated} bytes) where tensor "
            f"{wanted.index} ({wanted.code!r}, {wanted.bytes} bytes) belongs"
        )
    if record.codec.calibrated and record.codec is not message.codec:
        raise UndoingError(
            "bad_coding",
            f"tensor {record.index} is {record.codec.name.lower()} in a message of {message.codec.name.lower()}",
        )
