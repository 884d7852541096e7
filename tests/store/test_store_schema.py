"""Stores of older and newer versions: brought up to date, or refused in one sentence."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from store_records import MODEL, decision_record, device_record, inference_record

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError
from edge_server.store import Batch, HistoryQuery, ModelRecord, Store, open_history, open_store
from edge_server.store.schema import VERSION

Opened = Callable[[str], Store]
SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(params=range(1, VERSION))
def old(request: pytest.FixtureRequest, named: str) -> str:
    """A store as an older version left it, with one device, one inference and one decision."""
    if named.startswith("postgresql"):
        with psycopg.connect(named) as db:
            db.execute((SCHEMAS / f"{request.param}.postgres.sql").read_bytes())
    else:
        with sqlite3.connect(named) as file:
            file.executescript((SCHEMAS / f"{request.param}.sqlite.sql").read_text())
        file.close()
    return named


def set_version(named: str, version: int) -> None:
    if named.startswith("postgresql"):
        with psycopg.connect(named) as db:
            db.execute("UPDATE cutpoint.version SET version = %s", (version,))
    else:
        with sqlite3.connect(named) as file:
            file.execute(f"PRAGMA user_version = {version}")
        file.close()


def test_an_old_store_is_brought_up_to_date_and_keeps_what_it_knew(old: str, opened: Opened) -> None:
    store = opened(old)
    assert store.load(DeviceId("cam-1")) == device_record()
    store.write(Batch(inferences=(inference_record(sequence=2),), models=(ModelRecord(MODEL, "fomo"),)))
    history = open_history(old)
    assert list(history.inferences(HistoryQuery())) == [inference_record(), inference_record(sequence=2)]
    assert list(history.decisions(HistoryQuery())) == [decision_record()]
    assert history.models() == [ModelRecord(MODEL, "fomo")]
    history.close()


def test_a_store_that_was_brought_up_to_date_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    def tables(path: Path) -> list[tuple[str, str]]:
        open_store(str(path)).close()
        with sqlite3.connect(path) as file:
            found = file.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        file.close()
        return found

    for version in range(1, VERSION):
        with sqlite3.connect(tmp_path / f"{version}.db") as file:
            file.executescript((SCHEMAS / f"{version}.sqlite.sql").read_text())
        file.close()
        assert tables(tmp_path / f"{version}.db") == tables(tmp_path / "new.db")


def test_a_reader_does_not_bring_an_old_store_up_to_date(old: str) -> None:
    for _ in range(2):
        with pytest.raises(
            StoreError, match=rf"has schema version \d, expected {VERSION}; start its server once"
        ):
            open_history(old)


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(named: str) -> None:
    open_store(named).close()
    set_version(named, VERSION + 1)
    for opens in (open_store, open_history, open_store):
        with pytest.raises(StoreError, match=rf"version {VERSION + 1}, .* up to {VERSION}; update Cutpoint"):
            opens(named)
    set_version(named, VERSION)
    open_store(named).close()


@pytest.mark.postgres
def test_replicas_that_start_at_once_make_the_schema_once(postgres_url: str) -> None:
    stores: list[Store] = []
    failed: list[BaseException] = []
    together = threading.Barrier(6)

    def start() -> None:
        together.wait()
        try:
            stores.append(open_store(postgres_url))
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert failed == []
    assert len(stores) == 6
