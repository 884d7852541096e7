"""An edge that does what a script tells it: answers, late, refused, or none; plans and commands at will."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from cutpoint.bus import Bus
from cutpoint.codec import CodedError
from cutpoint.errors import PeerError, UsageError
from cutpoint.graph import Bundle
from cutpoint.kernels import Runner, open_runner
from cutpoint.wire import (
    DEFAULT_CHUNK_BYTES,
    SEAL_BYTES,
    About,
    Activation,
    CodecId,
    Command,
    CommandMessage,
    CommandNumbers,
    DeviceId,
    Flag,
    Key,
    Leaf,
    Life,
    Message,
    ModelId,
    Note,
    Opener,
    Plan,
    Receiver,
    Result,
    Role,
    Sealer,
    State,
    Status,
    Telemetry,
    Topics,
    encode,
    open_any,
    parse_about,
    parse_note,
    parse_state,
    plan_parameters,
)
from host_tools.hil.coded import CodedTensors

MOST_REMEMBERED = 2048
"""Messages of the device that are kept to be waited for; the oldest is forgotten."""

Reply = Callable[["ScriptedEdge", Activation], None]
Said = TypeVar("Said")


class NotSaidError(UsageError):
    """The device did not say what was waited for; the message names what it said instead."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What came on a topic of the device and cannot be read."""

    leaf: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the device: its number since the edge opened, seconds (monotonic), and itself."""

    number: int
    at_s: float
    message: object = field(repr=False)


class ScriptedEdge:
    """The edge of one device. `reply` decides what an activation gets; everything said is kept to be waited for.

    Waiting looks from a mark on (`mark()`; 0: from the beginning), so that nothing is missed between an act and its
    expectation. Replies are made on a thread of the edge's own. `foreign` counts results and plans that another edge
    sent to this device meanwhile, by leaf; `found_plan` is the plan that was retained before this edge came;
    `about_fields` is the newest `about` with the fields that this version has no name for.
    """

    def __init__(
        self, bus: Bus, bundle: Bundle, device: str, *, root: str = "cutpoint/1", key: Key | None = None
    ) -> None:
        """Connects; with a key, frames are sealed and opened. Raises ConnectError when there is no broker."""
        self.device = DeviceId(device)
        self.reply: Reply = answer
        self.foreign: Counter[str] = Counter()
        self.found_plan: Plan | None = None
        self.about_fields: dict[str, Any] = {}
        self._key = key
        self._sealer = None if key is None else Sealer(key, Role.EDGE, Life.now())
        self._opener = None if key is None else Opener(key, Role.EDGE)
        self._sent: deque[bytes] = deque(maxlen=256)
        self._came_ns = 0
        self._bus, self._topics = bus, Topics(root)
        self._prefix = f"{root}/{self.device}/"
        self._receivers: dict[str, Receiver] = {}
        self._heard: deque[Heard] = deque(maxlen=MOST_REMEMBERED)
        self._count = 0
        self._news = threading.Condition()
        self._inbox: deque[tuple[str, bytes, int] | None] = deque()
        self._due = threading.Semaphore(0)
        self._epoch = 0
        self._first_epoch: int | None = None  # of the plans that were sent here
        self._commands = CommandNumbers()
        self.serve(bundle)
        bus.on_message = self._arrived
        bus.subscribe(f"{self._prefix}#", 1)
        bus.connect()
        self._thread = threading.Thread(target=self._work, name="scripted-edge", daemon=True)
        self._thread.start()

    def serve(self, bundle: Bundle) -> None:
        """Answer for this bundle from now on."""
        self.bundle = bundle
        self.model = ModelId(bytes(bundle.model_id))
        self._tails: dict[int, Runner] = {}
        self._coded = CodedTensors(bundle)

    def close(self) -> None:
        """Leave the broker and end the thread. Harmless twice."""
        self._bus.close()
        self._inbox.append(None)
        self._due.release()
        self._thread.join(5)

    @property
    def epoch(self) -> int:
        """Of the newest plan that was sent or seen."""
        return self._epoch

    def result(
        self, activation: Activation, status: Status = Status.OK, edge_us: int | None = None
    ) -> Result:
        """The right answer to an activation, or an acknowledgement, or a refusal.

        edge_us: the residence to state; when not given, the time since the activation's last chunk came.
        """
        answer = None
        if status is Status.OK and Flag.ANSWERED not in activation.flags:
            cut = self.bundle.cuts[activation.cut]
            arrays = [
                np.frombuffer(record.data, record.dtype.numpy).reshape(tensor.shape)
                for record, tensor in zip(activation.tensors, cut.tensors, strict=True)
            ]
            answer = self.bundle.answer_rule.decode(self.tail(activation.cut).run(arrays))
        if edge_us is None:
            edge_us = (time.perf_counter_ns() - self._came_ns) // 1000
        return Result(
            self.model, activation.boot, activation.sequence, activation.cut, status, edge_us, answer
        )

    def tail(self, cut: int) -> Runner:
        """Operators [cut, N) under the reference kernels; kept once made."""
        if cut not in self._tails:
            self._tails[cut] = open_runner(self.bundle.model().extract(cut, self.bundle.n), "reference")
        return self._tails[cut]

    def send(self, message: Message) -> None:
        """Publish a result, a plan (retained) or a command as the protocol says."""
        leaf = {Result: Leaf.RES, Plan: Leaf.PLAN, CommandMessage: Leaf.CMD}[type(message)]
        if isinstance(message, Plan) and self._first_epoch is None:
            self._first_epoch = message.epoch
        sealer = self._sealer
        chunk_bytes = DEFAULT_CHUNK_BYTES - (SEAL_BYTES if sealer is not None else 0)
        for frame in encode(message, chunk_bytes=chunk_bytes):
            self.send_raw(leaf, frame if sealer is None else sealer.seal(frame), retain=leaf is Leaf.PLAN)

    def send_raw(self, leaf: Leaf, frame: bytes, *, retain: bool = False) -> None:
        """Publish bytes on a topic of the device, whatever they are."""
        self._sent.append(frame)
        self._bus.publish(self._topics.of(self.device, leaf), frame, 0 if leaf is Leaf.RES else 1, retain)

    def plan(
        self,
        cut: int,
        *,
        epoch: int | None = None,
        codec: CodecId = CodecId.RAW,
        setting: int = 0,
        flags: Flag = Flag.TIMINGS,
        deadline_ms: int = 5000,
    ) -> int:
        """Publish a plan; its epoch, which is the next one unless given. setting: of the bundle's codec tables."""
        self._epoch = self._epoch + 1 if epoch is None else epoch
        parameters = plan_parameters(setting, self._tables_version()) if setting else b""
        self.send(Plan(self.model, self._epoch, cut, codec, flags, deadline_ms, parameters))
        return self._epoch

    def _tables_version(self) -> int:
        entry = self.bundle.manifest.codecs
        if entry is None:
            raise UsageError(
                f"{self.bundle.name} has no codec tables: `cutpoint calibrate {self.bundle.path}` makes them"
            )
        return int(entry.version, 16)

    def forget_plan(self) -> None:
        """Clear the retained plan; a device that follows it goes on doing so until it restarts."""
        self.send_raw(Leaf.PLAN, b"", retain=True)

    def command(self, command: Command | int, argument: bytes = b"", *, boot: int = 0) -> None:
        """Publish a command under the next number."""
        self.send(CommandMessage(self.model, boot, self._commands.next(), command, argument))

    def mark(self) -> int:
        """The number of the next message; give it as `since`."""
        with self._news:
            return self._count

    def heard(self, kind: type[Said], since: int = 0) -> list[Said]:
        """Every message of that kind that is still remembered."""
        with self._news:
            return [
                item.message
                for item in self._heard
                if item.number >= since and isinstance(item.message, kind)
            ]

    def wait(
        self,
        kind: type[Said],
        wanted: Callable[[Said], bool] = lambda _said: True,
        *,
        since: int = 0,
        timeout_s: float = 10.0,
        what: str = "",
    ) -> Said:
        """The first message of that kind that is wanted, heard already or to come. Raises NotSaidError."""
        return self.next(kind, wanted, since=since, timeout_s=timeout_s, what=what)[1]

    def next(
        self,
        kind: type[Said],
        wanted: Callable[[Said], bool] = lambda _said: True,
        *,
        since: int = 0,
        timeout_s: float = 10.0,
        what: str = "",
    ) -> tuple[int, Said]:
        """As `wait`, with the message's number: `since` of the one after is one more."""
        give_up = time.monotonic() + timeout_s
        with self._news:
            while True:
                for item in self._heard:
                    if item.number >= since and isinstance(item.message, kind) and wanted(item.message):
                        return item.number, item.message
                left_s = give_up - time.monotonic()
                if left_s <= 0:
                    raise NotSaidError(
                        f"{self.device} did not say {what or kind.__name__} in {timeout_s:g} s; "
                        f"it said: {self._tail(since)}"
                    )
                self._news.wait(left_s)

    def activation(
        self, *, since: int = 0, timeout_s: float = 10.0, epoch: int | None = None, cut: int | None = None
    ) -> Activation:
        """The first activation from the mark on that follows this plan and cut, where given."""

        def wanted(said: Activation) -> bool:
            return (epoch is None or said.plan_epoch == epoch) and (cut is None or said.cut == cut)

        what = f"an activation (plan {epoch}, cut {cut})"
        return self.wait(Activation, wanted, since=since, timeout_s=timeout_s, what=what)

    def _tail(self, since: int) -> str:
        said = [item.message for item in self._heard if item.number >= since][-6:]
        return "; ".join(_short(message) for message in said) or "nothing"

    def _arrived(self, topic: str, data: bytes) -> None:
        self._inbox.append((topic, data, time.perf_counter_ns()))
        self._due.release()

    def _work(self) -> None:
        while True:
            self._due.acquire()
            item = self._inbox.popleft()
            if item is None:
                return
            leaf, data = item[0].removeprefix(self._prefix), item[1]
            self._came_ns = item[2]
            message = self._read(leaf, data) if data else None
            if message is None:
                continue
            self._remember(message)
            if isinstance(message, Activation):
                self._epoch = max(self._epoch, message.plan_epoch)
                self.reply(self, message)

    def _remember(self, message: object) -> None:
        with self._news:
            self._heard.append(Heard(self._count, time.monotonic(), message))
            self._count += 1
            self._news.notify_all()

    def _read(self, leaf: str, data: bytes) -> object | None:
        try:
            match leaf:
                case "state":
                    return parse_state(data)
                case "about":
                    about = parse_about(data)
                    self.about_fields = json.loads(data)
                    return about
                case "note":
                    return parse_note(data)
                case "act" | "tele":
                    frame = data if self._opener is None else self._opener.open(data)
                    message = self._receivers.setdefault(leaf, Receiver()).push(frame)
                    return self._undone(message) if isinstance(message, Activation) else message
                case "plan" | "res":
                    self._look_at_edge(leaf, data)
        except (PeerError, ValueError) as error:
            return Spoilt(leaf, str(error))
        return None

    def _undone(self, activation: Activation) -> object:
        """The tensors as they are after decoding; what cannot be undone is refused, whatever the script says."""
        try:
            return self._coded.undone(activation)
        except CodedError as error:
            self._epoch = max(self._epoch, activation.plan_epoch)
            self.send(
                Result(self.model, activation.boot, activation.sequence, activation.cut, Status.BAD_FRAME, 0)
            )
            return Spoilt("act", str(error))

    def _look_at_edge(self, leaf: str, data: bytes) -> None:
        """What an edge sent: we ourselves, or another one; a plan may have been retained before we came."""
        if data in self._sent:
            return
        frame = data if self._key is None else open_any(self._key, data)
        message = self._receivers.setdefault(leaf, Receiver()).push(frame)
        if not isinstance(message, Plan):
            self.foreign[leaf] += 1
            return
        # A quick device is heard, and answered, before the broker hands out what it retained; older than ours will do.
        if self.found_plan is None and (self._first_epoch is None or message.epoch < self._first_epoch):
            self.found_plan = message
        elif message != self.found_plan:  # a broker may hand out what it retained twice
            self.foreign[leaf] += 1
        self._epoch = max(self._epoch, message.epoch)


def answer(edge: ScriptedEdge, activation: Activation) -> None:
    """As it should be."""
    edge.send(edge.result(activation))


def silence(_edge: ScriptedEdge, _activation: Activation) -> None:
    """An edge that is not there."""


def refuse(status: Status) -> Reply:
    """Every activation gets this status and no answer."""
    return lambda edge, activation: edge.send(edge.result(activation, status))


def _short(message: object) -> str:
    match message:
        case Activation():
            return f"activation #{message.sequence} cut {message.cut} plan {message.plan_epoch} boot {message.boot}"
        case State():
            return f"state {message.state} boot {message.boot}"
        case About():
            return f"about boot {message.boot}"
        case Telemetry():
            return f"telemetry boot {message.boot}"
        case Note():
            return f"note {message.model_dump()}"
    return repr(message)[:120]
