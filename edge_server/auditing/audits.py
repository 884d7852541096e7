"""From an exact frame of a device that follows a lossy setting to what that setting costs it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from cutpoint.answer import Agreed, Answer, RuleError, agreed
from cutpoint.codec import CodecError, CodedError, read_label
from cutpoint.errors import CutpointError
from cutpoint.kernels import Array
from cutpoint.wire import Flag
from edge_server.auditing.drift import Drift
from edge_server.auditing.remaking import remade
from edge_server.batching import Job, JobQueue
from edge_server.counters import Counters
from edge_server.desk.session import DeviceSession
from edge_server.desk.ticket import Ticket
from edge_server.events import Audited, Observer

# Audits of other devices than the one at hand that may wait for a thread.
_MOST_WAITING = 64
_PATIENCE_NS = 10_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AuditTicket:
    """Goes with the second job: the tail from the tensors as a lossy setting would have brought them."""

    session: DeviceSession
    label: str
    exact: Answer


class Audits:
    """The exact answer has left before anything here begins, and a tail is run for it only while nobody else waits.

    An exact frame counts where it was asked for to learn from (flag `exploration`), at the cut whose lossy setting the
    planner has its device follow otherwise. Belongs to the desk's thread.
    """

    def __init__(self, queue: JobQueue, counters: Counters, tell: Observer) -> None:
        self._queue = queue
        self._counters = counters
        self._tell = tell
        self._waiting: deque[Job] = deque()

    def look(self, job: Job, ticket: Ticket, exact: Answer | None) -> None:
        """An inference was answered; of one that audits a setting the second half is prepared."""
        label = _audited(job, ticket)
        if label is None or exact is None or job.arrays is None or job.model.calibration is None:
            return
        _, number = read_label(label)
        try:
            arrays = remade(job.model.calibration.tables, number, job.arrays)
        except (CodecError, CodedError) as error:
            self._counters.note(str(job.device), "audits_failed", error)
            return
        made = AuditTicket(ticket.session, label, exact)
        if all(a.tobytes() == b.tobytes() for a, b in zip(arrays, job.arrays, strict=True)):
            self._take(job, made, exact)
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._counters.count("audits_skipped")
            return
        now_ns = time.perf_counter_ns()
        self._waiting.append(
            Job(job.device, job.model, job.cut, now_ns, now_ns, now_ns + _PATIENCE_NS, made, arrays)
        )

    def tick(self, _now_s: float) -> None:
        """Have one of those that wait run, while nothing urgent does."""
        if self._waiting and not len(self._queue):
            job = self._waiting.popleft()
            refused = self._queue.put(job)
            if refused is job:
                self._counters.count("audits_skipped")
            else:
                assert refused is None, "a queue without jobs has room"

    def skipped(self) -> None:
        """The second job of an audit was pushed out, or its turn never came."""
        self._counters.count("audits_skipped")

    def finished(self, job: Job, made: AuditTicket, outcome: list[Array] | Exception) -> None:
        """The second half has run."""
        if isinstance(outcome, Exception):
            self._counters.note(str(job.device), "audits_failed", outcome)
            return
        try:
            self._take(job, made, job.model.rule.decode(outcome))
        except CutpointError as error:
            self._counters.note(str(job.device), "audits_failed", error)

    def _take(self, job: Job, made: AuditTicket, seen: Answer) -> None:
        """Count one audit, and have the planner know what is certain of it."""
        session, model = made.session, job.model
        planning, calibration = session.planning, model.calibration
        if planning is None or planning.model is not model or calibration is None:
            return  # Tables or model have changed meanwhile: it says nothing of the new ones.
        calibrated = calibration.agreement(made.label)
        if calibrated is None:
            return
        try:
            one: Agreed = agreed(made.exact, seen)
        except RuleError as error:
            self._counters.note(str(job.device), "audits_failed", error)
            return
        drift = planning.audited(job.cut, made.label, one, calibrated)
        self._counters.count("audits")
        codec, number = read_label(made.label)
        self._tell(Audited(session.device, model.id, job.cut, codec, number, one, calibrated, drift.points))
        if drift.certain > 0:
            self._counters.note(str(session.device), "drifted", _words(job.cut, made.label, drift))


def _audited(job: Job, ticket: Ticket) -> str | None:
    """The lossy setting that this frame is the exact counterpart of; None for any other frame."""
    planning, message, calibration = ticket.session.planning, ticket.message, job.model.calibration
    if planning is None or calibration is None or planning.model is not job.model:
        return None
    if Flag.EXPLORATION not in message.flags or ticket.came is not None:
        return None
    lossy = planning.planner.lossy
    if lossy is None or lossy[0] != job.cut or not calibration.lossless(message.codec, message.setting):
        return None
    label = lossy[1]
    return label if calibration.agreement(label) is not None else None


def _words(cut: int, label: str, drift: Drift) -> str:
    measured = drift.measured
    assert measured is not None
    assert drift.points is not None
    return (
        f"{label} at cut {cut} agrees with exact answers by {100 * measured:.1f} % over {drift.audits} audits, its "
        f"calibration found {100 * drift.calibrated:.1f} %: {drift.points:.1f} points of drift; calibrate again "
        "with pictures of this camera (cutpoint calibrate), or lower max_loss"
    )
