"""The small parts of the server, each by itself."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.errors import KernelsError
from cutpoint.graph import Bundle
from cutpoint.kernels import Runner, open_runner
from cutpoint.wire import About, DeviceId, ModelId, Status
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.served import ServedModel
from edge_server.config import ServeConfig
from edge_server.counters import MOST_REASONS_LOGGED, Counters
from edge_server.desk.answers import AnswerCache, Remembered
from edge_server.planning import remembered
from edge_server.planning.epoch import Epoch, newer
from edge_server.planning.planners import Board, Planners

FIXTURES = Path(__file__).parents[1] / "fixtures" / "models"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (2, 1, True),
        (1, 1, False),
        (1, 2, False),
        (1, 0, True),
        (0, 1, False),
        (0, 0, False),
        (3, 0xFFFF_FFFE, True),
        (0xFFFF_FFFE, 3, False),
    ],
)
def test_epochs_are_ordered_on_a_circle(a: int, b: int, expected: bool) -> None:
    assert newer(a, b) is expected


def test_an_epoch_counts_past_the_end_without_ever_being_none() -> None:
    epoch = Epoch()
    epoch.saw(0xFFFF_FFFF)
    assert epoch.next() == 1


def test_an_older_epoch_is_not_taken_for_a_newer_one() -> None:
    epoch = Epoch()
    assert epoch.saw(7)
    assert not epoch.saw(6)
    assert not epoch.saw(7)
    assert epoch.next() == 8


def test_the_oldest_answer_is_forgotten_first() -> None:
    cache = AnswerCache(2)
    for sequence in (1, 2, 3):
        cache.put((1, sequence), 7, (b"%d" % sequence,))
    assert [cache.get((1, sequence)) for sequence in (1, 2, 3)] == [
        None,
        Remembered(7, (b"2",)),
        Remembered(7, (b"3",)),
    ]
    assert cache.get((2, 3)) is None


def test_the_memory_of_what_was_logged_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    with caplog.at_level(logging.CRITICAL, "edge_server"):
        for number in range(MOST_REASONS_LOGGED + 10):
            counters.note(f"forged-{number}", "bad_frame_crc")
    assert len(counters._logged) <= MOST_REASONS_LOGGED
    assert counters.counts == {"bad_frame_crc": MOST_REASONS_LOGGED + 10}


def test_a_strangers_bytes_stay_on_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    Counters().note("dev", "bad_about", "x\nERROR forged line")
    [record] = caplog.records
    assert "\n" not in record.getMessage()


def test_a_bundle_is_found_by_its_own_path_and_by_its_folders(fomo: Bundle) -> None:
    for path in (fomo.path, fomo.path.parent):
        assert [model.bundle.name for model in Catalogue.open([path], most_bytes=1 << 20)] == [fomo.name]


def test_cuts_with_more_tensors_than_a_message_carries_are_never_planned(
    fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not ServedModel(fomo).shape(fomo.n).unsendable
    monkeypatch.setattr("edge_server.catalogue.served.MOST_TENSORS", 1)
    crowded = {cut.k for cut in fomo.cuts if len(cut.tensors) > 1}
    assert crowded
    assert ServedModel(fomo).shape(fomo.n).unsendable == crowded


def test_a_board_that_streams_is_planned_for_by_what_its_engine_needs(fomo: Bundle) -> None:
    said = {"model": fomo.model_id.hex(), "operators": fomo.n, "codecs": ("raw",), "boot": 1}
    streams, other = (
        Board.of(About.model_validate(said | {"engine": engine})) for engine in ("stream", "tflm")
    )
    assert streams is not None
    assert other is not None
    assert (streams.streams, other.streams) == (True, False)
    model, config = ServedModel(fomo), ServeConfig(models=(fomo.path,))
    kept = remembered.Remembered(ModelId(fomo.model_id), streams, None, (0, 0), None, None, None, 0.0)
    assert remembered.Remembered.read(kept.document()).board == streams
    needs = {}
    for board in (streams, other):
        planner = Planners(config).of(DeviceId("dev-1"), model, board, ran=0)
        needs[board.streams] = planner.shape.arena_bytes
    assert needs[True] == tuple(cut.arena_bytes["stream_on"] for cut in fomo.cuts)
    assert needs[False] == tuple(cut.arena_bytes["tflm"] for cut in fomo.cuts)


def test_a_planned_tail_is_ready_before_its_plan_leaves(serve: Any, device: Any) -> None:
    server = serve(policy="fixed:3")
    dev: HandDevice = device()
    dev.about()
    dev.plan()
    assert server.stats()["tails"] == 1


def test_a_tail_that_the_fast_kernels_refuse_runs_on_the_reference_kernels(
    serve: Any, device: Any, fomo: Bundle, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def only_plain_loops(model: bytes, kernels: Any, **batch: int) -> Runner:
        if kernels != "reference":
            raise KernelsError("failed to setup XNNPACK runtime")
        return open_runner(model, kernels, **batch)

    monkeypatch.setattr("edge_server.backend.interpreters.open_runner", only_plain_loops)
    server = serve(policy="fixed:3", kernels="xnnpack")
    dev: HandDevice = device()
    dev.about()
    assert dev.plan().cut == 3
    for sequence, picture in enumerate(pictures(fomo, 3), 1):
        assert dev.ask(3, picture, sequence).answer == whole_answer(fomo, picture)
    assert server.stats()["counters"]["tail_on_stand_in"] == 1
    assert sum("event=tail_on_stand_in" in record.getMessage() for record in caplog.records) == 1


def test_without_a_tail_there_is_no_plan_and_frames_fail_with_a_status(
    serve: Any, device: Any, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise KernelsError("these kernels cannot run this model")

    monkeypatch.setattr("edge_server.backend.interpreters.open_runner", cannot)
    server = serve(policy="fixed:3")
    dev: HandDevice = device()
    dev.about()
    until(lambda: server.stats()["counters"].get("no_tail") == 1)
    assert dev.ask(3, pictures(fomo, 1)[0]).status is Status.FAILED
    assert dev.plans.empty()
