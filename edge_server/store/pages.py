"""Reading a long table in pages, so that no transaction stays open while somebody looks at what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edge_server.store.port import HistoryQuery
from edge_server.store.rows import Row

PAGE_ROWS = 2000


class Page:
    """The statements that read one query's rows page by page, in the order of writing."""

    def __init__(self, table: str, columns: tuple[str, ...], query: HistoryQuery, *, hint: str = "") -> None:
        self._from = f"FROM {table}{hint} WHERE "
        self._columns = ", ".join(("id", *columns))
        self._fits, self._values = _fitting(query, with_status="status" in columns)
        self._limit = query.limit

    def first(self) -> tuple[str, Row] | None:
        """Gives the first id of the newest `limit` rows, or none when there are fewer; None without a limit."""
        if self._limit is None:
            return None
        where = self._fits or "id >= 0"
        return f"SELECT id {self._from}{where} ORDER BY id DESC LIMIT 1 OFFSET ?", (
            *self._values,
            self._limit - 1,
        )

    def after(self, id: int, rows: int) -> tuple[str, Row]:
        """Gives the next `rows` rows, their ids first."""
        fits = f" AND {self._fits}" if self._fits else ""
        return (
            f"SELECT {self._columns} {self._from}id > ?{fits} ORDER BY id LIMIT ?",
            (id, *self._values, rows),
        )


def _fitting(query: HistoryQuery, *, with_status: bool) -> tuple[str, Row]:
    parts: list[str] = []
    values: list[object] = []

    def wants(words: str, *given: object) -> None:
        parts.append(words)
        values.extend(given)

    if query.device is not None:
        wants("device = ?", str(query.device))
    if query.models:
        wants(f"model IN ({', '.join('?' * len(query.models))})", *(model.hex for model in query.models))
    if query.since_us is not None:
        wants("at_us >= ?", query.since_us)
    if query.until_us is not None:
        wants("at_us < ?", query.until_us)
    if with_status and query.statuses:
        names = [status.name.lower() for status in query.statuses]
        wants(f"status IN ({', '.join('?' * len(names))})", *names)
    if with_status and query.acknowledged is not None:
        wants("acknowledged = ?", int(query.acknowledged))
    return " AND ".join(parts), tuple(values)


def read_pages(ask: Callable[[str, Row], list[Row]], page: Page) -> Iterator[Row]:
    """Rows without their ids; `ask` runs one statement in a transaction of its own."""
    after = -1
    if (first := page.first()) is not None and (found := ask(*first)):
        after = found[0][0] - 1
    while rows := ask(*page.after(after, PAGE_ROWS)):
        after = rows[-1][0]
        for row in rows:
            yield row[1:]
