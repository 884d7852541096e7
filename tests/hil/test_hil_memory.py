"""Inferences leave nothing behind."""

from __future__ import annotations

from collections.abc import Mapping

import psutil
import pytest
from hil_words import Figure

from cutpoint.wire import Gauge, Telemetry
from host_tools.hil import Stand

INFERENCES = 500
WARM = 60
"""Interpreters, buffers and the allocator's pools are made in the first ones."""
PC_BYTES = 3 << 20
"""A PC's allocator keeps what it likes; a leak of one live tensor of 9 KB each time would be 4 MB."""
BOARD_BYTES = 512


def memory(stand: Stand) -> Mapping[str, int]:
    """What is in use, or free, by name, in bytes."""
    pid = stand.target.line.pid
    if pid is not None:
        return {"resident": psutil.Process(pid).memory_info().rss}
    telemetry = stand.edge.wait(Telemetry, since=stand.edge.mark(), timeout_s=stand.s(20))
    named = {"heap now": Gauge.HEAP_NOW_BYTES, "stack least": Gauge.STACK_LEAST_BYTES}
    return {name: telemetry.gauges[gauge] for name, gauge in named.items() if gauge in telemetry.gauges}


def test_memory_stays_level_over_500_inferences(stand: Stand, figure: Figure) -> None:
    cuts = sorted({0, stand.middle, stand.on_board})
    before: Mapping[str, int] = {}
    for number in range(INFERENCES):
        if number % 50 == 0:
            stand.edge.plan(cuts[number // 50 % len(cuts)])
        picture = stand.pictures[number % len(stand.pictures)]
        answer = stand.target.infer(picture, stand.s(15))
        assert answer.by != "none" or not stand.whole
        if number == WARM:
            before = memory(stand)
            if not before:
                pytest.skip(f"{stand.device} reports no memory in its telemetry")
    after = memory(stand)
    figure("memory_before", dict(before))
    figure("memory_after", dict(after))
    if "resident" in before:
        assert after["resident"] - before["resident"] < PC_BYTES, f"{before} became {after}"
    else:
        lost = {name: before[name] - after.get(name, 0) for name in before}
        assert max(lost.values()) < BOARD_BYTES, f"{before} became {after}"
