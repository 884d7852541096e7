"""A PostgreSQL server that goes away, comes back, freezes; and a password that nobody sees."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import psycopg
import pytest
from postgres_server import PASSWORD, QUOTED, PostgresServer
from store_records import device_record, inference_record

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError
from edge_server.store import Batch, HistoryQuery, Store, open_history, open_store
from edge_server.store.postgres import PostgresStore

pytestmark = pytest.mark.postgres
Opened = Callable[[str], Store]


def test_a_store_goes_on_after_its_server_was_restarted(
    postgres_server: PostgresServer, postgres_url: str, opened: Opened
) -> None:
    store, history = opened(postgres_url), open_history(postgres_url)
    store.write(Batch(devices=(device_record(),)))
    assert store.load(DeviceId("cam-1")) == device_record()
    postgres_server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be reached") as caught:
                store.load(DeviceId("cam-1"))
            assert caught.value.trouble == "away"
            with pytest.raises(StoreError, match="cannot be reached") as caught:
                store.write(Batch(inferences=(inference_record(),)))
            assert caught.value.trouble == "away"
    finally:
        postgres_server.start()
    assert store.load(DeviceId("cam-1")) == device_record()
    store.write(Batch(inferences=(inference_record(),)))
    assert list(history.inferences(HistoryQuery())) == [inference_record()]
    history.close()


def test_a_connection_that_its_server_ends_is_made_anew(postgres_url: str, opened: Opened) -> None:
    store = opened(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cutpoint'"
        )
    store.write(Batch(devices=(device_record(),)))
    assert store.load(DeviceId("cam-1")) == device_record()


def test_a_server_that_is_away_at_the_start_is_one_sentence(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    postgres_server.stop()
    try:
        for opens in (open_store, open_history):
            with pytest.raises(
                StoreError, match=rf"postgresql://edge@127.0.0.1:{postgres_server.port}/test_.*"
            ) as caught:
                opens(postgres_url)
            assert "cannot be reached" in str(caught.value)
            assert "\n" not in str(caught.value)
    finally:
        postgres_server.start()


def test_a_password_is_never_shown(
    postgres_server: PostgresServer, postgres_url: str, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    wrong = postgres_url.replace(QUOTED, "n0t-the-passw0rd")
    for named in (
        wrong,
        postgres_url + "-is-not-there",
        postgres_url.replace("127.0.0.1", "nowhere.invalid"),
    ):
        with pytest.raises(StoreError) as caught:
            open_store(named)
        told.append("".join(traceback.format_exception(caught.value)))
    store = opened(postgres_url)
    assert isinstance(store, PostgresStore)
    told += [repr(store), repr(store._address), str(vars(store)), caplog.text]
    shown = "\n".join(told)
    assert "password authentication failed" in shown
    for secret in (PASSWORD, QUOTED, "n0t-the-passw0rd"):
        assert secret not in shown


def test_a_history_in_an_empty_database_is_refused_and_nothing_is_made(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="is empty; name the database that `cutpoint serve --store` writes"):
        open_history(postgres_url)
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT to_regnamespace('cutpoint')").fetchone() == (None,)


def test_a_reader_cannot_write(postgres_url: str, opened: Opened) -> None:
    opened(postgres_url)
    history = open_history(postgres_url)
    with pytest.raises(StoreError, match="read-only"):
        history._ask("DELETE FROM devices RETURNING 1", ())  # type: ignore[attr-defined]
    history.close()


def test_a_role_that_may_not_make_tables_is_told_so(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS guest")
        db.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    with pytest.raises(StoreError, match="permission denied for database"):
        open_store(postgres_url.replace(f"edge:{QUOTED}", "guest:guest"))
