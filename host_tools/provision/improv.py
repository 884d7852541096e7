"""Improv Wi-Fi over a serial line: packets as bytes (improv-wifi.com/serial, version 1).

A packet is `IMPROV`, version, type, length, data, and the low byte of the sum of all bytes before it; a line feed after
it keeps line readers in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from cutpoint.errors import UsageError

HEADER = b"IMPROV"
VERSION = 1
OVERHEAD = len(HEADER) + 4
MOST_SSID_BYTES = 32
MOST_PASSWORD_BYTES = 64


class Kind(IntEnum):
    """Types of packets."""

    STATE = 1
    ERROR = 2
    COMMAND = 3
    RESULT = 4


class State(IntEnum):
    """Where a device is with its Wi-Fi."""

    AUTHORISATION_REQUIRED = 1
    READY = 2
    PROVISIONING = 3
    PROVISIONED = 4


class Failure(IntEnum):
    """What a device says when it cannot."""

    NONE = 0
    INVALID = 1
    UNKNOWN_COMMAND = 2
    UNABLE_TO_CONNECT = 3
    NOT_AUTHORISED = 4
    UNKNOWN = 255


class Command(IntEnum):
    """What a device is asked."""

    WIFI = 1
    STATE = 2
    INFO = 3
    NETWORKS = 4


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; its data may hold a password and is not printed."""

    kind: int
    data: bytes = field(repr=False)

    def encode(self) -> bytes:
        """The bytes on the line, line feed included."""
        body = HEADER + bytes((VERSION, self.kind, len(self.data))) + self.data
        return body + bytes((sum(body) & 0xFF,)) + b"\n"


def command(number: Command, data: bytes = b"") -> Packet:
    """A command with its data."""
    return Packet(Kind.COMMAND, bytes((number, len(data))) + data)


def wifi_command(ssid: str, password: str) -> Packet:
    """The command that gives a device its network.

    Raises:
        UsageError: no SSID, or one of them is too long.
    """
    name, secret = ssid.encode(), password.encode()
    if not 1 <= len(name) <= MOST_SSID_BYTES:
        raise UsageError(f"wifi_ssid has {len(name)} B; expected 1 to {MOST_SSID_BYTES}")
    if len(secret) > MOST_PASSWORD_BYTES:
        raise UsageError(f"wifi_pass has more than {MOST_PASSWORD_BYTES} B")
    return command(Command.WIFI, bytes((len(name),)) + name + bytes((len(secret),)) + secret)


def strings_of(packet: Packet) -> tuple[int, list[str]]:
    """The command that a result answers, and its strings; (-1, []) for a result that is none."""
    data = packet.data
    if len(data) < 2 or data[1] != len(data) - 2:
        return -1, []
    found, at = [], 2
    while at < len(data):
        size = data[at]
        if at + 1 + size > len(data):
            return -1, []
        found.append(data[at + 1 : at + 1 + size].decode("utf-8", errors="replace"))
        at += 1 + size
    return data[0], found


class PacketReader:
    """Finds packets in what a serial line carries; everything else is dropped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def push(self, data: bytes) -> Iterator[Packet]:
        """The packets that these bytes complete. A packet of another version, or with a wrong sum, is skipped."""
        self._held += data
        while (at := self._held.find(HEADER)) >= 0:
            del self._held[:at]
            if len(self._held) < OVERHEAD:
                return
            end = OVERHEAD - 1 + self._held[8]
            if len(self._held) <= end:
                return
            if self._held[6] == VERSION and self._held[end] == sum(self._held[:end]) & 0xFF:
                packet = Packet(self._held[7], bytes(self._held[9:end]))
                del self._held[: end + 1]
                yield packet
            else:
                # Not a packet after all; one may begin inside what looked like its data.
                del self._held[: len(HEADER)]
        # A header may be half here.
        del self._held[: max(0, len(self._held) - len(HEADER) + 1)]
