"""The writing thread: what it keeps, what it drops, and that a store in trouble is nobody else's trouble."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_records import MODEL, NOON_US, decision_record, device_record, inference_record

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError
from edge_server.store import (
    Batch,
    Bounds,
    DeviceRecord,
    HistoryQuery,
    ModelRecord,
    RunRecord,
    Store,
    open_history,
    open_store,
)
from edge_server.store.reader import StoreReader
from edge_server.store.waiting import Waiting
from edge_server.store.writer import StoreWriter


class Moody:
    """A store over another one that fails, or takes its time, while it is told to."""

    local = False

    def __init__(self, store: Store) -> None:
        self.store = store
        self.fails: StoreError | None = None
        self.lets = threading.Event()
        self.lets.set()
        self.batches: list[Batch] = []

    def _mood(self) -> None:
        assert self.lets.wait(20)
        if self.fails is not None:
            raise self.fails

    def load(self, device: DeviceId) -> DeviceRecord | None:
        self._mood()
        return self.store.load(device)

    def write(self, batch: Batch) -> None:
        self._mood()
        self.store.write(batch)
        self.batches.append(batch)

    def prune(self, bounds: Bounds, now_us: int, *, slice_rows: int) -> int:
        return self.store.prune(bounds, now_us, slice_rows=slice_rows)

    def close(self) -> None:
        self.store.close()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come to pass"
        time.sleep(0.005)


Start = Callable[..., tuple[StoreWriter, Waiting]]


@pytest.fixture
def moody(named: str) -> Moody:
    return Moody(open_store(named))


@pytest.fixture
def start(moody: Moody) -> Iterator[Start]:
    """`start(most, **bounds)` starts a writer that writes every 10 ms and waits 10 ms after a failure."""
    writers: list[StoreWriter] = []

    def make(most: int = 1000, **bounds: float) -> tuple[StoreWriter, Waiting]:
        waiting = Waiting(most)
        writer = StoreWriter(
            moody,
            waiting,
            Bounds(**bounds),  # type: ignore[arg-type]
            every_s=0.01,
            pause_s=0.01,
            wall_us=lambda: NOON_US,
        )
        writers.append(writer)
        writer.start()
        return writer, waiting

    yield make
    moody.lets.set()
    for writer in writers:
        writer.stop(10)


def sequences(named: str) -> list[int]:
    history = open_history(named)
    found = [one.sequence for one in history.inferences(HistoryQuery())]
    history.close()
    return found


def test_what_is_handed_over_is_written_soon(named: str, start: Start) -> None:
    writer, waiting = start()
    waiting.device(device_record())
    waiting.inference(inference_record())
    waiting.decision(decision_record())
    waiting.model(ModelRecord(MODEL, "fomo"))
    waiting.run(RunRecord("a", NOON_US, NOON_US))
    until(lambda: writer.counts().get("store_written") == 5)
    assert sequences(named) == [1]


def test_of_each_device_the_newest_record_is_written(moody: Moody, start: Start) -> None:
    moody.lets.clear()
    writer, waiting = start()
    for epoch in range(1, 100):
        waiting.device(device_record("cam-1", epoch=epoch))
        waiting.device(device_record("cam-2", epoch=epoch))
    moody.lets.set()
    until(lambda: len(waiting) == 0)
    assert writer.stop(10)
    written = [record for batch in moody.batches for record in batch.devices]
    assert len(written) <= 4
    assert max(record.epoch for record in written) == 99


def test_many_rows_are_written_in_few_transactions(moody: Moody, named: str, start: Start) -> None:
    moody.lets.clear()
    writer, waiting = start(5000)
    for sequence in range(1, 3001):
        waiting.inference(inference_record(sequence=sequence))
    moody.lets.set()
    until(lambda: writer.counts().get("store_written") == 3000)
    assert max(map(len, moody.batches)) == 500
    assert len(moody.batches) <= 8
    assert sequences(named) == list(range(1, 3001))


def test_the_oldest_inferences_are_dropped_when_too_many_wait_and_devices_never(
    moody: Moody, named: str, start: Start
) -> None:
    moody.lets.clear()
    writer, waiting = start(100)
    for sequence in range(1, 1001):
        waiting.inference(inference_record(sequence=sequence))
        waiting.device(device_record(f"cam-{sequence}"))
    moody.lets.set()
    assert writer.stop(10)
    kept = sequences(named)
    assert kept[-100:] == list(range(901, 1001))
    assert writer.counts()["store_dropped"] == 1000 - len(kept)
    assert sum(len(batch.devices) for batch in moody.batches) == 1000


def test_a_store_that_fails_is_said_once_and_nothing_is_lost_when_it_is_back(
    moody: Moody, named: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    moody.fails = StoreError("the store state.db: the disk is full; make room", "full")
    writer, waiting = start()
    waiting.inference(inference_record(sequence=1))
    until(lambda: writer.counts().get("store_failed", 0) >= 3)
    waiting.inference(inference_record(sequence=2))
    waiting.device(device_record(epoch=4))
    assert writer.failing
    moody.fails = None
    until(lambda: len(waiting) == 0 and not writer.failing)
    assert sequences(named) == [1, 2]
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if "store_failed" in line] == [
        "event=store_failed kind=full detail='the store state.db: the disk is full; make room'"
    ]
    assert len([line for line in said if "event=store_back after_s=" in line]) == 1
    assert writer.counts()["store_dropped"] == 0


def test_a_record_that_the_database_refuses_costs_that_record_alone(named: str, start: Start) -> None:
    poison = inference_record(sequence=2)
    object.__setattr__(poison, "epoch", 1 << 70)
    writer, waiting = start()
    for record in (inference_record(sequence=1), poison, inference_record(sequence=3)):
        waiting.inference(record)
    until(lambda: writer.counts().get("store_written") == 2)
    assert writer.counts()["store_refused"] == 1
    assert sequences(named) == [1, 3]


def test_a_device_counts_as_unwritten_until_the_database_has_it(moody: Moody, start: Start) -> None:
    # Whoever asks between the two would find neither, and continue with what is out of date.
    moody.lets.clear()
    writer, waiting = start()
    record = device_record(epoch=12)
    waiting.device(record)
    until(lambda: len(waiting) == 0)
    assert waiting.saved(record.device) == record
    moody.lets.set()
    until(lambda: waiting.saved(record.device) is None)
    assert moody.load(record.device) == record
    assert writer.counts()["store_written"] == 1


def test_a_store_that_fails_among_refused_records_has_each_of_the_others_once(
    moody: Moody, named: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = inference_record(sequence=2)
    object.__setattr__(poison, "epoch", 1 << 70)
    write, away = moody.write, [StoreError("the store is away", "away")]

    def third_fails(batch: Batch) -> None:
        if [one.sequence for one in batch.inferences] == [3] and away:
            raise away.pop()
        write(batch)

    monkeypatch.setattr(moody, "write", third_fails)
    moody.lets.clear()
    writer, waiting = start()
    for record in (inference_record(sequence=1), poison, inference_record(sequence=3)):
        waiting.inference(record)
    moody.lets.set()
    until(lambda: writer.counts().get("store_written") == 2)
    assert sequences(named) == [1, 3]
    assert writer.counts()["store_refused"] == 1


def test_the_history_stays_within_its_bounds(named: str, start: Start) -> None:
    writer, waiting = start(5000, rows=100)
    for sequence in range(1, 3001):
        waiting.inference(inference_record(sequence=sequence))
    until(lambda: writer.counts().get("store_written") == 3000)
    assert writer.stop(10)
    assert sequences(named)[-100:] == list(range(2901, 3001))
    assert len(sequences(named)) <= 600
    assert writer.counts()["store_pruned"] >= 2400


def test_the_stop_writes_what_waits(named: str, moody: Moody) -> None:
    waiting = Waiting(1000)
    writer = StoreWriter(moody, waiting, Bounds(days=10_000), every_s=60)
    writer.start()
    for sequence in range(1, 11):
        waiting.inference(inference_record(sequence=sequence))
    began = time.monotonic()
    assert writer.stop(5)
    assert time.monotonic() - began < 5
    assert sequences(named) == list(range(1, 11))
    assert writer.counts()["store_dropped"] == 0


def test_the_stop_does_not_wait_for_a_store_that_hangs(moody: Moody, start: Start) -> None:
    moody.lets.clear()
    writer, waiting = start()
    waiting.inference(inference_record(sequence=1))
    until(lambda: len(waiting) == 0)
    for sequence in range(2, 7):
        waiting.inference(inference_record(sequence=sequence))
    began = time.monotonic()
    assert not writer.stop(0.3)
    assert time.monotonic() - began < 1
    assert writer.counts()["store_dropped"] == 5


def test_handing_over_never_waits_for_a_store_that_hangs(moody: Moody, start: Start) -> None:
    moody.lets.clear()
    _, waiting = start(1000)
    slowest = 0.0
    for sequence in range(1, 5001):
        began = time.perf_counter()
        waiting.inference(inference_record(sequence=sequence))
        waiting.device(device_record(f"cam-{sequence % 10}"))
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 1


# ---- loading one device


@pytest.fixture
def reader(moody: Moody) -> Iterator[StoreReader]:
    moody.write(Batch(devices=(device_record("cam-1"),)))
    reader = StoreReader(moody, within_s=0.2, pause_s=0.3)
    reader.start()
    yield reader
    moody.lets.set()
    assert reader.stop(10)
    moody.close()


def test_a_device_is_loaded_on_another_thread(reader: StoreReader) -> None:
    assert reader.load(DeviceId("cam-1")) == device_record("cam-1")
    assert reader.load(DeviceId("cam-2")) is None


def test_a_store_that_hangs_costs_one_wait_and_then_none_until_it_answers(
    moody: Moody, reader: StoreReader
) -> None:
    moody.lets.clear()
    with pytest.raises(StoreError, match=r"did not answer within 0\.2 s"):
        reader.load(DeviceId("cam-1"))
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(StoreError, match="a moment ago"):
            reader.load(DeviceId("cam-1"))
    assert time.monotonic() - began < 0.2
    moody.lets.set()
    time.sleep(0.35)  # the pause, after which it is asked again
    assert reader.load(DeviceId("cam-1")) == device_record("cam-1")


def test_a_store_that_fails_is_not_asked_again_at_once(moody: Moody, reader: StoreReader) -> None:
    moody.fails = StoreError("it is away", "away")
    with pytest.raises(StoreError, match="is away"):
        reader.load(DeviceId("cam-1"))
    moody.fails = None
    with pytest.raises(StoreError, match="a moment ago"):
        reader.load(DeviceId("cam-1"))


def test_one_damaged_row_does_not_keep_the_others_from_being_loaded(
    moody: Moody, reader: StoreReader
) -> None:
    moody.fails = StoreError("a row that no server wrote", "damaged")
    with pytest.raises(StoreError, match="no server wrote"):
        reader.load(DeviceId("cam-1"))
    moody.fails = None
    assert reader.load(DeviceId("cam-1")) == device_record("cam-1")


# ---- a real full disk under the writing thread


def test_a_full_disk_under_the_writer_is_over_when_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from edge_server.store.sqlite import SqliteStore

    store = SqliteStore(tmp_path / "state.db")
    assert store._writer is not None
    store._writer.execute("PRAGMA max_page_count = 40")
    waiting = Waiting(20_000)
    writer = StoreWriter(store, waiting, Bounds(days=10_000), every_s=0.01, pause_s=0.01)
    writer.start()
    for sequence in range(1, 2001):
        waiting.inference(inference_record(sequence=sequence))
    until(lambda: writer.failing)
    assert "kind=full" in caplog.text
    store._writer.execute("PRAGMA max_page_count = 100000")
    until(lambda: len(waiting) == 0 and not writer.failing)
    assert writer.stop(10)
    assert sequences(str(tmp_path / "state.db")) == list(range(1, 2001))
