"""Feature codecs by name, over the device's own implementation."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint import _core
from cutpoint.codec.errors import CodecError, CodedError
from cutpoint.codec.numbers import CodecId, DType


@dataclass(frozen=True, slots=True)
class Coded:
    """One tensor as it travels: the codec that it really uses, and its bytes."""

    codec: CodecId
    data: bytes


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to send a tensor; falls back to raw, per tensor, where it would not be smaller."""

    id: CodecId

    @property
    def name(self) -> str:
        """As users write it and devices announce it."""
        return self.id.name.lower()

    def encode(self, data: bytes | memoryview, dtype: DType, fill: int = 0) -> Coded:
        """Code a tensor given as little-endian bytes in C order.

        `fill`: the commonest element (the zero point), for float32 its bits. Raises `CodecError` for bytes
        that are not whole elements or a fill that is no element of `dtype`.
        """
        try:
            codec, coded = _core.encode_tensor(self.id, dtype, data, fill)
        except (TypeError, ValueError) as error:
            raise CodecError(f"{self.name} cannot code this tensor: {error}") from error
        return Coded(CodecId(codec), coded)

    def coded_bytes(self, data: bytes | memoryview, dtype: DType, fill: int = 0) -> int:
        """Size of what `encode` would return, without making it; raises `CodecError` like `encode`."""
        try:
            return _core.measure_tensor(self.id, dtype, data, fill)[1]
        except (TypeError, ValueError) as error:
            raise CodecError(f"{self.name} cannot code this tensor: {error}") from error


def decode(coded: Coded, dtype: DType, raw_bytes: int) -> bytes:
    """Undo `Codec.encode`; raises `CodedError` unless `coded` is exactly one tensor of `raw_bytes`.

    The caller bounds `raw_bytes`: a bitmap can unfold to 64 times its size.
    """
    data = _core.decode_tensor(coded.codec, dtype, coded.data, raw_bytes)
    if isinstance(data, int):
        raise CodedError(
            f"{len(coded.data)} bytes under codec {coded.codec.name.lower()} are no {dtype.name.lower()} "
            f"tensor of {raw_bytes} bytes"
        )
    return data


def names() -> tuple[str, ...]:
    """Codecs that take any tensor and need no tables, by name and in the order of their numbers."""
    return tuple(codec.name.lower() for codec in CodecId if codec is CodecId.RAW or codec is CodecId.BITMAP)


def by_name(name: str) -> Codec:
    """The codec that users call `name`; raises `CodecError` with the names that exist."""
    if name not in names():
        raise CodecError(f"codec {name!r} is unknown; use one of {', '.join(names())}")
    return Codec(CodecId[name.upper()])
