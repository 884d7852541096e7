"""Both databases behind one fixture: what a store promises is tested once and runs over each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_server.store import History, Store, open_history, open_store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def named(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What an operator gives to --store: an SQLite file that is not there yet, or an empty PostgreSQL database."""
    if request.param == "sqlite":
        return str(tmp_path / "state.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened() -> Iterator[Callable[[str], Store]]:
    """`opened(named)` opens a store that is closed at the end."""
    stores: list[Store] = []

    def open_one(named: str) -> Store:
        stores.append(open_store(named))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(named: str, opened: Callable[[str], Store]) -> Store:
    return opened(named)


@pytest.fixture
def history(store: Store, named: str) -> Iterator[History]:
    """What another program reads while the store is open."""
    history = open_history(named)
    yield history
    history.close()
