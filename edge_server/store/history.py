"""The history of a database, whichever it is, in terms of one function that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from cutpoint.errors import CutpointError
from edge_server.errors import StoreError
from edge_server.store import rows
from edge_server.store.pages import Page, read_pages
from edge_server.store.port import HistoryQuery
from edge_server.store.records import DecisionRecord, InferenceRecord, ModelRecord, RunRecord

Record = TypeVar("Record")
Ask = Callable[[str, rows.Row], list[rows.Row]]


class DatabaseHistory:
    """`ask` runs one statement in a transaction of its own and raises StoreError. `hint` follows the tables' names."""

    def __init__(self, ask: Ask, close: Callable[[], None], *, hint: str = "") -> None:
        self._ask = ask
        self._hint = hint
        self.close = close

    def inferences(self, query: HistoryQuery) -> Iterator[InferenceRecord]:
        page = Page("inferences", rows.INFERENCE_COLUMNS, query, hint=self._hint)
        return _records(read_pages(self._ask, page), rows.inference_of)

    def decisions(self, query: HistoryQuery) -> Iterator[DecisionRecord]:
        page = Page("decisions", rows.DECISION_COLUMNS, query, hint=self._hint)
        return _records(read_pages(self._ask, page), rows.decision_of)

    def runs(self) -> list[RunRecord]:
        return list(_records(self._ask(rows.SELECT_RUNS, ()), rows.run_of))

    def models(self) -> list[ModelRecord]:
        return list(_records(self._ask(rows.SELECT_MODELS, ()), rows.model_of))


def _records(
    found: Iterator[rows.Row] | list[rows.Row], made: Callable[[rows.Row], Record]
) -> Iterator[Record]:
    for row in found:
        yield record_of(row, made)


def record_of(row: rows.Row, made: Callable[[rows.Row], Record]) -> Record:
    """One record; raises StoreError for a row that no server wrote."""
    try:
        return made(row)
    except (ValueError, KeyError, TypeError, CutpointError) as error:
        raise StoreError(f"the store holds a row that no server wrote ({error!r:.200})", "damaged") from error
