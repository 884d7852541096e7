"""Bounds check of a .tflite before anything reads it: every table, vector and string must lie inside the file.

The interpreters read the file in place and trust its offsets, so a flipped byte could make them read anywhere. The
layout is that of FlatBuffers ("FlatBuffers Internals", flatbuffers.dev); the field numbers are those of
`schema.fbs` version 3 of TensorFlow Lite.
"""

from __future__ import annotations

import struct
from typing import Final

from cutpoint.errors import ModelError

# Tables and vectors may be shared by many references, so that a small file describes an endless model: the walk, and
# with it every later reading, is bounded by work.
MOST_TABLES: Final = 500_000
MOST_VISITS_OF_A_BYTE: Final = 16

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")

# What a field refers to, by field number: an element size in bytes (vector of scalars; 1 also for a string), the name
# of a table, a list with the name of a table (vector of tables), or None (any table: the value of a union).
# Scalars stored in the table itself are not listed.
_Reference = int | str | list[str] | None
_TABLES: Final[dict[str, dict[int, _Reference]]] = {
    "Model": {
        1: ["OperatorCode"],
        2: ["SubGraph"],
        3: 1,
        4: ["Buffer"],
        5: 4,
        6: ["Metadata"],
        7: ["SignatureDef"],
        8: ["ExternalBufferGroup"],
        9: ["ExternalBuffer"],
    },
    "OperatorCode": {1: 1},
    "SubGraph": {0: ["Tensor"], 1: 4, 2: 4, 3: ["Operator"], 4: 1},
    "Tensor": {0: 4, 3: 1, 4: "Quantization", 6: "Sparsity", 7: 4, 9: ["VariantSubType"]},
    "Quantization": {0: 4, 1: 4, 2: 4, 3: 8, 5: None},
    "Sparsity": {0: 4, 1: 4, 2: ["DimensionMetadata"]},
    "DimensionMetadata": {3: None, 5: None},
    "VariantSubType": {0: 4},
    "Operator": {1: 4, 2: 4, 4: None, 5: 1, 7: 1, 8: 4, 12: None},
    "Buffer": {0: 1},
    "Metadata": {0: 1},
    "SignatureDef": {0: ["TensorMap"], 1: ["TensorMap"], 2: 1},
    "TensorMap": {0: 1},
    "ExternalBufferGroup": {0: 1},
    "ExternalBuffer": {4: 1},
}


def check_bounds(data: bytes) -> None:
    """Raise ModelError unless every offset in the file leads to a whole object inside the file."""
    _Walk(data).table(_root(data), "Model")


def _root(data: bytes) -> int:
    offset: int = _U32.unpack_from(data, 0)[0]
    return offset


class _Walk:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tables_left = MOST_TABLES
        self._bytes_left = MOST_VISITS_OF_A_BYTE * len(data)

    def table(self, at: int, name: str | None) -> None:
        """Check the table at this position and whatever its fields refer to."""
        self._tables_left -= 1
        if self._tables_left < 0:
            raise ModelError(f"the file holds more than {MOST_TABLES} tables: it is damaged")
        data, size = self._data, len(self._data)
        if at % 4 or not 0 <= at <= size - 4:
            raise _damaged(at)
        vtable = at - _I32.unpack_from(data, at)[0]
        if vtable % 2 or not 0 <= vtable <= size - 4:
            raise _damaged(at)
        vtable_bytes = _U16.unpack_from(data, vtable)[0]
        table_bytes = _U16.unpack_from(data, vtable + 2)[0]
        if vtable_bytes < 4 or vtable_bytes % 2 or vtable + vtable_bytes > size or at + table_bytes > size:
            raise _damaged(at)
        fields = struct.unpack_from(f"<{vtable_bytes // 2 - 2}H", data, vtable + 4)
        if any(field and not 4 <= field < table_bytes for field in fields):
            raise _damaged(at)
        if name is None:
            return
        for number, reference in _TABLES[name].items():
            if number < len(fields) and fields[number]:
                self._reference(at + fields[number], reference)

    def _reference(self, at: int, kind: _Reference) -> None:
        target = self._follow(at)
        if isinstance(kind, int):
            self._vector(target, kind)
        elif isinstance(kind, list):
            for place in range(self._vector(target, 4)):
                self.table(self._follow(target + 4 + 4 * place), kind[0])
        else:
            self.table(target, kind)

    def _follow(self, at: int) -> int:
        if at % 4 or not 0 <= at <= len(self._data) - 4:
            raise _damaged(at)
        target: int = at + _U32.unpack_from(self._data, at)[0]
        if target > len(self._data) - 4:
            raise _damaged(at)
        return target

    def _vector(self, at: int, element_bytes: int) -> int:
        if at % 4 or at > len(self._data) - 4:
            raise _damaged(at)
        length: int = _U32.unpack_from(self._data, at)[0]
        if at + 4 + length * element_bytes > len(self._data):
            raise _damaged(at)
        self._bytes_left -= length * element_bytes
        if self._bytes_left < 0:
            raise ModelError("the file refers to the same data again and again: it is damaged")
        return length


def _damaged(at: int) -> ModelError:
    return ModelError(
        f"the file is damaged or truncated: the structure at byte {at} reaches outside of it; get a fresh copy"
    )
