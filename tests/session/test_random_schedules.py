"""Whatever happens, in whatever order: every input is answered once, one at a time, and time leads on."""

from __future__ import annotations

from device_session import BOOT, DeviceSession, plan, result
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cutpoint import _core
from cutpoint.codec import DType
from cutpoint.wire import Flag, ModelId, Status

OPERATORS = 5
sequences = st.integers(1, 12)
cuts = st.integers(0, OPERATORS)


class Schedule(RuleBasedStateMachine):
    """A device whose edge, broker, clock and engine do as they please."""

    @initialize(on_board=cuts, cut=cuts, chunk_bytes=st.sampled_from([192, 4096]))
    def begin(self, on_board: int, cut: int, chunk_bytes: int) -> None:
        self.device = DeviceSession(
            operators=OPERATORS, on_board=on_board, cut=min(cut, on_board), chunk_bytes=chunk_bytes
        )
        self.session = self.device.session
        self.owed: int | None = None
        self.run: _core.Run | None = None
        self.sliced = False
        self.delivered = 0

    def do_what_it_asks(self) -> None:
        actions = self.device.poll()
        if self.sliced and not self.session.in_run:
            self.run, self.sliced = None, False  # an answer ended the range
        for action in actions:
            if isinstance(action, _core.Run):
                assert self.run is None, "two runs at once"
                assert self.owed is not None, "a run without an input"
                self.run = action
            elif isinstance(action, _core.Deliver):
                assert action.sequence == self.owed, "delivered what was not owed"
                assert (action.result_frame is not None) == (action.by == "edge")
                self.owed = None
                self.delivered += 1

    @rule()
    def the_broker_takes_the_connection(self) -> None:
        self.session.connected()
        self.do_what_it_asks()

    @rule()
    def the_connection_goes(self) -> None:
        self.session.disconnected()
        self.do_what_it_asks()

    @precondition(lambda self: not self.session.busy)
    @rule()
    def a_picture_comes(self) -> None:
        assert self.owed is None
        self.owed = self.session.input()
        self.do_what_it_asks()

    @precondition(lambda self: self.run is not None and not self.sliced)
    @rule(size=st.sampled_from([0, 1, 700]))
    def the_engine_begins_line_by_line(self, size: int) -> None:
        assert self.run is not None
        live = [(self.run.last, DType.INT8, bytes(size), 0)] if self.run.first == 0 else []
        self.session.running(self.run.first, self.run.last, live)
        self.sliced = True
        self.do_what_it_asks()

    @precondition(lambda self: self.sliced)
    @rule(ready=st.integers(0, 700))
    def the_engine_has_made_some_lines(self, ready: int) -> None:
        self.session.progress([ready])
        self.do_what_it_asks()

    @precondition(lambda self: self.run is not None)
    @rule(ok=st.sampled_from([True, True, True, False]), size=st.sampled_from([0, 1, 700]))
    def the_engine_has_run(self, ok: bool, size: int) -> None:
        run, self.run, self.sliced = self.run, None, False
        assert run is not None
        self.device.ran(run, ok=ok, data=bytes(size))
        self.do_what_it_asks()

    @rule(
        sequence=sequences,
        cut=cuts,
        status=st.sampled_from(Status),
        acknowledge=st.booleans(),
        twice=st.booleans(),
    )
    def a_result_comes(self, sequence: int, cut: int, status: Status, acknowledge: bool, twice: bool) -> None:
        for _ in range(1 + twice):
            self.session.frame(result(sequence, cut, status=status, acknowledge=acknowledge))
        self.do_what_it_asks()

    @precondition(lambda self: self.owed is not None)
    @rule(cut=cuts, early=st.booleans())
    def the_right_answer_comes(self, cut: int, early: bool) -> None:
        self.session.frame(result(self.owed or 0, self.session.plan.cut if early else cut))
        self.do_what_it_asks()

    @rule(sequence=sequences, cut=cuts)
    def a_result_of_an_earlier_life_comes(self, sequence: int, cut: int) -> None:
        self.session.frame(result(sequence, cut, boot=BOOT - 1))
        self.do_what_it_asks()

    @rule(sequence=sequences, cut=cuts, at=st.integers(0, 47), bit=st.integers(0, 7))
    def a_damaged_result_comes(self, sequence: int, cut: int, at: int, bit: int) -> None:
        frame = bytearray(result(sequence, cut))
        frame[at] ^= 1 << bit
        before = self.session.counters["bad_frames"]
        self.session.frame(frame)
        assert self.session.counters["bad_frames"] == before + 1
        self.do_what_it_asks()

    @rule(rubbish=st.binary(max_size=64))
    def rubbish_comes(self, rubbish: bytes) -> None:
        self.session.frame(rubbish)
        self.do_what_it_asks()

    @rule(epoch=st.integers(1, 9), cut=cuts, flags=st.sampled_from([Flag(0), Flag.HEDGED, Flag.TIMINGS]))
    def a_plan_comes(self, epoch: int, cut: int, flags: Flag) -> None:
        self.session.frame(plan(epoch, cut, flags=flags, deadline_ms=100))
        self.do_what_it_asks()

    @rule(epoch=st.integers(1, 9), cut=cuts)
    def a_plan_for_another_model_comes(self, epoch: int, cut: int) -> None:
        before = self.session.plan.epoch
        self.session.frame(plan(epoch, cut, model=ModelId(b"else")))
        assert self.session.plan.epoch == before

    @rule(ms=st.sampled_from([1, 50, 100, 1000, 5000, 90_000]))
    def time_passes(self, ms: int) -> None:
        self.device.pass_ms(ms)
        self.do_what_it_asks()

    @rule()
    def the_driver_wakes_up_in_time(self) -> None:
        when = self.session.next_wakeup_us()
        if when is not None:
            assert when > self.device.clock.now_us(), "the driver would spin"
            self.device.clock.set(when)
            missed = self.session.counters["deadlines_missed"]
            self.session.tick()
            assert self.session.counters["deadlines_missed"] > missed, "woken for nothing"
            self.do_what_it_asks()

    @rule(now_us=st.sampled_from([0, 1, 10**9, 10**15, 2**63]))
    def the_clock_jumps(self, now_us: int) -> None:
        self.device.clock.set(now_us)
        self.session.tick()
        self.do_what_it_asks()

    @rule()
    def the_transport_takes_nothing(self) -> None:
        self.session.unsent()
        self.do_what_it_asks()

    @invariant()
    def what_is_counted_adds_up(self) -> None:
        if hasattr(self, "session"):
            counters = self.session.counters
            answered = counters["answered_by_edge"] + counters["answered_by_device"] + counters["unanswered"]
            assert answered == self.delivered
            assert counters["inferences"] == self.delivered + (self.owed is not None)
            assert counters["misuse"] == 0

    def teardown(self) -> None:
        """With an engine that runs and a clock that goes on, the last input is answered too."""
        if not hasattr(self, "session"):
            return
        for _ in range(100):
            if self.run is not None:
                run, self.run, self.sliced = self.run, None, False
                self.device.ran(run)
            else:
                when = self.session.next_wakeup_us()
                if when is None or when > 2**63:
                    break
                self.device.clock.set(when)
                self.session.tick()
            self.do_what_it_asks()
        assert self.owed is None or self.device.clock.now_us() > 2**62
        assert not self.session.busy or self.owed is not None


TestSchedule = Schedule.TestCase
TestSchedule.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
