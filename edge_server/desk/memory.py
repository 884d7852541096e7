"""What the desk remembers over a restart: what is kept of its devices, and what it continues from."""

from __future__ import annotations

import json
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cutpoint.wire import DeviceId
from edge_server.counters import Counters
from edge_server.desk.session import DeviceSession
from edge_server.errors import StoreError
from edge_server.events import Answered, Dropped, Event, PlanDecided
from edge_server.planning.plans import Plans
from edge_server.store import (
    DecisionRecord,
    DeviceRecord,
    InferenceRecord,
    StoreReader,
    Waiting,
    answer_text,
)
from edge_server.store.records import MOST_TEXT

_SAVE_EVERY_S = 5.0
# Of the desk's time at each tick, every 50 ms: 4 %, which is some 150 devices a second.
_SAVING_S = 0.002


@dataclass(slots=True)
class _Known:
    """What belongs to a session and is the store's alone; `unread`: the store could not be asked about it yet."""

    first_seen_us: int
    counters: Counter[str] = field(default_factory=Counter)
    unread: bool = False


class Memory:
    """Belongs to the desk's thread, like the sessions that it remembers.

    A device is asked about when its session is made, and saved five seconds after something changed, when its session
    makes room for another, and at the stop. A device that was never served is not saved:
    an invented name costs nothing here. While the store does not answer, devices start as unknown ones; they are not
    saved before it was asked about them, so that what it knows is not lost.
    """

    def __init__(
        self,
        reader: StoreReader,
        waiting: Waiting,
        plans: Plans,
        sessions: OrderedDict[DeviceId, DeviceSession],
        counters: Counters,
        *,
        owner: str | None,
    ) -> None:
        self._reader, self._waiting = reader, waiting
        self._plans, self._sessions = plans, sessions
        self._counters = counters
        self._owner = owner
        self._known: dict[DeviceId, _Known] = {}
        self._due: OrderedDict[DeviceId, float] = OrderedDict()
        """When each changed device is to be saved, the earliest first."""

    def begin(self, session: DeviceSession) -> None:
        """A session was made: continue with what is known of its device."""
        known = self._known[session.device] = _Known(_now_us())
        self._recall(session, known)

    def end(self, session: DeviceSession) -> None:
        """A session makes room for another."""
        if session.device in self._due:
            self._save(session)
        self._known.pop(session.device, None)
        self._due.pop(session.device, None)

    def forget(self, device: DeviceId) -> None:
        """A device is another server's from now on, which writes of it."""
        self._known.pop(device, None)
        self._due.pop(device, None)

    def save(self, devices: Iterable[DeviceId]) -> None:
        """Save those of these devices that have changed, now."""
        for device in devices:
            session = self._sessions.get(device)
            if session is not None and device in self._due:
                self._save(session)

    def unwritten(self, devices: Iterable[DeviceId]) -> bool:
        """Whether one of these devices still waits to be written. From any thread."""
        return any(self._waiting.saved(device) is not None for device in devices)

    def take(self, event: Event) -> None:
        """An observer: keep what belongs to the history, and note which devices have changed."""
        if isinstance(event, Answered):
            self._waiting.inference(_inference(event))
            self._changed(event.device, f"answered_{event.status.name.lower()}")
        elif isinstance(event, PlanDecided):
            self._waiting.decision(_decision(event))
            self._changed(event.device, "plans")
        elif isinstance(event, Dropped) and (known := self._known.get(event.device)) is not None:
            known.counters[event.reason] += 1

    def tick(self, now_s: float) -> None:
        """Save devices whose time has come, a few at a time."""
        give_up = time.perf_counter() + _SAVING_S
        while self._due and time.perf_counter() < give_up:
            device, due_s = next(iter(self._due.items()))
            if due_s > now_s:
                return
            session = self._sessions.get(device)
            if session is None:
                del self._due[device]
            elif not self._save(session):
                self._put_off(device, now_s + _SAVE_EVERY_S)

    def save_all(self, within_s: float) -> None:
        """Save all devices that have changed, the longest unsaved first; those that must wait too long are counted."""
        give_up = time.monotonic() + within_s
        for device in list(self._due):
            session = self._sessions.get(device)
            if session is not None and time.monotonic() < give_up:
                self._save(session)
        if self._due:
            self._counters.count("store_unsaved", len(self._due))

    def _recall(self, session: DeviceSession, known: _Known) -> bool:
        """Ask the store about a device; False when it does not answer."""
        try:
            # One that was evicted a moment ago may not have been written yet.
            record = self._waiting.saved(session.device) or self._reader.load(session.device)
        except StoreError as error:
            if not known.unread:
                self._counters.note("*", "store_unread", error)
            known.unread = error.trouble != "damaged"
            return False
        known.unread = False
        if record is not None:
            known.first_seen_us = record.first_seen_us
            known.counters.update(record.counters)
            session.epoch.resume(record.epoch)
            if session.boot == 0:
                session.boot, session.sequence = record.boot, record.sequence
            if record.state and session.planning is None:
                self._plans.remember(session, _document(record))
            self._counters.count("devices_recalled")
        return True

    def _changed(self, device: DeviceId, counter: str) -> None:
        known = self._known.get(device)
        if known is None:
            return
        known.counters[counter] += 1
        if device not in self._due:
            self._due[device] = time.monotonic() + _SAVE_EVERY_S

    def _put_off(self, device: DeviceId, due_s: float) -> None:
        self._due[device] = due_s
        self._due.move_to_end(device)

    def _save(self, session: DeviceSession) -> bool:
        """Hand a device's record over to be written; False when the store has yet to be asked about it."""
        known = self._known[session.device]
        if known.unread and not self._recall(session, known):
            return False
        self._due.pop(session.device, None)
        planning, plan = session.planning, None if session.planning is None else session.planning.plan
        document = self._plans.document(session)
        self._waiting.device(
            DeviceRecord(
                session.device,
                None if planning is None else planning.model.id,
                session.boot,
                session.sequence,
                session.epoch.last,
                None if plan is None else plan.cut,
                None if plan is None else plan.codec,
                None if plan is None else plan.deadline_ms,
                "" if document is None else json.dumps(document, separators=(",", ":")),
                dict(known.counters),
                known.first_seen_us,
                _now_us(),
                self._owner,
                0 if planning is None else planning.setting,
            )
        )
        return True


def _now_us() -> int:
    return time.time_ns() // 1000


def _document(record: DeviceRecord) -> object:
    """The planner's document; None, which it will refuse, for a text that is no JSON."""
    try:
        return json.loads(record.state)
    except (ValueError, RecursionError):
        return None


def _inference(event: Answered) -> InferenceRecord:
    ran, stages = event.batch > 0, event.stages
    return InferenceRecord(
        _now_us(),
        event.device,
        event.model,
        event.boot,
        event.sequence,
        event.cut,
        event.codec,
        event.status,
        event.acknowledged,
        stages.inbox,
        stages.decode,
        stages.queue if ran else None,
        stages.compute if ran else None,
        stages.reply,
        event.edge_us,
        event.batch,
        event.bytes_up,
        event.bytes_down,
        event.plan_epoch,
        answer_text(event.answer),
        event.came,
        event.setting,
    )


def _decision(event: PlanDecided) -> DecisionRecord:
    return DecisionRecord(
        _now_us(),
        event.device,
        event.model,
        event.epoch,
        event.cut,
        event.codec,
        event.deadline_ms,
        event.reason[:MOST_TEXT],
        event.exploration,
        event.expected_us,
        event.setting,
    )
