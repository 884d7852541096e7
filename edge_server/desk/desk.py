"""The thread that owns a share of the devices, with their sessions and its own tails."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict

from cutpoint.wire import (
    About,
    DeviceId,
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
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.inbox import Inbox
from edge_server.desk.inference import Inference
from edge_server.desk.session import DeviceSession
from edge_server.errors import KeylessError
from edge_server.events import AboutSeen, DeviceSeen, Dropped, Event, NoteSeen, Observer, TelemetrySeen
from edge_server.gateway import Arrival, Gateway
from edge_server.planning.plans import Plans
from edge_server.sealing.sealing import Seals
from edge_server.tails.tails import Tails

log = logging.getLogger("edge_server")


class Worker:
    """Takes arrivals from its inbox, one at a time. A device always comes to the same worker.

    One thread, because a session has one owner and an interpreter serves one thread; several workers share the
    devices, each with tails of its own.
    """

    def __init__(
        self,
        name: str,
        config: ServeConfig,
        catalogue: Catalogue,
        gateway: Gateway,
        seals: Seals,
        observer: Observer,
    ) -> None:
        self.inbox = Inbox(config.inbox_size, config.when_full)
        self.counters = Counters()
        self.tails = Tails(config.kernels, self.counters)
        self.sessions: OrderedDict[DeviceId, DeviceSession] = OrderedDict()
        self._config = config
        self._catalogue = catalogue
        self._seals = seals
        self._observer = observer
        self._plans = Plans(config, self.tails, gateway, self.counters, self._tell)
        self._inference = Inference(config, catalogue, self.tails, gateway, self.counters, self._tell)
        self._capacity = config.max_message_bytes
        if len(catalogue):
            self._capacity = min(self._capacity, message_capacity(catalogue))
        self._thread = threading.Thread(target=self._work, name=f"edge-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Finish the arrival at hand and end; False when that takes longer than `timeout_s`."""
        self.inbox.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (turn := self.inbox.get()) is not None:
            try:
                for refused in turn.refused:
                    if (opened := self._open(refused)) is not None:
                        self._inference.refuse(opened)
                if turn.renewed:
                    self._plans.renew(self.sessions.values())
                if turn.arrival is not None and (opened := self._open(turn.arrival)) is not None:
                    self._take(opened)
            except Exception:
                # One message must not end the service of every other device.
                self.counters.count("internal_error")
                log.exception("event=internal_error")

    def _open(self, arrival: Arrival) -> Arrival | None:
        """The arrival with a plain frame, None when that is refused. Nobody is answered: nobody is known to ask."""
        try:
            return self._seals.open(arrival)
        except KeylessError as error:
            self._refuse(arrival.device, "keyless", error)
        except FrameError as error:
            kind = "frame" if arrival.leaf is Leaf.ACT else "telemetry"
            self._refuse(arrival.device, f"bad_{kind}_{error.reason.value}", error)
        return None

    def _take(self, arrival: Arrival) -> None:
        session = self._session(arrival.device)
        try:
            if arrival.leaf is Leaf.ACT:
                self._activation(session, arrival)
            elif arrival.leaf is Leaf.TELE:
                self._telemetry(session, arrival.payload)
            elif arrival.leaf is Leaf.STATE:
                self._state(session, arrival.payload)
            elif arrival.leaf is Leaf.ABOUT:
                self._about(session, arrival.payload)
            elif arrival.leaf is Leaf.NOTE:
                self._note(session, arrival.payload)
        except (PresenceError, NoteError) as error:
            self._drop(session, f"bad_{arrival.leaf.value}", error)

    def _session(self, device: DeviceId) -> DeviceSession:
        session = self.sessions.get(device)
        if session is not None:
            self.sessions.move_to_end(device)
            return session
        if len(self.sessions) >= self._config.max_devices:
            self.sessions.popitem(last=False)
            self.counters.count("devices_evicted")
        session = DeviceSession(
            device, capacity=self._capacity, remembered_answers=self._config.remembered_answers
        )
        self.sessions[device] = session
        self.counters.count("devices_seen")
        return session

    def _activation(self, session: DeviceSession, arrival: Arrival) -> None:
        outcome = self._inference.take(session, arrival)
        if outcome is not None:
            # After the reply has left, so that planning costs the device no time.
            self._plans.learn(session, outcome)

    def _telemetry(self, session: DeviceSession, frame: bytes) -> None:
        try:
            message = session.collect_telemetry(frame)
        except FrameError as error:
            self._drop(session, f"bad_telemetry_{error.reason.value}", error)
            return
        if isinstance(message, Telemetry):
            self.counters.count("telemetry")
            self._tell(TelemetrySeen(session.device, message))

    def _state(self, session: DeviceSession, payload: bytes) -> None:
        if not payload:
            return
        seen = parse_state(payload)
        if seen.state is Presence.LOST and session.state is not None and seen.boot != session.boot:
            # The will of an earlier life that the broker was late to notice.
            self.counters.count("old_will")
            return
        born = seen.state is Presence.ONLINE and (
            seen.boot != session.boot or session.state is not Presence.ONLINE
        )
        if seen.boot != session.boot:
            session.begin(seen.boot)
        if born:
            self.counters.count("births")
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
            log.info("event=about device=%s %s", session.device, _about_words(about))
        session.about = about
        self._tell(AboutSeen(session.device, about))
        model = self._catalogue.get(about.model_id)
        if model is None:
            self._plans.forget(session)
            self._drop(session, "unknown_model", f"{about.model} is not on offer")
            return
        self._plans.adopt(session, model)

    def _note(self, session: DeviceSession, payload: bytes) -> None:
        note = parse_note(payload)
        self.counters.count("notes")
        if not isinstance(note, UpdateNote):
            if session.may_log():
                log.warning("event=note device=%s note=%r text=%r", session.device, note.note, note.text)
        elif note.state.final and session.may_log():
            log.info(
                "event=update device=%s kind=%s state=%s text=%r",
                session.device,
                note.kind,
                note.state,
                note.text,
            )
        self._tell(NoteSeen(session.device, note))

    def _drop(self, session: DeviceSession, reason: str, detail: object) -> None:
        self._refuse(session.device, reason, detail)

    def _refuse(self, device: DeviceId, reason: str, detail: object) -> None:
        self.counters.note(str(device), reason, detail)
        self._tell(Dropped(device, reason))

    def _tell(self, event: Event) -> None:
        try:
            self._observer(event)
        except Exception:
            self.counters.count("observer_failed")
            log.exception("event=observer_failed")


def _about_words(about: About) -> str:
    """What an operator looks for when a device is born; texts in quotes, since they are the device's."""
    said = about.model_dump(
        include={"model", "operators", "boot", "firmware", "app", "chip", "engine", "reset", "safe_mode"},
        exclude_none=True,
    )
    return " ".join(f"{name}={value!r}" for name, value in said.items())


def message_capacity(catalogue: Catalogue) -> int:
    """Bytes of payload that the largest honest activation of any model on offer needs.

    Tensors of the largest cut, their records, the payload's head, and a timing block for every operator.
    """
    return max(model.largest_cut_bytes + 16 * 12 + 8 + 24 + 4 * model.n for model in catalogue)
