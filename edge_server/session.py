"""What the server knows of one device; belongs to the worker that the device is assigned to."""

from __future__ import annotations

from cutpoint.wire import About, DeviceId, FrameError, Presence, Receiver, Telemetry
from edge_server.answers import AnswerCache
from edge_server.epoch import Epoch
from edge_server.planning import Planning
from edge_server.served import ServedModel

# A telemetry frame is at most 64 counters and 8 gauges.
_TELEMETRY_CAPACITY = 1024


class DeviceSession:
    """State of one device. Nothing here is shared with another device or another thread."""

    __slots__ = (
        "about",
        "answers",
        "board",
        "boot",
        "bytes_up",
        "capacity",
        "device",
        "epoch",
        "model",
        "planning",
        "receiver",
        "sequence",
        "state",
        "telemetry",
        "telemetry_receiver",
    )

    def __init__(self, device: DeviceId, *, capacity: int, remembered_answers: int) -> None:
        self.device = device
        self.capacity = capacity
        self.answers = AnswerCache(remembered_answers)
        self.receiver: Receiver | None = None
        self.telemetry_receiver: Receiver | None = None
        self.model: ServedModel | None = None
        self.planning: Planning | None = None
        self.epoch = Epoch()
        self.about: About | None = None
        self.board: tuple[object, ...] | None = None
        self.telemetry: Telemetry | None = None
        self.state: Presence | None = None
        self.boot = 0
        self.sequence = 0
        self.bytes_up = 0

    def collect(self, frame: bytes) -> object | None:
        """Take one frame of the activation topic; the whole message when it completes one.

        Raises FrameError. The buffer is made for the first frame, so that a name alone costs little.
        """
        if self.receiver is None:
            self.receiver = Receiver(self.capacity)
        self.bytes_up += len(frame)
        try:
            message = self.receiver.push(frame)
        except FrameError:
            self.bytes_up -= len(frame)
            raise
        return message

    def collect_telemetry(self, frame: bytes) -> object | None:
        """Take one frame of the telemetry topic; raises FrameError."""
        if self.telemetry_receiver is None:
            self.telemetry_receiver = Receiver(_TELEMETRY_CAPACITY)
        return self.telemetry_receiver.push(frame)

    def taken_bytes(self) -> int:
        """Bytes that came in since the last complete message, headers included; starts anew."""
        taken, self.bytes_up = self.bytes_up, 0
        return taken

    def begin(self, boot: int) -> None:
        """A new life of the device: what it had begun to send will not be completed."""
        self.boot = boot
        self.sequence = 0
        self.bytes_up = 0
        self.receiver = None
        self.telemetry_receiver = None
