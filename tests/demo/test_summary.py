"""The summary says no whenever something that the demonstration promises did not happen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cutpoint.answer import Centroids
from cutpoint.answer.fomo import Centroid
from host_tools.demo.retrace import Retraced
from host_tools.demo.scenario import SCENARIO, Scenario, Station, paced
from host_tools.demo.scoreboard import Scoreboard, StateNote
from host_tools.demo.summary import Summary, came_back, isolated_within, summarise
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
        for station in STATIONS:
            board.turned(station.name, state)
    return board


def judged(board: Scoreboard, seconds: float = 30.0, scenario: Scenario = SHORT) -> Summary:
    rows = board.rows()
    back = min((row.states[-1].at_s for row in rows if row.states), default=0.0)
    return summarise(
        scenario,
        rows,
        board.events(),
        away=(0.0, back),
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


def test_an_answer_from_changed_tensors_is_right_when_it_is_what_comes_out_apart() -> None:
    other = Centroids((Centroid(3, 0.25, 28, 28, 8, 8),))
    board = held_board()
    lossy = Retraced(other, exact=False, raw_bytes=4608, coded_bytes=300)
    board.answered("a", EXAM, replace(RECORD, answer=other, codec="rans:2"), lossy)
    scenario = replace(SHORT, pictures=3)
    board.answered("b", EXAM, replace(RECORD, codec="raw"), Retraced(SEEN, True, 4608, 4608))
    summary = judged(board, scenario=scenario)
    assert summary.held
    assert (summary.equal, summary.lossy, summary.answered) == (5, 1, 6)
    assert (summary.raw_bytes, summary.saved_bytes) == (9216, 4308)
    assert summary.stations[0].codecs == {"rans:2": 1, "raw": 1}
    board.answered("a", EXAM, replace(RECORD, answer=SEEN, codec="rans:2", name="odd.png"), lossy)
    summary = judged(board, scenario=scenario)
    assert not summary.held
    assert summary.stations[0].unequal == ("odd.png",), (
        "equal to the whole model's by luck is not what was promised"
    )


def test_an_answer_from_unchanged_tensors_must_be_the_whole_models() -> None:
    board = held_board()
    odd = replace(RECORD, answer=Centroids(()), codec="rans:1", name="odd.png")
    board.answered("a", EXAM, odd, Retraced(SEEN, exact=True, raw_bytes=4608, coded_bytes=1502))
    summary = judged(board, scenario=replace(SHORT, pictures=3))
    assert not summary.held
    assert summary.stations[0].unequal == ("odd.png",)


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


AWAY = (10.0, 20.0)


@pytest.mark.parametrize(
    ("states", "isolated", "back"),
    [
        ([(0, "online"), (12, "isolated"), (22, "online")], True, True),
        ([(0, "online"), (5, "isolated"), (22, "online")], True, True),
        ([(0, "online"), (5, "isolated"), (8, "online")], False, False),
        ([(0, "online"), (22, "isolated"), (25, "online")], False, True),
        ([(0, "online"), (12, "isolated")], True, False),
        ([(0, "online"), (12, "isolated"), (22, "online"), (30, "isolated")], True, False),
        ([], False, False),
    ],
)
def test_only_isolation_while_the_edge_is_away_counts(
    states: list[tuple[float, str]], isolated: bool, back: bool
) -> None:
    notes = tuple(StateNote(at, state) for at, state in states)
    assert isolated_within(notes, *AWAY) is isolated
    assert came_back(notes, AWAY[1]) is back


def test_fewer_pictures_take_the_same_time() -> None:
    fewer = paced(SCENARIO, 30)
    assert fewer.pictures == 30
    assert fewer.pace_s == pytest.approx(SCENARIO.pace_s)


def test_the_scenario_is_what_the_readme_says() -> None:
    assert [station.profile for station in SCENARIO.stations] == ["esp32", "esp32-c3", "esp32-s3"]
    assert [station.link for station in SCENARIO.stations] == ["wifi-good", "wifi-poor", "lte-m"]
    assert SCENARIO.pictures >= 30
    assert SCENARIO.limit_s < 90
