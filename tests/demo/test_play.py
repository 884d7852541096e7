"""The demonstration itself, short over a broker in this process, and whole as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import cutpoint
from host_tools.demo.play import Play, Scene
from host_tools.demo.scenario import SCENARIO, STATIONS
from host_tools.demo.scoreboard import Scoreboard
from host_tools.demo.truth import read_exams
from host_tools.shipped import shipped_bundle, shipped_pictures

ROOT = Path(__file__).parents[2]


def test_a_short_play_answers_every_picture_as_the_whole_model_does() -> None:
    scenario = replace(SCENARIO, pictures=5, period_s=0.8, edge_stops=0.5, edge_away_s=2.0, limit_s=60.0)
    bundle = cutpoint.Bundle.open(shipped_bundle())
    exams = read_exams(bundle, shipped_pictures(), scenario.pictures * len(STATIONS))
    board = Scoreboard(STATIONS)
    summary = Play(scenario, Scene(bundle, exams, None), board).run(lambda: None)
    assert summary.answered == summary.pictures == 15
    assert [station.unequal for station in summary.stations] == [(), (), ()]
    # An answer of the device's own is reported too: outputs of 1,584 bytes, or more.
    assert all(station.bytes_up > 1584 for station in summary.stations)
    assert [what for _, what in summary.events] == [
        "the link of hall-esp32 turns from wifi-good to wifi-poor",
        "the edge server stops",
        "the edge server is started again",
    ]


@pytest.mark.slow
def test_the_demo_holds_all_that_it_promises() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "host_tools", "demo", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:] + ended.stdout[-4000:]
    summary = json.loads(ended.stdout)
    assert summary["held"]
    assert summary["answered"] == summary["pictures"] == 120
    assert summary["equal"] >= 120 - summary["lossy"]
    assert summary["f1"] >= summary["whole_f1"] - 0.03
    assert summary["seconds"] < 90
