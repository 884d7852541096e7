"""The live table is readable on terminals of every usual width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cutpoint.answer import Centroids
from cutpoint.answer.fomo import Centroid
from host_tools.demo.scenario import STATIONS
from host_tools.demo.scoreboard import Scoreboard
from host_tools.demo.table import live
from host_tools.demo.truth import Exam
from host_tools.device.record import InferenceRecord
from host_tools.device.sources import Sample

SEEN = Centroids(tuple(Centroid(label, 0.5, 20, 28, 8, 8) for label in (3, 7, 8, 9, 5, 6)))
RECORD = InferenceRecord(
    sequence=1,
    by="device",
    reason="deadline",
    cut=25,
    bytes_up=27_916,
    bytes_down=72,
    device_us=1_206_000,
    encode_us=3,
    link_us=1_450_000,
    edge_us=12_900,
    total_us=2_871_000,
    answer=SEEN,
    modelled=True,
    state="isolated",
    codec="lowbit:123",
)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_cell_of_the_live_table_is_cut_off(width: int) -> None:
    board = Scoreboard(STATIONS)
    for station in STATIONS:
        board.turned(station.name, "isolated")
        board.answered(station.name, Exam(Sample("one.png", ()), (), SEEN), RECORD)
    screen = Console(file=io.StringIO(), width=width)
    screen.print(live(board, 40, tuple("0123456789")))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    for station in STATIONS:
        assert station.name in shown
        assert station.link in shown
    for cell in ("isolated", "1/40", "25", "27,916", "1206", "1450", "12.9", "2871", "device", "lowbit:123"):
        assert shown.count(cell) >= 3
    for found in ("3@20,28", "7@20,28", "8@20,28", "9@20,28", "5@20,28", "6@20,28"):
        assert shown.count(found) == 3
