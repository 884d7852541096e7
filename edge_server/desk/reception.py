"""What each message of a device means, by the topic that it came on."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from cutpoint.wire import (
    About,
    FrameError,
    Leaf,
    NoteError,
    Presence,
    PresenceError,
    Telemetry,
    UpdateNote,
    parse_about,
    parse_note,
    parse_state,
)
from edge_server.catalogue.catalogue import Catalogue
from edge_server.counters import Counters
from edge_server.desk.inference import Inference
from edge_server.desk.reply import Reply
from edge_server.desk.session import DeviceSession
from edge_server.events import AboutSeen, DeviceSeen, NoteSeen, Observer, TelemetrySeen
from edge_server.gateway import Arrival
from edge_server.logs import log_event
from edge_server.planning.epoch import newer
from edge_server.planning.plans import Plans

log = logging.getLogger("edge_server")


class Reception:
    """Takes one message of one device; what is wrong with it costs that device a counter and nobody else anything."""

    def __init__(
        self,
        catalogue: Catalogue,
        plans: Plans,
        inference: Inference,
        reply: Reply,
        counters: Counters,
        tell: Observer,
    ) -> None:
        self._catalogue = catalogue
        self._plans = plans
        self._inference = inference
        self._reply = reply
        self._counters = counters
        self._tell = tell

    def stock(self, catalogue: Catalogue, sessions: Iterable[DeviceSession]) -> None:
        """Go by another catalogue from now on: devices are planned for by their version of it, or no longer."""
        self._catalogue = catalogue
        for session in sessions:
            runs = session.about.model_id if session.about is not None else None
            if runs is None and session.model is not None:
                runs = session.model.id
            model = None if runs is None else catalogue.get(runs, session.device)
            if model is not None:
                self._plans.adopt(session, model)
            elif session.model is not None:
                self._plans.forget(session)

    def take(self, session: DeviceSession, arrival: Arrival) -> None:
        """Never raises for what a device sent."""
        try:
            if arrival.leaf is Leaf.ACT:
                self._inference.take(session, arrival)
            elif arrival.leaf is Leaf.TELE:
                self._telemetry(session, arrival.payload)
            elif arrival.leaf is Leaf.STATE:
                self._state(session, arrival.payload)
            elif arrival.leaf is Leaf.ABOUT:
                self._about(session, arrival.payload)
            elif arrival.leaf is Leaf.NOTE:
                self._note(session, arrival.payload)
        except (PresenceError, NoteError) as error:
            self._reply.drop(session, f"bad_{arrival.leaf.value}", error)

    def _telemetry(self, session: DeviceSession, frame: bytes) -> None:
        try:
            message = session.collect_telemetry(frame)
        except FrameError as error:
            self._reply.drop(session, f"bad_telemetry_{error.reason.value}", error)
            return
        if isinstance(message, Telemetry):
            self._counters.count("telemetry")
            self._tell(TelemetrySeen(session.device, message))

    def _state(self, session: DeviceSession, payload: bytes) -> None:
        if not payload:
            return
        seen = parse_state(payload)
        if seen.state is Presence.LOST and session.state is not None and seen.boot != session.boot:
            # The will of an earlier life that the broker was late to notice.
            self._counters.count("old_will")
            return
        born = seen.state is Presence.ONLINE and (
            seen.boot != session.boot or session.state is not Presence.ONLINE
        )
        if seen.boot != session.boot:
            if born and session.boot and not newer(seen.boot, session.boot):
                self._inference.stepped_back(session)
            session.begin(seen.boot)
        if born:
            self._counters.count("births")
        if born or seen.state is not session.state:
            session.state = seen.state
            self._tell(DeviceSeen(session.device, seen.state, seen.boot))
        if born:
            self._plans.greet(session)

    def _about(self, session: DeviceSession, payload: bytes) -> None:
        if not payload:
            return
        about = parse_about(payload)
        if about != session.about and session.may_log():
            log_event(log, logging.INFO, "about", device=session.device, **_said_of_itself(about))
        session.about = about
        self._tell(AboutSeen(session.device, about))
        model = self._catalogue.get(about.model_id, session.device)
        if model is None:
            self._plans.forget(session)
            self._reply.drop(session, "unknown_model", f"{about.model} is not on offer")
            return
        self._plans.adopt(session, model)

    def _note(self, session: DeviceSession, payload: bytes) -> None:
        note = parse_note(payload)
        self._counters.count("notes")
        if not isinstance(note, UpdateNote):
            if session.may_log():
                log_event(log, logging.WARNING, "note", device=session.device, note=note.note, text=note.text)
        elif note.state.final and session.may_log():
            log_event(
                log,
                logging.INFO,
                "update",
                device=session.device,
                kind=note.kind,
                state=note.state,
                text=note.text,
            )
        self._tell(NoteSeen(session.device, note))


def _said_of_itself(about: About) -> dict[str, object]:
    """What an operator looks for when a device is born."""
    return about.model_dump(
        include={"model", "operators", "boot", "firmware", "app", "chip", "engine", "reset", "safe_mode"},
        exclude_none=True,
    )
