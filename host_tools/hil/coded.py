"""Undoes what a device codes with the tables of its bundle, for an edge that follows a script."""

from __future__ import annotations

from dataclasses import replace

from cutpoint.codec import CodecId, CodecTables, NoReferenceError, OtherTablesError
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, TensorRecord

REMEMBERED = 8
"""Frames whose levels are kept, as the changes of codec delta may be told against any that was answered."""


class CodedTensors:
    """One device's. Remembers what its frames of codec delta need of those before."""

    def __init__(self, bundle: Bundle) -> None:
        data = bundle.codec_tables
        self._tables = None if data is None else CodecTables.open(data, bytes(bundle.model_id))
        self._levels: dict[tuple[int, int, int], tuple[bytes, ...]] = {}

    def undone(self, activation: Activation) -> Activation:
        """The same with tensors as they are after decoding. Raises CodedError, also for want of tables or reference."""
        if not any(record.codec.calibrated for record in activation.tensors):
            return activation
        if activation.codec is not CodecId.DELTA:
            records = [self._one(activation, at, record) for at, record in enumerate(activation.tensors)]
            return replace(activation, tensors=tuple(records))
        return self._changed(activation)

    def _open(self) -> CodecTables:
        if self._tables is None:
            raise OtherTablesError("a tensor was made with codec tables, and this bundle has none")
        return self._tables

    def _one(self, activation: Activation, place: int, record: TensorRecord) -> TensorRecord:
        if not record.codec.calibrated:
            return record
        raw_bytes = record.raw_bytes or 0
        data = self._open().decode(activation.setting, place, record.data, raw_bytes)
        return replace(record, data=data)

    def _changed(self, activation: Activation) -> Activation:
        tables, setting = self._open(), activation.setting
        records: list[TensorRecord] = []
        levels: list[bytes] = []
        for place, record in enumerate(activation.tensors):
            if not record.codec.calibrated:
                # It would not have been smaller; the device remembers its levels all the same.
                records.append(record)
                levels.append(tables.encode_change(setting, place, record.data, None, 0)[1])
                continue
            age = tables.age_of(record.data)
            before = self._levels.get((activation.boot, setting, activation.sequence - age)) if age else None
            if age and before is None:
                raise NoReferenceError(
                    f"inference {activation.sequence} changes the one {age} before it, which is not remembered"
                )
            reference = before[place] if before is not None else None
            data, seen = tables.decode_change(setting, place, record.data, reference, record.raw_bytes or 0)
            records.append(replace(record, data=data))
            levels.append(seen)
        self._levels[(activation.boot, setting, activation.sequence)] = tuple(levels)
        while len(self._levels) > REMEMBERED:
            del self._levels[next(iter(self._levels))]
        return replace(activation, tensors=tuple(records))
