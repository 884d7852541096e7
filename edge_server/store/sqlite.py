"""State in one SQLite file: for one server, beside which others may read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError, StoreTrouble
from edge_server.store import rows
from edge_server.store.history import record_of
from edge_server.store.port import Batch, Bounds
from edge_server.store.records import DeviceRecord
from edge_server.store.schema import VERSION, migrate, newer
from edge_server.store.writer_lock import WriterLock

# "Cutp": what SQLite keeps in the file's head to tell one program's databases from another's.
APPLICATION_ID = 0x43757470
_BUSY_S = 2.0
# Who loads a device waits on the thread that serves; a reader is only ever held up by another program's repair.
_BUSY_READING_S = 0.1
# A check reads the whole file; up to this size that is a matter of some 50 ms.
_CHECKED_BYTES = 16 << 20
_SERIAL = "INTEGER PRIMARY KEY"

_TROUBLES: dict[int, tuple[StoreTrouble, str]] = {
    sqlite3.SQLITE_FULL: ("full", "the disk is full; make room"),
    sqlite3.SQLITE_CORRUPT: ("damaged", "is damaged; move it away and restart, or put a backup in its place"),
    sqlite3.SQLITE_NOTADB: ("damaged", "is not an SQLite database; name another file"),
    sqlite3.SQLITE_READONLY: ("failed", "is not writable; make it and its folder writable for the server"),
    sqlite3.SQLITE_CANTOPEN: (
        "failed",
        "cannot be opened; its folder must exist and be writable for the server",
    ),
    sqlite3.SQLITE_BUSY: ("failed", "another program has locked it; one server at a time may use it"),
    sqlite3.SQLITE_CONSTRAINT: ("refused", "does not take a record"),
    sqlite3.SQLITE_TOOBIG: ("refused", "does not take a record of that size"),
    sqlite3.SQLITE_MISMATCH: ("refused", "does not take a value of that type"),
}


class SqliteStore:
    """WAL, one connection that writes and one that reads, each for one thread at a time.

    `synchronous=NORMAL`: after a power cut the last transactions may be missing, and nothing is half there; a killed
    process loses nothing that was committed. Raises StoreError in one sentence when the file cannot be used.
    """

    local = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._refuse_what_is_no_file()
        self._lock = WriterLock(path)
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def load(self, device: DeviceId) -> DeviceRecord | None:
        with self._reading, said(self.path):
            if self._reader is None:
                self._reader = _connect(self.path, timeout_s=_BUSY_READING_S)
                self._reader.execute("PRAGMA query_only = ON")
            found = self._reader.execute(rows.LOAD_DEVICE, (str(device),)).fetchone()
        return None if found is None else record_of(found, rows.device_of)

    def write(self, batch: Batch) -> None:
        with self._transaction() as db:
            for statement, values in rows.written(batch):
                db.execute(statement, values)

    def prune(self, bounds: Bounds, now_us: int, *, slice_rows: int) -> int:
        with self._transaction() as db:
            gone = 0
            for table in ("inferences", "decisions"):
                values = (slice_rows, bounds.rows, bounds.oldest_us(now_us))
                gone += db.execute(rows.prune_rows(table), values).rowcount
            over = db.execute(rows.COUNT_DEVICES).fetchone()[0] - bounds.devices
            if over > 0:
                gone += db.execute(rows.PRUNE_DEVICES, (min(over, slice_rows),)).rowcount
            return gone + db.execute(rows.PRUNE_RUNS, (slice_rows, bounds.runs)).rowcount

    def close(self) -> None:
        """Puts the write-ahead log into the file, so that one file is all there is; harmless when repeated."""
        with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        with self._writing:
            self._close_writer()
            self._lock.release()

    def _close_writer(self) -> None:
        if self._writer is not None:
            with closing(self._writer) as db:
                self._writer = None
                try:
                    db.execute("PRAGMA busy_timeout = 200")
                    # Without WAL a reader needs no files of its own beside this one.
                    db.execute("PRAGMA journal_mode = DELETE")
                except sqlite3.Error:
                    pass  # somebody reads, or there is no room: the log stays beside the file, and nothing is lost

    def _refuse_what_is_no_file(self) -> None:
        if self.path.is_dir():
            raise StoreError(
                f"the store {self.path} is a folder; name a file in it, for instance {self.path / 'state.db'}"
            )
        if not self.path.parent.is_dir():
            raise StoreError(f"the store {self.path} has no folder; make {self.path.parent} first")

    def _open(self) -> None:
        with said(self.path, "unusable"):
            db = _connect(self.path)
            try:
                version_of(db, self.path)
                _check(db, self.path)
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("BEGIN IMMEDIATE")
                version = version_of(db, self.path)
                if version < VERSION:
                    migrate(db.execute, version, _SERIAL)
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version = {VERSION}")
                db.execute("COMMIT")
            except BaseException:
                db.close()
                raise
            self._writer = db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, said(self.path):
            if self._writer is None:
                self._writer = _connect(self.path)
            db = self._writer
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException:
                self._give_up(db)
                raise

    def _give_up(self, db: sqlite3.Connection) -> None:
        """Back to before the transaction; a connection that cannot even do that is replaced by the next one."""
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
        except sqlite3.Error:
            db.close()
            self._writer = None


def _connect(path: Path, timeout_s: float = _BUSY_S) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is damaged, as far as that can be seen quickly."""
    if path.stat().st_size <= _CHECKED_BYTES:
        found = [row[0] for row in db.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise StoreError(
                f"the store {path} is damaged ({found[0].splitlines()[-1]}); move it away and restart, or put a backup "
                "in its place"
            )


def version_of(db: sqlite3.Connection, path: Path) -> int:
    """The schema's version, 0 for an empty database. Raises StoreError for a newer one, or another program's file."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID and (
        version or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    ):
        raise StoreError(f"the store {path} is an SQLite database of another program; name another file")
    if version > VERSION:
        raise newer(path, version)
    return version


@contextmanager
def said(path: Path, trouble: StoreTrouble | None = None) -> Iterator[None]:
    """Turn what SQLite raises into a StoreError; its `trouble` is the given one, or what the error means."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        kind, words = _TROUBLES.get((code or 0) & 0xFF, ("failed", f"cannot be used ({error})"))
        raise StoreError(f"the store {path} {words}", trouble or kind) from error
    except OverflowError as error:
        raise StoreError(f"the store {path} does not take a record ({error})", "refused") from error
