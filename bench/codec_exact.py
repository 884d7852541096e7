"""The chosen settings once more with reference tails: what a device's own kernels would have answered."""

from __future__ import annotations

from collections.abc import Sequence

from bench.codec_bytes import MOST_BYTES
from bench.figure import Figure
from host_tools.calibration.task import Task
from host_tools.codec_bench import Halves, Row, best_of
from host_tools.codec_bench.calibrated import calibrated_ways


def exact(halves: Halves, rows: Sequence[Row]) -> list[Figure]:
    """Loss of each row's setting with tails that have a device's bits, against the whole network on the device."""
    bundle = halves.bundle
    whole = halves.answers(bundle.n, halves.live(bundle.n), "reference")
    task = Task(tuple(whole), halves.truths)
    figures = []
    for row, most in zip(rows, MOST_BYTES, strict=True):
        (way,) = [way for way in calibrated_ways(bundle, row.cut) if f":{way.number}" == row.setting]
        received = way.way.send(halves.live(row.cut)).received
        assert received is not None
        seen = task.quality(halves.answers(row.cut, received, "reference"))
        figures.append(
            Figure(
                f"F1 loss of {row.label} with reference tails",
                seen.loss,
                "points",
                target=most,
                detail=f"+- {seen.margin:.2f} (95 %); F1 of the whole network {best_of(task):.4f}; "
                f"{row.bytes:,.0f} B a frame",
            )
        )
    return figures
