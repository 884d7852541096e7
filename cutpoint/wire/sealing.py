"""Sealed frames: AES-256-GCM under a device's own key. See docs/protocol.md, Sealed frames.

The format, the nonces and the replay window are the core's (firmware/core/cipher); the cipher is `cryptography`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cutpoint import _core
from cutpoint.errors import InternalError, UsageError
from cutpoint.wire.errors import FrameError, Reason
from cutpoint.wire.key import Key
from cutpoint.wire.receiver import header_of

SEAL_BYTES = _core.SEAL_BYTES
"""What sealing adds to a frame: chunks that are to be sealed are made so much smaller."""

_EXHAUSTED = 31


class Role(IntEnum):
    """Who sealed a frame."""

    DEVICE = 1
    EDGE = 2
    TOOL = 3


class SealError(UsageError):
    """A frame that cannot be sealed: it is none, or this life has used up its nonces."""


class ExhaustedError(SealError):
    """4,294,967,295 frames have been sealed in one life; a new one has to begin."""


@dataclass(frozen=True, slots=True, order=True)
class Life:
    """One life of a sealer, from its start to its end; a later one is greater.

    boot: 32 bits, salt: 24 bits. A device counts boots and draws its salt (`of_boot`); everyone else takes the
    time of the start (`now`).
    """

    boot: int
    salt: int

    @classmethod
    def of_boot(cls, boot: int) -> Self:
        """A device's life: its boot number and a random salt."""
        return cls(boot, secrets.randbits(24))

    @classmethod
    def now(cls, after: Life | None = None) -> Self:
        """A life of an edge or a tool, begun now: Unix seconds, and the fraction in 2^-24 s.

        It is greater than `after` even if the clock has been set back.
        """
        seconds, ns = divmod(time.time_ns(), 1_000_000_000)
        life = cls(seconds & 0xFFFF_FFFF, (ns << 24) // 1_000_000_000)
        if after is not None and life <= after:
            following = (after.boot << 24 | after.salt) + 1
            life = cls(following >> 24 & 0xFFFF_FFFF, following & 0xFF_FFFF)
        return life


class _Aes:
    """The core's cipher port over `cryptography`."""

    __slots__ = ("_gcm",)

    def __init__(self, key: Key) -> None:
        self._gcm = AESGCM(key.reveal())

    def seal(self, nonce: bytes, aad: bytes, text: bytes, /) -> bytes:
        return self._gcm.encrypt(nonce, text, aad)

    def open(self, nonce: bytes, aad: bytes, sealed: bytes, /) -> bytes | None:
        try:
            return self._gcm.decrypt(nonce, sealed, aad)
        except InvalidTag:
            return None


class Sealer:
    """Seals frames in one role and life. May be used from several threads: no two frames get one nonce."""

    def __init__(self, key: Key, role: Role, life: Life, *, sealed: int = 0) -> None:
        """`sealed`: frames that this life has sealed before."""
        self.life = life
        self._core = _core.FrameSealer(_Aes(key), role, life.boot, life.salt, sealed)
        self._lock = threading.Lock()

    def seal(self, frame: bytes) -> bytes:
        """The sealed form, `SEAL_BYTES` longer. Raises `SealError`; `ExhaustedError` from then on for good."""
        with self._lock:
            sealed = self._core.seal(frame)
        if isinstance(sealed, bytes):
            return sealed
        if sealed == _EXHAUSTED:
            raise ExhaustedError("every nonce of this life is used: restart what seals, or give it a new key")
        try:
            reason = Reason.of_status(sealed)
        except KeyError:
            raise InternalError(f"the core cannot seal a frame (status {sealed})") from None
        raise SealError(f"only a whole plain frame can be sealed; this is none: {reason.value}")


class Opener:
    """Opens what the other end of `own` sealed, each frame once. Not for several threads at once."""

    def __init__(self, key: Key, own: Role) -> None:
        self._core = _core.FrameOpener(_Aes(key), own)

    def open(self, frame: bytes) -> bytes:
        """The plain frame. Raises `FrameError`: PLAIN, FORGED, REPLAYED, OLD_LIFE, ROLE, ANY_LIFE, or damage."""
        plain = self._core.open(frame)
        if isinstance(plain, bytes):
            return plain
        raise FrameError(Reason.of_status(plain), header_of(frame))

    def newest(self, role: Role) -> tuple[Life, int] | None:
        """Life and counter of the newest frame of a role that was opened."""
        newest = self._core.newest(role)
        return None if newest is None else (Life(*newest[:2]), newest[2])

    def resume(self, role: Role, life: Life, counter: int) -> None:
        """Go on after a restart: everything up to `counter` of `life`, and every life before, is opened."""
        self._core.resume(role, life.boot, life.salt, counter)

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames opened, and refused by reason."""
        return self._core.counters


def open_any(key: Key, frame: bytes) -> bytes:
    """The plain frame, whoever sealed it and however often it came: for reading along. Raises `FrameError`."""
    plain = _core.decrypt_frame(_Aes(key), frame)
    if isinstance(plain, bytes):
        return plain
    raise FrameError(Reason.of_status(plain), header_of(frame))
