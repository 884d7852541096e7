"""From one activation frame to a job for a tail, or to its verdict at once; and from a finished job to its verdict."""

from __future__ import annotations

import time

from cutpoint.answer import OutputError
from cutpoint.codec import CodecId
from cutpoint.errors import CutpointError
from cutpoint.kernels import Array
from cutpoint.wire import Activation, Flag, FrameError, Status, TensorRecord
from edge_server.auditing.audits import Audits, AuditTicket
from edge_server.batching import Finished, Job, JobQueue, Late
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.partial_tensors import tensors_that_came
from edge_server.catalogue.served import ServedModel, TensorMismatchError
from edge_server.catalogue.undoing import undo
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.answers import OF_A_PART, digest_of
from edge_server.desk.partial_answers import PartialAnswers
from edge_server.desk.references import References
from edge_server.desk.reply import Reply
from edge_server.desk.session import DeviceSession
from edge_server.desk.stages import Laps
from edge_server.desk.ticket import Ticket, Verdict
from edge_server.errors import BackendLostError
from edge_server.gateway import Arrival
from edge_server.planning.epoch import newer

# A device without a plan of this server waits as long as its firmware says; ten seconds is the planner's longest.
_LONGEST_DEADLINE_MS = 10_000
_TWIN_REFUSED = Verdict(
    Status.FAILED,
    reason="twin_refused",
    detail="either of the devices with this id might take the other's answer",
)


