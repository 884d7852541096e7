"""The history in an SQLite file, for reading while a server writes, or when none does."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from edge_server.errors import StoreError
from edge_server.store.history import DatabaseHistory
from edge_server.store.rows import Row
from edge_server.store.schema import VERSION, older
from edge_server.store.sqlite import said, version_of

_BUSY_S = 5.0
_HEAD_WAL = b"\x02\x02"


def sqlite_history(path: Path) -> DatabaseHistory:
    """Opens the file for reading alone: nothing is created beside it, and no schema is changed. Raises StoreError."""
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder; name the file that `cutpoint serve --store` writes")
    if not path.is_file():
        raise StoreError(f"the store {path} is not there; name the file that `cutpoint serve --store` writes")
    with said(path, "unusable"):
        db = sqlite3.connect(_address(path), uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            if (version := version_of(db, path)) < VERSION:
                raise older(path, version)
        except BaseException:
            db.close()
            raise

    def ask(statement: str, values: Row) -> list[Row]:
        with said(path):
            return db.execute(statement, values).fetchall()

    # Rows are read in the order of writing; an index would have each page sorted anew.
    return DatabaseHistory(ask, db.close, hint=" NOT INDEXED")


def _address(path: Path) -> str:
    """For reading alone. A file in WAL mode without its log is one that no server has open and that nobody put back to
    rest: SQLite would make the log's files anew, unless it is told that nothing changes."""
    name = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with path.open("rb") as file:
            waiting = file.read(20)[18:20] == _HEAD_WAL
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be read ({error.strerror}); run this as a user who may"
        ) from error
    log = path.with_name(f"{path.name}-wal")
    return f"{name}&immutable=1" if waiting and not log.exists() else name
