"""The devices that are known, and which of them are this server's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cutpoint.wire import DeviceId
from edge_server.replicas.rendezvous import owner


@dataclass(frozen=True, slots=True)
class Moved:
    """Devices that became this server's, and that ceased to be."""

    taken: tuple[DeviceId, ...] = ()
    given: tuple[DeviceId, ...] = ()


class Shares:
    """Keeps the devices apart into own and others'; at most `most_known` of both."""

    def __init__(self, me: str, most_known: int) -> None:
        self._me = me
        self._most_known = most_known
        # A dict for its order: devices are subscribed to in the order in which they were heard of.
        self._known: dict[DeviceId, bool] = {}
        self._serving: Mapping[str, float] = {}
        self._own = 0

    @property
    def own(self) -> int:
        """How many devices are this server's."""
        return self._own

    def __contains__(self, device: DeviceId) -> bool:
        return device in self._known

    def __len__(self) -> int:
        return len(self._known)

    def is_own(self, device: DeviceId) -> bool:
        """Whether this server serves the device."""
        return self._known.get(device, False)

    def meet(self, devices: Iterable[DeviceId]) -> tuple[Moved, int]:
        """Take note of devices; which of them are this server's, and how many found no room."""
        taken, refused = [], 0
        for device in devices:
            if device in self._known:
                continue
            if len(self._known) >= self._most_known:
                refused += 1
                continue
            mine = owner(device, self._serving) == self._me
            self._known[device] = mine
            if mine:
                self._own += 1
                taken.append(device)
        return Moved(taken=tuple(taken)), refused

    def part(self, device: DeviceId) -> Moved:
        """A device was taken out of service: forget it."""
        if not self._known.pop(device, False):
            return Moved()
        self._own -= 1
        return Moved(given=(device,))

    def settle(self, serving: Mapping[str, float]) -> Moved:
        """These servers serve from now on; what changes for this one."""
        if serving == self._serving:
            return Moved()
        self._serving = dict(serving)
        taken: list[DeviceId] = []
        given: list[DeviceId] = []
        for device, was_mine in self._known.items():
            mine = owner(device, self._serving) == self._me
            if mine is not was_mine:
                self._known[device] = mine
                (taken if mine else given).append(device)
        self._own += len(taken) - len(given)
        return Moved(tuple(taken), tuple(given))

    def would_give(self, serving: Mapping[str, float]) -> tuple[DeviceId, ...]:
        """Own devices that would be another's if these servers served."""
        return tuple(
            device for device, mine in self._known.items() if mine and owner(device, serving) != self._me
        )
