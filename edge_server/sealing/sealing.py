"""Sealed conversations with the devices that have a key: what goes out is sealed, what comes in is opened."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from cutpoint.wire import DeviceId, ExhaustedError, Key, Leaf, Life, Opener, Role, Sealer
from edge_server.config import ServeConfig
from edge_server.errors import ConfigError, KeylessError
from edge_server.gateway import Arrival, Gateway
from edge_server.logs import log_event
from edge_server.sealing.seal_memory import Remembered, SealMemory

log = logging.getLogger("edge_server")

_SEALED_IN = frozenset({Leaf.ACT, Leaf.TELE})
_REMEMBER_EVERY_S = 10.0


class Seals:
    """One sealer and one opener for each device with a key. Devices without one pass as they are.

    Devices are opened for by one thread only, the desk's. The memory keeps what was opened last, so that a
    recording from before a restart is refused too: written at every new life of a device, every ten seconds while
    frames come, and at the end.
    """

    def __init__(
        self, keys: Mapping[DeviceId, Key], memory: SealMemory | None = None, *, keys_required: bool = False
    ) -> None:
        """Raises ConfigError when the memory cannot be read or written."""
        self._keys = dict(keys)
        self._required = keys_required
        self._memory = memory
        self._writing = threading.Lock()
        self._written_at = time.monotonic()
        self._boots: dict[DeviceId, Life] = {}
        remembered = Remembered() if memory is None else memory.read()
        self._life = Life.now(after=remembered.life)
        self._openers = {device: Opener(key, Role.EDGE) for device, key in self._keys.items()}
        self._sealers = {device: Sealer(key, Role.EDGE, self._life) for device, key in self._keys.items()}
        for device, key in self._keys.items():
            newest = remembered.devices.get((device, key.fingerprint))
            if newest is not None:
                self._openers[device].resume(Role.DEVICE, *newest)
                self._boots[device] = newest[0]
        # What is remembered of devices whose key is gone, or another one now, is forgotten with it.
        if memory is not None:
            memory.write(self._now())

    @classmethod
    def of(cls, config: ServeConfig) -> Seals:
        """As the config says. Raises KeyFileError or ConfigError."""
        keys = config.read_keys()
        memory = SealMemory(config.keys_memory_path) if keys else None
        return cls(keys, memory, keys_required=config.require_keys)

    def sealed(self, device: DeviceId) -> bool:
        """Whether this device has a key."""
        return device in self._keys

    def open(self, arrival: Arrival) -> Arrival:
        """The arrival with a plain frame. Raises FrameError, or KeylessError where a key is demanded."""
        opener = self._openers.get(arrival.device)
        if opener is None:
            if self._required:
                raise KeylessError(f"{arrival.device} has no key, and require_keys is set")
            return arrival
        if arrival.leaf not in _SEALED_IN:
            return arrival
        plain = opener.open(arrival.payload)
        self._remember(arrival.device, opener)
        return Arrival(arrival.device, arrival.leaf, plain, arrival.received_ns)

    def seal(self, device: DeviceId, frame: bytes) -> bytes:
        """The frame as it goes to a device: sealed if that has a key. From any thread."""
        sealer = self._sealers.get(device)
        if sealer is None:
            return frame
        try:
            return sealer.seal(frame)
        except ExhaustedError:
            # After 4,294,967,295 frames: a later life, which the device takes for a restart of the server.
            self._life = Life.now(after=self._life)
            self._sealers[device] = Sealer(self._keys[device], Role.EDGE, self._life)
            self.remember()
            return self._sealers[device].seal(frame)

    def remember(self) -> None:
        """Write the memory now. A failure is logged: it costs protection after a restart, not service."""
        if self._memory is None:
            return
        with self._writing:
            self._written_at = time.monotonic()
            try:
                self._memory.write(self._now())
            except ConfigError as error:
                log_event(log, logging.ERROR, "seal_memory_failed", detail=error)

    def _remember(self, device: DeviceId, opener: Opener) -> None:
        newest = opener.newest(Role.DEVICE)
        born = newest is not None and self._boots.get(device) != newest[0]
        if newest is not None:
            self._boots[device] = newest[0]
        if born or time.monotonic() - self._written_at > _REMEMBER_EVERY_S:
            self.remember()

    def _now(self) -> Remembered:
        devices = {}
        for device, opener in self._openers.items():
            newest = opener.newest(Role.DEVICE)
            if newest is not None:
                devices[device, self._keys[device].fingerprint] = newest
        return Remembered(self._life, devices)


class SealingGateway:
    """A gateway through which frames leave sealed for the devices that have a key."""

    def __init__(self, gateway: Gateway, seals: Seals) -> None:
        self._gateway = gateway
        self._seals = seals

    def start(self, accept: Callable[[Arrival], None], renewed: Callable[[], None]) -> None:
        self._gateway.start(accept, renewed)

    def stop(self) -> None:
        self._gateway.stop()

    def send(self, device: DeviceId, leaf: Leaf, frame: bytes) -> bool:
        return self._gateway.send(device, leaf, self._seals.seal(device, frame))

    def drops(self) -> dict[str, int]:
        return self._gateway.drops()

    @property
    def cpu_us(self) -> int:
        return self._gateway.cpu_us

    @property
    def connected(self) -> bool:
        return self._gateway.connected
