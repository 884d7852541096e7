"""Figures of still scenes: changes against the last frame, beside the best codec that knows no frame before."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.codec_bytes import BLOCK_4
from bench.codec_scenes import STILL_FRAMES, Stills
from bench.figure import Figure
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels
from host_tools.calibration.task import Task
from host_tools.codec_bench import Halves, Live, best_of, message
from host_tools.codec_bench.calibrated import CalibratedWay, calibrated_ways
from host_tools.codec_bench.ways import Sent

TAILS: Kernels = "xnnpack"
MOST_SHARE = 0.4
MOST_LOSSES = (0.5, 3.0)
"""Points of F1 that both sides may lose: the smallest setting of each within them are held against each other."""


@dataclass(frozen=True, slots=True)
class OnStills:
    """One setting over still scenes: mean bytes of a frame, with all framing and of the data; points of F1 lost."""

    way: CalibratedWay
    bytes: float
    data_bytes: float
    loss: float
    lossless: bool

    def __str__(self) -> str:
        return (
            f"{self.way.codec}:{self.way.number} ({self.way.what}) {self.bytes:,.0f} B, "
            f"{self.data_bytes:,.0f} of data, loss {self.loss:.2f}"
        )


def stills(bundle: Bundle, sets: Sequence[Stills]) -> list[Figure]:
    """For each set, and what may be lost, the smallest setting of delta beside the smallest of the other codecs."""
    figures = []
    for one in sets:
        halves = Halves(bundle, one.examples, [BLOCK_4])
        unchanged = halves.answers(BLOCK_4, halves.live(BLOCK_4), TAILS)
        task = Task(tuple(unchanged), halves.truths)
        found = [_measured(way, halves, task) for way in calibrated_ways(bundle, BLOCK_4)]
        exact = [setting for setting in found if setting.lossless]
        figures.append(_figure(one, exact, "lossless", best_of(task)))
        for most in MOST_LOSSES:
            within = [setting for setting in found if setting.loss <= most]
            figures.append(_figure(one, within, f"F1 loss <= {most:g}", best_of(task)))
    return figures


def _measured(way: CalibratedWay, halves: Halves, task: Task) -> OnStills:
    frames = halves.live(BLOCK_4)
    parts = [way.way.send(frames[at : at + STILL_FRAMES]) for at in range(0, len(frames), STILL_FRAMES)]
    received: list[Live] = [frame for part in parts for frame in _received(part)]
    coded = [sizes for part in parts for sizes in part.coded]
    return OnStills(
        way,
        statistics.fmean(message(sizes).bytes for sizes in coded),
        statistics.fmean(map(sum, coded)),
        task.quality(halves.answers(BLOCK_4, received, TAILS)).loss,
        all(
            (one == other).all()
            for frame, seen in zip(frames, received, strict=True)
            for one, other in zip(frame, seen, strict=True)
        ),
    )


def _received(part: Sent) -> Sequence[Live]:
    assert part.received is not None
    return part.received


def _figure(one: Stills, within: Sequence[OnStills], bound: str, whole: float) -> Figure:
    best, beside = _smallest(within)
    return Figure(
        f"delta at block 4 on still scenes, {one.name}, {bound}",
        best.bytes,
        "B",
        target=MOST_SHARE * beside.bytes,
        baseline_name="the smallest stateless setting within it",
        baseline=beside.bytes,
        detail=f"{best} beside {beside}: {100 * best.data_bytes / beside.data_bytes:.0f} % of the data; F1 of raw "
        f"tensors {whole:.4f}; {len(one.examples):,} frames in scenes of {STILL_FRAMES}, key frames included",
    )


def _smallest(settings: Sequence[OnStills]) -> tuple[OnStills, OnStills]:
    """Of delta, and of the others."""
    changes = [setting for setting in settings if setting.way.codec == "delta"]
    alone = [setting for setting in settings if setting.way.codec != "delta"]
    return min(changes, key=lambda one: one.bytes), min(alone, key=lambda one: one.bytes)
