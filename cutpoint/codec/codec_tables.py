"""A file of codec tables, opened: tensors coded with its settings and undone. The code is the device's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint import _core
from cutpoint.codec.codec import Coded
from cutpoint.codec.errors import CodecError, CodedError, NoReferenceError, OtherTablesError
from cutpoint.codec.numbers import CodecId, DType

# Of the core's statuses (firmware/core/status.h).
_TABLES, _REFERENCE = 32, 33
_FAULTS = {
    2: "it ends early",
    3: "it does not begin as one",
    4: "its format is newer than this code",
    6: "it is damaged: its checksum is wrong",
    10: "a setting names a codec that has no tables",
    17: "a number of settings or tensors is out of range",
    19: "a tensor is neither int8 nor uint8",
    5: "a block does not lie inside of it",
    _TABLES: "it belongs to another model",
}


@dataclass(frozen=True, slots=True)
class SettingHead:
    """What a setting is for: its number, the cut, the codec, and how many tensors travel there."""

    number: int
    cut: int
    codec: CodecId
    tensors: int


@dataclass(frozen=True, slots=True)
class TensorHead:
    """A tensor of a setting: height, width, channels; dtype; levels, and the one of the zero point."""

    shape: tuple[int, int, int]
    dtype: DType
    levels: int
    zero_level: int


class CodecTables:
    """The settings of one file. Immutable; may be used by several threads."""

    __slots__ = ("_core", "settings", "version")

    def __init__(self, core: _core.CodecTables) -> None:
        self._core = core
        self.version = core.version
        heads = [(number, *core.setting(number)) for number in range(1, core.count + 1)]
        self.settings = tuple(
            [SettingHead(number, cut, CodecId(codec), n) for number, cut, codec, n in heads]
        )

    @classmethod
    def open(cls, data: bytes | memoryview, model_id: bytes) -> CodecTables:
        """Read a file, which must be of this model; everything is checked. Raises `CodecError` with what is wrong."""
        opened = _core.open_codec_tables(data, model_id)
        if isinstance(opened, int):
            fault = _FAULTS.get(opened, "a field has a value that it cannot have")
            raise CodecError(f"{len(data)} bytes are no codec tables of model {model_id.hex()}: {fault}")
        return cls(opened)

    def tensor(self, number: int, place: int) -> TensorHead:
        """What a setting codes at a place. Raises `CodecError` where there is no such setting or place."""
        shape, dtype, levels, zero_level = self._asked(self._core.tensor, number, place)
        return TensorHead(shape, DType(dtype), levels, zero_level)

    def encode(self, number: int, place: int, data: bytes | memoryview, *, fill: int = 0) -> Coded:
        """As a device makes it: raw where that is not larger, or the coded form larger than a device's scratch.

        A tensor of delta becomes a key frame. `fill` is there for likeness with `Codec.encode`; tables have their own
        zero level. Raises `CodecError` for a setting or place that is not here, or a tensor of another size.
        """
        codec, coded = self._asked(self._core.encode, number, place, data)
        return Coded(CodecId(codec), coded)

    def decode(self, number: int, place: int, coded: bytes | memoryview, raw_bytes: int) -> bytes:
        """The tensor that the coded bytes stand for.

        Raises `CodecError` for a setting or place that is not here, `CodedError` for bytes that are no coded tensor of
        `raw_bytes`, `OtherTablesError` where they were made with other tables, `NoReferenceError` for a change.
        """
        self._fits(number, place, raw_bytes)
        data: bytes | int = self._asked(self._core.decode, number, place, coded)
        if isinstance(data, int):
            raise self._refused(number, data, len(coded))
        return data

    def decode_batch(
        self, number: int, place: int, coded: Sequence[bytes], raw_bytes: int
    ) -> npt.NDArray[np.uint8]:
        """The same of many tensors: shape (n, raw_bytes). Raises what `decode` raises, of the first that is refused."""
        self._fits(number, place, raw_bytes)
        data = self._asked(self._core.decode_batch, number, place, list(coded))
        if isinstance(data, tuple):
            at, status = data
            raise self._refused(number, status, len(coded[at]))
        return np.frombuffer(data, np.uint8).reshape(len(coded), raw_bytes)

    def decode_partial(
        self, number: int, place: int, coded: bytes, came: Sequence[tuple[int, int]], raw_bytes: int
    ) -> tuple[bytes, int]:
        """The elements that can be told from the bytes that came, and how many; the others have the zero level's value.

        `came`: ranges [first, end) of `coded`, ascending and apart from each other; what lies outside is not looked
        at. Of `lowbit` every element is there whose bits came, of `rans` in slices every slice that came whole, of
        the other codecs none. Raises what `decode` raises, and `CodecError` for ranges that are not such.
        """
        self._fits(number, place, raw_bytes)
        made: tuple[bytes, int] | int = self._asked(
            self._core.decode_partial, number, place, coded, list(came)
        )
        if isinstance(made, int):
            raise self._refused(number, made, len(coded))
        return made

    def levels(self, number: int, place: int, data: bytes | memoryview) -> bytes:
        """The level of each element: the reference that a frame of delta leaves behind which went raw."""
        levels: bytes = self._asked(self._core.levels, number, place, data)
        return levels

    def encode_change(
        self, number: int, place: int, data: bytes | memoryview, reference: bytes | None, age: int
    ) -> tuple[Coded, bytes]:
        """Delta against the levels of the frame `age` inferences ago, and the levels of this one.

        A key frame without a reference, at age 0, and where it is smaller. Raises `CodecError` like `encode`.
        """
        codec, coded, levels = self._asked(self._core.encode_change, number, place, data, reference, age)
        return Coded(CodecId(codec), coded), levels

    def decode_change(
        self, number: int, place: int, coded: bytes | memoryview, reference: bytes | None, raw_bytes: int
    ) -> tuple[bytes, bytes]:
        """The tensor of a delta frame, and its levels, which are the reference of a later one.

        `reference`: the levels of the frame as many inferences ago as `age_of` says; None where they are not at hand.
        Raises what `decode` raises, `NoReferenceError` where the frame is a change and there is no reference.
        """
        self._fits(number, place, raw_bytes)
        both: tuple[bytes, bytes] | int = self._asked(
            self._core.decode_change, number, place, coded, reference
        )
        if isinstance(both, int):
            raise self._refused(number, both, len(coded))
        return both

    @staticmethod
    def age_of(coded: bytes | memoryview) -> int:
        """How many inferences before a delta frame its reference was; 0 for a key frame, and for what is no frame."""
        return coded[2] if len(coded) > 2 else 0

    def _fits(self, number: int, place: int, raw_bytes: int) -> None:
        height, width, channels = self.tensor(number, place).shape
        if height * width * channels != raw_bytes:
            raise CodedError(
                f"setting {number} is of a tensor of {height * width * channels} bytes, {raw_bytes} are stated"
            )

    def _asked(self, call: Any, number: int, place: int, *rest: Any) -> Any:
        if not 1 <= number <= len(self.settings) or not 0 <= place < self.settings[number - 1].tensors:
            raise CodecError(f"these tables have no setting {number} with a tensor {place}")
        try:
            return call(number, place, *rest)
        except (TypeError, ValueError) as error:
            raise CodecError(f"setting {number} cannot code this tensor: {error}") from error

    def _refused(self, number: int, status: int, coded_bytes: int) -> CodedError:
        if status == _TABLES:
            return OtherTablesError(
                f"{coded_bytes} bytes were made with other tables than these, {self.version:08x}"
            )
        if status == _REFERENCE:
            return NoReferenceError(f"{coded_bytes} bytes are the change of a frame that is not at hand")
        name = self.settings[number - 1].codec.name.lower()
        return CodedError(f"{coded_bytes} bytes are no tensor of setting {number} ({name})")
