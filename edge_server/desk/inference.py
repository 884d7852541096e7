"""From one activation frame to one result frame."""

from __future__ import annotations

import time
from dataclasses import dataclass

from cutpoint.answer import Answer, OutputError
from cutpoint.errors import CutpointError
from cutpoint.wire import (
    Activation,
    Flag,
    FrameError,
    Header,
    Kind,
    Leaf,
    MessageError,
    ModelId,
    Reason,
    Result,
    Status,
    encode,
    read_header,
)
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.served import ServedModel, TensorMismatchError
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.answers import Frames
from edge_server.desk.outcome import Outcome
from edge_server.desk.session import DeviceSession
from edge_server.events import Answered, Dropped, Observer
from edge_server.gateway import Arrival, Gateway
from edge_server.planning.epoch import newer
from edge_server.tails.tails import Tails

# A frame that is merely late or doubled is the network's doing: its device got or will get its answer.
_UNANSWERED = frozenset({Reason.STALE, Reason.DUPLICATE})
# What a result names that is about a frame whose header could not be read.
_NOTHING = Header(Kind.ACTIVATION, ModelId(bytes(4)), 0, 0, 0, 0, 0, 0, 1, 0)
# An inference that was run is never run again; one that was refused may be tried again.
_FINAL = frozenset({Status.OK, Status.FAILED})


@dataclass(frozen=True, slots=True)
class _Verdict:
    status: Status
    answer: Answer | None = None
    acknowledged: bool = False
    compute_us: int = 0


