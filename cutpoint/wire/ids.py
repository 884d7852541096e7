"""Names that check themselves: devices and models."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from cutpoint.errors import UsageError

MODEL_ID_BYTES = 4
_DEVICE_ID = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


class IdError(UsageError):
    """A name that no device or model can have."""


class DeviceId(str):
    """A device's name in topics: 1 to 32 of a-z, 0-9 and '-'. Raises `IdError` for anything else."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        if not _DEVICE_ID.fullmatch(name):
            raise IdError(f"device id {name[:64]!r} is not 1 to 32 characters of a-z, 0-9 and '-'")
        return super().__new__(cls, name)


@dataclass(frozen=True, slots=True)
class ModelId:
    """The first 4 bytes of the SHA-256 of a whole .tflite. Raises `IdError` for another number of bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.raw, bytes) or len(self.raw) != MODEL_ID_BYTES:
            raise IdError(f"a model id has {MODEL_ID_BYTES} bytes, not {self.raw!r:.64}")

    @classmethod
    def of_model(cls, data: bytes) -> ModelId:
        """The id of a model file's content."""
        return cls(hashlib.sha256(data).digest()[:MODEL_ID_BYTES])

    @classmethod
    def of_hex(cls, text: str) -> ModelId:
        """From 8 hexadecimal digits, as `hex` gives them; raises `IdError`."""
        if not re.fullmatch(r"[0-9a-f]{8}", text, re.ASCII):
            raise IdError(f"a model id is 8 hexadecimal digits in lower case, not {text[:64]!r}")
        return cls(bytes.fromhex(text))

    @property
    def hex(self) -> str:
        """8 hexadecimal digits."""
        return self.raw.hex()

    def __bytes__(self) -> bytes:
        return self.raw

    def __str__(self) -> str:
        return self.raw.hex()
