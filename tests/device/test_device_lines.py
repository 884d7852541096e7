"""A device whose engine works line by line: the same answers, sooner on the wire, and only cuts it has memory for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from device_watch import MakeDevice, Watch, eventually, expected, samples

import host_tools.device.on_board as on_board_module
from cutpoint.bus import MemoryBus
from cutpoint.errors import InternalError, UsageError
from cutpoint.graph import Bundle, Model
from cutpoint.wire import About, CodecId, Flag
from host_tools.device import PlanChanged, VirtualDevice
from host_tools.device.engine import LiveTensor, OperatorEngine
from host_tools.device.lines import Step
from host_tools.hil import ScriptedEdge, silence

LINES = 8


class OperatorsByLine(OperatorEngine):
    """Computes an operator at its first line; the last one of a range shows its outputs line by line."""

    missing: frozenset[int] = frozenset()

    def __init__(self, model: Model, *, on_board: int | None = None) -> None:
        super().__init__(model, "litert", on_board=on_board)
        self.begun: list[tuple[int, int]] = []
        self.units = 0
        self.fails_at: int | None = None

    def lines(self) -> OperatorsByLine:
        return self

    def can_cut(self, cut: int) -> bool:
        return cut not in self.missing

    def begin(self, first: int, last: int) -> tuple[LiveTensor, ...]:
        self.begun.append((first, last))
        self._first, self._last, self.units = first, last, 0
        self._us = [0] * (last - first)
        if first:
            return ()
        self._shown = [
            LiveTensor(index, np.zeros(self._model.tensors[index].shape, self._model.tensors[index].dtype))
            for index in self._model.live(last)
        ]
        return tuple(self._shown)

    def advance(self) -> Step:
        operator, line = self._first + self.units // LINES, self.units % LINES
        if operator >= self._last:
            self._show(1.0)
            return Step.DONE
        if self.units == self.fails_at:
            raise InternalError("this line cannot be made")
        if line == 0:
            self._us[operator - self._first] = self.run(operator, operator + 1)[0]
        self.units += 1
        if operator + 1 == self._last:
            self._show((line + 1) / LINES)
        return Step.MORE

    def _show(self, share: float) -> None:
        if self._first or self._reached < self._last:
            return
        for shown, made in zip(self._shown, self.live(self._last), strict=True):
            to, values = shown.array.reshape(-1), made.array.reshape(-1)
            count = int(share * values.size)
            to[:count] = values[:count]
        self._final = [int(share * shown.array.size) * shown.array.itemsize for shown in self._shown]

    def ready(self, place: int) -> int:
        return self._final[place] if self._reached >= self._last else 0

    def operators_us(self) -> list[int]:
        return list(self._us)

    def shares(self) -> Sequence[float]:
        return [min(1.0, max(0.0, self.units / LINES - i)) for i in range(self._last - self._first)]


@pytest.fixture
def by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(model: Model, _engine: str = "auto", *, on_board: int | None = None) -> OperatorEngine:
        return OperatorsByLine(model, on_board=on_board)

    monkeypatch.setattr(on_board_module, "open_engine", opened)


def engine_of(device: VirtualDevice) -> OperatorsByLine:
    assert isinstance(device.engine, OperatorsByLine)
    return device.engine


pytestmark = pytest.mark.usefixtures("by_line")


def test_every_cut_gives_the_answer_of_the_whole_model(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, settings={"chunk_bytes": 192})
    watch.state("online")
    for epoch, cut in enumerate(range(bundle.n + 1), start=1):
        edge.plan(cut, epoch=epoch, codec=CodecId(cut % 2))
        watch.plan(epoch)
        for sample in samples(bundle, 2):
            record = device.infer(sample)
            assert (record.cut, record.by) == (cut, "device" if cut == bundle.n else "edge")
            assert record.answer == expected(bundle, sample)
    assert (
        device.counters["unanswered"] == device.counters["deadlines_missed"] == device.counters["misuse"] == 0
    )


def test_chunks_leave_while_the_head_runs(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, settings={"chunk_bytes": 192})
    watch.state("online")
    edge.plan(2, epoch=1)
    watch.plan(1)
    units: list[int] = []
    publish: Callable[..., bool] = bus.publish

    def noted(topic: str, payload: bytes, *options: Any) -> bool:
        if topic.endswith("/act"):
            units.append(engine_of(device).units)
        return publish(topic, payload, *options)

    bus.publish = noted  # type: ignore[method-assign]
    assert device.infer(samples(bundle, 1)[0]).by == "edge"
    assert units[0] < 2 * LINES == units[-1]
    assert units == sorted(units)


def test_what_is_left_after_a_missed_deadline_is_one_range(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, settings={"cut": 3, "deadline_ms": 50})
    watch.state("online")
    edge.reply = silence
    sample = samples(bundle, 1)[0]
    record = device.infer(sample)
    assert (record.by, record.reason, record.answer) == ("device", "deadline", expected(bundle, sample))
    assert engine_of(device).begun == [(0, 3), (3, bundle.n)]
    assert record.device_us > 0


def test_a_line_that_cannot_be_made_fails_its_inference_alone(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, settings={"cut": 2, "chunk_bytes": 192})
    watch.state("online")
    engine_of(device).fails_at = 2 * LINES - 1
    record = device.infer(samples(bundle, 1)[0])
    assert (record.by, record.reason) == ("none", "engine")
    engine_of(device).fails_at = None
    assert device.infer(samples(bundle, 1)[0]).by == "edge"


def test_a_board_takes_its_time_line_by_line(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    device = make_device(bus, profile="esp32", settings={"cut": 4})
    watch.state("online")
    record = device.infer(samples(bundle, 1)[0])
    wanted = device._body.pace.expected_us(0, 4)
    assert wanted is not None
    assert record.device_us == pytest.approx(wanted, rel=0.1)
    assert record.total_us >= record.device_us - record.overran_us


def test_cuts_without_memory_are_announced_and_not_taken(
    bus: MemoryBus,
    edge: ScriptedEdge,
    bundle: Bundle,
    make_device: MakeDevice,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(OperatorsByLine, "missing", frozenset({3, 4}))
    device = make_device(bus)
    watch.state("online")
    about = edge.wait(About, timeout_s=20)
    assert (about.cuts, about.overlap) == (f"0-2,5-{bundle.n}", True)
    edge.plan(3, epoch=1, flags=Flag.TIMINGS)
    watch.plan(1)
    (changed,) = [event for event in watch.events if isinstance(event, PlanChanged)]
    assert changed.cut == bundle.n
    assert device.infer(samples(bundle, 1)[0]).by == "device"
    eventually(lambda: device.counters["unfit_plans"] == 1, "counted")


def test_a_first_cut_without_memory_is_refused(
    bus: MemoryBus, make_device: MakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OperatorsByLine, "missing", frozenset({3}))
    with pytest.raises(UsageError, match=r"no memory for cut 3; it can take 0-2,4-"):
        make_device(bus, settings={"cut": 3})
