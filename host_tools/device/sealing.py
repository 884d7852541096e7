"""One life of a device with a key: what it sends is sealed, what it hears is opened, each frame once."""

from __future__ import annotations

import logging
from collections import Counter

from cutpoint.wire import ExhaustedError, FrameError, Key, Life, Opener, Reason, Role, Sealer

log = logging.getLogger(__name__)

_SEALED_OUT = frozenset({"act", "tele"})
# A broker hands the retained plan out at every connection, and repeats what it delivers at QoS 1.
_ORDINARY = frozenset({Reason.REPLAYED})


class DeviceSealing:
    """Belongs to the device's thread. `drops` counts what could not be opened or sealed, by reason."""

    def __init__(self, key: Key, boot: int, device: str, drops: Counter[str]) -> None:
        self._device = device
        self._drops = drops
        self._sealer = Sealer(key, Role.DEVICE, Life.of_boot(boot))
        self._opener = Opener(key, Role.DEVICE)

    def outgoing(self, leaf: str, payload: bytes) -> bytes | None:
        """What travels: frames sealed, texts as they are. None once every nonce of this life is used."""
        if leaf not in _SEALED_OUT:
            return payload
        try:
            return self._sealer.seal(payload)
        except ExhaustedError as error:
            self._count("exhausted", error)
            return None

    def incoming(self, frame: bytes) -> bytes | None:
        """The plain frame. None for one that came before; an empty one, for the session to count as bad, else."""
        try:
            return self._opener.open(frame)
        except FrameError as error:
            self._count(error.reason.value, error)
            return None if error.reason in _ORDINARY else b""

    def _count(self, reason: str, error: Exception) -> None:
        name = f"sealed_{reason}"
        self._drops[name] += 1
        if self._drops[name] == 1 and reason not in {one.value for one in _ORDINARY}:
            log.warning("event=%s device=%s detail=%r", name, self._device, str(error))
