"""One live device, as a tool meets it at the broker: what it says, and commands to it."""

from __future__ import annotations

import queue
import secrets
import time
from dataclasses import dataclass

from cutpoint.bus import Bus
from cutpoint.errors import PeerError, UsageError
from cutpoint.wire import (
    About,
    Command,
    CommandMessage,
    CommandNumbers,
    DeviceId,
    Key,
    Leaf,
    Life,
    ModelId,
    Note,
    Presence,
    Role,
    Sealer,
    State,
    Topics,
    encode,
    parse_about,
    parse_note,
    parse_state,
)

_NO_MODEL = ModelId(bytes(4))


class AbsentError(UsageError):
    """No device of that name has ever announced itself at this broker."""


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The broker is back; what was said meanwhile is lost, retained messages come again."""


Said = State | About | Note | Reconnected


class Peer:
    """A `with` block: connected inside. One thread; the bus's callbacks only enqueue.

    `state` and `about` are what the device said last, as far as `hear` has handed it out.
    """

    def __init__(self, bus: Bus, topics: Topics, device: DeviceId, *, key: Key | None = None) -> None:
        """With the device's `key`, commands are sealed; it obeys no others then."""
        self.device = device
        self.state: State | None = None
        self.about: About | None = None
        self._bus = bus
        self._topics = topics
        self._sealer = None if key is None else Sealer(key, Role.TOOL, Life.now())
        self._numbers = CommandNumbers()
        self._arrived: queue.SimpleQueue[tuple[Leaf, bytes] | Reconnected] = queue.SimpleQueue()
        self._connections = 0

    def __enter__(self) -> Peer:
        """Connect; raises ConnectError."""
        self._bus.on_message = self._on_message
        self._bus.on_connect = self._on_connect
        for leaf in (Leaf.STATE, Leaf.ABOUT, Leaf.NOTE):
            self._bus.subscribe(self._topics.of(self.device, leaf), 1)
        self._bus.connect()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bus.close()

    @property
    def online(self) -> bool:
        """Whether the device said so last."""
        return self.state is not None and self.state.state is Presence.ONLINE

    @property
    def boot(self) -> int:
        """The life that the device is in; 0 while it is unknown."""
        if self.state is not None:
            return self.state.boot
        return 0 if self.about is None else self.about.boot

    @property
    def sealed(self) -> bool:
        """Whether what goes to the device is sealed."""
        return self._sealer is not None

    def send(self, command: Command, argument: bytes = b"") -> bool:
        """Ask something of the device in the life that it is in; False when it could not leave."""
        model = _NO_MODEL if self.about is None else self.about.model_id
        message = CommandMessage(model, self.boot, self._numbers.next(), command, argument)
        (frame,) = encode(message)
        sealed = frame if self._sealer is None else self._sealer.seal(frame)
        return self._bus.publish(self._topics.cmd(self.device), sealed, 1)

    def hear(self, timeout_s: float) -> Said | None:
        """The next thing that was said; None when nothing is for so long. What cannot be read is passed over."""
        give_up = time.monotonic() + timeout_s
        while True:
            try:
                arrived = self._arrived.get(timeout=max(0.0, give_up - time.monotonic()))
            except queue.Empty:
                return None
            said = arrived if isinstance(arrived, Reconnected) else self._read(*arrived)
            if said is not None:
                return said

    def meet(self, timeout_s: float) -> None:
        """Wait until the device is online and, for as long, until it has said what it is.

        Raises AbsentError when nobody of that name was ever here, UsageError when it is not online.
        """
        give_up = time.monotonic() + timeout_s
        while not (self.online and self.about is not None):
            left_s = give_up - time.monotonic()
            if left_s <= 0 or self.hear(left_s) is None:
                break
        if self.state is None and self.about is None:
            raise AbsentError(
                f"no device {self.device} has announced itself at this broker under {self._topics.root}; "
                "`cutpoint monitor` shows who is there"
            )
        if not self.online:
            said = "nothing" if self.state is None else self.state.state.value
            raise UsageError(
                f"{self.device} is not online: it said {said} last; wake it, and give the command again"
            )

    def _read(self, leaf: Leaf, payload: bytes) -> Said | None:
        if not payload:
            return None
        try:
            if leaf is Leaf.STATE:
                self.state = parse_state(payload)
                return self.state
            if leaf is Leaf.ABOUT:
                self.about = parse_about(payload)
                return self.about
            return parse_note(payload)
        except PeerError:
            return None

    def _on_message(self, topic: str, payload: bytes) -> None:
        # The embedded broker hands out retained messages of other devices, too.
        device, leaf = self._topics.parse(topic)
        if device == self.device:
            self._arrived.put((leaf, payload))

    def _on_connect(self) -> None:
        self._connections += 1
        if self._connections > 1:
            self._arrived.put(Reconnected())


def tool_client_id() -> str:
    """A name at the broker of its own for every run."""
    return f"cutpoint-tool-{secrets.token_hex(4)}"
