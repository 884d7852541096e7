"""The thread that owns a share of the devices, with their sessions and its own tails."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict

from cutpoint.wire import (
    DeviceId,
    FrameError,
    Leaf,
    Presence,
    PresenceError,
    Telemetry,
    parse_about,
    parse_state,
)
from edge_server.catalogue import Catalogue
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.events import DeviceSeen, Dropped, Event, Observer, TelemetrySeen
from edge_server.gateway import Arrival, Gateway
from edge_server.inbox import Inbox
from edge_server.inference import Inference
from edge_server.plans import Plans
from edge_server.session import DeviceSession
from edge_server.tails import Tails

log = logging.getLogger("edge_server")


class Worker:
    """Takes arrivals from its inbox, one at a time. A device always comes to the same worker.

    One thread, because a session has one owner and an interpreter serves one thread; several workers share the
    devices, each with tails of its own.
    """

    def __init__(
        self, name: str, config: ServeConfig, catalogue: Catalogue, gateway: Gateway, observer: Observer
    ) -> None:
        self.inbox = Inbox(config.inbox_size, config.when_full)
        self.counters = Counters()
        self.tails = Tails(config.kernels, self.counters)
        self.sessions: OrderedDict[DeviceId, DeviceSession] = OrderedDict()
        self._config = config
        self._catalogue = catalogue
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
                    self._inference.refuse(refused)
                if turn.renewed:
                    self._plans.renew(self.sessions.values())
                if turn.arrival is not None:
                    self._take(turn.arrival)
            except Exception:
                # One message must not end the service of every other device.
                self.counters.count("internal_error")
                log.exception("event=internal_error")

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
        except PresenceError as error:
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
        session.about = about
        model = self._catalogue.get(about.model_id)
        if model is None:
            self._drop(session, "unknown_model", f"{about.model} is not on offer")
            return
        self._plans.adopt(session, model)

    def _drop(self, session: DeviceSession, reason: str, detail: object) -> None:
        self.counters.note(str(session.device), reason, detail)
        self._tell(Dropped(session.device, reason))

    def _tell(self, event: Event) -> None:
        try:
            self._observer(event)
        except Exception:
            self.counters.count("observer_failed")
            log.exception("event=observer_failed")


def message_capacity(catalogue: Catalogue) -> int:
    """Bytes of payload that the largest honest activation of any model on offer needs.

    Tensors of the largest cut, their records, the payload's head, and a timing block for every operator.
    """
    return max(model.largest_cut_bytes + 16 * 12 + 8 + 24 + 4 * model.n for model in catalogue)
