"""From a verdict to result frames, and to everybody who learns from it."""

from __future__ import annotations

import time
from collections.abc import Callable

from cutpoint.answer import Answer
from cutpoint.wire import (
    Activation,
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
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.answers import Frames
from edge_server.desk.outcome import Outcome
from edge_server.desk.session import DeviceSession
from edge_server.desk.stages import Laps
from edge_server.desk.ticket import Ticket, Verdict
from edge_server.events import Answered, Dropped, Observer
from edge_server.gateway import Arrival, Gateway

# A frame that is merely late or doubled is the network's doing: its device got or will get its answer.
_UNANSWERED = frozenset({Reason.STALE, Reason.DUPLICATE})
# What a result names that is about a frame whose header could not be read.
_NOTHING = Header(Kind.ACTIVATION, ModelId(bytes(4)), 0, 0, 0, 0, 0, 0, 1, 0)
# An inference that was run is never run again; one that was refused may be tried again.
_FINAL = frozenset({Status.OK, Status.FAILED})

Learn = Callable[[DeviceSession, Outcome], None]


class Reply:
    """Answers devices. After the frames have left it tells the observer, and the planner what it may learn from."""

    def __init__(
        self,
        config: ServeConfig,
        gateway: Gateway,
        counters: Counters,
        laps: Laps,
        tell: Observer,
        learn: Learn,
    ) -> None:
        self._frame_bytes = config.frame_bytes
        self._gateway = gateway
        self._counters = counters
        self._laps = laps
        self._tell = tell
        self._learn = learn

    def conclude(self, ticket: Ticket, verdict: Verdict) -> None:
        """Answer one activation, and remember the answer when it is final."""
        session, message = ticket.session, ticket.message
        if ticket.came is not None and verdict.status is not Status.OK:
            self._no_partial_answer(verdict.status)
            return
        if verdict.reason:
            self.drop(session, verdict.reason, verdict.detail)
        edge_us = ticket.residence_us()
        answer = None if verdict.acknowledged else verdict.answer
        try:
            frames = self._frames(
                message, verdict.status, edge_us, answer, verdict.offered, partial=ticket.came is not None
            )
        except MessageError as error:
            verdict = Verdict(Status.FAILED)
            self.drop(session, "unsendable_answer", error)
            if ticket.came is not None:
                self._no_partial_answer(verdict.status)
                return
            frames = self._frames(message, verdict.status, edge_us)
        self._laps.lap("encode")
        if self.again(session, frames):
            name = "acknowledged" if verdict.acknowledged else f"answered_{verdict.status.name.lower()}"
            self._counters.count(name)
            if ticket.came is not None:
                self._counters.note(
                    str(session.device), "partial_answers", f"{ticket.came:.0%} of the elements had come"
                )
        self._laps.lap("publish")
        if verdict.status in _FINAL:
            session.answers.put(ticket.asked, ticket.digest, frames)
        self._tell_of(ticket, verdict, edge_us, sum(map(len, frames)))
        self._laps.lap("plan")

    def _no_partial_answer(self, status: Status) -> None:
        """Say nothing about an activation of which chunks are missing: its device finishes by itself, or is answered
        when the rest comes."""
        self._counters.count(f"partial_{status.name.lower()}")

    def _tell_of(self, ticket: Ticket, verdict: Verdict, edge_us: int, bytes_down: int) -> None:
        message, model = ticket.message, ticket.model
        self._tell(
            Answered(
                ticket.session.device,
                message.model,
                message.boot,
                message.sequence,
                message.cut,
                verdict.status,
                verdict.acknowledged,
                edge_us,
                ticket.compute_us,
                ticket.bytes_up,
                bytes_down,
                verdict.answer,
                ticket.stages(edge_us),
                ticket.batch,
                message.plan_epoch,
                message.codec,
                ticket.came,
                message.setting,
            )
        )
        if ticket.came is not None:
            if ticket.session.planning is not None:
                ticket.session.planning.answered_in_part(ticket.asked)
        elif model is not None and verdict.status is Status.OK:
            outcome = Outcome(
                message, model, ticket.compute_us, edge_us, ticket.bytes_up, ticket.received, bytes_down
            )
            # After the reply has left, so that planning costs the device no time.
            self._learn(ticket.session, outcome)

    def again(self, session: DeviceSession, frames: Frames) -> bool:
        """Send result frames; False when one of them could not leave."""
        sent = True
        for frame in frames:
            sent &= self._gateway.send(session.device, Leaf.RES, frame)
        return sent

    def bad_frame(self, session: DeviceSession, error: FrameError) -> None:
        """Account for a frame that could not be read, and answer it where that helps anybody."""
        self.drop(session, f"bad_frame_{error.reason.value}", error)
        if error.reason not in _UNANSWERED:
            self.again(session, self._frames(error.header or _NOTHING, Status.BAD_FRAME, 0))

    def overloaded(self, arrival: Arrival) -> None:
        """Answer `overloaded` for a frame that found the inbox full; for the last chunk of a message only."""
        try:
            header = read_header(arrival.payload)
        except FrameError:
            self._counters.count("refused_unreadable")
            return
        if header.kind is not Kind.ACTIVATION or header.chunk_index + 1 != header.chunk_count:
            return
        self._counters.note(str(arrival.device), "overloaded", "the inbox is full")
        edge_us = (time.perf_counter_ns() - arrival.received_ns) // 1000
        self._tell(Dropped(arrival.device, "overloaded"))
        frames = self._frames(header, Status.OVERLOADED, edge_us)
        if all(self._gateway.send(arrival.device, Leaf.RES, frame) for frame in frames):
            self._counters.count("answered_overloaded")

    def drop(self, session: DeviceSession, reason: str, detail: object) -> None:
        """Count a refusal by its reason, and log it once for this device."""
        self._counters.note(str(session.device), reason, detail)
        self._tell(Dropped(session.device, reason))

    def _frames(
        self,
        about: Activation | Header,
        status: Status,
        edge_us: int,
        answer: Answer | None = None,
        offered: tuple[ModelId, ...] | None = None,
        *,
        partial: bool = False,
    ) -> Frames:
        result = Result(
            about.model, about.boot, about.sequence, about.cut, status, edge_us, answer, offered, partial
        )
        return tuple(encode(result, chunk_bytes=self._frame_bytes))
