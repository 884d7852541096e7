"""The whole measurement: candidates one by one over the same pictures, rows for the table."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cutpoint.answer import Answer
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels
from cutpoint.wire import DEFAULT_CHUNK_BYTES, ModelId, Result, Status, encode
from host_tools.calibration.task import Metric, Task
from host_tools.codec_bench.device import DeviceMeter
from host_tools.codec_bench.framing import message
from host_tools.codec_bench.halves import Halves, Live
from host_tools.codec_bench.jpeg import QUALITIES
from host_tools.codec_bench.modelled import Board
from host_tools.codec_bench.plan import Candidate, plan
from host_tools.codec_bench.row import Row

METRIC_NAMES: dict[Metric, str] = {"f1": "F1", "accuracy": "accuracy", "agreement": "agreement"}

Told = Callable[[int, int, str], None]
"""Candidates done, of how many, and the name of the next."""


@dataclass(frozen=True, slots=True)
class CodecBench:
    """Everything that was measured, and on what."""

    bundle: str
    model: str
    pictures: int
    metric: Metric
    whole: float
    """Quality of the whole network on the device: what every row is held against."""
    kernels: Kernels
    """Of the tails; heads run under the reference kernels."""
    chunk_bytes: int
    boards: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def run(
    halves: Halves,
    *,
    boards: Sequence[Board] = (),
    meter: DeviceMeter,
    kernels: Kernels = "reference",
    chunk_bytes: int = DEFAULT_CHUNK_BYTES,
    qualities: Sequence[int] = QUALITIES,
    told: Told | None = None,
) -> CodecBench:
    """Measure every candidate at the cuts of `halves`, N among them, over its pictures, at least one.

    Pictures come in their order, as from one device: that is what codec delta sees. qualities: of JPEG. Raises what its
    parts raise.
    """
    bundle = halves.bundle
    last = halves.live(bundle.n)
    task = Task(tuple(halves.answers(bundle.n, last, kernels)), halves.truths)
    inner = [cut for cut in halves.cuts if cut not in (0, bundle.n)]
    planned = plan(bundle, inner, qualities)
    measuring = _Measuring(halves, kernels, tuple(boards), meter, chunk_bytes)
    rows = [measuring.answer_alone(task)]
    for number, candidate in enumerate(planned.candidates):
        if told is not None:
            told(number, len(planned.candidates), f"cut {candidate.cut} {candidate.codec}{candidate.setting}")
        rows.append(measuring.row(candidate))
    return CodecBench(
        bundle.name,
        bundle.model_id.hex(),
        len(last),
        task.metric,
        best_of(task),
        kernels,
        chunk_bytes,
        tuple(board.name for board in boards),
        tuple(rows),
        (*planned.notes, *meter.notes),
    )


def best_of(task: Task) -> float:
    """The metric of what answers are held against."""
    return 1.0 if task.baseline is None else task.baseline


@dataclass(frozen=True, slots=True)
class _Worth:
    """Of the answers to some tensors: metric, loss and half of its 95 % interval in points, bytes of the results."""

    quality: float
    loss: float
    margin: float
    down_bytes: float


class _Measuring:
    def __init__(
        self,
        halves: Halves,
        kernels: Kernels,
        boards: tuple[Board, ...],
        meter: DeviceMeter,
        chunk_bytes: int,
    ) -> None:
        self._bundle, self._halves, self._kernels = halves.bundle, halves, kernels
        self._boards, self._meter, self._chunk_bytes = boards, meter, chunk_bytes
        self._tasks: dict[int, Task] = {}
        self._known: dict[bytes, _Worth] = {}

    def row(self, candidate: Candidate) -> Row:
        """Send every picture this way, and answer from what arrives."""
        cut = candidate.cut
        frames = self._halves.live(cut)
        sent = candidate.way.send(frames)
        worth = self._worth(cut, frames if sent.received is None else sent.received)
        device = self._meter.cost(self._bundle, candidate, frames)
        messages = [message(coded, self._chunk_bytes) for coded in sent.coded]
        tensors = sum(map(len, sent.coded))
        encode_ms = {
            board.name: None if device.instructions is None else board.encode_ms(device.instructions)
            for board in self._boards
        }
        return Row(
            candidate.family,
            cut,
            candidate.codec,
            candidate.setting,
            candidate.what,
            statistics.fmean(sum(coded) for coded in sent.coded),
            statistics.fmean(one.bytes for one in messages),
            max(one.bytes for one in messages),
            statistics.fmean(one.frames for one in messages),
            statistics.fmean(one.mqtt_bytes for one in messages),
            worth.down_bytes,
            sent.raw / tensors if tensors else 0.0,
            worth.quality,
            worth.loss,
            worth.margin,
            self._equal(frames, sent.received),
            candidate.table_bytes,
            self._bundle.cuts[cut].arena_bytes.get("stream"),
            device,
            encode_ms,
            {board.name: board.head_ms(cut) for board in self._boards},
        )

    def answer_alone(self, task: Task) -> Row:
        """Device-only at its least: the answer as a result frame would carry it, and no tensor at all."""
        sizes = [_result_bytes(self._bundle, answer) for answer in task.references]
        mean = statistics.fmean(sizes)
        framed = message((), self._chunk_bytes)
        return Row(
            "device-only",
            self._bundle.n,
            "answer",
            "",
            "what was found, as a result frame carries it",
            mean - _result_bytes(self._bundle, None),
            mean,
            max(sizes),
            1.0,
            framed.mqtt_bytes,
            _result_bytes(self._bundle, None),
            0.0,
            best_of(task),
            0.0,
            0.0,
            True,
            ram_bytes=self._bundle.cuts[self._bundle.n].arena_bytes.get("stream"),
            head_ms={board.name: board.head_ms(self._bundle.n) for board in self._boards},
        )

    def _worth(self, cut: int, frames: Sequence[Live]) -> _Worth:
        """Worked out once for equal tensors: many ways deliver every bit, and JPEG is counted in two ways."""
        digest = hashlib.blake2b(cut.to_bytes(4, "little"))
        for frame in frames:
            for tensor in frame:
                digest.update(tensor.tobytes())
        key = digest.digest()
        if key not in self._known:
            self._known[key] = self._judged(cut, self._halves.answers(cut, frames, self._kernels))
        return self._known[key]

    def _task(self, cut: int) -> Task:
        if cut not in self._tasks:
            unchanged = self._halves.answers(cut, self._halves.live(cut), self._kernels)
            self._tasks[cut] = Task(tuple(unchanged), self._halves.truths)
        return self._tasks[cut]

    def _judged(self, cut: int, answers: Sequence[Answer]) -> _Worth:
        # At cut N the device has answered: the edge acknowledges.
        back = [None] * len(answers) if cut == self._bundle.n else answers
        down = statistics.fmean(_result_bytes(self._bundle, answer) for answer in back)
        task = self._task(cut)
        seen = task.quality(answers)
        return _Worth(best_of(task) - seen.loss / 100, seen.loss, seen.margin, down)

    @staticmethod
    def _equal(frames: Sequence[Live], received: Sequence[Live] | None) -> bool:
        return received is None or all(
            np.array_equal(one, other)
            for frame, seen in zip(frames, received, strict=True)
            for one, other in zip(frame, seen, strict=True)
        )


def _result_bytes(bundle: Bundle, answer: Answer | None) -> int:
    result = Result(ModelId(bundle.model_id), 1, 1, 0, Status.OK, 0, answer)
    return sum(map(len, encode(result)))
