"""From what an operator names to a store, or to its history."""

from __future__ import annotations

from pathlib import Path

from edge_server.errors import StoreError
from edge_server.store.history import DatabaseHistory
from edge_server.store.nothing import NoStore
from edge_server.store.port import History, Store
from edge_server.store.sqlite import SqliteStore
from edge_server.store.sqlite_history import sqlite_history

NOTHING = "none"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_store(named: str) -> Store:
    """The store that is meant by `none`, a path, `sqlite:///PATH` or `postgresql://...`.

    An SQLite file is made when there is none, and a database of an older schema is brought up to date. Raises
    StoreError in one sentence.
    """
    if named == NOTHING:
        return NoStore()
    if named.startswith(_POSTGRES):
        _needs_driver()
        from edge_server.store.postgres import PostgresStore

        return PostgresStore(named)
    return SqliteStore(_path(named))


def open_history(named: str) -> History:
    """The history in the store of that name, for reading alone: nothing is made or changed. Raises StoreError."""
    if named == NOTHING:
        raise StoreError("a server with store none keeps no history; name the store that it is started with")
    if named.startswith(_POSTGRES):
        _needs_driver()
        from edge_server.store.postgres import postgres_history

        return postgres_history(named)
    history: DatabaseHistory = sqlite_history(_path(named))
    return history


def relative_store(named: str, folder: Path) -> str:
    """The same store, when a file's name is meant to be relative to a folder."""
    if named == NOTHING or "://" in named or not named:
        return named
    return str(folder / named)


def _path(named: str) -> Path:
    scheme, separator, _ = named.partition("://")
    if named.startswith(_SQLITE):
        named = named.removeprefix(_SQLITE)
    elif separator:
        raise StoreError(
            f"a store of kind {scheme!r} is not known; expected a path, sqlite:///PATH or postgresql://..."
        )
    if not named:
        raise StoreError("the store has no name; expected a path, sqlite:///PATH, postgresql://... or none")
    return Path(named)


def _needs_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreError("a store in PostgreSQL needs psycopg: pip install 'cutpoint[postgres]'") from error
