"""What the server knows of one device; belongs to the desk's thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from cutpoint.wire import About, DeviceId, Presence, Receiver
from edge_server.catalogue.served import ServedModel
from edge_server.desk.answers import AnswerCache, Asked
from edge_server.desk.outcome import Received
from edge_server.desk.twins import TwinWatch
from edge_server.planning.epoch import Epoch
from edge_server.planning.planners import Board
from edge_server.planning.planning import Planning
from edge_server.planning.remembered import Remembered

# A telemetry frame is at most 64 counters and 11 gauges.
_TELEMETRY_CAPACITY = 1024
_MOST_LINES = 20
_LINES_WITHIN_S = 60.0


class DeviceSession:
    """State of one device. Nothing here is shared with another device or another thread."""

    __slots__ = (
        "_collecting",
        "_logged",
        "_received",
        "about",
        "answers",
        "board",
        "boot",
        "capacity",
        "device",
        "ended",
        "epoch",
        "in_flight",
        "model",
        "planning",
        "receiver",
        "remembered",
        "sequence",
        "state",
        "telemetry_receiver",
        "twins",
        "watched",
    )

    def __init__(self, device: DeviceId, *, capacity: int, remembered_answers: int) -> None:
        self.device = device
        self.capacity = capacity
        self.answers = AnswerCache(remembered_answers)
        self.in_flight: dict[Asked, int] = {}
        """Inferences that wait for their tail, with the digest of the question."""
        self.twins = TwinWatch()
        self.receiver: Receiver | None = None
        self.telemetry_receiver: Receiver | None = None
        self.model: ServedModel | None = None
        self.planning: Planning | None = None
        self.epoch = Epoch()
        self.about: About | None = None
        self.board: Board | None = None
        self.remembered: Remembered | None = None
        """What a store kept of the planning, until it is known whether it fits."""
        self.state: Presence | None = None
        self.boot = 0
        self.sequence = 0
        self.ended = False
        """Whether it was forgotten: what is under way is answered, and nothing is planned for the device from here."""
        self.watched = False
        """Whether a timer stands that looks at an unfinished activation."""
        self._collecting = b""
        self._logged: deque[float] = deque(maxlen=_MOST_LINES)
        self._received: list[Received] = []

    def collect(self, frame: bytes, received_ns: int) -> object | None:
        """Take one frame of the activation topic; the whole message when it completes one.

        Raises FrameError. The buffer is made for the first frame, so that a name alone costs little.
        """
        if self.receiver is None:
            self.receiver = Receiver(self.capacity)
        message = self.receiver.push(frame)
        # Boot and sequence: frames of one message have them in common.
        key = frame[8:16]
        if key != self._collecting:
            self._collecting = key
            self._received.clear()
        self._received.append((len(frame), received_ns))
        return message

    def collect_telemetry(self, frame: bytes) -> object | None:
        """Take one frame of the telemetry topic; raises FrameError."""
        if self.telemetry_receiver is None:
            self.telemetry_receiver = Receiver(_TELEMETRY_CAPACITY)
        return self.telemetry_receiver.push(frame)

    @property
    def unfinished(self) -> Sequence[Received]:
        """The frames that came of the activation that is being collected, in the order in which they came."""
        return self._received

    def may_log(self) -> bool:
        """Whether a line about what the device says of itself may be logged; a talkative one is cut short."""
        now = time.monotonic()
        if len(self._logged) == _MOST_LINES and now - self._logged[0] < _LINES_WITHIN_S:
            return False
        self._logged.append(now)
        return True

    def taken(self) -> tuple[Received, ...]:
        """The frames of the message that is complete now, in the order in which they came."""
        received = tuple(self._received)
        self._received.clear()
        self._collecting = b""
        return received

    def make_room(self, capacity: int) -> None:
        """Take messages of so many bytes from now on, if that is more than before; an unfinished one is lost."""
        if capacity > self.capacity:
            self.capacity = capacity
            self.receiver = None
            self._collecting = b""
            self._received.clear()

    def begin(self, boot: int) -> None:
        """A new life of the device: what it had begun to send will not be completed."""
        self.boot = boot
        self.sequence = 0
        self._collecting = b""
        self._received.clear()
        self.receiver = None
        self.telemetry_receiver = None
