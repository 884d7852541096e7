"""A connection to PostgreSQL that is made when it is needed, and anew after it broke."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import conninfo, errors

from edge_server.errors import StoreError, StoreTrouble

# Tables live in a schema of their own, so that a database may hold other things too.
SCHEMA = "cutpoint"
_CONNECT_S = 3
_STATEMENT_S = 10
# A peer that is gone without a word is noticed after this long, in ms.
_SILENT_MS = 5000


class PostgresAddress:
    """A connection URL whose password nobody sees: `str` names user, host, port and database."""

    def __init__(self, url: str) -> None:
        """Raises StoreError, which does not quote the URL, for one that cannot be read."""
        try:
            said = conninfo.conninfo_to_dict(url)
        except psycopg.Error:
            said = {"port": ""}
        # A password with a / of its own would be taken for a port and a database, and be shown as such.
        port = str(said.get("port", 5432))
        if not port.replace(",", "").isdecimal() or "@" in str(said.get("dbname", "")):
            raise StoreError(
                "the store's URL cannot be read; expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
                "%-escapes for characters like / # @ in the password"
            )
        self._password = str(said.get("password") or "")
        ours: dict[str, Any] = {
            "connect_timeout": _CONNECT_S,
            "application_name": "cutpoint",
            "tcp_user_timeout": _SILENT_MS,
            "keepalives_idle": 10,
        }
        self._conninfo = conninfo.make_conninfo(**(ours | said))
        where = f"{said.get('host', 'localhost')}:{port}"
        user = f"{said['user']}@" if "user" in said else ""
        self._name = f"postgresql://{user}{where}/{said.get('dbname', '')}"

    def __str__(self) -> str:
        return self._name

    __repr__ = __str__

    def connect(self) -> psycopg.Connection:
        """A connection whose statements end by themselves; raises psycopg.Error."""
        db = psycopg.connect(self._conninfo, autocommit=True)
        try:
            db.execute(f"SET search_path TO {SCHEMA}")
            db.execute(f"SET statement_timeout TO '{_STATEMENT_S}s'")
            db.execute(f"SET lock_timeout TO '{_STATEMENT_S // 2}s'")
        except BaseException:
            db.close()
            raise
        return db

    def hidden(self, text: str) -> str:
        """The first line of what a driver said, without the password."""
        line = text.strip().partition("\n")[0]
        return line.replace(self._password, "***") if self._password else line


class PostgresLink:
    """One connection for one thread at a time."""

    def __init__(self, address: PostgresAddress, *, read_only: bool = False) -> None:
        self._address = address
        self._read_only = read_only
        self._turn = threading.Lock()
        self._db: psycopg.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Everything or nothing. Raises StoreError; the next transaction connects again when the connection broke."""
        with self._turn:
            try:
                with ExitStack() as stack:
                    yield self._begun(stack)
            except psycopg.Error as error:
                broken = self._db is None or self._db.broken or self._db.closed
                if broken:
                    self._drop()
                raise self._said(error, broken=broken) from None

    def _begun(self, stack: ExitStack) -> psycopg.Connection:
        """The connection within a transaction; a new one when the kept one broke while nobody used it."""
        if self._db is not None and not self._db.closed:
            try:
                stack.enter_context(self._db.transaction())
                return self._db
            except psycopg.OperationalError:
                self._drop()
        self._db = self._address.connect()
        self._db.read_only = self._read_only
        stack.enter_context(self._db.transaction())
        return self._db

    def close(self) -> None:
        with self._turn:
            self._drop()

    def _drop(self) -> None:
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
            self._db = None

    def _said(self, error: psycopg.Error, *, broken: bool) -> StoreError:
        """In one sentence; without the driver's exception behind it, which knows how it was called."""
        trouble: StoreTrouble
        words = self._address.hidden(str(error)) or type(error).__name__
        if isinstance(error, errors.DiskFull):
            trouble, words = "full", f"the disk of its server is full ({words}); make room"
        elif isinstance(error, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError):
            trouble, words = "refused", f"does not take a record ({words})"
        elif broken:
            trouble, words = "away", f"cannot be reached ({words}); is the server up, and is the URL right?"
        else:
            trouble, words = "failed", f"cannot be used ({words})"
        return StoreError(f"the store {self._address}: {words}", trouble)
