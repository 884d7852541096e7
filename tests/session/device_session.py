"""A bound session with a clock to turn, an engine of no consequence, and frames as an edge would send them."""

from __future__ import annotations

from typing import Any

from cutpoint import _core
from cutpoint.answer import Classes
from cutpoint.answer.classes import Class
from cutpoint.codec import CodecId, DType
from cutpoint.wire import Flag, ModelId, Plan, Result, Status, encode

MODEL = ModelId(bytes.fromhex("deadbeef"))
BOOT = 7
NO_FLAGS = Flag(0)
Action = _core.Publish | _core.Run | _core.Deliver | _core.Command | _core.PlanChanged
ANSWER = Classes((Class(3, 0.5),))


def result(
    sequence: int, cut: int, *, status: Status = Status.OK, boot: int = BOOT, acknowledge: bool = False
) -> bytes:
    answer = ANSWER if status is Status.OK and not acknowledge else None
    return encode(Result(MODEL, boot, sequence, cut, status, 100, answer))[0]


def plan(
    epoch: int, cut: int, *, flags: Flag = NO_FLAGS, deadline_ms: int = 1000, model: ModelId = MODEL
) -> bytes:
    return encode(Plan(model, epoch, cut, CodecId.RAW, flags, deadline_ms))[0]


class DeviceSession:
    """The session, its clock, and every action that it asked for."""

    def __init__(self, *, operators: int = 4, on_board: int = 4, cut: int = 2, **config: Any) -> None:
        self.operators = operators
        self.clock = _core.ManualClock(1_000_000)
        self.session = _core.Session(
            _core.SessionConfig(
                model_id=bytes(MODEL), boot=BOOT, operators=operators, on_board=on_board, cut=cut, **config
            ),
            self.clock,
        )

    def connect(self) -> DeviceSession:
        self.session.connected()
        self.poll()
        return self

    def poll(self) -> list[Action]:
        actions = []
        while (action := self.session.poll()) is not None:
            actions.append(action)
            assert len(actions) < 5000, "the session never comes to rest"
        return actions

    def ran(self, run: _core.Run, *, ok: bool = True, data: bytes = bytes(32)) -> None:
        times = [10] * (run.last - run.first)
        self.session.ran(run.first, run.last, ok, times, [(run.last, DType.INT8, data, 0)])

    def ask(self) -> int:
        """A new input, its head run and its tensors handed over; the sequence."""
        sequence = self.session.input()
        for action in self.poll():
            if isinstance(action, _core.Run):
                self.ran(action)
        self.sent = self.poll()
        return sequence

    def finish(self) -> _core.Deliver:
        """What is delivered when every operator that is asked for runs."""
        for _ in range(self.operators + 1):
            for action in self.poll():
                if isinstance(action, _core.Deliver):
                    return action
                if isinstance(action, _core.Run):
                    self.ran(action)
        raise AssertionError("nothing was delivered")

    def pass_ms(self, ms: int) -> None:
        self.clock.advance(ms * 1000)
        self.session.tick()