class Inference:
    """Checks, decodes, runs and answers. Every refusal is a status to the device, a counter, and one log line."""

    def __init__(
        self,
        config: ServeConfig,
        catalogue: Catalogue,
        tails: Tails,
        gateway: Gateway,
        counters: Counters,
        tell: Observer,
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._tails = tails
        self._gateway = gateway
        self._counters = counters
        self._tell = tell

    def take(self, session: DeviceSession, arrival: Arrival) -> Outcome | None:
        """Serve one frame; an outcome when it completed an activation that was run or acknowledged."""
        try:
            message = session.collect(arrival.payload, arrival.received_ns)
        except FrameError as error:
            self._bad_frame(session, error)
            return None
        if message is None:
            return None
        received = session.taken()
        bytes_up = sum([size for size, _ in received])
        if not isinstance(message, Activation):
            self._drop(session, "wrong_kind", f"{type(message).__name__} on the activation topic")
            return None
        remembered = session.answers.get(message.boot, message.sequence)
        if remembered is not None:
            self._counters.count("repeated")
            self._send(session, remembered)
            return None
        self._follow(session, message)
        model = self._catalogue.get(message.model)
        verdict = self._judge(session, message, model, arrival.received_ns)
        edge_us = (time.perf_counter_ns() - arrival.received_ns) // 1000
        verdict, frames = self._reply(session, message, verdict, edge_us)
        bytes_down = sum(map(len, frames))
        self._tell(
            Answered(
                session.device,
                message.model,
                message.boot,
                message.sequence,
                message.cut,
                verdict.status,
                verdict.acknowledged,
                edge_us,
                verdict.compute_us,
                bytes_up,
                bytes_down,
                verdict.answer,
            )
        )
        if model is None or verdict.status is not Status.OK:
            return None
        return Outcome(message, model, verdict.compute_us, edge_us, bytes_up, received, bytes_down)

    def refuse(self, arrival: Arrival) -> None:
        """Answer `overloaded` for a frame that found the inbox full; for the last chunk of a message only."""
        try:
            header = read_header(arrival.payload)
        except FrameError:
            self._counters.count("refused_unreadable")
            return
        if header.kind is not Kind.ACTIVATION or header.chunk_index + 1 != header.chunk_count:
            return
        self._counters.note(str(arrival.device), "overloaded")
        edge_us = (time.perf_counter_ns() - arrival.received_ns) // 1000
        for frame in self._frames(header, Status.OVERLOADED, edge_us):
            self._gateway.send(arrival.device, Leaf.RES, frame)

    def _follow(self, session: DeviceSession, message: Activation) -> None:
        """Keep track of lives and numbers; a gap or a step back is counted and otherwise harmless."""
        if message.boot != session.boot:
            if session.state is not None and not newer(message.boot, session.boot):
                # Late from an earlier life: what the device itself said last about its boot stands.
                self._counters.count("boot_back")
                return
            session.boot = message.boot
            self._counters.count("boots_seen")
        elif session.sequence and message.sequence != session.sequence + 1:
            self._counters.count("sequence_gap" if message.sequence > session.sequence else "sequence_back")
        session.sequence = message.sequence

    def _judge(
        self, session: DeviceSession, message: Activation, model: ServedModel | None, received_ns: int
    ) -> _Verdict:
        if model is None:
            return self._refusal(session, Status.UNKNOWN_MODEL, "unknown_model", message.model.hex)
        if message.cut > model.n:
            return self._refusal(
                session,
                Status.WRONG_CUT,
                "wrong_cut",
                f"cut {message.cut} of a model with {model.n} operators",
            )
        waited_us = (time.perf_counter_ns() - received_ns) // 1000
        deadline_ms = (
            session.planning.deadline_ms if session.planning is not None else self._config.deadline_ms
        )
        if deadline_ms is not None and waited_us > 1000 * deadline_ms:
            return self._refusal(session, Status.TOO_LATE, "too_late", f"waited {waited_us} us")
        answered = Flag.ANSWERED in message.flags
        if answered and (message.cut < model.n or not message.tensors):
            return _Verdict(Status.OK, acknowledged=True)
        try:
            arrays = model.arrays(message.cut, message.tensors)
            # Making a tail must not pass for running it.
            self._tails.warm(model, message.cut)
            began_ns = time.perf_counter_ns()
            outputs = self._tails.run(model, message.cut, arrays)
            compute_us = (time.perf_counter_ns() - began_ns) // 1000
            answer = model.rule.decode(outputs)
        except TensorMismatchError as error:
            return self._refusal(session, Status.BAD_FRAME, "wrong_tensor", error)
        except (OutputError, CutpointError) as error:
            return self._refusal(session, Status.FAILED, "failed", error)
        return _Verdict(Status.OK, answer, answered or message.cut == model.n, compute_us)

    def _refusal(self, session: DeviceSession, status: Status, reason: str, detail: object) -> _Verdict:
        self._drop(session, reason, detail)
        return _Verdict(status)

    def _reply(
        self, session: DeviceSession, message: Activation, verdict: _Verdict, edge_us: int
    ) -> tuple[_Verdict, Frames]:
        answer = None if verdict.acknowledged else verdict.answer
        try:
            frames = self._frames(message, verdict.status, edge_us, answer)
        except MessageError as error:
            verdict = self._refusal(session, Status.FAILED, "unsendable_answer", error)
            frames = self._frames(message, verdict.status, edge_us)
        if self._send(session, frames):
            name = "acknowledged" if verdict.acknowledged else f"answered_{verdict.status.name.lower()}"
            self._counters.count(name)
        if verdict.status in _FINAL:
            session.answers.put(message.boot, message.sequence, frames)
        return verdict, frames

    def _bad_frame(self, session: DeviceSession, error: FrameError) -> None:
        self._drop(session, f"bad_frame_{error.reason.value}", error)
        if error.reason not in _UNANSWERED:
            self._send(session, self._frames(error.header or _NOTHING, Status.BAD_FRAME, 0))

    def _frames(
        self, about: Activation | Header, status: Status, edge_us: int, answer: Answer | None = None
    ) -> Frames:
        result = Result(about.model, about.boot, about.sequence, about.cut, status, edge_us, answer)
        return tuple(encode(result, chunk_bytes=self._config.frame_bytes))

    def _send(self, session: DeviceSession, frames: Frames) -> bool:
        sent = True
        for frame in frames:
            sent &= self._gateway.send(session.device, Leaf.RES, frame)
        return sent

    def _drop(self, session: DeviceSession, reason: str, detail: object) -> None:
        self._counters.note(str(session.device), reason, detail)
        self._tell(Dropped(session.device, reason))
