"""The summary says no whenever something that the demonstration promises did not happen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cutpoint.answer import Centroids
from cutpoint.answer.fomo import Centroid
from host_tools.demo.scenario import SCENARIO, Scenario, Station, paced
from host_tools.demo.scoreboard import Scoreboard
from host_tools.demo.summary import Summary, came_back, summarise
from host_tools.demo.truth import Exam
from host_tools.device.record import InferenceRecord
from host_tools.device.sources import Sample

STATIONS = (Station("a", "esp32", "wifi-good", "wifi-poor"), Station("b", "esp32-c3", "lte-m"))
SHORT = Scenario(
    STATIONS, pictures=2, period_s=1.0, link_turns=0.3, edge_stops=0.5, edge_away_s=1.0, limit_s=60.0
)
SEEN = Centroids((Centroid(3, 0.5, 20, 28, 8, 8),))
EXAM = Exam(Sample("one.png", ()), (), SEEN)
RECORD = InferenceRecord(
    sequence=1,
    by="edge",
    reason="edge",
    cut=6,
    bytes_up=4740,
    bytes_down=72,
    device_us=200_000,
    encode_us=3,
    link_us=50_000,
    edge_us=900,
    total_us=251_000,
    answer=SEEN,
    modelled=True,
    state="online",
)


def held_board() -> Scoreboard:
    """A performance in which everything went as it should."""
    board = Scoreboard(STATIONS)
    board.begin()
    for station in STATIONS:
        board.decided(station.name, 1, 6, "raw", "cut 6 expects 216 ms", False)
        board.answered(station.name, EXAM, RECORD)
        board.answered(station.name, EXAM, replace(RECORD, by="device", reason="isolated"))
        for state in ("online", "isolated", "online"):
            board.turned(station.name, state)
    return board


def judged(board: Scoreboard, seconds: float = 30.0) -> Summary:
    return summarise(
        SHORT,
        board.rows(),
        board.events(),
        seconds=seconds,
        engine="tflm",
        edge_kernels="reference",
        broker="embedded",
    )


def test_all_holds_when_all_went_well() -> None:
    summary = judged(held_board())
    assert summary.held
    assert summary.by == {"edge": 2, "device": 2}
    assert summary.equal == summary.answered == summary.pictures == 4


def test_an_answer_that_is_not_the_whole_models_is_counted() -> None:
    board = held_board()
    board.rows()[0].records.clear()
    board = Scoreboard(STATIONS)
    board.answered("a", EXAM, replace(RECORD, answer=Centroids(()), name="odd.png"))
    summary = judged(board)
    assert not summary.held
    assert summary.stations[0].unequal == ("odd.png",)


@pytest.mark.parametrize("answer", [None, Centroids(())])
def test_unanswered_pictures_are_neither_answered_nor_equal(answer: Centroids | None) -> None:
    board = Scoreboard(STATIONS)
    board.answered("a", EXAM, replace(RECORD, by="none", answer=answer))
    summary = judged(board)
    assert summary.answered == 0
    assert summary.equal == 0


def test_too_long_is_not_in_time() -> None:
    assert not judged(held_board(), seconds=61.0).held


@pytest.mark.parametrize("states", [["online"], ["online", "isolated"], ["isolated", "online", "isolated"]])
def test_a_device_that_did_not_go_and_return_does_not_hold(states: list[str]) -> None:
    board = held_board()
    for state in states:
        board.turned("a", state)
    rows = board.rows()
    notes = tuple(rows[0].states[-len(states) :])
    assert not came_back(notes)


def test_fewer_pictures_take_the_same_time() -> None:
    fewer = paced(SCENARIO, 30)
    assert fewer.pictures == 30
    assert fewer.pace_s == pytest.approx(SCENARIO.pace_s)


def test_the_scenario_is_what_the_readme_says() -> None:
    assert [station.profile for station in SCENARIO.stations] == ["esp32", "esp32-c3", "esp32-s3"]
    assert [station.link for station in SCENARIO.stations] == ["wifi-good", "wifi-poor", "lte-m"]
    assert SCENARIO.pictures >= 30
    assert SCENARIO.limit_s < 90
