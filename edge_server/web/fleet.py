"""The observer that the web reads: figures of every device, and histograms over all of them."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from cutpoint.wire import DeviceId, Presence, Status, UpdateNote
from edge_server.events import (
    AboutSeen,
    Answered,
    Audited,
    DeviceSeen,
    Dropped,
    Event,
    NoteSeen,
    PlanDecided,
)
from edge_server.web.audit_figures import AuditFigures
from edge_server.web.device_figures import DeviceFigures
from edge_server.web.histogram import BATCH_BOUNDS, STAGE_BOUNDS_US, Histogram
from edge_server.web.rate import Rate

STAGES = ("inbox", "decode", "queue", "compute", "reply")
TOTAL = "total"
OTHER = "other"
MOST_DECISIONS = 1024
"""Different (model, cut, codec) that are counted apart; what comes after them is counted as `other`."""
MOST_AUDITED = 256
"""Different (model, cut, codec) whose audits are shown; a bundle has 255 settings at most, of which few are in use."""
_MOST_NOTE_CHARS = 120

Decided = tuple[str, str, str]
"""Model id, cut and codec, as they are shown."""


class Fleet:
    """Called for every event on the desk's thread; read from another one, without a lock.

    Never holds more than `most_devices`: the one unheard for longest goes first, as its session does.
    """

    def __init__(self, most_devices: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.stages = {stage: Histogram(STAGE_BOUNDS_US) for stage in (*STAGES, TOTAL)}
        self.batches = Histogram(BATCH_BOUNDS)
        self.decisions: Counter[Decided] = Counter()
        self.audits: dict[Decided, AuditFigures] = {}
        self.states: Counter[Presence | None] = Counter()
        self.rate = Rate(clock_s())
        self._most_devices = most_devices
        self._clock_s = clock_s
        self._devices: OrderedDict[DeviceId, DeviceFigures] = OrderedDict()
        self._staged = tuple(self.stages[stage].observe for stage in STAGES)
        self._total = self.stages[TOTAL].observe

    def __call__(self, event: Event) -> None:
        """Take one event."""
        now_s = self._clock_s()
        figures = self._figures(event.device, now_s)
        if isinstance(event, Answered):
            self._answered(figures, event, now_s)
        elif isinstance(event, Dropped):
            figures.drops += 1
        elif isinstance(event, PlanDecided):
            self._decided(figures, event)
        elif isinstance(event, DeviceSeen):
            self.states[figures.state] -= 1
            self.states[event.state] += 1
            figures.state, figures.boot = event.state, event.boot
        elif isinstance(event, AboutSeen):
            figures.safe_mode = bool(event.about.safe_mode)
            figures.model = event.about.model_id
        elif isinstance(event, Audited):
            self._audited(figures, event)
        elif isinstance(event, NoteSeen):
            figures.note = _note_words(event)

    def now_s(self) -> float:
        """Of the clock that the figures' times are of."""
        return self._clock_s()

    def get(self, device: DeviceId) -> DeviceFigures | None:
        """The figures of one device; None when it was not heard of, or long ago."""
        return self._devices.get(device)

    def devices(self) -> list[DeviceFigures]:
        """All of them, the one unheard for longest first. One step, during which no event can come."""
        return list(self._devices.values())

    def __len__(self) -> int:
        return len(self._devices)

    def _figures(self, device: DeviceId, now_s: float) -> DeviceFigures:
        figures = self._devices.get(device)
        if figures is None:
            if len(self._devices) >= self._most_devices:
                _, oldest = self._devices.popitem(last=False)
                self.states[oldest.state] -= 1
            figures = self._devices[device] = DeviceFigures(device, now_s)
            self.states[None] += 1
        else:
            self._devices.move_to_end(device)
            figures.seen_s = now_s
        return figures

    def _answered(self, figures: DeviceFigures, event: Answered, now_s: float) -> None:
        if event.status is not Status.OK:
            figures.refused += 1
            return
        self.rate.count(now_s)
        figures.model = event.model
        if event.came is not None:
            figures.took_part(now_s)
            return
        figures.took(event.edge_us, now_s)
        stages = event.stages
        inbox, decode, queue, compute, reply = self._staged
        inbox(stages.inbox)
        decode(stages.decode)
        reply(stages.reply)
        self._total(event.edge_us)
        if event.batch:
            # Where nothing was run, nothing waited or computed either.
            queue(stages.queue)
            compute(stages.compute)
            self.batches.observe(event.batch)

    def _decided(self, figures: DeviceFigures, event: PlanDecided) -> None:
        figures.plan, figures.model = event, event.model
        decided = (event.model.hex, str(event.cut), event.label)
        if decided not in self.decisions and len(self.decisions) >= MOST_DECISIONS:
            decided = (OTHER, OTHER, OTHER)
        self.decisions[decided] += 1

    def _audited(self, figures: DeviceFigures, event: Audited) -> None:
        figures.drift = event.drift
        of = (event.model.hex, str(event.cut), event.label)
        if of not in self.audits and len(self.audits) >= MOST_AUDITED:
            return
        self.audits.setdefault(of, AuditFigures()).take(event)


def _note_words(event: NoteSeen) -> str:
    """A device's own words, cut short."""
    note = event.note
    kind = f"update of {note.kind} {note.state}" if isinstance(note, UpdateNote) else note.note
    return (f"{kind}: {note.text}" if note.text else kind)[:_MOST_NOTE_CHARS]
