"""Figures of still scenes: changes against the last frame, beside the best codec that knows no frame before."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.codec_bytes import BLOCK_4
from bench.codec_scenes import STILL_FRAMES, Stills
from bench.figure import Figure
from cutpoint.graph import Bundle
from host_tools.calibration.task import Task
from host_tools.codec_bench import Halves, Live, best_of, message, truths_of
from host_tools.codec_bench.calibrated import CalibratedWay, calibrated_ways
from host_tools.codec_bench.ways import Sent

MOST_SHARE = 0.4
EQUAL_POINTS = 0.25
"""How much worse a stateless setting's F1 may be and still count as equal; it favours the stateless one."""


@dataclass(frozen=True, slots=True)
class OnStills:
    """One setting over still scenes: mean bytes of a frame with all framing, of the data alone, and F1."""

    way: CalibratedWay
    bytes: float
    data_bytes: float
    quality: float


def stills(bundle: Bundle, sets: Sequence[Stills]) -> list[Figure]:
    """For each set the setting of delta that saves most, over the smallest stateless one of equal F1."""
    figures = []
    for one in sets:
        halves = Halves(bundle, one.examples, [BLOCK_4], "xnnpack")
        unchanged = halves.answers(BLOCK_4, halves.live(BLOCK_4))
        task = Task(tuple(unchanged), truths_of(one.examples))
        found = [_measured(way, halves, task) for way in calibrated_ways(bundle, BLOCK_4)]
        figures.append(_figure(one, found, best_of(task)))
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
        best_of(task) - task.quality(halves.answers(BLOCK_4, received)).loss / 100,
    )


def _received(part: Sent) -> Sequence[Live]:
    assert part.received is not None
    return part.received


def _figure(one: Stills, found: Sequence[OnStills], whole: float) -> Figure:
    changing = [setting for setting in found if setting.way.codec == "delta"]
    alone = [setting for setting in found if setting.way.codec != "delta"]
    pairs = [
        (setting, min(equal, key=lambda other: other.bytes))
        for setting in changing
        if (equal := [other for other in alone if 100 * (setting.quality - other.quality) <= EQUAL_POINTS])
    ]
    best, beside = min(pairs, key=lambda pair: pair[0].bytes / pair[1].bytes)
    return Figure(
        f"delta at block 4 on still scenes, {one.name}",
        best.bytes,
        "B",
        target=MOST_SHARE * beside.bytes,
        baseline_name="the smallest stateless setting of equal F1",
        baseline=beside.bytes,
        detail=f"delta:{best.way.number} ({best.way.what}) at F1 {best.quality:.4f}, {best.data_bytes:,.0f} B of data, "
        f"key frames included; {beside.way.codec}:{beside.way.number} ({beside.way.what}) at {beside.quality:.4f}, "
        f"{beside.data_bytes:,.0f} B of data: {100 * best.data_bytes / beside.data_bytes:.0f} % of the data; F1 of raw "
        f"tensors {whole:.4f}; {len(one.examples):,} frames in scenes of {STILL_FRAMES}",
    )
