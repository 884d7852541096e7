"""Give a running board its Wi-Fi over Improv, and wait until it says that it is in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from host_tools.flash import BoardError
from host_tools.provision.improv import (
    Command,
    Failure,
    Kind,
    Packet,
    PacketReader,
    State,
    command,
    strings_of,
    wifi_command,
)
from host_tools.serial_line import LinePort, read_some

ANSWER_S = 3.0
"""For a board to say that it is there; it is asked again every second."""
ASK_AGAIN_S = 1.0
JOIN_S = 30.0
"""For a board to join a network: scan, authentication and DHCP, with the firmware's own repeats."""
REASONS = {
    Failure.INVALID: "it could not read the packet; try again",
    Failure.UNKNOWN_COMMAND: "its firmware does not know the command; flash the current one",
    Failure.UNABLE_TO_CONNECT: "it could not join: wrong Wi-Fi password, or the network is out of reach or 5 GHz only",
    Failure.NOT_AUTHORISED: "it wants to be authorised first; press its button",
}


@dataclass(frozen=True, slots=True)
class Joined:
    """What a board answered: the address of its page, where it has one, and what it says of itself."""

    urls: tuple[str, ...] = ()
    about: tuple[str, ...] = field(default=())


class ImprovClient:
    """One conversation over an open port."""

    def __init__(self, port: LinePort, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._name = name
        self._clock = clock
        self._reader = PacketReader()

    def give(self, ssid: str, password: str) -> Joined:
        """Send network and password and wait for the end of it.

        Raises:
            BoardError: no answer, or the board could not join; the sentence says why, without the password.
        """
        packet = wifi_command(ssid, password)
        self._await_ready()
        about = self._about()
        self._send(packet)
        for said in self._until(self._clock() + JOIN_S):
            if _failed(said):
                raise BoardError(f"the board on {self._name} did not take the Wi-Fi: {_reason(said)}")
            if said.kind == Kind.RESULT and strings_of(said)[0] == Command.WIFI:
                return Joined(tuple(strings_of(said)[1]), about)
            if said.kind == Kind.STATE and said.data[:1] == bytes((State.PROVISIONED,)):
                return Joined(self._addresses(), about)
        raise BoardError(
            f"the board on {self._name} took the Wi-Fi but did not join within {JOIN_S:.0f} s: wrong password, or the "
            "network is out of reach"
        )

    def _await_ready(self) -> None:
        end = self._clock() + ANSWER_S
        while self._clock() < end:
            self._send(command(Command.STATE))
            for said in self._until(min(end, self._clock() + ASK_AGAIN_S)):
                if said.kind == Kind.STATE and said.data:
                    if said.data[0] == State.AUTHORISATION_REQUIRED:
                        raise BoardError(
                            f"the board on {self._name} wants to be authorised first; press its button"
                        )
                    return
                if _failed(said):
                    raise BoardError(f"the board on {self._name} does not do Improv: {_reason(said)}")
        raise BoardError(
            f"no Improv answer from {self._name} within {ANSWER_S:.0f} s: flash the firmware first (cutpoint flash), "
            "or check that this is the board's console"
        )

    def _addresses(self) -> tuple[str, ...]:
        """What a provisioned board sends behind its state; a board without a page may leave it out."""
        for said in self._until(self._clock() + ASK_AGAIN_S):
            if said.kind == Kind.RESULT and strings_of(said)[0] == Command.WIFI:
                return tuple(strings_of(said)[1])
        return ()

    def _about(self) -> tuple[str, ...]:
        self._send(command(Command.INFO))
        for said in self._until(self._clock() + ASK_AGAIN_S):
            if said.kind == Kind.RESULT:
                number, strings = strings_of(said)
                if number == Command.INFO:
                    return tuple(strings)
            if _failed(said):
                return ()
        return ()

    def _until(self, end: float) -> Iterator[Packet]:
        while self._clock() < end:
            try:
                data = read_some(self._port)
            except OSError as error:
                raise BoardError(f"{self._name} went away: {error}") from error
            yield from self._reader.push(data)

    def _send(self, packet: Packet) -> None:
        try:
            self._port.write(packet.encode())
        except OSError:
            # From None: nothing of what was being written may be seen.
            raise BoardError(f"{self._name} went away while it was written to") from None


def _failed(said: Packet) -> bool:
    return said.kind == Kind.ERROR and said.data[:1] not in (b"", bytes((Failure.NONE,)))


def _reason(said: Packet) -> str:
    number = said.data[0]
    known = number in Failure.__members__.values()
    return REASONS.get(Failure(number), "for a reason that it does not know") if known else f"error {number}"
