"""One writer for one file: who comes second is told, instead of both deciding for the same devices."""

from __future__ import annotations

import os
from pathlib import Path

from edge_server.errors import StoreError


class WriterLock:
    """An advisory lock on a file beside the database, held until `release` or the end of the process, however it ends.

    Not on the database itself: closing any descriptor of that would give up the locks that SQLite holds on it. Where
    the system has no `flock` nothing is locked.
    """

    def __init__(self, database: Path) -> None:
        """Raises StoreError when somebody else holds it, or the file cannot be made."""
        self._held: int | None = None
        try:
            import fcntl
        except ImportError:
            return
        path = database.with_name(f"{database.name}.lock")
        try:
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"the store {database} is not writable; make it and its folder writable for the server "
                f"({path.name}: {error.strerror})"
            ) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            raise StoreError(
                f"the store {database} is another server's, which is running; give each server a store of its own, or "
                "one PostgreSQL to all"
            ) from error
        self._held = held

    def release(self) -> None:
        """Let another one have it; harmless when repeated."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)