class Inference:
    """Checks, decodes and queues activations, and concludes those whose tail has run.

    Every refusal is a status to the device, a counter, and one log line. An inference is run once: when it is asked
    again while it waits, its one answer will do; later it is answered from memory.
    """

    def __init__(
        self,
        config: ServeConfig,
        catalogue: Catalogue,
        queue: JobQueue,
        reply: Reply,
        counters: Counters,
        laps: Laps,
        audits: Audits,
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._queue = queue
        self._reply = reply
        self._counters = counters
        self._laps = laps
        self._audits = audits
        self.references = References(config.references_mb << 20)
        self.under_way = 0
        """Jobs that have no verdict yet."""
        self.partial: PartialAnswers | None = None
        """Who says when an activation is answered from the chunks that came; None where none is."""

    def stock(self, catalogue: Catalogue) -> None:
        """Answer from another catalogue from now on."""
        self._catalogue = catalogue

    def take(self, session: DeviceSession, arrival: Arrival) -> None:
        """Take one frame; an activation that it completes is answered at once or queued."""
        taken_ns = time.perf_counter_ns()
        try:
            message = session.collect(arrival.payload, arrival.received_ns)
        except FrameError as error:
            self._reply.bad_frame(session, error)
            return
        if message is None:
            if self.partial is not None:
                self.partial.watch(session)
            return
        received = session.taken()
        if not isinstance(message, Activation):
            self._reply.drop(session, "wrong_kind", f"{type(message).__name__} on the activation topic")
            return
        model = self._catalogue.get(message.model, session.device)
        ticket = Ticket(session, message, model, digest_of(message), received, arrival.received_ns, taken_ns)
        if self._asked_before(ticket):
            return
        self._follow(session, message)
        verdict = self._judged(ticket)
        self._laps.lap("decode")
        if isinstance(verdict, Verdict):
            self._reply.conclude(ticket, verdict)
            return
        session.in_flight[ticket.asked] = ticket.digest
        self._enqueue(verdict)

    def take_part(self, session: DeviceSession, deadline_ns: int) -> None:
        """Queue the unfinished activation of a device as far as it came, if that is enough for an answer.

        Whatever is wrong with it is counted and not answered: it may still be completed, and its device finishes by
        itself.
        """
        taken_ns = time.perf_counter_ns()
        assert session.receiver is not None
        seen = session.receiver.incomplete()
        if seen is None:
            self._counters.count("partial_headless")
            return
        asked = (seen.boot, seen.sequence)
        model = self._catalogue.get(seen.model, session.device)
        if (
            model is None
            or seen.cut >= model.n
            or seen.flags & (Flag.ANSWERED | Flag.PROBE)
            or asked in session.in_flight
            or session.answers.get(asked) is not None
            or session.twins.clashed(time.monotonic())
        ):
            return
        try:
            arrays, came = tensors_that_came(model.expected[seen.cut], seen, model.tables)
        except TensorMismatchError as error:
            self._counters.note(str(session.device), "partial_wrong_tensor", error)
            return
        if came < self._config.partial_least:
            self._counters.count("partial_too_little")
            return
        message = Activation(
            seen.model,
            seen.boot,
            seen.sequence,
            seen.cut,
            seen.codec,
            seen.flags & ~Flag.TIMINGS,
            seen.plan_epoch,
            (),
            setting=seen.setting,
        )
        received = tuple(session.unfinished)
        ticket = Ticket(session, message, model, OF_A_PART, received, received[-1][1], taken_ns, came=came)
        self._follow(session, message)
        ticket.decoded_ns = time.perf_counter_ns()
        job = Job(
            session.device,
            model,
            seen.cut,
            ticket.received_ns,
            ticket.decoded_ns,
            deadline_ns,
            ticket,
            arrays,
        )
        session.in_flight[asked] = OF_A_PART
        self._enqueue(job)

    def _enqueue(self, job: Job) -> None:
        self.under_way += 1
        refused = self._queue.put(job)
        if refused is not None:
            self._finish(refused, Verdict(Status.OVERLOADED, reason="overloaded", detail="the queue is full"))

    def finished(self, finished: Finished) -> None:
        """Conclude the jobs of a batch."""
        for job, outcome, shared in zip(finished.batch.jobs, finished.outcomes, finished.shared, strict=True):
            ticket = job.ticket
            if isinstance(ticket, AuditTicket):
                self._audits.finished(job, ticket, outcome)
                continue
            assert isinstance(ticket, Ticket)
            ticket.started_ns, ticket.batch = finished.started_ns, shared
            ticket.compute_us = finished.compute_us // len(finished.batch.jobs)
            if ticket.session.twins.clashed(time.monotonic()):
                # It came before the other device's, and both hear the answer.
                self._finish(job, _TWIN_REFUSED)
                continue
            verdict = self._decoded(job.model, outcome, acknowledged=Flag.ANSWERED in ticket.message.flags)
            self._finish(job, verdict)
            if ticket.came is None:
                self._audits.look(job, ticket, verdict.answer)

    def late(self, late: Late) -> None:
        """Refuse the jobs whose turn came too late."""
        for job in late.jobs:
            waited_us = (time.perf_counter_ns() - job.received_ns) // 1000
            self._finish(job, Verdict(Status.TOO_LATE, reason="too_late", detail=f"waited {waited_us} us"))

    def _finish(self, job: Job, verdict: Verdict) -> None:
        ticket = job.ticket
        if isinstance(ticket, AuditTicket):
            self._audits.skipped()
            return
        assert isinstance(ticket, Ticket)
        self.under_way -= 1
        # Its question may have been completed meanwhile, and is remembered by its content then.
        ticket.digest = ticket.session.in_flight.pop(ticket.asked, ticket.digest)
        self._reply.conclude(ticket, verdict)

    def _asked_before(self, ticket: Ticket) -> bool:
        """Whether this inference is answered or under way; a repeated answer is sent again.

        The same inference with another content comes from a second device of the same id. Both hear every answer, and
        one of them would take the other's for its own: none is given, and both finish by themselves. One that was
        answered from the chunks that had come, and is completed after all, is neither, and has had its answer.
        """
        session = ticket.session
        remembered = session.answers.get(ticket.asked)
        digest = session.in_flight.get(ticket.asked) if remembered is None else remembered.digest
        now_s = time.monotonic()
        if digest == OF_A_PART and ticket.digest:
            self._counters.count("completed_late")
            if remembered is not None:
                session.answers.put(ticket.asked, ticket.digest, remembered.frames)
            else:
                session.in_flight[ticket.asked] = ticket.digest
            return True
        if digest is not None and ticket.digest and digest and digest != ticket.digest:
            session.twins.clash(now_s)
            self._counters.note(
                str(session.device),
                "twin_id",
                f"boot {ticket.message.boot}, inference {ticket.message.sequence} came with two contents: two devices "
                "have this id; give one of them another",
            )
        if session.twins.clashed(now_s):
            self._reply.conclude(ticket, _TWIN_REFUSED)
            return True
        if remembered is not None:
            self._counters.count("repeated")
            self._reply.again(session, remembered.frames)
            return True
        if digest is not None:
            self._counters.count("repeated_in_flight")
            return True
        return False

    def _follow(self, session: DeviceSession, message: Activation) -> None:
        """Keep track of lives and numbers; a gap or a step back is counted and otherwise harmless.

        The same number again is neither: an inference that was refused may be asked again.
        """
        if message.boot != session.boot:
            if session.state is not None and not newer(message.boot, session.boot):
                # Late from an earlier life: what the device itself said last about its boot stands.
                self._counters.count("boot_back")
                self.stepped_back(session)
                return
            if session.boot and not newer(message.boot, session.boot):
                self.stepped_back(session)
            session.boot = message.boot
            self._counters.count("boots_seen")
        elif session.sequence and message.sequence not in (session.sequence, session.sequence + 1):
            forward = message.sequence > session.sequence
            self._counters.count("sequence_gap" if forward else "sequence_back")
            if not forward:
                self.stepped_back(session)
        session.sequence = message.sequence

    def stepped_back(self, session: DeviceSession) -> None:
        """A life or an inference of this device came after a later one."""
        if session.twins.step_back(time.monotonic()):
            self._counters.note(
                str(session.device),
                "twin_id",
                "its lives or inferences alternate: two devices have this id, or its frames are played again",
            )

    def _judged(self, ticket: Ticket) -> Verdict | Job:
        message, model = ticket.message, ticket.model
        if model is None:
            offered = self._catalogue.offered(message.model)
            return Verdict(
                Status.UNKNOWN_MODEL, reason="unknown_model", detail=message.model.hex, offered=offered
            )
        if message.cut > model.n:
            detail = f"cut {message.cut} of a model with {model.n} operators"
            return Verdict(Status.WRONG_CUT, reason="wrong_cut", detail=detail)
        deadline_ns = self._deadline_ns(ticket)
        if time.perf_counter_ns() > deadline_ns:
            detail = f"waited {ticket.residence_us()} us"
            return Verdict(Status.TOO_LATE, reason="too_late", detail=detail)
        if Flag.ANSWERED in message.flags and (message.cut < model.n or not message.tensors):
            return Verdict(Status.OK, acknowledged=True)
        arrays: list[Array] | None = None
        try:
            records = self._undone(ticket, model)
            # A JPEG takes longer to decode than all the rest: that is for the thread that runs the tail.
            if message.cut == model.n or all(tensor.codec is not CodecId.JPEG for tensor in records):
                arrays = model.arrays(message.cut, records)
        except TensorMismatchError as error:
            return Verdict(Status.BAD_FRAME, reason=error.reason, detail=error)
        if message.cut == model.n and arrays is not None:
            return self._decoded(model, arrays, acknowledged=True)
        ticket.decoded_ns = time.perf_counter_ns()
        return Job(
            ticket.session.device,
            model,
            message.cut,
            ticket.received_ns,
            ticket.decoded_ns,
            deadline_ns,
            ticket,
            arrays,
            records if arrays is None else (),
        )

    def _undone(self, ticket: Ticket, model: ServedModel) -> tuple[TensorRecord, ...]:
        """The tensors without calibrated codecs; what later frames of codec `delta` may name is remembered."""
        message, device = ticket.message, ticket.session.device
        version = 0 if model.tables is None else model.tables.version
        stream = (message.boot, message.model, version, message.cut, message.setting)
        undone = undo(model, message, lambda age: self.references.get(device, stream, message.sequence - age))
        if undone.levels is not None:
            self.references.put(device, stream, message.sequence, undone.levels, age=undone.age)
        return undone.records

    def _deadline_ns(self, ticket: Ticket) -> int:
        planning = ticket.session.planning
        planned = None if planning is None else planning.deadline_ms
        return ticket.received_ns + 1_000_000 * (planned or self._config.deadline_ms or _LONGEST_DEADLINE_MS)

    def _decoded(
        self, model: ServedModel, outcome: list[Array] | Exception, *, acknowledged: bool
    ) -> Verdict:
        """What a tail's outputs, or what was wrong instead, are to the device."""
        try:
            if not isinstance(outcome, Exception):
                return Verdict(Status.OK, model.rule.decode(outcome), acknowledged)
            raise outcome
        except TensorMismatchError as error:
            return Verdict(Status.BAD_FRAME, reason=error.reason, detail=error)
        except BackendLostError as error:
            # Not final, as a failure of the tail is: asked again, it may be run.
            return Verdict(Status.OVERLOADED, reason="overloaded", detail=error)
        except (OutputError, CutpointError) as error:
            return Verdict(Status.FAILED, reason="failed", detail=error)
        except Exception as error:  # noqa: BLE001  a fault of ours costs one inference; the backend logged it
            return Verdict(Status.FAILED, reason="failed", detail=repr(error))
