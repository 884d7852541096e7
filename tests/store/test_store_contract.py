"""What every store promises, over SQLite and over a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from store_records import MODEL, NOON_US, OTHER, S, decision_record, device_record, inference_record

from cutpoint.wire import CodecId, DeviceId, Status
from edge_server.errors import StoreError
from edge_server.store import Batch, Bounds, History, HistoryQuery, ModelRecord, RunRecord, Store, open_store

Opened = Callable[[str], Store]
ALL = HistoryQuery()
DAY = 86_400 * S


def sequences(history: History, **query: object) -> list[int]:
    return [one.sequence for one in history.inferences(HistoryQuery(**query))]  # type: ignore[arg-type]


def test_a_new_store_knows_nobody(store: Store, history: History) -> None:
    assert store.load(DeviceId("cam-1")) is None
    assert list(history.inferences(ALL)) == []
    assert list(history.decisions(ALL)) == []
    assert history.runs() == []


def test_a_device_is_read_back_as_it_was_written(store: Store) -> None:
    record = device_record()
    store.write(Batch(devices=(record,)))
    assert store.load(record.device) == record


def test_a_device_without_a_model_or_plan_is_read_back_as_it_was_written(store: Store) -> None:
    record = device_record(
        model=None,
        epoch=0,
        cut=None,
        codec=None,
        deadline_ms=None,
        state="",
        counters={},
        owner=None,
    )
    store.write(Batch(devices=(record,)))
    assert store.load(record.device) == record


def test_a_restart_finds_what_was_written(named: str, opened: Opened) -> None:
    record = device_record()
    first = open_store(named)
    first.write(Batch(devices=(record,), inferences=(inference_record(),)))
    first.close()
    assert opened(named).load(record.device) == record


def test_inferences_and_decisions_are_read_back_as_they_were_written(store: Store, history: History) -> None:
    served = inference_record(sequence=1)
    refused = inference_record(
        sequence=2,
        status=Status.OVERLOADED,
        codec=CodecId.BITMAP,
        inbox_us=None,
        decode_us=None,
        queue_us=None,
        compute_us=None,
        reply_us=None,
        answer=None,
    )
    decision = decision_record(exploration=True)
    store.write(Batch(inferences=(served, refused), decisions=(decision,)))
    assert list(history.inferences(ALL)) == [served, refused]
    assert list(history.decisions(ALL)) == [decision]


def test_codec_and_setting_are_read_back_as_they_were_written(store: Store, history: History) -> None:
    device = device_record(codec=CodecId.DELTA, setting=7)
    served, decision = (made(codec=CodecId.RANS, setting=12) for made in (inference_record, decision_record))
    store.write(Batch(devices=(device,), inferences=(served,), decisions=(decision,)))
    assert store.load(device.device) == device
    assert list(history.inferences(ALL)) == [served]
    assert list(history.decisions(ALL)) == [decision]


def test_an_inference_that_is_written_twice_is_there_once(store: Store, history: History) -> None:
    store.write(Batch(inferences=(inference_record(edge_us=1), inference_record(edge_us=2))))
    store.write(Batch(inferences=(inference_record(edge_us=3),)))
    assert [one.edge_us for one in history.inferences(ALL)] == [3]


def test_a_refusal_does_not_replace_an_answer_and_an_answer_replaces_a_refusal(
    store: Store, history: History
) -> None:
    late, answered = inference_record(status=Status.TOO_LATE), inference_record(status=Status.OK)
    store.write(Batch(inferences=(late,)))
    store.write(Batch(inferences=(answered,)))
    store.write(Batch(inferences=(late,)))
    assert list(history.inferences(ALL)) == [answered]


def test_lives_of_a_device_do_not_mix(store: Store, history: History) -> None:
    store.write(
        Batch(inferences=(inference_record(boot=3), inference_record(boot=4), inference_record("cam-2")))
    )
    assert len(list(history.inferences(ALL))) == 3


@pytest.mark.parametrize(
    ("epoch", "seen_s", "wins"),
    [(10, 0, True), (8, 999, False), (9, 61, True), (9, 59, False), (9, 60, True), (0, 999, False)],
)
def test_the_newer_epoch_of_a_device_wins_then_the_later_sight(
    store: Store, epoch: int, seen_s: int, wins: bool
) -> None:
    old = device_record(epoch=9, cut=1, last_seen_us=NOON_US + 60 * S)
    new = device_record(epoch=epoch, cut=2, last_seen_us=NOON_US + seen_s * S, owner="edge-b")
    store.write(Batch(devices=(old,)))
    store.write(Batch(devices=(new,)))
    assert store.load(old.device) == (new if wins else old)


def test_epochs_go_round(store: Store) -> None:
    store.write(Batch(devices=(device_record(epoch=0xFFFF_FFFE),)))
    store.write(Batch(devices=(device_record(epoch=3),)))
    found = store.load(DeviceId("cam-1"))
    assert found is not None
    assert found.epoch == 3


def test_when_a_device_was_seen_first_stays(store: Store) -> None:
    store.write(Batch(devices=(device_record(epoch=1, first_seen_us=NOON_US),)))
    store.write(Batch(devices=(device_record(epoch=2, first_seen_us=NOON_US + DAY),)))
    found = store.load(DeviceId("cam-1"))
    assert found is not None
    assert found.first_seen_us == NOON_US


def test_a_batch_is_kept_whole_or_not_at_all(store: Store, history: History) -> None:
    too_large = decision_record()
    object.__setattr__(too_large, "epoch", 1 << 70)
    with pytest.raises(StoreError) as caught:
        store.write(
            Batch(devices=(device_record(),), inferences=(inference_record(),), decisions=(too_large,))
        )
    assert caught.value.trouble == "refused"
    assert store.load(DeviceId("cam-1")) is None
    assert list(history.inferences(ALL)) == []
    store.write(Batch(inferences=(inference_record(),)))
    assert sequences(history) == [1]


def test_what_is_asked_for_is_what_is_found(store: Store, history: History) -> None:
    store.write(
        Batch(
            inferences=(
                inference_record("cam-1", 1),
                inference_record("cam-2", 2, model=OTHER),
                inference_record("cam-1", 3, status=Status.FAILED),
                inference_record("cam-2", 4, acknowledged=True),
                inference_record("cam-1", 5, status=Status.TOO_LATE),
            )
        )
    )
    assert sequences(history) == [1, 2, 3, 4, 5]
    assert sequences(history, device=DeviceId("cam-2")) == [2, 4]
    assert sequences(history, models=(OTHER,)) == [2]
    assert sequences(history, models=(OTHER, MODEL)) == [1, 2, 3, 4, 5]
    assert sequences(history, statuses=(Status.FAILED, Status.TOO_LATE)) == [3, 5]
    assert sequences(history, acknowledged=True) == [4]
    assert sequences(history, since_us=NOON_US + 2 * S, until_us=NOON_US + 4 * S) == [2, 3]
    assert sequences(history, limit=2) == [4, 5]
    assert sequences(history, limit=9) == [1, 2, 3, 4, 5]
    assert sequences(history, limit=1, device=DeviceId("cam-1"), statuses=(Status.OK,)) == [1]


def test_decisions_are_found_by_device_model_and_time(store: Store, history: History) -> None:
    store.write(
        Batch(decisions=(decision_record(epoch=1), decision_record("cam-2", 2), decision_record(epoch=3)))
    )

    def epochs(**query: object) -> list[int]:
        return [one.epoch for one in history.decisions(HistoryQuery(**query))]  # type: ignore[arg-type]

    assert epochs(device=DeviceId("cam-1")) == [1, 3]
    assert epochs(since_us=NOON_US + 2 * S) == [2, 3]
    assert epochs(models=(OTHER,)) == []
    assert epochs(limit=1) == [3]


def test_a_long_history_is_read_in_pages_without_a_gap(store: Store, history: History) -> None:
    store.write(Batch(inferences=tuple(inference_record(sequence=number) for number in range(1, 5001))))
    assert sequences(history) == list(range(1, 5001))
    assert sequences(history, limit=4000) == list(range(1001, 5001))


def test_a_reader_and_the_writer_do_not_wait_for_each_other(store: Store, history: History) -> None:
    store.write(Batch(inferences=tuple(inference_record(sequence=number) for number in range(1, 3001))))
    reading = history.inferences(ALL)
    first = next(reading)
    store.write(Batch(inferences=(inference_record(sequence=3001),)))
    assert first.sequence == 1
    assert sum(1 for _ in reading) == 3000


def test_the_history_keeps_the_newest_rows(store: Store, history: History) -> None:
    store.write(
        Batch(
            inferences=tuple(inference_record(sequence=number) for number in range(1, 101)),
            decisions=tuple(decision_record(epoch=number) for number in range(1, 31)),
        )
    )
    bounds = Bounds(rows=20)
    assert store.prune(bounds, NOON_US, slice_rows=1000) == 90
    assert sequences(history) == list(range(81, 101))
    assert [one.epoch for one in history.decisions(ALL)] == list(range(11, 31))
    assert store.prune(bounds, NOON_US, slice_rows=1000) == 0


def test_the_history_keeps_no_row_that_is_too_old(store: Store, history: History) -> None:
    store.write(
        Batch(inferences=tuple(inference_record(sequence=n, at_us=NOON_US + n * DAY) for n in range(1, 11)))
    )
    assert store.prune(Bounds(days=3.5), NOON_US + 10 * DAY, slice_rows=1000) == 6
    assert sequences(history) == [7, 8, 9, 10]


def test_pruning_takes_one_slice_at_a_time(store: Store, history: History) -> None:
    store.write(Batch(inferences=tuple(inference_record(sequence=number) for number in range(1, 101))))
    gone = []
    while not gone or gone[-1]:
        gone.append(store.prune(Bounds(rows=10), NOON_US, slice_rows=40))
    assert gone == [40, 40, 10, 0]
    assert sequences(history) == list(range(91, 101))


def test_the_longest_unseen_devices_go_when_there_are_too_many(store: Store) -> None:
    store.write(
        Batch(devices=tuple(device_record(f"cam-{n}", last_seen_us=NOON_US + n * S) for n in range(10)))
    )
    store.prune(Bounds(devices=4), NOON_US, slice_rows=1000)
    assert [store.load(DeviceId(f"cam-{n}")) is not None for n in range(10)] == [False] * 6 + [True] * 4


def test_runs_and_the_names_of_models_are_remembered(store: Store, history: History) -> None:
    store.write(
        Batch(
            run=RunRecord("a", NOON_US, NOON_US, {"answered_ok": 1}),
            models=(ModelRecord(MODEL, "fomo"),),
        )
    )
    store.write(Batch(run=RunRecord("a", NOON_US, NOON_US + S, {"answered_ok": 2})))
    store.write(
        Batch(
            run=RunRecord("b", NOON_US + DAY, NOON_US + DAY),
            models=(ModelRecord(MODEL, "fomo-2"), ModelRecord(OTHER, "digits")),
        )
    )
    assert [(one.run, one.counters) for one in history.runs()] == [("a", {"answered_ok": 2}), ("b", {})]
    assert history.models() == [ModelRecord(OTHER, "digits"), ModelRecord(MODEL, "fomo-2")]
    store.prune(Bounds(runs=1), NOON_US, slice_rows=1000)
    assert [one.run for one in history.runs()] == ["b"]


def test_loads_and_writes_on_two_threads_do_not_disturb_each_other(store: Store) -> None:
    names = [f"cam-{number}" for number in range(20)]
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for epoch in range(1, 51):
                store.write(Batch(devices=tuple(device_record(name, epoch=epoch) for name in names)))
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failed.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    seen = 0
    while writing.is_alive():
        found = store.load(DeviceId("cam-7"))
        epoch = 0 if found is None else found.epoch
        assert epoch >= seen
        seen = epoch
    writing.join()
    assert failed == []
    found = store.load(DeviceId("cam-19"))
    assert found is not None
    assert found.epoch == 50


def test_closing_twice_is_harmless(store: Store) -> None:
    store.close()
    store.close()
