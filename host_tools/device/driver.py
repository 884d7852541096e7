"""Does what a session asks: runs operators, publishes, delivers. Everything here happens on the device's thread."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from cutpoint import _core
from cutpoint.answer import Answer, AnswerRule, OutputError
from cutpoint.bus import Bus
from cutpoint.codec import CodecId, label_of
from cutpoint.errors import CutpointError, InternalError, UsageError
from cutpoint.wire import Command, DType, Gauge, Key, Result, Status, decode
from host_tools.device.camera import Camera
from host_tools.device.energy import Busy, energy_uj
from host_tools.device.engine import Engine, LiveTensor
from host_tools.device.events import CommandReceived, DeviceEvent, InputGiven, PlanChanged, StateChanged
from host_tools.device.lines import LineEngine, SlicedRange, Step
from host_tools.device.link import Link
from host_tools.device.pace import Pace
from host_tools.device.profile import Profile
from host_tools.device.record import InferenceRecord
from host_tools.device.sealing import DeviceSealing

log = logging.getLogger(__name__)

Action = _core.Publish | _core.Run | _core.Deliver | _core.Command | _core.PlanChanged


@dataclass(slots=True)
class _Job:
    """The inference in flight."""

    sequence: int
    name: str
    began_ns: int
    answer: Future[InferenceRecord] = field(repr=False)
    device_us: int = 0
    overran_us: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """What a device consists of, apart from its session. `topics` are its own, by leaf.

    With a `key`, its frames are sealed.
    """

    id: str
    topics: Mapping[str, str]
    engine: Engine
    rule: AnswerRule
    profile: Profile
    pace: Pace
    bus: Bus
    current_link: Callable[[], Link | None]
    observer: Callable[[DeviceEvent], None]
    key: Key | None = None
    camera: Camera | None = None


class Driver:
    """One life of a device: from a boot number to the next."""

    def __init__(
        self,
        session: _core.Session,
        body: Body,
        obey: Callable[[Command, bytes], bool],
        sealing: DeviceSealing | None = None,
        notes: deque[bytes] | None = None,
    ) -> None:
        self.session = session
        self._sealing = sealing
        self._notes: deque[bytes] = deque() if notes is None else notes
        self._body = body
        self._obey = obey
        self._job: _Job | None = None
        self._sliced: SlicedRange | None = None
        self._state = session.state
        self._energy_uj = 0.0
        self.activation_bytes = 0

    @property
    def busy(self) -> bool:
        """Whether an inference is in flight."""
        return self._job is not None

    def begin(self, given: InputGiven) -> None:
        """Start an inference; `pump` carries it out."""
        if self._job is not None:
            # Its caller was interrupted while it waited, and asks for the next one already.
            given.answer.set_exception(UsageError("the inference before is still in flight; try again later"))
            return
        began_ns = time.monotonic_ns()
        try:
            self._body.engine.set_input(given.arrays)
            self._job = _Job(self.session.input(), given.name, began_ns, given.answer)
        except CutpointError as error:
            given.answer.set_exception(error)

    def telemetry(self) -> None:
        """Report: the session's counters, and the energy modelled since the last report where that is known.

        Offline nothing is reported, and the energy goes on adding up.
        """
        if self.session.state == "offline":
            return
        gauges: Mapping[int, int] = {}
        if self._body.profile.current is not None:
            gauges = {Gauge.ENERGY_MODELLED_UJ: min(round(self._energy_uj), 0xFFFF_FFFF)}
        self._energy_uj = 0.0
        self.session.telemetry(gauges)
        self.pump()

    def pump(self, arrived: Callable[[], None] = lambda: None) -> None:
        """Do everything that the session asks for now.

        `arrived` is called after each operator of a local finish, or each slice of an engine that works line by line,
        to hand the session the frames that came meanwhile: a late or hedged answer of the edge ends the finish.
        """
        while (action := self._next_action()) is not None:
            match action:
                case SlicedRange():
                    self._slice(action)
                    arrived()
                case _core.Publish():
                    self._publish(action)
                case _core.Run():
                    self._begin_run(action.first, action.last)
                    if action.first > 0:
                        arrived()
                case _core.Deliver():
                    self._deliver(action)
                case _core.Command():
                    self._command(action.command, action.argument)
                case _core.PlanChanged():
                    self.tell(
                        PlanChanged(
                            action.epoch,
                            action.cut,
                            action.codec,
                            action.setting,
                            action.flags,
                            action.deadline_ms,
                        )
                    )
        self._publish_notes()
        self._note_state()

    def _next_action(self) -> Action | SlicedRange | None:
        """What the session asks for; else the range that is under way."""
        action = self.session.poll()
        if self._sliced is not None and not self.session.in_run:
            # An answer of the edge between two slices has ended the inference, and the range with it.
            self._account(self._sliced.worked_us, 0)
            self._sliced = None
        return self._sliced if action is None else action

    def tell(self, event: DeviceEvent) -> None:
        """Hand an event to the observer; an observer that fails must not take the device with it."""
        try:
            self._body.observer(event)
        except Exception:
            log.exception("event=observer_failed device=%s", self._body.id)

    def abandon(self, error: Exception) -> None:
        """Give up the inference in flight, if any: its caller gets `error`."""
        job, self._job = self._job, None
        if job is not None and not job.answer.done():
            job.answer.set_exception(error)

    def _publish(self, action: _core.Publish) -> None:
        topic, payload = self._body.topics[action.leaf], action.payload
        sealed = payload if self._sealing is None else self._sealing.outgoing(action.leaf, payload)
        if sealed is None or not self._body.bus.publish(topic, sealed, action.qos, action.retain):
            self.session.unsent()
        elif action.leaf == "act":
            self.activation_bytes += len(sealed)

    def _publish_notes(self) -> None:
        """After everything that the session has to say, as the core's own driver does it."""
        while self._notes and self.session.state != "offline":
            if not self._body.bus.publish(self._body.topics["note"], self._notes[0], 1, False):
                return
            self._notes.popleft()

    def _begin_run(self, first: int, last: int) -> None:
        if self._job is None:
            raise InternalError(f"operators [{first}, {last}) asked for without an inference")
        lines = self._body.engine.lines()
        if lines is None:
            self._run(first, last)
        else:
            self._begin_lines(lines, first, last)

    def _begin_lines(self, lines: LineEngine, first: int, last: int) -> None:
        try:
            begun = SlicedRange(lines, first, last, self._body.pace)
            tensors = [
                (t.index, int(DType.of(t.array.dtype)), t.array.data, t.fill, self._jpeg(last, t))
                for t in begun.live
            ]
            self.session.running(first, last, tensors)
        except (CutpointError, ValueError):
            self._failed(first, last)
        else:
            self._sliced = begun

    def _slice(self, sliced: SlicedRange) -> None:
        """Some units of the range under way, then what became of it."""
        try:
            step = sliced.slice(self.session.progress)
        except CutpointError:
            log.exception("event=line_failed device=%s", self._body.id)
            step = Step.FAILED
        if step is Step.MORE:
            return
        self._sliced = None
        if step is not Step.DONE:
            # Pictures are given whole here, so there is no line of one to wait for either.
            self._account(sliced.worked_us, 0)
            self._failed(sliced.first, sliced.last)
            return
        done = sliced.ended()
        self._account(done.total_us, done.overran_us)
        self.session.ran(sliced.first, sliced.last, True, list(done.operators_us))
        self._code(sliced.first)

    def _account(self, device_us: int, overran_us: int) -> None:
        if self._job is not None:
            self._job.device_us += device_us
            self._job.overran_us += overran_us

    def _run(self, first: int, last: int) -> None:
        engine = self._body.engine
        start_ns = time.monotonic_ns()
        try:
            measured_us = engine.run(first, last)
            live = engine.live(last) if first == 0 else ()
            tensors = [
                (t.index, int(DType.of(t.array.dtype)), t.array.tobytes(), t.fill, self._jpeg(last, t))
                for t in live
            ]
        except (CutpointError, ValueError):
            self._failed(first, last)
            return
        paced = self._body.pace.keep(first, measured_us, (time.monotonic_ns() - start_ns) // 1000)
        self._account(paced.total_us, paced.overran_us)
        try:
            self.session.ran(first, last, True, list(paced.operators_us), tensors)
        except ValueError:
            # More tensors than a frame carries: to the session, an engine that cannot be used.
            self._failed(first, last)
        else:
            self._code(first)

    def _code(self, first: int) -> None:
        """Take the time that coding the head's tensors takes a board, before its message leaves."""
        if first == 0:
            self._body.pace.wait(self.session.modelled_encode_us)

    def _jpeg(self, cut: int, tensor: LiveTensor) -> bytes:
        """The picture in the input as the device's camera codes it; empty past cut 0 and without a camera."""
        camera = self._body.camera
        return b"" if camera is None or cut else camera.jpeg(tensor.array)

    def _failed(self, first: int, last: int) -> None:
        log.exception("event=engine_failed device=%s first=%d last=%d", self._body.id, first, last)
        self.session.ran(first, last, False, [], [])

    def _deliver(self, action: _core.Deliver) -> None:
        job, self._job = self._job, None
        if job is None:
            raise InternalError(f"an answer to inference {action.sequence} without an inference")
        total_us = (time.monotonic_ns() - job.began_ns) // 1000
        round_trip_us, edge_us = action.round_trip_us, action.edge_us
        link_us = None
        if round_trip_us is not None and edge_us is not None:
            link_us = max(0, round_trip_us - edge_us)
        record = InferenceRecord(
            sequence=action.sequence,
            by=action.by,
            reason=_reason(action),
            cut=action.cut,
            bytes_up=action.bytes_up,
            bytes_down=action.bytes_down,
            device_us=job.device_us,
            encode_us=action.encode_us,
            link_us=link_us,
            edge_us=edge_us,
            total_us=total_us,
            answer=self._answer(action),
            modelled=self._body.profile.modelled,
            state=self.session.state,
            name=job.name,
            energy_uj=self._energy(job.device_us + action.encode_us, action.bytes_up, total_us),
            overran_us=job.overran_us,
            codec=_codec(action),
            partial=action.partial,
        )
        job.answer.set_result(record)
        self.tell(record)

    def _answer(self, action: _core.Deliver) -> Answer | None:
        if action.result_frame is not None:
            result = decode(action.result_frame)
            if not isinstance(result, Result):
                raise InternalError(f"the session delivered a result that reads as {result!r}")
            return result.answer
        if action.by != "device":
            return None
        try:
            return self._body.rule.decode(self._body.engine.outputs())
        except OutputError:
            log.exception("event=answer_failed device=%s sequence=%d", self._body.id, action.sequence)
            return None

    def _energy(self, compute_us: int, bytes_up: int, total_us: int) -> float | None:
        current, link = self._body.profile.current, self._body.current_link()
        if current is None:
            return None
        transmit_us = link.up.serialisation_us(bytes_up) if link is not None else 0.0
        spent_uj = energy_uj(
            current, Busy.of(compute_us=compute_us, transmit_us=transmit_us, total_us=total_us)
        )
        self._energy_uj += spent_uj
        return spent_uj

    def _command(self, number: int, argument: bytes) -> None:
        # The session obeys `profile` itself and counts numbers that it does not know, so only known ones come here.
        command = Command(number)
        obeyed = self._obey(command, argument)
        if not obeyed:
            self.session.unsupported_command()
            log.warning("event=command_unsupported device=%s command=%s", self._body.id, command.name.lower())
        self.tell(CommandReceived(command, obeyed))

    def _note_state(self) -> None:
        state = self.session.state
        if state != self._state:
            self._state = state
            self.tell(StateChanged(state))


def _codec(action: _core.Deliver) -> str | None:
    """`rans:12`, a codec and its setting; None when nothing was sent."""
    if not action.bytes_up:
        return None
    return label_of(CodecId(action.codec), action.setting)


def _reason(action: _core.Deliver) -> str:
    if action.refusal is None:
        return str(action.reason)
    return f"refused: {Status(action.refusal).name.lower().replace('_', ' ')}"
